/* test_store_chain.c - facts that hang together. */
#include "store/chain.h"
#include "tests/unit/store_kit.h"

/* Facts 1 to 7 of one run with one task, a commit each. */
static void live_once(struct kit *kit)
{
	struct store_batch *batch = store_batch_create(NULL);

	kit_run(batch, 1, kit_dag("nightly", "extract", "v1"), "k1", 1000);
	kit_apply(kit, batch);
	batch = store_batch_create(NULL);
	kit_release(batch, 1, 0, 11, 1, 1010);
	kit_apply(kit, batch);
	batch = store_batch_create(NULL);
	kit_succeed(batch, 1, 0, 11, 1020);
	kit_run_state(batch, 1, RUN_RUNNING, RUN_SUCCESS, 1030);
	kit_apply(kit, batch);
}

/* Beside what the triggers allow. */
static void meddle(struct kit *kit, const char *sql)
{
	assert_int_equal(db_script(&kit->store->db,
				   "DROP TRIGGER IF EXISTS fact_is_not_changed;"
				   "DROP TRIGGER IF EXISTS fact_is_not_removed",
				   NULL),
			 0);
	assert_int_equal(db_script(&kit->store->db, sql, NULL), 0);
}

/* The whole chain is broken, and these words say where. */
static void expect_broken(struct kit *kit, const char *words)
{
	struct err err;
	int64_t checked;

	assert_int_equal(chain_check(&kit->store->db, INT64_MAX, &checked, &err), ERR_CORRUPT);
	if (strstr(err.message, words) == NULL)
		fail_msg("'%s' is not in: %s", words, err.message);
}

static void expect_sound(struct kit *kit, int64_t count, int64_t facts)
{
	struct err err;
	int64_t checked;

	if (chain_check(&kit->store->db, count, &checked, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(checked, facts);
}

static void facts_follow_from_one_another_over_commits_and_starts(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch;

	expect_sound(kit, INT64_MAX, 0);
	live_once(kit);
	expect_sound(kit, INT64_MAX, 7);
	expect_sound(kit, 3, 3);
	kit_close_store(kit);
	kit_open_store(kit);
	batch = store_batch_create(NULL);
	kit_run(batch, 2, kit_dag("nightly", "extract", "v1"), "k2", 2000);
	kit_apply(kit, batch);
	expect_sound(kit, INT64_MAX, 8);
}

/* Homes hold such hashes: how they come about cannot change any more. */
static void the_hash_of_a_fact_is_what_it_was(void **state)
{
	const struct fact fact = {.at_ms = 1732200000000,
				  .kind = "task.state",
				  .run_no = 12345,
				  .task = -1,
				  .from = "queued",
				  .to = "",
				  .actor = "user:alice"};
	unsigned char hash[CHAIN_HASH_BYTES] = {0};
	char text[2 * CHAIN_HASH_BYTES + 1];
	char why[2000];
	struct fact long_fact = fact;

	(void)state;
	memset(why, 'x', sizeof why - 1);
	why[sizeof why - 1] = '\0';
	long_fact.why = why;
	chain_next(hash, 7, &fact);
	chain_next(hash, 8, &long_fact);
	for (size_t i = 0; i < CHAIN_HASH_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	assert_string_equal(text,
			    "31cf5d16afd84bf1de41639c0bc386f69e76bdc9310ec830f2eb017c2535e846");
}

static void every_column_is_covered(void **state)
{
	static const char *const changes[] = {
	    "UPDATE fact SET at_ms = at_ms + 1 WHERE fact_no = 4",
	    "UPDATE fact SET kind = 'run.new' WHERE fact_no = 4",
	    "UPDATE fact SET run_no = 2 WHERE fact_no = 4",
	    "UPDATE fact SET task = NULL WHERE fact_no = 4",
	    "UPDATE fact SET attempt_id = 12 WHERE fact_no = 4",
	    "UPDATE fact SET attempt = 2 WHERE fact_no = 4",
	    "UPDATE fact SET dag_id = 'x' WHERE fact_no = 4",
	    "UPDATE fact SET from_state = '' WHERE fact_no = 4",
	    "UPDATE fact SET to_state = 'runnin' WHERE fact_no = 4",
	    "UPDATE fact SET actor = 'user:mallory' WHERE fact_no = 4",
	    "UPDATE fact SET why = '' WHERE fact_no = 4",
	    "UPDATE fact SET hash = zeroblob(32) WHERE fact_no = 4",
	    "UPDATE fact SET hash = zeroblob(31) WHERE fact_no = 4",
	};
	struct kit *kit = *state;

	live_once(kit);
	meddle(kit, "CREATE TEMP TABLE kept AS SELECT * FROM fact WHERE fact_no = 4");
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		meddle(kit, changes[i]);
		expect_broken(kit, "fact 4 is not what was written");
		meddle(kit, "REPLACE INTO fact SELECT * FROM kept");
		expect_sound(kit, INT64_MAX, 7);
	}
}

static void what_was_taken_out_or_put_in_shows(void **state)
{
	struct kit *kit = *state;

	live_once(kit);
	meddle(kit, "UPDATE fact SET hash = NULL WHERE fact_no = 5");
	expect_broken(kit, "fact 5 carries no hash");
	meddle(kit, "DELETE FROM fact WHERE fact_no = 5");
	expect_broken(kit, "fact 5 is missing");
	meddle(kit, "UPDATE fact SET fact_no = fact_no - 1 WHERE fact_no > 5");
	expect_broken(kit, "fact 5 is not what was written");
}

/* Before the chain there were facts; the first one after them carries on from all of these. */
static void facts_of_older_releases_are_part_of_it(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch;

	live_once(kit);
	meddle(kit, "UPDATE fact SET hash = NULL");
	kit_close_store(kit);
	kit_open_store(kit);
	batch = store_batch_create(NULL);
	kit_run(batch, 2, kit_dag("nightly", "extract", "v1"), "k2", 2000);
	kit_apply(kit, batch);
	expect_sound(kit, INT64_MAX, 8);
	expect_sound(kit, 3, 3);
	meddle(kit, "UPDATE fact SET actor = 'user:mallory' WHERE fact_no = 2");
	expect_broken(kit, "fact 8 is not what was written");
}

/* A batch that is refused takes its hashes with it. */
static void a_commit_that_did_not_happen_leaves_no_gap(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	enum store_failure failure;

	live_once(kit);
	kit_run(batch, 2, kit_dag("nightly", "extract", "v1"), "k2", 2000);
	kit_run_state(batch, 77, RUN_RUNNING, RUN_SUCCESS, 2000); /* there is no such run */
	assert_int_not_equal(store_apply(kit->store, batch, &failure, NULL), 0);
	assert_int_equal(failure, STORE_BUG);
	store_batch_destroy(batch);
	batch = store_batch_create(NULL);
	kit_run(batch, 2, kit_dag("nightly", "extract", "v1"), "k2", 2000);
	kit_apply(kit, batch);
	expect_sound(kit, INT64_MAX, 8);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(facts_follow_from_one_another_over_commits_and_starts),
	    cmocka_unit_test(the_hash_of_a_fact_is_what_it_was),
	    STORY(every_column_is_covered),
	    STORY(what_was_taken_out_or_put_in_shows),
	    STORY(facts_of_older_releases_are_part_of_it),
	    STORY(a_commit_that_did_not_happen_leaves_no_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
