/* test_model_cycle.c - knots of tasks are found, each once, and told as a path. */
#include "base/mem.h"
#include "base/str.h"
#include "model/cycle.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define MANY 20000

static void append_path(void *context, const uint32_t *path, size_t count)
{
	struct str *told = context;

	for (size_t i = 0; i < count; i++)
		str_printf(told, "%u>", path[i]);
	str_printf(told, "%u ", path[0]);
}

static void count_path(void *context, const uint32_t *path, size_t count)
{
	(void)path;
	*(size_t *)context += count;
}

/* edges: pairs upstream, downstream in ascending order of the downstream's list. */
static void expect(const uint32_t edges[][2], size_t edge_count, uint32_t task_count,
		   const char *wanted)
{
	struct task *tasks = mem_alloc(task_count * sizeof *tasks);
	uint32_t *room = mem_alloc(edge_count * sizeof *room);
	struct str told = STR_INIT;
	size_t used = 0;

	for (uint32_t i = 0; i < task_count; i++) {
		tasks[i].downstream = room + used;
		for (size_t k = 0; k < edge_count; k++)
			if (edges[k][0] == i) {
				room[used++] = edges[k][1];
				tasks[i].downstream_count++;
			}
	}
	cycle_each(tasks, task_count, append_path, &told);
	assert_string_equal(str_text(&told), wanted);
	str_close(&told);
	mem_free(room);
	mem_free(tasks);
}

#define COUNT(edges) (sizeof(edges) / sizeof(edges)[0])

static void a_graph_without_cycle_is_silent(void **state)
{
	const uint32_t diamond[][2] = {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}};

	(void)state;
	expect(diamond, COUNT(diamond), 4, "");
}

static void the_path_begins_with_the_first_task_of_the_file(void **state)
{
	const uint32_t ring[][2] = {{3, 1}, {1, 2}, {2, 3}, {0, 1}, {3, 4}};

	(void)state;
	expect(ring, COUNT(ring), 5, "1>2>3>1 ");
}

static void a_knot_is_told_once_by_its_shortest_cycle(void **state)
{
	const uint32_t knot[][2] = {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {2, 0}, {1, 3}, {3, 1}};

	(void)state;
	expect(knot, COUNT(knot), 4, "0>1>2>0 ");
}

static void each_knot_is_told(void **state)
{
	const uint32_t knots[][2] = {{0, 1}, {1, 0}, {1, 2}, {2, 3},
				     {3, 2}, {3, 4}, {4, 5}, {5, 4}};

	(void)state;
	expect(knots, COUNT(knots), 6, "0>1>0 2>3>2 4>5>4 ");
}

/* A ring of all tasks: neither the walk's depth nor the path may hurt. */
static void a_very_long_cycle_is_found(void **state)
{
	struct task *tasks = mem_alloc(MANY * sizeof *tasks);
	uint32_t *next = mem_alloc(MANY * sizeof *next);
	size_t count = 0;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		next[i] = (i + 1) % MANY;
		tasks[i].downstream = &next[i];
		tasks[i].downstream_count = 1;
	}
	cycle_each(tasks, MANY, count_path, &count);
	assert_int_equal(count, MANY);
	mem_free(next);
	mem_free(tasks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_graph_without_cycle_is_silent),
	    cmocka_unit_test(the_path_begins_with_the_first_task_of_the_file),
	    cmocka_unit_test(a_knot_is_told_once_by_its_shortest_cycle),
	    cmocka_unit_test(each_knot_is_told),
	    cmocka_unit_test(a_very_long_cycle_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
