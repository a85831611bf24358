/* test_base_system.c - clocks, checksums, files, and the faults that can be put into system calls.
 */
#include "base/checksum.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/heddle-base-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command);
}

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

/* RFC 3720, appendix B.4, and the check value of the CRC catalogue. */
static void the_checksum_is_the_standards(void **state)
{
	unsigned char bytes[32] = {0};

	(void)state;
	assert_int_equal(checksum_crc32c("123456789", 9), 0xe3069283u);
	assert_int_equal(checksum_crc32c_more(checksum_crc32c("1234", 4), "56789", 5), 0xe3069283u);
	assert_int_equal(checksum_crc32c(bytes, sizeof bytes), 0x8a9136aau);
	memset(bytes, 0xff, sizeof bytes);
	assert_int_equal(checksum_crc32c(bytes, sizeof bytes), 0x62a8ab43u);
}

/* The C library's calendar is the oracle, over some 1,400 years around now. */
static void instants_are_written_as_the_c_library_would(void **state)
{
	(void)state;
	for (int64_t at_s = -22000000000; at_s < 22000000000; at_s += 86399 * 97) {
		char expected[64];
		char written[CLOCK_TEXT_SIZE];
		time_t at = at_s;
		struct tm tm;

		gmtime_r(&at, &tm);
		strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.042Z", &tm);
		assert_string_equal(clock_format_utc(at_s * 1000 + 42, written), expected);
		expected[10] = '\0';
		assert_string_equal(clock_format_day(at_s * 1000 + 42, written), expected);
	}
}

static void both_clocks_go_forward(void **state)
{
	struct moment first = clock_now();
	struct moment second = clock_now();

	(void)state;
	assert_true(first.boot_ms > 0 && second.boot_ms >= first.boot_ms);
	assert_true(first.wall_ms > 1700000000000);
}

static void a_file_is_written_whole_and_read_back(void **state)
{
	struct str text = STR_INIT;
	struct stat status;
	struct err err = {0};

	(void)state;
	assert_int_equal(file_write_durable(in_folder("token"), "secret\n", 0600, &err), 0);
	assert_int_equal(stat(in_folder("token"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(file_read(in_folder("token"), 100, &text, &err), 0);
	assert_string_equal(str_text(&text), "secret\n");
	assert_int_equal(file_read(in_folder("token"), 3, &text, &err), ERR_LIMIT);
	assert_int_equal(file_read(in_folder("nothing"), 3, &text, &err), ERR_NOT_FOUND);
	str_close(&text);
}

static void a_fifo_or_a_folder_is_refused_without_waiting(void **state)
{
	struct str text = STR_INIT;
	struct err err = {0};

	(void)state;
	assert_int_equal(mkfifo(in_folder("pipe.yaml"), 0600), 0);
	assert_int_equal(file_read(in_folder("pipe.yaml"), 100, &text, &err), ERR_INVALID);
	assert_non_null(strstr(err.message, "not a regular file"));
	assert_int_equal(file_read(folder, 100, &text, &err), ERR_INVALID);
	str_close(&text);
}

static void folders_are_made_with_those_above(void **state)
{
	struct err err = {0};
	struct stat status;

	(void)state;
	assert_int_equal(file_mkdirs(in_folder("a/b/c"), &err), 0);
	assert_int_equal(file_mkdirs(in_folder("a/b/c"), &err), 0);
	assert_int_equal(stat(in_folder("a/b/c"), &status), 0);
	assert_true(S_ISDIR(status.st_mode));
	assert_int_equal(file_write_durable(in_folder("plain"), "x", 0600, &err), 0);
	assert_true(file_mkdirs(in_folder("plain/below"), &err) < 0);
}

static void random_digits_differ(void **state)
{
	char first[65];
	char second[65];

	(void)state;
	random_hex(first, 64);
	random_hex(second, 64);
	assert_int_equal(strlen(first), 64);
	assert_int_equal(strspn(first, "0123456789abcdef"), 64);
	assert_string_not_equal(first, second);
}

#ifdef HEDDLE_FAULTS
static void the_nth_call_fails_and_only_that_one(void **state)
{
	int fd;

	(void)state;
	setenv("HEDDLE_FAULT", "shim:open:1:EIO,daemon:open:2:ENOSPC,daemon:fsync:0:EIO", 1);
	sys_fault_role("daemon");
	fd = sys_open(in_folder("fault"), O_CREAT | O_RDWR, 0600);
	assert_true(fd >= 0);
	assert_int_equal(sys_open(in_folder("fault"), O_RDWR, 0), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(sys_fsync(fd), -1);
	assert_int_equal(sys_fdatasync(fd), -1);
	assert_int_equal(errno, EIO);
	close(fd);
	fd = sys_open(in_folder("fault"), O_RDWR, 0);
	assert_true(fd >= 0);
	close(fd);
	unsetenv("HEDDLE_FAULT");
}

static void a_fault_that_strikes_once_strikes_once_over_all_processes(void **state)
{
	(void)state;
	setenv("HEDDLE_FAULT", "daemon:mkdir:0:EIO", 1);
	setenv("HEDDLE_FAULT_ONCE", in_folder("struck"), 1);
	sys_fault_role("daemon");
	assert_int_equal(sys_mkdir(in_folder("first"), 0700), -1);
	assert_int_equal(sys_mkdir(in_folder("second"), 0700), 0);
	unsetenv("HEDDLE_FAULT");
	unsetenv("HEDDLE_FAULT_ONCE");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_checksum_is_the_standards),
	    cmocka_unit_test(instants_are_written_as_the_c_library_would),
	    cmocka_unit_test(both_clocks_go_forward),
	    cmocka_unit_test(a_file_is_written_whole_and_read_back),
	    cmocka_unit_test(a_fifo_or_a_folder_is_refused_without_waiting),
	    cmocka_unit_test(folders_are_made_with_those_above),
	    cmocka_unit_test(random_digits_differ),
#ifdef HEDDLE_FAULTS
	    cmocka_unit_test(the_nth_call_fails_and_only_that_one),
	    cmocka_unit_test(a_fault_that_strikes_once_strikes_once_over_all_processes),
#endif
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
