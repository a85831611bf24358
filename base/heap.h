/* heap.h - a binary heap of nodes that live inside their owners.
 *
 * The smallest (key, order) is on top. A node knows its place, so that it can be taken out from
 * anywhere in O(log n). The heap owns no node. */
#ifndef HEDDLE_BASE_HEAP_H
#define HEDDLE_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
	int64_t key;
	uint64_t order;  /* breaks ties: first come, first served */
	size_t position; /* 1-based; 0 = in no heap, which is also the initial value */
};

struct heap {
	struct heap_node **nodes;
	size_t count;
	size_t capacity;
};

void heap_close(struct heap *heap);
void heap_push(struct heap *heap, struct heap_node *node);   /* node is in no heap */
void heap_remove(struct heap *heap, struct heap_node *node); /* a node in no heap is allowed */
struct heap_node *heap_peek(const struct heap *heap);        /* NULL when empty */
struct heap_node *heap_pop(struct heap *heap);               /* NULL when empty */
static inline bool heap_node_is_in(const struct heap_node *node)
{
	return node->position != 0;
}

#endif
