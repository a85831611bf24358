/* text.c - values as text, within the bounds of a rendering; see eval.h. */
#include "base/str.h"
#include "model/template/eval.h"

#include <string.h>

/* Digits that tell any two numbers apart; fewer are tried first, so that 0.1 stays 0.1. */
#define DIGITS_MIN 15
#define DIGITS_MAX 17

int text_charge(struct eval *eval, size_t size)
{
	if (size > eval->work_left)
		return err_set(eval->err, ERR_LIMIT, "more than %u MiB of text to go through",
			       EVAL_WORK_BYTES / (1024 * 1024));
	eval->work_left -= size;
	return 0;
}

int text_append(struct eval *eval, struct str *out, const char *bytes, size_t size)
{
	if (memchr(bytes, '\0', size) != NULL)
		return err_set(eval->err, ERR_INVALID, "a text holds a NUL character");
	if (size > eval->text_max || out->size > eval->text_max - size)
		return err_set(eval->err, ERR_LIMIT, "longer than %zu bytes", eval->text_max);
	str_append_bytes(out, bytes, size);
	return text_charge(eval, size);
}

struct dump {
	struct eval *eval;
	struct str *out;
	int rc;
};

static int dump_some(const char *bytes, size_t size, void *context)
{
	struct dump *dump = context;

	dump->rc = text_append(dump->eval, dump->out, bytes, size);
	return dump->rc == 0 ? 0 : -1;
}

static bool reads_the_same(const json_t *value, const char *text, size_t size)
{
	json_t *read = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	bool is_same = read != NULL && json_equal(read, value) == 1;

	json_decref(read);
	return is_same;
}

static int dump_exactly(struct eval *eval, struct str *out, const json_t *value, size_t digits)
{
	struct dump dump = {eval, out, 0};
	size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits);

	if (json_dump_callback(value, dump_some, &dump, flags) == 0)
		return 0;
	return dump.rc != 0 ? dump.rc
			    : err_set(eval->err, ERR_INVALID, "a value cannot be written as JSON");
}

int text_append_json(struct eval *eval, struct str *out, const json_t *value)
{
	size_t begin = out->size;
	int rc = 0;

	for (size_t digits = DIGITS_MIN; digits <= DIGITS_MAX; digits++) {
		if (digits > DIGITS_MIN) {
			out->size = begin;
			out->data[begin] = '\0';
		}
		rc = dump_exactly(eval, out, value, digits);
		if (rc != 0 || reads_the_same(value, out->data + begin, out->size - begin))
			break;
	}
	return rc;
}

int text_append_value(struct eval *eval, struct str *out, const json_t *value)
{
	if (json_is_null(value))
		return 0;
	if (json_is_string(value))
		return text_append(eval, out, json_string_value(value), json_string_length(value));
	return text_append_json(eval, out, value);
}

/* POSIX.1-2017, XCU 2.2.2: single quotes keep every character but a single quote, which therefore
 * leaves them, stands behind a backslash, and enters them again. */
static int append_quoted(struct eval *eval, struct str *out, const char *text, size_t size)
{
	const char *end = text + size;
	int rc = text_append(eval, out, "'", 1);

	while (rc == 0 && text < end) {
		const char *quote = memchr(text, '\'', (size_t)(end - text));
		size_t run = (size_t)((quote == NULL ? end : quote) - text);

		rc = text_append(eval, out, text, run);
		if (rc == 0 && quote != NULL)
			rc = text_append(eval, out, "'\\''", 4);
		text += run + (quote == NULL ? 0 : 1);
	}
	if (rc == 0)
		rc = text_append(eval, out, "'", 1);
	return rc;
}

int text_append_sh(struct eval *eval, struct str *out, const json_t *value)
{
	struct str text = STR_INIT;
	int rc = text_append_value(eval, &text, value);

	if (rc == 0)
		rc = append_quoted(eval, out, str_text(&text), text.size);
	str_close(&text);
	return rc;
}

int text_finish(struct eval *eval, int rc, struct str *text, json_t **out)
{
	if (rc == 0) {
		*out = json_stringn(str_text(text), text->size);
		if (*out == NULL)
			rc = err_set(eval->err, ERR_INVALID, "a text is not UTF-8");
	}
	str_close(text);
	return rc;
}

const char *value_type(const json_t *value)
{
	static const char *const names[] = {
	    [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a text",
	    [JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
	    [JSON_FALSE] = "false",      [JSON_NULL] = "null",
	};

	return names[json_typeof(value)];
}
