/* test_store_pools.c - the size of a shared pool, by what each heddle.yaml says and since when. */
#include "tests/unit/store_kit.h"

/* Dags that stay as they are while their heddle.yaml changes, as last good versions do. */
struct house {
	struct kit *kit;
	struct store_dag_file dags[4];
	size_t dag_count;
	int64_t at_ms;
};

static void live(struct house *house, struct kit *kit)
{
	*house = (struct house){.kit = kit, .at_ms = 1000};
}

/* A dag whose version was read with so many slots of D.db. */
static void add_dag(struct house *house, const char *id, const char *file, uint32_t slots)
{
	struct dag *dag = kit_dag(id, "x", id);
	struct pool_size *pool = arena_alloc(&dag->arena, sizeof *pool);

	*pool = (struct pool_size){.name = "db", .domain = "D", .slots = slots};
	dag->pools = pool;
	dag->pool_count = 1;
	house->dags[house->dag_count++] = (struct store_dag_file){.dag = dag, .file = file};
}

static void leave(struct house *house)
{
	for (size_t i = 0; i < house->dag_count; i++)
		dag_unref((struct dag *)(uintptr_t)house->dags[i].dag);
}

/* A reading of the folder in which one heddle.yaml was read (NULL = none), and those are there. */
static void read_folder(struct house *house, const char *file, uint32_t slots,
			const char *const *there, size_t there_count)
{
	struct pool_size pool = {.name = "db", .slots = slots};
	struct store_pool_file read = {file, &pool, slots > 0};
	struct store_folder folder = {.dags = house->dags,
				      .dag_count = house->dag_count,
				      .pool_files = &read,
				      .pool_file_count = file != NULL,
				      .there = there,
				      .there_count = there_count,
				      .default_pool_slots = 8,
				      .at_ms = house->at_ms++};
	struct err err = {0};

	if (store_put_folder(house->kit->store, &folder, &err) != 0)
		fail_msg("%s", err.message);
}

/* 0 = there is no such pool. */
static uint32_t size_of(struct house *house)
{
	struct pool_sizes sizes = {{0}};
	struct arena arena;
	uint32_t slots = 0;

	arena_init(&arena);
	assert_int_equal(read_pool_sizes(house->kit->reader, &arena, &sizes, NULL), 0);
	assert_true(sizes.list.count <= 1);
	if (sizes.list.count == 1) {
		assert_string_equal(sizes.list.items[0].domain, "D");
		assert_string_equal(sizes.list.items[0].name, "db");
		slots = sizes.list.items[0].slots;
	}
	vec_close(&sizes.list);
	arena_close(&arena);
	return slots;
}

static const char *const both[] = {"D/heddle.yaml", "D/sub/heddle.yaml"};

/* No version in force was read with the size that holds. */
static void what_heddle_yaml_says_holds_whatever_the_versions_were_read_with(void **state)
{
	struct house house;

	live(&house, *state);
	add_dag(&house, "a", "D/a.yaml", 4);
	add_dag(&house, "b", "D/sub/b.yaml", 3);
	read_folder(&house, both[0], 4, both, 1);
	assert_int_equal(size_of(&house), 4);
	read_folder(&house, both[0], 2, both, 1);
	assert_int_equal(size_of(&house), 2);
	leave(&house);
}

static void of_several_the_newest_word_holds(void **state)
{
	struct house house;

	live(&house, *state);
	add_dag(&house, "a", "D/a.yaml", 4);
	add_dag(&house, "b", "D/sub/b.yaml", 3);
	read_folder(&house, both[0], 4, both, 2);
	read_folder(&house, both[1], 3, both, 2);
	assert_int_equal(size_of(&house), 3);
	/* Said again is not said anew: a comment was changed. */
	read_folder(&house, both[0], 4, both, 2);
	assert_int_equal(size_of(&house), 3);
	read_folder(&house, both[0], 5, both, 2);
	assert_int_equal(size_of(&house), 5);
	/* The other one is the nearest to no dag that knows the pool: it goes without a trace. */
	read_folder(&house, NULL, 0, both, 1);
	assert_int_equal(size_of(&house), 5);
	leave(&house);
}

static void of_those_that_came_at_once_the_smallest_holds(void **state)
{
	static const struct pool_size large = {.name = "db", .slots = 9};
	static const struct pool_size small = {.name = "db", .slots = 2};
	static const struct store_pool_file files[] = {{"D/heddle.yaml", &large, 1},
						       {"D/sub/heddle.yaml", &small, 1}};
	struct house house;
	struct store_folder folder = {.pool_files = files,
				      .pool_file_count = 2,
				      .there = both,
				      .there_count = 2,
				      .default_pool_slots = 8,
				      .at_ms = 1};

	live(&house, *state);
	add_dag(&house, "b", "D/sub/b.yaml", 9);
	add_dag(&house, "a", "D/a.yaml", 9);
	folder.dags = house.dags;
	folder.dag_count = house.dag_count;
	assert_int_equal(store_put_folder(house.kit->store, &folder, NULL), 0);
	assert_int_equal(size_of(&house), 2);
	leave(&house);
}

/* A file that is run by itself: what stands above its folder is named by its whole path. */
static void those_above_the_dag_folder_count_too(void **state)
{
	static const char *const above[] = {"/w/D/heddle.yaml", "/w/heddle.yaml"};
	struct house house;

	live(&house, *state);
	add_dag(&house, "x", "x.yaml", 4);
	read_folder(&house, above[1], 4, above, 2);
	assert_int_equal(size_of(&house), 4);
	read_folder(&house, above[0], 2, above, 2);
	assert_int_equal(size_of(&house), 2);
	read_folder(&house, above[1], 7, above, 2);
	assert_int_equal(size_of(&house), 2);
	leave(&house);
}

/* One that does not check any more is there, and was not read: its last word stands. */
static void a_broken_one_counts_as_it_was(void **state)
{
	static const char *const blind[] = {"D"};
	struct house house;

	live(&house, *state);
	add_dag(&house, "a", "D/a.yaml", 4);
	read_folder(&house, both[0], 4, both, 1);
	read_folder(&house, both[0], 2, both, 1);
	read_folder(&house, NULL, 0, both, 1);
	assert_int_equal(size_of(&house), 2);
	/* Likewise below a folder that cannot be looked into. */
	read_folder(&house, NULL, 0, blind, 1);
	add_dag(&house, "b", "D/b.yaml", 7);
	read_folder(&house, NULL, 0, blind, 1);
	assert_int_equal(size_of(&house), 2);
	leave(&house);
}

/* The dags that name the pool do not check without it, and stay. */
static void a_pool_of_which_nobody_speaks_any_more_keeps_its_size(void **state)
{
	static const char *const none[] = {""};
	struct house house;

	live(&house, *state);
	add_dag(&house, "a", "D/a.yaml", 4);
	read_folder(&house, both[0], 4, both, 1);
	read_folder(&house, both[0], 2, both, 1);
	read_folder(&house, NULL, 0, none, 1);
	assert_int_equal(size_of(&house), 2);
	/* Neither that it lost the key alone, nor a dag of another version changes that. */
	read_folder(&house, both[0], 0, both, 1);
	add_dag(&house, "b", "D/b.yaml", 7);
	read_folder(&house, NULL, 0, both, 1);
	assert_int_equal(size_of(&house), 2);
	leave(&house);
	/* With the last dag it goes, and comes back as the next one was read. */
	house.dag_count = 0;
	read_folder(&house, NULL, 0, none, 1);
	assert_int_equal(size_of(&house), 0);
	add_dag(&house, "c", "D/c.yaml", 6);
	read_folder(&house, NULL, 0, none, 1);
	assert_int_equal(size_of(&house), 6);
	leave(&house);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(what_heddle_yaml_says_holds_whatever_the_versions_were_read_with),
	    STORY(of_several_the_newest_word_holds),
	    STORY(of_those_that_came_at_once_the_smallest_holds),
	    STORY(those_above_the_dag_folder_count_too),
	    STORY(a_broken_one_counts_as_it_was),
	    STORY(a_pool_of_which_nobody_speaks_any_more_keeps_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
