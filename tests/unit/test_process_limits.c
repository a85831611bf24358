/* test_process_limits.c - attempts are held to their limits, or their log says why not. */
#include "tests/unit/process_rig.h"

#include "executor/process/cgroup.h"

#include <sys/xattr.h>

#define MIB (1ull << 20)

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

/* Whether attempts get a group that can have the controller: only the kernel can tell. */
static bool has_controller(const struct rig *rig, const char *controller)
{
	char base[CGROUP_PATH_SIZE];
	char file[CGROUP_PATH_SIZE + 32];
	struct str text = STR_INIT;
	bool found = false;

	if (!cgroup_base_path(rig->incarnation, base))
		return false;
	snprintf(file, sizeof file, "%s/cgroup.controllers", base);
	if (file_read(file, 4096, &text, NULL) == 0)
		for (const char *at = str_text(&text); *at != '\0'; at += strspn(at, " \n")) {
			size_t length = strcspn(at, " \n");

			found |=
			    length == strlen(controller) && strncmp(at, controller, length) == 0;
			at += length;
		}
	str_close(&text);
	return found;
}

static void expect_log(const struct rig *rig, int64_t id, const char *expected)
{
	char *text = rig_log_text(rig, id);

	assert_string_equal(text, expected);
	mem_free(text);
}

/* Without a group at all, so that it runs everywhere. */
static void memory_without_a_group_is_address_space(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1, "ulimit -v; ulimit -H -v; head -c 200M /dev/zero | tail -c 150M");

	launch.without_cgroup = true;
	launch.memory_bytes = 64 * MIB;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_EXIT_CODE);
	{
		char *text = rig_log_text(rig, 1);

		assert_true(str_starts_with(
		    text, "[heddle] the memory limit of 67108864 bytes holds for the address space "
			  "of each process: there is no cgroup with the memory controller\n"
			  "65536\n65536\ntail: "));
		mem_free(text);
	}
	launch.ref = rig_ref(rig, 2);
	launch.command = "echo fits";
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
}

static void what_cannot_be_held_is_told(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "echo ran");

	launch.without_cgroup = true;
	launch.cpus_milli = 1250;
	launch.pids = 40;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
	expect_log(
	    rig, 1,
	    "[heddle] the limit of 1.250 processors is not enforced: there is no cgroup with "
	    "the cpu controller\n"
	    "[heddle] the limit of 40 processes is not enforced: there is no cgroup with the "
	    "pids controller\n"
	    "ran\n");
}

static void without_limits_nothing_is_told(void **state)
{
	struct rig *rig = *state;

	rig_expect_cause(rig_run_command(rig, 1, "ulimit -v"), CAUSE_SUCCESS);
	expect_log(rig, 1, "unlimited\n");
}

/* The first attempt that asks for a limit has its controller switched on. */
static void try_limits(struct rig *rig, int64_t id)
{
	struct process_launch launch = rig_command(rig, id, "true");

	launch.memory_bytes = 512 * MIB;
	launch.cpus_milli = 500;
	launch.pids = 50;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
}

/* A controller that is not there is told; one that is there holds. */
static void every_limit_is_held_or_told(void **state)
{
	static const char *const controllers[] = {"memory", "cpu", "pids"};
	struct rig *rig = *state;
	char words[64];
	char *text;

	try_limits(rig, 1);
	text = rig_log(rig, 1);
	for (size_t i = 0; i < 3; i++) {
		snprintf(words, sizeof words, "with the %s controller", controllers[i]);
		assert_int_equal(strstr(text, words) == NULL, has_controller(rig, controllers[i]));
	}
	mem_free(text);
}

static void a_group_ends_what_takes_too_much_memory(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1, "head -c 200M /dev/zero | tail -c 150M >/dev/null; echo never");

	try_limits(rig, 9);
	if (!has_controller(rig, "memory")) {
		print_message("skipped: no cgroup with the memory controller here\n");
		skip();
	}
	launch.memory_bytes = 64 * MIB;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_OUT_OF_MEMORY);
}

static void a_group_bounds_the_processes(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1, "for i in 1 2 3 4 5 6 7 8 9; do sleep 9 & done; echo never");

	try_limits(rig, 9);
	if (!has_controller(rig, "pids")) {
		print_message("skipped: no cgroup with the pids controller here\n");
		skip();
	}
	launch.pids = 5;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_EXIT_CODE);
}

/* The folder of the attempts as a process in the group sees it: true when it is expected. */
static bool sees_base(const char *group, const char *expected)
{
	char file[CGROUP_PATH_SIZE + 32];
	char base[CGROUP_PATH_SIZE];
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		int fd;

		snprintf(file, sizeof file, "%s/cgroup.procs", group);
		fd = open(file, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, "0", 1) != 1)
			_exit(2);
		_exit(cgroup_base_path("inc", base) && strcmp(base, expected) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* As systemd arranges it for Delegate=yes with DelegateSubgroup=. */
static void attempts_stand_beside_a_delegated_subgroup(void **state)
{
	struct rig *rig = *state;
	char unit[CGROUP_PATH_SIZE];
	char sub[CGROUP_PATH_SIZE + 8];
	char beside[CGROUP_PATH_SIZE + 16];
	char below[CGROUP_PATH_SIZE + 24];
	char name[48];
	bool is_marked;

	snprintf(name, sizeof name, "unit-%s", rig->incarnation);
	if (!cgroup_base_path(name, unit) || mkdir(unit, 0755) != 0) {
		print_message("skipped: no cgroup that may be written here\n");
		skip();
	}
	snprintf(sub, sizeof sub, "%s/daemon", unit);
	snprintf(beside, sizeof beside, "%s/heddle-inc", unit);
	snprintf(below, sizeof below, "%s/heddle-inc", sub);
	assert_int_equal(mkdir(sub, 0755), 0);
	assert_true(sees_base(sub, below));
	is_marked = setxattr(unit, "user.delegate", "1", 1, 0) == 0;
	if (is_marked) {
		assert_true(sees_base(sub, beside));
		assert_true(sees_base(unit, beside));
	}
	assert_int_equal(rmdir(sub), 0);
	rmdir(unit);
	if (!is_marked) {
		print_message("skipped: cgroups cannot be marked here\n");
		skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	    STORY(memory_without_a_group_is_address_space),
	    STORY(what_cannot_be_held_is_told),
	    STORY(without_limits_nothing_is_told),
	    STORY(every_limit_is_held_or_told),
	    STORY(attempts_stand_beside_a_delegated_subgroup),
	    STORY(a_group_ends_what_takes_too_much_memory),
	    STORY(a_group_bounds_the_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
