/* test_process_pack.c - the logs of a run in one file: what is in it, what is read from it, and
 * what is left when it was cut short at any step. */
#include "base/file.h"
#include "base/mem.h"
#include "executor/process/claim.h"
#include "executor/process/log.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_MS 1795154400000 /* 2026-11-20T06:00:00Z */

static const struct pack_run run = {"0123456789abcdef", AT_MS};

struct kit {
	char home[64];
	struct err err;
};

static int setup(void **state)
{
	struct kit *kit = mem_alloc(sizeof *kit);

	snprintf(kit->home, sizeof kit->home, "/tmp/heddle-pack-XXXXXX");
	assert_non_null(mkdtemp(kit->home));
	*state = kit;
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct kit *kit = *state;

	nftw(kit->home, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	mem_free(kit);
	return 0;
}

static struct pack_attempt attempt_of(int64_t id)
{
	struct pack_attempt attempt = {.ref = {id, AT_MS + id}, .incarnation = "00c0ffee"};

	return attempt;
}

static void put(const struct kit *kit, int64_t id, enum pack_kind kind, const char *text,
		size_t size)
{
	struct pack_attempt attempt = attempt_of(id);
	char path[PATH_MAX];
	char folder[PATH_MAX];
	int fd;

	pack_single_path(kit->home, &attempt, kind, path);
	snprintf(folder, sizeof folder, "%s", path);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_mkdirs(folder, NULL), 0);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, size, NULL), 0);
	close(fd);
}

static void put_text(const struct kit *kit, int64_t id, enum pack_kind kind, const char *text)
{
	put(kit, id, kind, text, strlen(text));
}

static bool is_there(const struct kit *kit, int64_t id, enum pack_kind kind)
{
	struct pack_attempt attempt = attempt_of(id);
	char path[PATH_MAX];

	return access(pack_single_path(kit->home, &attempt, kind, path), F_OK) == 0;
}

static struct pack_writer *begin(struct kit *kit, int64_t first, int64_t last)
{
	struct pack_attempt attempts[32];
	struct pack_writer *writer;
	size_t count = 0;

	for (int64_t id = first; id <= last; id++)
		attempts[count++] = attempt_of(id);
	if (pack_writer_open(kit->home, run, attempts, count, &writer, &kit->err) != 0)
		fail_msg("%s", kit->err.message);
	return writer;
}

static void write_all(struct kit *kit, struct pack_writer *writer, int64_t step_bytes)
{
	bool done = false;

	while (!done)
		if (pack_writer_step(writer, step_bytes, &done, &kit->err) != 0)
			fail_msg("%s", kit->err.message);
}

static void clear_all(struct kit *kit, struct pack_writer *writer)
{
	bool done = false;

	while (!done)
		if (pack_writer_clear(writer, 1, &done, &kit->err) != 0)
			fail_msg("%s", kit->err.message);
}

static void pack(struct kit *kit, int64_t first, int64_t last)
{
	struct pack_writer *writer = begin(kit, first, last);

	write_all(kit, writer, 1);
	clear_all(kit, writer);
	pack_writer_close(writer);
}

static void expect_part(struct kit *kit, int64_t id, enum pack_kind kind, const char *text)
{
	char path[PATH_MAX];
	char bytes[256] = "";
	struct pack file;
	struct pack_part part;

	assert_int_equal(pack_check(pack_path(kit->home, run, path), &kit->err), 0);
	assert_int_equal(pack_open(path, &file, &kit->err), 0);
	assert_int_equal(pack_find(&file, "00c0ffee", id, kind, &part, &kit->err), 0);
	assert_int_equal(part.size_bytes, strlen(text));
	assert_int_equal(
	    pread(file.fd, bytes, sizeof bytes - 1 < strlen(text) ? 0 : strlen(text), part.at),
	    strlen(text));
	assert_string_equal(bytes, text);
	pack_close(&file);
}

/* What `heddle logs` would print. */
static void expect_log(struct kit *kit, int64_t id, const char *text, bool is_packed)
{
	struct pack_attempt attempt = attempt_of(id);
	char bytes[256] = "";
	struct process_log log;

	if (process_log_open(kit->home, attempt.incarnation, attempt.ref, run, &log, &kit->err) !=
	    0)
		fail_msg("%s", kit->err.message);
	assert_true(log.fd >= 0);
	assert_int_equal(log.is_packed, is_packed);
	assert_int_equal(log.size_bytes, strlen(text));
	/* More is asked for than there is: what stands behind it is not the log's. */
	assert_int_equal(process_log_read(&log, bytes, sizeof bytes - 1, 0), strlen(text));
	assert_string_equal(bytes, text);
	assert_int_equal(process_log_read(&log, bytes, 10, log.size_bytes), 0);
	process_log_close(&log);
}

static void all_that_attempts_left_stands_in_one_file(void **state)
{
	struct kit *kit = *state;
	char path[PATH_MAX];

	put_text(kit, 7, PACK_LOG, "one\n");
	put_text(kit, 7, PACK_CLAIM, "claim of 7");
	put_text(kit, 8, PACK_CLAIM, "claim of 8");
	put_text(kit, 12, PACK_LOG, "twelve\n");
	put_text(kit, 12, PACK_STDOUT, "12");
	put_text(kit, 12, PACK_OUTPUT, "");
	put_text(kit, 12, PACK_PROGRESS, "50 half");
	put_text(kit, 12, PACK_CLAIM, "claim of 12");
	pack(kit, 7, 12);
	assert_string_equal(pack_path(kit->home, run, path) + strlen(kit->home),
			    "/logs/2026-11-20/0123456789abcdef.pack");
	expect_part(kit, 7, PACK_LOG, "one\n");
	expect_part(kit, 8, PACK_CLAIM, "claim of 8");
	expect_part(kit, 12, PACK_STDOUT, "12");
	expect_part(kit, 12, PACK_OUTPUT, "");
	expect_part(kit, 12, PACK_PROGRESS, "50 half");
	expect_part(kit, 12, PACK_CLAIM, "claim of 12");
	for (int64_t id = 7; id <= 12; id++)
		for (int kind = 0; kind < PACK_KIND_COUNT; kind++)
			assert_false(is_there(kit, id, (enum pack_kind)kind));
	expect_log(kit, 7, "one\n", true);
	expect_log(kit, 12, "twelve\n", true);
}

static void an_attempt_without_a_log_has_none(void **state)
{
	struct kit *kit = *state;
	struct pack_attempt attempt = attempt_of(8);
	struct process_log log;

	put_text(kit, 8, PACK_CLAIM, "c");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    process_log_open(kit->home, attempt.incarnation, attempt.ref, run, &log, NULL),
		    0);
		assert_int_equal(log.fd, -1);
		assert_int_equal(log.size_bytes, 0);
		pack(kit, 8, 8);
	}
}

static void a_rerun_joins_what_is_packed(void **state)
{
	struct kit *kit = *state;

	put_text(kit, 1, PACK_LOG, "first\n");
	put_text(kit, 1, PACK_CLAIM, "c1");
	pack(kit, 1, 1);
	put_text(kit, 2, PACK_LOG, "second\n");
	put_text(kit, 2, PACK_CLAIM, "c2");
	expect_log(kit, 1, "first\n", true);
	expect_log(kit, 2, "second\n", false);
	pack(kit, 1, 2);
	expect_log(kit, 1, "first\n", true);
	expect_log(kit, 2, "second\n", true);
	expect_part(kit, 1, PACK_CLAIM, "c1");
	assert_false(is_there(kit, 2, PACK_CLAIM));
}

static void nothing_new_leaves_the_file_alone(void **state)
{
	struct kit *kit = *state;
	struct stat before;
	struct stat after;
	char path[PATH_MAX];

	put_text(kit, 1, PACK_LOG, "x");
	pack(kit, 1, 1);
	assert_int_equal(stat(pack_path(kit->home, run, path), &before), 0);
	pack(kit, 1, 3);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	pack(kit, 5, 6); /* neither is there a reason to make one */
}

/* The process ends after so many steps: what it held is gone, the files are as they are. */
static void leave(struct kit *kit, unsigned steps)
{
	struct pack_writer *writer = begin(kit, 1, 4);
	bool done = false;

	for (; steps > 0 && !done; steps--)
		assert_int_equal(pack_writer_step(writer, 1, &done, NULL), 0);
	done = false;
	for (; steps > 0 && !done; steps--)
		assert_int_equal(pack_writer_clear(writer, 1, &done, NULL), 0);
	pack_writer_close(writer);
}

static void cut_short_anywhere_nothing_is_lost(void **state)
{
	struct kit *kit = *state;

	for (unsigned steps = 0; steps < 20; steps++) {
		char path[PATH_MAX];

		(void)unlink(pack_path(kit->home, run, path));
		for (int64_t id = 1; id <= 4; id++) {
			put_text(kit, id, PACK_LOG, id % 2 == 0 ? "even\n" : "odd\n");
			put_text(kit, id, PACK_CLAIM, "claim");
		}
		leave(kit, steps);
		for (int64_t id = 1; id <= 4; id++) {
			struct pack_attempt attempt = attempt_of(id);
			struct process_log log;

			/* A claim goes only after its log. */
			assert_true(is_there(kit, id, PACK_CLAIM) || !is_there(kit, id, PACK_LOG));
			assert_int_equal(process_log_open(kit->home, attempt.incarnation,
							  attempt.ref, run, &log, NULL),
					 0);
			assert_int_equal(log.size_bytes, id % 2 == 0 ? 5 : 4);
			process_log_close(&log);
		}
		pack(kit, 1, 4);
		for (int64_t id = 1; id <= 4; id++) {
			expect_log(kit, id, id % 2 == 0 ? "even\n" : "odd\n", true);
			expect_part(kit, id, PACK_CLAIM, "claim");
			assert_false(is_there(kit, id, PACK_CLAIM));
		}
	}
}

static void half_a_file_aside_is_overwritten(void **state)
{
	struct kit *kit = *state;
	char path[PATH_MAX];
	char aside[PATH_MAX + 8];
	int fd;

	put_text(kit, 1, PACK_LOG, "whole\n");
	snprintf(aside, sizeof aside, "%s.new", pack_path(kit->home, run, path));
	fd = open(aside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, 100000), 0);
	close(fd);
	pack(kit, 1, 1);
	expect_log(kit, 1, "whole\n", true);
	assert_int_equal(access(aside, F_OK), -1);
}

static void what_is_large_stays_by_itself(void **state)
{
	struct kit *kit = *state;
	struct pack_attempt attempt = attempt_of(2);
	char path[PATH_MAX];

	put_text(kit, 1, PACK_LOG, "small\n");
	put_text(kit, 2, PACK_LOG, "large");
	put_text(kit, 2, PACK_CLAIM, "c");
	assert_int_equal(
	    truncate(pack_single_path(kit->home, &attempt, PACK_LOG, path), PACK_LARGE_BYTES), 0);
	pack(kit, 1, 2);
	assert_false(is_there(kit, 1, PACK_LOG));
	assert_true(is_there(kit, 2, PACK_LOG));
	assert_true(is_there(kit, 2, PACK_CLAIM));
}

static void an_attempt_whose_shim_lives_is_left_for_later(void **state)
{
	struct kit *kit = *state;
	struct claim claim = {.claimed_at_ms = AT_MS, .shim_pid = 1, .name = "00c0ffee-1"};
	struct pack_attempt attempt = attempt_of(1);
	struct pack_writer *writer;
	char path[PATH_MAX];
	int fd;

	put_text(kit, 1, PACK_LOG, "still at work\n");
	put_text(kit, 2, PACK_LOG, "done\n");
	pack_single_path(kit->home, &attempt, PACK_CLAIM, path);
	assert_int_equal(claim_make(path, &claim, NULL, &fd), 0);
	writer = begin(kit, 1, 2);
	write_all(kit, writer, 1 << 20);
	clear_all(kit, writer);
	assert_true(pack_writer_is_partial(writer));
	pack_writer_close(writer);
	expect_log(kit, 1, "still at work\n", false);
	expect_log(kit, 2, "done\n", true);
	close(fd);
	writer = begin(kit, 1, 2);
	assert_false(pack_writer_is_partial(writer));
	pack_writer_close(writer);
}

static void what_is_no_file_stays_where_it_is(void **state)
{
	struct kit *kit = *state;
	struct pack_attempt attempt = attempt_of(1);
	char path[PATH_MAX];

	put_text(kit, 1, PACK_LOG, "x\n");
	assert_int_equal(
	    symlink("/etc/passwd", pack_single_path(kit->home, &attempt, PACK_OUTPUT, path)), 0);
	assert_int_equal(mkfifo(pack_single_path(kit->home, &attempt, PACK_PROGRESS, path), 0600),
			 0);
	pack(kit, 1, 1);
	expect_log(kit, 1, "x\n", true);
	assert_int_equal(access(path, F_OK), 0);
}

/* --- damage -------------------------------------------------------------------------------------
 */

static void damage(struct kit *kit, off_t at, char byte)
{
	char path[PATH_MAX];
	int fd = open(pack_path(kit->home, run, path), O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void expect_refused(struct kit *kit, const char *why)
{
	struct pack_attempt attempt = attempt_of(1);
	struct process_log log;

	assert_int_equal(
	    process_log_open(kit->home, attempt.incarnation, attempt.ref, run, &log, &kit->err),
	    ERR_CORRUPT);
	assert_int_equal(log.fd, -1);
	if (strstr(kit->err.message, why) == NULL)
		fail_msg("%s", kit->err.message);
}

static void a_damaged_file_says_what_is_wrong(void **state)
{
	struct kit *kit = *state;
	char path[PATH_MAX];

	put_text(kit, 1, PACK_LOG, "the log\n");
	pack(kit, 1, 1);
	assert_int_equal(pack_check(pack_path(kit->home, run, path), &kit->err), 0);
	damage(kit, PACK_HEAD_BYTES + PACK_ENTRY_BYTES, 'T');
	assert_int_equal(pack_check(path, &kit->err), ERR_CORRUPT);
	assert_non_null(strstr(kit->err.message, "what attempt 1 left does not match"));
	expect_log(kit, 1, "The log\n", true); /* people may read what there is */
	damage(kit, PACK_HEAD_BYTES + 16, 'x');
	expect_refused(kit, "entry 0 of the packed logs");
	assert_int_equal(truncate(path, PACK_HEAD_BYTES + PACK_ENTRY_BYTES + 3), 0);
	expect_refused(kit, "it is torn: 163 of 168 bytes are there");
	damage(kit, 20, 'x');
	expect_refused(kit, "its head does not match its checksum");
	damage(kit, 4, 9);
	expect_refused(kit, "it is of version 9, and this program reads 1");
	assert_int_equal(truncate(path, 0), 0);
	expect_refused(kit, "it is cut short");
}

/* What rotted in the file of before is not made sound by writing it anew. */
static void rot_is_carried_on_as_rot(void **state)
{
	struct kit *kit = *state;
	char path[PATH_MAX];

	put_text(kit, 1, PACK_LOG, "the log\n");
	pack(kit, 1, 1);
	damage(kit, PACK_HEAD_BYTES + PACK_ENTRY_BYTES, 'T');
	put_text(kit, 2, PACK_LOG, "sound\n");
	pack(kit, 1, 2);
	expect_log(kit, 2, "sound\n", true);
	assert_int_equal(pack_check(pack_path(kit->home, run, path), &kit->err), ERR_CORRUPT);
}

static void attempts_of_another_life_of_the_home_are_told_apart(void **state)
{
	struct kit *kit = *state;
	struct pack_attempt other = attempt_of(1);
	struct process_log log;

	put_text(kit, 1, PACK_LOG, "x\n");
	pack(kit, 1, 1);
	snprintf(other.incarnation, sizeof other.incarnation, "deadbeef");
	assert_int_equal(process_log_open(kit->home, other.incarnation, other.ref, run, &log, NULL),
			 0);
	assert_int_equal(log.fd, -1);
}

#define PACK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PACK_TEST(all_that_attempts_left_stands_in_one_file),
	    PACK_TEST(an_attempt_without_a_log_has_none),
	    PACK_TEST(a_rerun_joins_what_is_packed),
	    PACK_TEST(nothing_new_leaves_the_file_alone),
	    PACK_TEST(cut_short_anywhere_nothing_is_lost),
	    PACK_TEST(half_a_file_aside_is_overwritten),
	    PACK_TEST(what_is_large_stays_by_itself),
	    PACK_TEST(an_attempt_whose_shim_lives_is_left_for_later),
	    PACK_TEST(what_is_no_file_stays_where_it_is),
	    PACK_TEST(a_damaged_file_says_what_is_wrong),
	    PACK_TEST(rot_is_carried_on_as_rot),
	    PACK_TEST(attempts_of_another_life_of_the_home_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
