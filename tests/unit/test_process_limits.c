/* test_process_limits.c - attempts are held to their limits, or their log says why not. */
#include "tests/unit/process_rig.h"

#include "executor/process/cgroup.h"

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

/* A controller that is not there is told; one that is there holds. */
static void every_limit_is_held_or_told(void **state)
{
	static const char *const controllers[] = {"memory", "cpu", "pids"};
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "true");
	char words[64];
	char *text;

	launch.memory_bytes = 512 * MIB;
	launch.cpus_milli = 500;
	launch.pids = 50;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
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

	rig_until(rig, rig->ready_count == 1);
	rig_run_command(rig, 9, "true"); /* the base of the groups is there */
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

	rig_until(rig, rig->ready_count == 1);
	rig_run_command(rig, 9, "true");
	if (!has_controller(rig, "pids")) {
		print_message("skipped: no cgroup with the pids controller here\n");
		skip();
	}
	launch.pids = 5;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_EXIT_CODE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	    STORY(memory_without_a_group_is_address_space), STORY(what_cannot_be_held_is_told),
	    STORY(without_limits_nothing_is_told),          STORY(every_limit_is_held_or_told),
	    STORY(a_group_ends_what_takes_too_much_memory), STORY(a_group_bounds_the_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
