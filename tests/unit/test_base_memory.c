/* test_base_memory.c - arenas, vectors and the heap of timers. */
#include "base/arena.h"
#include "base/heap.h"
#include "base/vec.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static void an_arena_hands_out_zeroed_aligned_memory(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t size = 1; size < 200000; size = size * 3 + 1) {
		unsigned char *memory = arena_alloc(&arena, size);

		assert_int_equal((uintptr_t)memory % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size);
	}
	arena_close(&arena);
}

static void an_arena_that_is_reset_forgets(void **state)
{
	struct arena arena;
	char *text;

	(void)state;
	arena_init(&arena);
	for (int round = 0; round < 3; round++) {
		text = arena_printf(&arena, "run %d", round);
		assert_string_equal(text, round == 0 ? "run 0" : round == 1 ? "run 1" : "run 2");
		arena_reset(&arena);
		assert_int_equal(arena.used_bytes, 0);
		assert_int_equal(((char *)arena_alloc(&arena, 8))[0], 0);
		arena_reset(&arena);
	}
	arena_close(&arena);
}

static void a_vector_grows(void **state)
{
	VEC(int) vec = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		vec_push(&vec, i * i);
	assert_int_equal(vec.count, 1000);
	assert_int_equal(vec.items[999], 999 * 999);
	vec_close(&vec);
	assert_int_equal(vec.count, 0);
}

/* Random pushes, pops and removals from the middle, held against a plain sorted walk. */
static void the_heap_always_yields_the_smallest(void **state)
{
	enum {
		NODES = 500
	};
	static struct heap_node nodes[NODES];
	struct heap heap = {0};
	uint64_t order = 0;

	(void)state;
	srand(7);
	for (int round = 0; round < 20000; round++) {
		struct heap_node *node = &nodes[rand() % NODES];
		const struct heap_node *smallest = NULL;

		if (heap_node_is_in(node)) {
			heap_remove(&heap, node);
		} else {
			node->key = rand() % 50;
			node->order = order++;
			heap_push(&heap, node);
		}
		for (int i = 0; i < NODES && round % 50 == 0; i++)
			if (heap_node_is_in(&nodes[i]) &&
			    (smallest == NULL || nodes[i].key < smallest->key ||
			     (nodes[i].key == smallest->key && nodes[i].order < smallest->order)))
				smallest = &nodes[i];
		if (round % 50 == 0)
			assert_ptr_equal(heap_peek(&heap), smallest);
	}
	for (int64_t last = -1; heap.count > 0;) {
		const struct heap_node *node = heap_pop(&heap);

		assert_true(node->key >= last);
		last = node->key;
	}
	assert_null(heap_pop(&heap));
	heap_close(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_arena_hands_out_zeroed_aligned_memory),
	    cmocka_unit_test(an_arena_that_is_reset_forgets),
	    cmocka_unit_test(a_vector_grows),
	    cmocka_unit_test(the_heap_always_yields_the_smallest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
