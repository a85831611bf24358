/* test_process_run.c - what an attempt finds around it, and how its end is told. */
#include "tests/unit/process_rig.h"

static int setup(void **state)
{
	*state = rig_create();
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(*state);
	return 0;
}

static void true_succeeds_and_is_measured(void **state)
{
	struct rig *rig = *state;
	const struct attempt_end *end =
	    rig_run_command(rig, 1, "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done");

	rig_expect_cause(end, CAUSE_SUCCESS);
	assert_true(end->started_at_ms >= rig->released_at_ms);
	assert_true(end->ended_at_ms >= end->started_at_ms);
	assert_true(end->max_rss_bytes > 100000);
	assert_true(end->cpu_user_us + end->cpu_system_us > 0);
	assert_string_equal(end->reason, "");
	assert_int_equal(process_count(rig->executor), 0);
}

static void exit_codes_are_told(void **state)
{
	struct rig *rig = *state;
	const struct attempt_end *end = rig_run_command(rig, 1, "exit 7");

	rig_expect_cause(end, CAUSE_EXIT_CODE);
	assert_int_equal(end->exit_code, 7);
	end = rig_run_command(rig, 2, "false; echo never");
	rig_expect_cause(end, CAUSE_EXIT_CODE);
	assert_int_equal(end->exit_code, 1);
	assert_int_equal(end->log_bytes, 0);
}

static void exit_code_99_skips(void **state)
{
	rig_expect_cause(rig_run_command(*state, 1, "exit 99"), CAUSE_SKIPPED);
}

static void a_signal_is_told(void **state)
{
	const struct attempt_end *end = rig_run_command(*state, 1, "kill -SEGV $$");

	rig_expect_cause(end, CAUSE_SIGNAL);
	assert_int_equal(end->signal, SIGSEGV);
}

static void what_cannot_start_says_why(void **state)
{
	static const char *const missing[] = {"/bin/nope", NULL};
	static const char *const unknown[] = {"heddle-nope", NULL};
	static const char *const folder[] = {"/tmp", NULL};
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, NULL);

	launch.argv = missing;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_COULD_NOT_START);
	assert_string_equal(rig_end(rig, 1)->reason, "exec '/bin/nope': No such file or directory");
	assert_int_equal(rig_end(rig, 1)->started_at_ms, 0);
	launch.ref = rig_ref(rig, 2);
	launch.argv = unknown;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_COULD_NOT_START);
	assert_string_equal(rig_end(rig, 2)->reason,
			    "exec 'heddle-nope': No such file or directory");
	launch.ref = rig_ref(rig, 3);
	launch.argv = folder;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_COULD_NOT_START);
	assert_string_equal(rig_end(rig, 3)->reason, "exec '/tmp': Permission denied");
	launch.ref = rig_ref(rig, 4);
	launch.cwd = "/nowhere";
	rig_expect_cause(rig_run(rig, &launch), CAUSE_COULD_NOT_START);
	assert_string_equal(rig_end(rig, 4)->reason, "chdir '/nowhere': No such file or directory");
}

static void a_launch_too_large_could_not_start(void **state)
{
	struct rig *rig = *state;
	size_t size = 2u << 20;
	char *text = mem_alloc(size + 1);

	memset(text, 'x', size);
	rig_expect_cause(rig_run_command(rig, 1, text), CAUSE_COULD_NOT_START);
	mem_free(text);
	rig_expect_cause(rig_run_command(rig, 2, "true"), CAUSE_SUCCESS);
}

static void the_environment_is_exactly_what_was_given(void **state)
{
	static const char *const argv[] = {"env", "-0", NULL};
	static const struct env_var env[] = {{"PATH", "/usr/bin:/bin"},
					     {"EMPTY", ""},
					     {"HEDDLE_ATTEMPT_ID", "forged"},
					     {"TEXT", "a=b\tc \"d\""}};
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, NULL);
	char expected[256];
	size_t length;
	char *log;

	launch.argv = argv;
	launch.env = env;
	launch.env_count = 4;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
	log = rig_log(rig, 1);
	length = (size_t)snprintf(expected, sizeof expected,
				  "HEDDLE_ATTEMPT_ID=%s-1%cPATH=/usr/bin:/bin%cEMPTY=%cTEXT=a=b\tc "
				  "\"d\"%c",
				  rig->incarnation, 0, 0, 0, 0);
	assert_int_equal(rig_end(rig, 1)->log_bytes, 25 + length);
	assert_memory_equal(log + 25, expected, length);
	mem_free(log);
}

static void it_runs_in_its_folder_with_nothing_inherited(void **state)
{
	struct rig *rig = *state;
	char *text;
	char expected[256];

	rig_expect_cause(
	    rig_run_command(rig, 1,
			    "pwd; cat; readlink /proc/self/fd/0; ls /proc/self/fd | tr "
			    "'\\n' ' '; grep SigBlk /proc/self/status; grep SigIgn "
			    "/proc/self/status"),
	    CAUSE_SUCCESS);
	text = rig_log_text(rig, 1);
	/* ls itself has the folder open as 3. */
	snprintf(expected, sizeof expected,
		 "%s\n/dev/null\n0 1 2 3 SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n",
		 rig->home);
	assert_string_equal(text, expected);
	mem_free(text);
}

static void it_leads_a_session_of_its_own(void **state)
{
	struct rig *rig = *state;
	char *text;

	rig_expect_cause(
	    rig_run_command(rig, 1, "set -- $(cat /proc/$$/stat); test $6 = $$ && echo leader"),
	    CAUSE_SUCCESS);
	text = rig_log_text(rig, 1);
	assert_string_equal(text, "leader\n");
	mem_free(text);
}

static void the_run_folder_is_made(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "test -d \"$PWD/runs/a/b\"");
	char path[128];

	snprintf(path, sizeof path, "%s/runs/a/b", rig->home);
	launch.run_dir = path;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
}

static void a_relative_program_is_found_from_its_folder(void **state)
{
	static const char *const argv[] = {"./tool", "one", "two words", NULL};
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, NULL);
	char command[256];
	char *text;

	snprintf(command, sizeof command,
		 "printf '#!/bin/sh\\nprintf \"[%%%%s]\" \"$@\"\\n' >%s/tool; chmod +x %s/tool",
		 rig->home, rig->home);
	assert_int_equal(system(command), 0);
	launch.argv = argv;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
	text = rig_log_text(rig, 1);
	assert_string_equal(text, "[one][two words]");
	mem_free(text);
}

static void many_attempts_end_once_each(void **state)
{
	struct rig *rig = *state;

	rig->forgets = true;
	for (int64_t id = 1; id <= 200; id++) {
		struct process_launch launch =
		    rig_command(rig, id, "echo $HEDDLE_ATTEMPT_ID >>all");

		process_launch(rig->executor, &launch);
		process_launch(rig->executor, &launch);
	}
	assert_int_equal(process_count(rig->executor), 200);
	rig_until(rig, rig->end_count >= 200);
	assert_int_equal(process_count(rig->executor), 0);
	for (int64_t id = 1; id <= 200; id++) {
		assert_int_equal(rig_end_count(rig, id), 1);
		rig_expect_cause(rig_end(rig, id), CAUSE_SUCCESS);
	}
	assert_int_equal(rig->ready_count, 1);
	assert_int_equal(rig->trouble_count, 0);
}

static void a_launch_of_what_ran_before_does_nothing(void **state)
{
	struct rig *rig = *state;

	rig_run_command(rig, 1, "echo x >>all");
	rig->end_count = 0;
	/* The record was not forgotten: the end is told again, and nothing ran. */
	rig_expect_cause(rig_run_command(rig, 1, "echo x >>all"), CAUSE_SUCCESS);
	process_forget(rig->executor, rig_ref(rig, 1));
	rig->end_count = 0;
	rig_expect_cause(rig_run_command(rig, 1, "echo x >>all"), CAUSE_SUCCESS);
	{
		char *all = rig_read(rig, "all");

		assert_string_equal(all, "x\n");
		mem_free(all);
	}
}

static void held_ends_wait(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "echo done >mark");

	process_hold(rig->executor, true);
	process_launch(rig->executor, &launch);
	rig_until_seen(rig, rig_has(rig, "mark"));
	{
		char record[PATH_MAX];

		process_record_path(rig->home, rig->incarnation, launch.ref, record);
		rig_until_seen(rig, access(record, F_OK) == 0);
	}
	assert_int_equal(rig->end_count, 0);
	process_hold(rig->executor, false);
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_SUCCESS);
}

static void a_start_is_told_once_with_the_time_of_its_claim(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, RIG_WAIT_FOR_GO);
	struct claim claim;
	int64_t at_ms = 1;

	assert_int_equal(process_started_at(rig->home, rig->incarnation, launch.ref, &at_ms),
			 ERR_NOT_FOUND);
	assert_int_equal(at_ms, 0);
	process_launch(rig->executor, &launch);
	rig_until(rig, rig->started_id == 1);
	assert_true(rig_read_claim(rig, 1, &claim));
	assert_int_equal(rig->started_at_ms, claim.claimed_at_ms);
	assert_int_equal(process_started_at(rig->home, rig->incarnation, launch.ref, &at_ms), 0);
	assert_int_equal(at_ms, claim.claimed_at_ms);
	/* A later daemon learns of it, too. */
	rig_stop(rig);
	rig->started_id = 0;
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	rig_until(rig, rig->started_id == 1);
	rig_touch(rig, "go");
	rig_until(rig, rig_end(rig, 1) != NULL);
	assert_int_equal(rig->started_count, 2);
}

static void a_start_is_not_told_while_held(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "echo $$ >up; " RIG_WAIT_FOR_GO);
	struct process_launch other = rig_command(rig, 2, RIG_WAIT_FOR_GO);

	process_hold(rig->executor, true);
	process_launch(rig->executor, &launch);
	rig_until_seen(rig, rig_has(rig, "up"));
	/* Long enough for what would have been told. */
	rig_until_seen(rig, clock_now().wall_ms - rig->released_at_ms > 200);
	assert_int_equal(rig->started_count, 0);
	process_hold(rig->executor, false);
	rig_until(rig, rig->started_id == 1);
	process_launch(rig->executor, &other);
	rig_until(rig, rig->started_id == 2);
	rig_touch(rig, "go");
	rig_until(rig, rig->end_count == 2);
	assert_int_equal(rig->started_count, 2);
}

static void what_a_cancel_claimed_never_started(void **state)
{
	struct rig *rig = *state;
	int64_t at_ms;

	rig_until(rig, rig->ready_count == 1);
	process_cancel(rig->executor, rig_ref(rig, 1));
	rig_until_seen(rig, process_count(rig->executor) == 0);
	assert_int_equal(process_started_at(rig->home, rig->incarnation, rig_ref(rig, 1), &at_ms),
			 ERR_NOT_FOUND);
	assert_int_equal(rig->started_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(true_succeeds_and_is_measured, setup, teardown),
	    cmocka_unit_test_setup_teardown(exit_codes_are_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(exit_code_99_skips, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_signal_is_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_cannot_start_says_why, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_launch_too_large_could_not_start, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_environment_is_exactly_what_was_given, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(it_runs_in_its_folder_with_nothing_inherited, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(it_leads_a_session_of_its_own, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_run_folder_is_made, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_relative_program_is_found_from_its_folder, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(many_attempts_end_once_each, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_launch_of_what_ran_before_does_nothing, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(held_ends_wait, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_start_is_told_once_with_the_time_of_its_claim, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(a_start_is_not_told_while_held, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_a_cancel_claimed_never_started, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
