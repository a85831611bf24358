/* heap.c - intrusive binary heap; see heap.h. */
#include "base/heap.h"

#include "base/mem.h"

#include <assert.h>

void heap_close(struct heap *heap)
{
	mem_free(heap->nodes);
	heap->nodes = NULL;
	heap->count = 0;
	heap->capacity = 0;
}

static bool before(const struct heap_node *a, const struct heap_node *b)
{
	return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void put(struct heap *heap, size_t index, struct heap_node *node)
{
	heap->nodes[index] = node;
	node->position = index + 1;
}

static void sift_up(struct heap *heap, size_t index)
{
	struct heap_node *node = heap->nodes[index];

	while (index > 0 && before(node, heap->nodes[(index - 1) / 2])) {
		put(heap, index, heap->nodes[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	put(heap, index, node);
}

static void sift_down(struct heap *heap, size_t index)
{
	struct heap_node *node = heap->nodes[index];

	for (;;) {
		size_t child = 2 * index + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && before(heap->nodes[child + 1], heap->nodes[child]))
			child++;
		if (!before(heap->nodes[child], node))
			break;
		put(heap, index, heap->nodes[child]);
		index = child;
	}
	put(heap, index, node);
}

void heap_push(struct heap *heap, struct heap_node *node)
{
	assert(node->position == 0);
	if (heap->count == heap->capacity) {
		heap->capacity = heap->capacity == 0 ? 16 : heap->capacity * 2;
		heap->nodes = mem_realloc(heap->nodes, heap->capacity * sizeof *heap->nodes);
	}
	put(heap, heap->count++, node);
	sift_up(heap, heap->count - 1);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	size_t index;
	struct heap_node *last;

	if (node->position == 0)
		return;
	index = node->position - 1;
	assert(index < heap->count && heap->nodes[index] == node);
	last = heap->nodes[--heap->count];
	node->position = 0;
	if (last == node)
		return;
	put(heap, index, last);
	sift_up(heap, index);
	sift_down(heap, last->position - 1);
}

struct heap_node *heap_peek(const struct heap *heap)
{
	return heap->count == 0 ? NULL : heap->nodes[0];
}

struct heap_node *heap_pop(struct heap *heap)
{
	struct heap_node *top = heap_peek(heap);

	if (top != NULL)
		heap_remove(heap, top);
	return top;
}
