/* fuzz_model_template.c - any text as a template and as a condition: parsed, checked and rendered
 * with values of every type.
 *
 * The first byte chooses the place and the form. Held to: each error lies in the text and says
 * something; every name that is told has parts and stands where it says; what is rendered is within
 * its bound; a text without braces comes out as it is. */
#include "base/mem.h"
#include "model/template/template.h"

#include <stdlib.h>
#include <string.h>

#define RENDER_BYTES 5000u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct fuzz {
	const char *text;
	size_t size;
	json_t *root;
	size_t report_count;
};

/* Not assert: it must hold in every build. */
static void expect(bool is_so)
{
	if (!is_so)
		abort();
}

static void expect_error(const struct fuzz *fuzz, const struct template_error *error)
{
	expect(error->offset <= fuzz->size);
	expect(error->message[0] != '\0' && strlen(error->message) < sizeof error->message);
}

static void expect_path(const struct fuzz *fuzz, const struct template_path *path)
{
	expect(path->count > 0 && path->length > 0 && path->offset + path->length <= fuzz->size);
	expect(strncmp(fuzz->text + path->offset, path->parts[0], strlen(path->parts[0])) == 0);
}

/* The last letter of a name decides what it is. */
static enum template_class resolve(void *context, const struct template_path *path, struct str *why)
{
	size_t length = strlen(path->parts[0]);

	expect_path(context, path);
	if (length % 3 == 0)
		return TEMPLATE_FREE;
	if (length % 3 == 1)
		return TEMPLATE_BOUND;
	if (length % 2 == 0)
		str_append(why, "none of that name");
	return TEMPLATE_UNKNOWN;
}

static void report(void *context, const struct template_error *error)
{
	struct fuzz *fuzz = context;

	expect_error(fuzz, error);
	fuzz->report_count++;
}

static void count_path(void *context, const struct template_path *path)
{
	expect_path(context, path);
}

static json_t *get(void *context, const struct template_path *path, struct str *why)
{
	struct fuzz *fuzz = context;
	const char *name = path->parts[path->count - 1];
	char letter[2] = {name[0], '\0'};
	json_t *value = json_object_get(fuzz->root, letter);

	if (value == NULL)
		str_append(why, "nothing here");
	return json_incref(value);
}

static void render(struct fuzz *fuzz, const struct template *template,
		   const struct template_values *values)
{
	struct str out = STR_INIT;
	struct err err = {0};
	int rc = template_render(template, values, RENDER_BYTES, &out, &err);

	expect(rc == 0 || rc == ERR_INVALID || rc == ERR_LIMIT);
	expect(rc == 0 || (err.code == rc && err.message[0] != '\0'));
	expect(out.size <= RENDER_BYTES);
	expect(out.size == 0 || strlen(out.data) == out.size);
	if (rc == 0 && !template_is_one(fuzz->text))
		expect(strcmp(str_text(&out), fuzz->text) == 0);
	str_close(&out);
}

static void judge(const struct template *condition, const struct template_values *values)
{
	struct err err = {0};
	bool is_true = false;
	int rc = template_judge(condition, values, &is_true, &err);

	expect(rc == 0 || rc == ERR_INVALID || rc == ERR_LIMIT);
	expect(rc == 0 || err.message[0] != '\0');
}

static void fuzz_text(struct fuzz *fuzz, bool is_condition, enum template_place place)
{
	const struct template_scope scope = {resolve, fuzz};
	struct template_values values = {get, fuzz, NULL};
	struct template_error error = {0};
	struct template *template = NULL;
	struct tz *utc = NULL;
	struct arena arena;
	int rc;

	arena_init(&arena);
	rc = is_condition ? template_parse_condition(&arena, fuzz->text, &template, &error)
			  : template_parse(&arena, fuzz->text, &template, &error);
	expect(rc == 0 || rc == ERR_SYNTAX || rc == ERR_LIMIT);
	if (rc != 0) {
		expect_error(fuzz, &error);
	} else {
		expect(tz_load("UTC", &utc, NULL) == 0);
		values.tz = utc;
		template_check(template, &scope, place, report, fuzz);
		expect(place != TEMPLATE_IN_VALUE || fuzz->report_count <= fuzz->size);
		template_each_path(template, count_path, fuzz);
		if (is_condition)
			judge(template, &values);
		else
			render(fuzz, template, &values);
		tz_destroy(utc);
	}
	arena_close(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz fuzz = {0};
	char *text;

	if (size == 0)
		return 0;
	text = mem_strndup((const char *)bytes + 1, size - 1);
	fuzz.text = text;
	fuzz.size = strlen(text);
	fuzz.root = json_loads("{\"a\": \"it's\", \"d\": \"2026-11-20\", \"t\": "
			       "\"2026-03-28T02:30:00+01:00\", \"n\": 3, \"r\": 0.5, \"b\": true, "
			       "\"z\": null, \"l\": [\"x\", 1, [2]], \"o\": {\"k\": 1}, \"u\": "
			       "\"a\\u0000\\u00e4\"}",
			       JSON_ALLOW_NUL, NULL);
	expect(fuzz.root != NULL);
	fuzz_text(&fuzz, (bytes[0] & 4) != 0, (enum template_place)((bytes[0] & 3) % 3));
	json_decref(fuzz.root);
	mem_free(text);
	return 0;
}
