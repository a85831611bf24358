/* Whether a script is still what it was, told of files. */
#include "unit.h"

#include "base/str.h"
#include "model/scripts.h"
#include "web/scripts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file {
	char path[40];
	char json[256]; /* what an attempt has recorded of it */
};

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void record(struct file *file)
{
	char hash[33];
	int fd;

	snprintf(file->path, sizeof file->path, "/tmp/heddle-script-XXXXXX");
	fd = mkstemp(file->path);
	assert_true(fd >= 0);
	close(fd);
	write_text(file->path, "echo one\n");
	assert_int_equal(script_hash(file->path, hash, NULL), 0);
	snprintf(file->json, sizeof file->json,
		 "[{\"path\": \"./x.sh\", \"file\": \"%s\", \"hash\": \"%s\"}]", file->path, hash);
}

static bool tell(void *context, const struct script_state *state)
{
	str_printf(context, "%s %s\n", state->path,
		   state->now == NULL ? "unknown"
		   : state->differs   ? "differs"
				      : "same");
	return true;
}

static void expect(struct script_looks *looks, const struct file *file, const char *expected)
{
	struct str told = STR_INIT;

	scripts_each(looks, file->json, tell, &told);
	assert_string_equal(str_text(&told), expected);
	str_close(&told);
}

static void a_script_is_the_same_differs_or_is_gone(void **state)
{
	struct script_looks looks = {.known = {0}};
	struct file file;

	(void)state;
	record(&file);
	expect(&looks, &file, "./x.sh same\n");
	write_text(file.path, "echo two\n");
	expect(&looks, &file, "./x.sh same\n"); /* read once for one answer */
	scripts_close(&looks);
	looks = (struct script_looks){.known = {0}};
	expect(&looks, &file, "./x.sh differs\n");
	scripts_close(&looks);
	assert_int_equal(unlink(file.path), 0);
	looks = (struct script_looks){.known = {0}};
	expect(&looks, &file, "./x.sh unknown\n");
	scripts_close(&looks);
}

static void when_time_is_over_no_file_is_read_any_more(void **state)
{
	struct script_looks looks = {.known = {0}};
	struct file first;
	struct file second;

	(void)state;
	record(&first);
	record(&second);
	expect(&looks, &first, "./x.sh same\n");
	looks.until_boot_ms = 1;
	expect(&looks, &second, "./x.sh unknown\n");
	expect(&looks, &first, "./x.sh same\n");
	scripts_close(&looks);
	assert_int_equal(unlink(first.path), 0);
	assert_int_equal(unlink(second.path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_script_is_the_same_differs_or_is_gone),
	    cmocka_unit_test(when_time_is_over_no_file_is_read_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
