/* test_model_format.c - the canonical form: what it looks like (tests/fmt/: NAME.yaml becomes
 * NAME.expected), and that it never changes what a file means. */
#include "base/file.h"
#include "base/str.h"
#include "model/format.h"
#include "model/limits.h"
#include "model/render.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 4000

static void read_file(const char *path, struct str *out)
{
	struct err err = {.code = 0};

	if (file_read(path, 2 * LIMIT_DAG_FILE_BYTES, out, &err) != 0)
		fail_msg("%s", err.message);
}

/* Formats the text; what is told of it is added to told. */
static int format(const char *name, const struct str *text, struct str *out, struct str *told)
{
	struct dag_errors errors;
	int rc;

	dag_errors_init(&errors);
	rc = format_text(name, str_text(text), text->size, out, &errors);
	assert_int_equal(rc != 0, errors.count > 0);
	for (size_t i = 0; i < errors.count; i++)
		dag_error_format(&errors.items[i], false, told);
	dag_errors_close(&errors);
	return rc;
}

/* How often each character stands in the text; not blanks, and not digits, of which one behind | or
 * > may change. */
static void count_characters(const struct str *text, size_t counts[256])
{
	memset(counts, 0, 256 * sizeof *counts);
	for (size_t i = 0; i < text->size; i++) {
		unsigned char c = (unsigned char)text->data[i];

		counts[c] += c > ' ' && (c < '0' || c > '9');
	}
}

/* Nothing is lost: no comment, no quote. */
static void expect_all_kept(const struct str *before, const struct str *after)
{
	size_t counts[2][256];

	count_characters(before, counts[0]);
	count_characters(after, counts[1]);
	if (memcmp(counts[0], counts[1], sizeof counts[0]) != 0)
		fail_msg("something was lost:\n%s---- becomes\n%s", str_text(before),
			 str_text(after));
}

/* Whatever is sound YAML keeps its meaning (format_text compares) and its comments, and is
 * canonical after one pass. Returns whether it was sound. */
static bool check_text(const char *name, const struct str *text)
{
	struct str once = STR_INIT;
	struct str twice = STR_INIT;
	struct str told = STR_INIT;
	int rc = format(name, text, &once, &told);

	if (rc == ERR_BUG)
		fail_msg("%s would change its meaning:\n%s", name, str_text(text));
	if (rc == 0) {
		expect_all_kept(text, &once);
		assert_int_equal(format(name, &once, &twice, &told), 0);
		if (strcmp(str_text(&once), str_text(&twice)) != 0)
			fail_msg("%s:\n%s---- becomes\n%s---- and then\n%s", name, str_text(text),
				 str_text(&once), str_text(&twice));
	} else {
		assert_int_equal(once.size, 0);
		assert_true(told.size > 0);
	}
	str_close(&once);
	str_close(&twice);
	str_close(&told);
	return rc == 0;
}

/* Calls each for all files of a folder with that ending; returns their number. */
static int each_file(const char *path, const char *suffix, void (*each)(const char *path))
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	int count = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		struct str file = STR_INIT;

		str_printf(&file, "%s/%s", path, entry->d_name);
		if (str_ends_with(entry->d_name, suffix)) {
			each(str_text(&file));
			count++;
		}
		str_close(&file);
	}
	closedir(folder);
	return count;
}

static void check_pair(const char *path)
{
	struct str text = STR_INIT;
	struct str expected = STR_INIT;
	struct str out = STR_INIT;
	struct str told = STR_INIT;
	struct str other = STR_INIT;

	str_append_bytes(&other, path, strlen(path) - strlen(".yaml"));
	str_append(&other, ".expected");
	read_file(path, &text);
	read_file(str_text(&other), &expected);
	if (format(path, &text, &out, &told) != 0)
		fail_msg("%s", str_text(&told));
	if (strcmp(str_text(&out), str_text(&expected)) != 0)
		fail_msg("%s becomes\n%s---- instead of\n%s----", path, str_text(&out),
			 str_text(&expected));
	assert_true(check_text(path, &text));
	str_close(&text);
	str_close(&expected);
	str_close(&out);
	str_close(&told);
	str_close(&other);
}

static void a_file_becomes_what_stands_beside_it(void **state)
{
	(void)state;
	assert_true(each_file(HEDDLE_TESTS "/fmt", ".yaml", check_pair) >= 12);
}

static void check_path(const char *path)
{
	struct str text = STR_INIT;

	read_file(path, &text);
	(void)check_text(path, &text);
	str_close(&text);
}

static void check_sound_path(const char *path)
{
	struct str text = STR_INIT;

	read_file(path, &text);
	assert_true(check_text(path, &text));
	str_close(&text);
}

/* Each ```yaml block of a page. */
static void check_page(const char *path)
{
	struct str page = STR_INIT;
	const char *at;

	read_file(path, &page);
	for (at = str_text(&page); (at = strstr(at, "\n```yaml\n")) != NULL;) {
		const char *start = at + strlen("\n```yaml\n");
		const char *end = strstr(start, "\n```\n");
		struct str text = STR_INIT;

		assert_non_null(end);
		str_append_bytes(&text, start, (size_t)(end + 1 - start));
		assert_true(check_text(path, &text));
		str_close(&text);
		at = end;
	}
	str_close(&page);
}

static void wrong_files_and_examples_keep_their_meaning(void **state)
{
	(void)state;
	assert_true(each_file(HEDDLE_TESTS "/bad", ".yaml", check_path) > 60);
	assert_true(each_file(HEDDLE_TESTS "/../dags", ".yaml", check_sound_path) > 0);
	assert_true(each_file(HEDDLE_TESTS "/../dags/flights", ".yaml", check_sound_path) > 0);
	assert_true(each_file(HEDDLE_TESTS "/../docs", ".md", check_page) > 0);
}

/* --- random files -------------------------------------------------------------------------------
 */

struct writer {
	struct str text;
	unsigned long state;
	int anchors; /* written so far; -1 = none in this file */
};

static unsigned pick(struct writer *writer, unsigned bound)
{
	writer->state = writer->state * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(writer->state >> 33) % bound;
}

#define PICK(writer, words) (words)[pick(writer, sizeof(words) / sizeof *(words))]

static void indent(struct writer *writer, unsigned columns)
{
	for (unsigned i = 0; i < columns; i++)
		str_append_char(&writer->text, ' ');
}

static void line_end(struct writer *writer)
{
	static const char *const ends[] = {"", "", "", "", " # note", "  \t# a: b", "   "};

	str_append(&writer->text, PICK(writer, ends));
	str_append(&writer->text, pick(writer, 20) == 0 ? "\r\n" : "\n");
}

static void between(struct writer *writer, unsigned columns)
{
	while (pick(writer, 4) == 0) {
		if (pick(writer, 2) == 0) {
			indent(writer, columns + pick(writer, 3) * pick(writer, 3));
			str_append(&writer->text, "#  - key: \"no\" ");
		} else {
			indent(writer, pick(writer, 2) * pick(writer, 6));
		}
		str_append_char(&writer->text, '\n');
	}
}

static void leaf(struct writer *writer, unsigned columns)
{
	static const char *const words[] = {"ls -l",
					    "'it''s # no'",
					    "\"a\\tb\"",
					    "5m",
					    "12:30",
					    "[a, 'b', [c]]",
					    "{a: 1, b: [x]}",
					    "~",
					    "\xc3\xbc",
					    "!!str 5",
					    "\"#\"",
					    "-1",
					    "https://x/#a",
					    "\"\"",
					    "{ }",
					    ("{command: ls, id: a, zz: [1, {id: x, b: y}], "
					     "env: {B: 1}}"),
					    "{retries: , id: a}",
					    "{command, id: a, \"pool\":b}",
					    "{\"retries\":1,'id':2 , owner: {}, }",
					    "a#b"};
	static const char *const first[] = {"one two", "\"one", "'one", "[one,", "{one: 1,"};
	static const char *const last[] = {"more words", "two \\  \n   \\ x\"", "two '' '",
					   "# a comment, \n     two ]", "two: \"a\n\n  b\" }"};
	unsigned i;

	if (pick(writer, 4) > 0) {
		str_append(&writer->text, PICK(writer, words));
		line_end(writer);
		return;
	}
	i = pick(writer, 5);
	str_append(&writer->text, first[i]);
	str_append(&writer->text, pick(writer, 3) == 0 ? " \n\n" : "\n");
	indent(writer, columns + 1 + pick(writer, 4));
	str_append(&writer->text, last[i]);
	line_end(writer);
}

static void block(struct writer *writer, unsigned columns)
{
	static const char *const headers[] = {"|", ">", "|-", ">+", "|+", ">-"};
	unsigned more = 1 + pick(writer, 4);
	bool is_told = pick(writer, 3) == 0;
	unsigned lines = pick(writer, 5);

	str_append(&writer->text, PICK(writer, headers));
	if (is_told)
		str_append_char(&writer->text, (char)('0' + more));
	line_end(writer);
	for (unsigned i = 0; i < lines; i++) {
		unsigned kind = pick(writer, 5);

		if (kind == 0 && i > 0) {
			indent(writer, pick(writer, columns + more + 1));
		} else {
			indent(writer, columns + more);
			if (i > 0 || is_told)
				indent(writer, pick(writer, 3));
			str_append(&writer->text, kind == 1 ? "# text  " : "echo: '$x' \\");
		}
		str_append_char(&writer->text, '\n');
	}
}

static void map(struct writer *writer, unsigned columns, unsigned depth, bool is_begun);

static void list(struct writer *writer, unsigned columns, unsigned depth, bool is_begun);

static void anchor(struct writer *writer)
{
	if (writer->anchors >= 0 && pick(writer, 6) == 0)
		str_printf(&writer->text, "&a%d ", writer->anchors++);
}

static void value(struct writer *writer, unsigned columns, unsigned depth, bool is_item)
{
	unsigned kind = depth == 0 ? pick(writer, 4) : pick(writer, 8);

	if (kind == 0) {
		line_end(writer);
	} else if (kind < 3) {
		str_append_char(&writer->text, ' ');
		if (writer->anchors > 0 && pick(writer, 5) == 0) {
			str_printf(&writer->text, "*a%d",
				   (int)pick(writer, (unsigned)writer->anchors));
			line_end(writer);
			return;
		}
		anchor(writer);
		leaf(writer, columns);
	} else if (kind == 3) {
		str_append_char(&writer->text, ' ');
		block(writer, columns);
	} else if (is_item && pick(writer, 2) == 0) {
		unsigned more = 1 + pick(writer, 4);

		indent(writer, more);
		if (kind < 7)
			map(writer, columns + 1 + more, depth - 1, true);
		else
			list(writer, columns + 1 + more, depth - 1, true);
	} else {
		line_end(writer);
		if (kind < 6)
			map(writer, columns + 1 + pick(writer, 5), depth - 1, false);
		else
			list(writer, columns + (is_item ? 1 : 0) + pick(writer, 4), depth - 1,
			     false);
	}
}

static void list(struct writer *writer, unsigned columns, unsigned depth, bool is_begun)
{
	unsigned count = 1 + pick(writer, 4);

	for (unsigned i = 0; i < count; i++) {
		if (i > 0 || !is_begun) {
			between(writer, columns);
			indent(writer, columns);
		}
		str_append_char(&writer->text, '-');
		value(writer, columns, depth, true);
	}
}

static void map(struct writer *writer, unsigned columns, unsigned depth, bool is_begun)
{
	static const char *const names[] = {"id",    "tasks",   "command",  "depends_on", "env",
					    "zebra", "retries", "defaults", "'a b'",      "on_exit",
					    "owner", "\"q\"",   "apple",    "params",     "pools"};
	unsigned count = 1 + pick(writer, 6);
	unsigned first = pick(writer, sizeof names / sizeof *names);

	for (unsigned i = 0; i < count; i++) {
		if (i > 0 || !is_begun) {
			between(writer, columns);
			indent(writer, columns);
		}
		str_append(&writer->text, names[(first + i * 4) % (sizeof names / sizeof *names)]);
		str_append(&writer->text, pick(writer, 9) == 0 ? " :" : ":");
		value(writer, columns, depth, false);
	}
}

static void random_text(struct writer *writer)
{
	unsigned documents = 1 + (pick(writer, 5) == 0);

	str_clear(&writer->text);
	writer->anchors = pick(writer, 4) == 0 ? 0 : -1;
	for (unsigned i = 0; i < documents; i++) {
		between(writer, 0);
		if (i > 0 || pick(writer, 6) == 0)
			str_append(&writer->text, pick(writer, 3) == 0 ? "--- # next\n" : "---\n");
		writer->anchors = writer->anchors > 0 ? 0 : writer->anchors;
		map(writer, pick(writer, 4) == 0 ? 2 : 0, 4, false);
		between(writer, 0);
	}
	if (pick(writer, 10) == 0 && writer->text.size > 0)
		writer->text.data[--writer->text.size] = '\0';
}

static void any_file_keeps_its_meaning(void **state)
{
	struct writer writer = {.text = STR_INIT, .state = 20261121};
	int sound = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		random_text(&writer);
		sound += check_text(i % 8 == 0 ? "heddle.yaml" : "random.yaml", &writer.text);
	}
	assert_true(sound > ROUNDS / 2);
	str_close(&writer.text);
}

static void what_is_not_yaml_is_told_as_by_validate(void **state)
{
	struct str text = STR_INIT;
	struct str out = STR_INIT;
	struct str told = STR_INIT;

	(void)state;
	str_append(&text, "id: a\nid: b\ntasks: *none\n");
	assert_int_equal(format("f.yaml", &text, &out, &told), ERR_INVALID);
	assert_string_equal(str_text(&told),
			    "f.yaml:2:1: duplicate key 'id' (first on line 1)\n"
			    "f.yaml:3:8: unknown alias '*none': no '&none' before it\n");
	str_clear(&text);
	str_clear(&told);
	str_append(&text, "id: [a\n");
	assert_int_equal(format("f.yaml", &text, &out, &told), ERR_SYNTAX);
	assert_int_equal(out.size, 0);
	str_close(&text);
	str_close(&out);
	str_close(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_becomes_what_stands_beside_it),
	    cmocka_unit_test(wrong_files_and_examples_keep_their_meaning),
	    cmocka_unit_test(any_file_keeps_its_meaning),
	    cmocka_unit_test(what_is_not_yaml_is_told_as_by_validate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
