/* test_process_fault.c - the n-th system call of launcher or shim fails, or kills, for every n
 * until none is left to strike: each time one right end, the effect at most once, nothing left
 * behind. */
#include "tests/unit/process_rig.h"

#ifdef HEDDLE_FAULTS

#include "base/sys.h"

#include <dirent.h>

#define STRIKES_MAX 60

static bool was_struck(const struct rig *rig)
{
	return rig_has(rig, "struck");
}

static size_t effects(const struct rig *rig)
{
	char *text = rig_read(rig, "effect");
	size_t count = strlen(text) / 2;

	mem_free(text);
	return count;
}

/* Only a log and a claim may be left in the folder of the day. */
static void expect_tidy(const struct rig *rig)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	process_log_path(rig->home, rig->incarnation, rig_ref(rig, 1), path);
	*strrchr(path, '/') = '\0';
	dir = opendir(path);
	if (dir == NULL)
		return; /* not even that was made */
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			assert_true(str_ends_with(entry->d_name, "-1.log") ||
				    str_ends_with(entry->d_name, "-1.claim"));
	closedir(dir);
}

static struct rig *create_with_fault(const char *role, const char *call, unsigned n,
				     const char *what)
{
	struct rig *rig = rig_create();
	char plan[64];
	char once[128];

	rig_stop(rig);
	snprintf(plan, sizeof plan, "%s:%s:%u:%s", role, call, n, what);
	snprintf(once, sizeof once, "%s/struck", rig->home);
	setenv("HEDDLE_FAULT", plan, 1);
	setenv("HEDDLE_FAULT_ONCE", once, 1);
	rig_start(rig);
	return rig;
}

static void expect_right_end(const struct rig *rig, const char *what)
{
	const struct attempt_end *end = rig_end(rig, 1);
	bool may_be_lost = strcmp(what, "kill") == 0;

	assert_int_equal(rig_end_count(rig, 1), 1);
	if (end->cause == CAUSE_SUCCESS)
		assert_int_equal(effects(rig), 1);
	else if (end->cause == CAUSE_LOST && may_be_lost)
		assert_true(effects(rig) <= 1);
	else if (end->cause == CAUSE_COULD_NOT_START)
		assert_int_equal(effects(rig), 0);
	else
		fail_msg("ended as %s", attempt_cause_name(end->cause));
}

/* One attempt under one fault. Returns whether the fault struck. */
static bool strike(const char *role, const char *call, unsigned n, const char *what)
{
	struct rig *rig = create_with_fault(role, call, n, what);
	struct process_launch launch = rig_command(rig, 1, "echo x >>effect; echo said");
	char run_dir[128];
	bool struck;

	snprintf(run_dir, sizeof run_dir, "%s/runs/r", rig->home);
	launch.run_dir = run_dir;
	process_launch(rig->executor, &launch);
	rig_until(rig, rig_end(rig, 1) != NULL);
	expect_right_end(rig, what);
	expect_tidy(rig);
	struck = was_struck(rig);
	rig_destroy(rig);
	unsetenv("HEDDLE_FAULT");
	unsetenv("HEDDLE_FAULT_ONCE");
	return struck;
}

static unsigned strike_each(const char *role, const char *call, const char *what)
{
	unsigned n = 1;

	while (strike(role, call, n, what)) {
		n++;
		assert_true(n < STRIKES_MAX);
	}
	return n - 1;
}

static void the_shim_survives_or_tells_each_error(void **state)
{
	static const char *const errors[] = {"ENOSPC", "EIO", "EMFILE"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_true(strike_each("shim", "any", errors[i]) >= 8);
}

static void the_shim_may_be_killed_at_each_call(void **state)
{
	(void)state;
	assert_true(strike_each("shim", "any", "kill") >= 8);
}

static void the_launcher_survives_or_tells_each_error(void **state)
{
	static const char *const errors[] = {"EAGAIN", "ENOMEM", "EIO"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_true(strike_each("launcher", "any", errors[i]) >= 1);
}

static void the_launcher_may_be_killed_at_each_call(void **state)
{
	(void)state;
	assert_true(strike_each("launcher", "any", "kill") >= 1);
}

static void the_daemon_survives_or_tells_each_error(void **state)
{
	static const char *const calls[] = {"open", "write", "fork"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		/* The rig is the daemon here; its counts begin anew. */
		sys_fault_role("daemon");
		strike("daemon", calls[i], 1, "EIO");
		sys_fault_role("test");
	}
}

static void who_has_no_file_system_for_unnamed_files_names_them(void **state)
{
	(void)state;
	/* The first open is that of the claim: a name is used instead, and none is left. */
	assert_true(strike("shim", "open", 1, "EIO"));
	assert_true(strike("shim", "link", 1, "EIO"));
}

static void shims_that_die_before_their_claim_are_not_started_for_ever(void **state)
{
	struct rig *rig = rig_create();

	(void)state;
	rig_stop(rig);
	setenv("HEDDLE_FAULT", "shim:open:1:kill", 1);
	rig_start(rig);
	rig_expect_cause(rig_run_command(rig, 1, "echo x >>effect"), CAUSE_COULD_NOT_START);
	assert_int_equal(effects(rig), 0);
	unsetenv("HEDDLE_FAULT");
	rig_destroy(rig);
}

/* An attempt that leaves too much, under one fault. Returns its log, NULL when none struck. */
static char *strike_artifacts(const char *call, unsigned n)
{
	struct rig *rig = create_with_fault("shim", call, n, "EIO");
	struct process_launch launch = rig_command(rig, 1, NULL);
	char *log = NULL;
	char command[PATH_MAX + 128];
	char path[PATH_MAX];

	process_artifacts_path(rig->home, rig->incarnation, launch.ref, path);
	snprintf(command, sizeof command,
		 "echo x >>effect; cd '%s'; mkdir sub; truncate -s 257M sub/large; ln -s / link",
		 path);
	launch.command = command;
	launch.want_artifacts = true;
	process_launch(rig->executor, &launch);
	rig_until(rig, rig_end(rig, 1) != NULL);
	expect_right_end(rig, "EIO");
	if (was_struck(rig))
		log = rig_log_text(rig, 1);
	rig_destroy(rig);
	unsetenv("HEDDLE_FAULT");
	unsetenv("HEDDLE_FAULT_ONCE");
	return log;
}

/* Each failure to take something away is told, and none loses the end. */
static void a_bound_that_cannot_be_held_is_told(void **state)
{
	static const char *const calls[] = {"open", "unlink"};
	unsigned told = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		unsigned n = 1;

		for (char *log; (log = strike_artifacts(calls[i], n)) != NULL; n++) {
			told += strstr(log, "1 could not be removed: Input/output error") != NULL;
			mem_free(log);
			assert_true(n < STRIKES_MAX);
		}
		assert_true(n > 3);
	}
	/* The folder, that in it, the way to the large file; the large file, the link. */
	assert_true(told >= 5);
}

/* Many rigs come and go in each test: what one that failed leaves is ended here. */
static int reap(void **state)
{
	(void)state;
	rig_reap();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STORY(test) cmocka_unit_test_teardown(test, reap)
	    STORY(the_shim_survives_or_tells_each_error),
	    STORY(the_shim_may_be_killed_at_each_call),
	    STORY(the_launcher_survives_or_tells_each_error),
	    STORY(the_launcher_may_be_killed_at_each_call),
	    STORY(the_daemon_survives_or_tells_each_error),
	    STORY(who_has_no_file_system_for_unnamed_files_names_them),
	    STORY(a_bound_that_cannot_be_held_is_told),
	    STORY(shims_that_die_before_their_claim_are_not_started_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void faults_need_a_build_that_has_them(void **state)
{
	(void)state;
	print_message("skipped: this build has no faults to inject (HEDDLE_FAULTS)\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(faults_need_a_build_that_has_them)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
