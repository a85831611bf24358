/* outputs.c - see outputs.h. */
#include "model/outputs.h"

#include "base/mem.h"
#include "base/str.h"
#include "model/limits.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 60

static int add_object(json_t *outputs, const char *line, size_t length, size_t number,
		      struct err *err)
{
	json_error_t why;
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
	const char *name;
	json_t *value;

	if (object == NULL || !json_is_object(object)) {
		json_decref(object);
		return err_set(err, ERR_SYNTAX, "$HEDDLE_OUTPUT line %zu: no JSON object: %s",
			       number, object == NULL ? why.text : "it is a list");
	}
	json_object_foreach(object, name, value)
	{
		if (!id_is_valid(name, false)) {
			err_set(err, ERR_SYNTAX,
				"$HEDDLE_OUTPUT line %zu: '%.100s' is no name of an output: a "
				"letter or '_', then letters, digits, '_' or '-', at most 100",
				number, name);
			json_decref(object);
			return ERR_SYNTAX;
		}
		json_object_set(outputs, name, value);
	}
	json_decref(object);
	return 0;
}

static int add_pair(json_t *outputs, const char *line, size_t length, size_t number,
		    struct err *err)
{
	const char *equals = memchr(line, '=', length);
	size_t name_length = equals == NULL ? 0 : (size_t)(equals - line);
	char name[LIMIT_ID_BYTES + 1];
	json_t *value;

	if (equals == NULL || name_length > LIMIT_ID_BYTES)
		return err_set(err, ERR_SYNTAX,
			       "$HEDDLE_OUTPUT line %zu: neither key=value nor a JSON object: %.*s",
			       number, (int)(length < SHOWN_BYTES ? length : SHOWN_BYTES), line);
	memcpy(name, line, name_length);
	name[name_length] = '\0';
	if (!id_is_valid(name, false))
		return err_set(err, ERR_SYNTAX,
			       "$HEDDLE_OUTPUT line %zu: '%s' is no name of an output: a letter or "
			       "'_', then letters, digits, '_' or '-', at most 100",
			       number, name);
	value = json_stringn(equals + 1, length - name_length - 1);
	if (value == NULL)
		return err_set(err, ERR_SYNTAX, "$HEDDLE_OUTPUT line %zu: the value is not UTF-8",
			       number);
	json_object_set_new(outputs, name, value);
	return 0;
}

static bool is_blank(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (line[i] != ' ' && line[i] != '\t')
			return false;
	return true;
}

int outputs_add_lines(json_t *outputs, const char *text, size_t size, struct err *err)
{
	const char *end = text + size;
	size_t number = 0;
	int rc = 0;

	while (rc == 0 && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((newline == NULL ? end : newline) - text);

		number++;
		if (length > 0 && text[length - 1] == '\r')
			length--;
		if (memchr(text, '\0', length) != NULL)
			rc = err_set(err, ERR_SYNTAX, "$HEDDLE_OUTPUT line %zu: a NUL character",
				     number);
		else if (length > 0 && text[0] == '{')
			rc = add_object(outputs, text, length, number, err);
		else if (!is_blank(text, length))
			rc = add_pair(outputs, text, length, number, err);
		text = newline == NULL ? end : newline + 1;
	}
	return rc;
}

/* The last line that is not blank, without its end; *length 0 = there is none. */
static const char *last_line(const char *text, size_t size, size_t *length)
{
	while (size > 0) {
		const char *newline = memrchr(text, '\n', size);
		const char *line = newline == NULL ? text : newline + 1;

		*length = size - (size_t)(line - text);
		if (*length > 0 && line[*length - 1] == '\r')
			(*length)--;
		if (!is_blank(line, *length))
			return line;
		size = newline == NULL ? 0 : (size_t)(newline - text);
	}
	*length = 0;
	return text;
}

/* A part of a JSON value by its path, "rows.0.id"; borrowed. NULL = there is none. */
static json_t *find_part(json_t *value, const char *path)
{
	char name[LIMIT_WORD_BYTES + 1];

	while (value != NULL && *path != '\0') {
		size_t length = strcspn(path, ".");

		snprintf(name, sizeof name, "%.*s", (int)length, path);
		if (json_is_array(value))
			value = name[strspn(name, "0123456789")] == '\0'
				    ? json_array_get(value, (size_t)strtoul(name, NULL, 10))
				    : NULL;
		else
			value = json_object_get(value, name);
		path += length + (path[length] == '.');
	}
	return value;
}

static int take_json(const struct task_output *output, const char *text, size_t size,
		     json_t **value, struct err *err)
{
	json_error_t why;
	json_t *whole = json_loadb(text, size, JSON_DECODE_ANY, &why);

	if (whole == NULL)
		return err_set(err, ERR_INVALID, "output '%s': stdout is not JSON: %s",
			       output->name, why.text);
	*value = json_incref(find_part(whole, output->path));
	json_decref(whole);
	if (*value == NULL)
		return err_set(err, ERR_INVALID, "output '%s': stdout has no part '%s'",
			       output->name, output->path);
	return 0;
}

static int take_text(const struct task_output *output, const char *text, size_t size,
		     json_t **value, struct err *err)
{
	*value = memchr(text, '\0', size) == NULL ? json_stringn(text, size) : NULL;
	if (*value == NULL)
		return err_set(err, ERR_INVALID, "output '%s': stdout is not UTF-8 text",
			       output->name);
	return 0;
}

static int take_output(const struct task_output *output, const char *text, size_t size,
		       bool is_whole, json_t **value, struct err *err)
{
	size_t length;

	if (!is_whole && output->source != OUTPUT_LAST_LINE)
		return err_set(err, ERR_LIMIT,
			       "output '%s': stdout is longer than %u bytes: print less, or write "
			       "the output to $HEDDLE_OUTPUT",
			       output->name, LIMIT_OUTPUT_BYTES);
	if (output->source == OUTPUT_JSON)
		return take_json(output, text, size, value, err);
	if (output->source == OUTPUT_STDOUT)
		return take_text(output, text, size > 0 && text[size - 1] == '\n' ? size - 1 : size,
				 value, err);
	text = last_line(text, size, &length);
	if (length == 0)
		return err_set(err, ERR_INVALID, "output '%s': stdout has no line", output->name);
	return take_text(output, text, length, value, err);
}

int outputs_add_stdout(json_t *outputs, const struct task *task, const char *text, size_t size,
		       bool is_whole, struct err *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < task->output_count; i++) {
		json_t *value = NULL;

		rc = take_output(&task->outputs[i], text, size, is_whole, &value, err);
		if (rc == 0)
			json_object_set_new(outputs, task->outputs[i].name, value);
	}
	return rc;
}

int outputs_add_rows(json_t *outputs, const char *text, size_t size, bool is_whole, bool *kept,
		     struct err *err)
{
	const char *end = text + size;
	json_t *rows = NULL;
	json_error_t why;

	*kept = is_whole;
	while (is_whole && text < end) {
		json_t *next;

		text += strspn(text, " \t\r\n");
		if (text >= end)
			break;
		next = json_loadb(text, (size_t)(end - text), JSON_DISABLE_EOF_CHECK, &why);
		if (next == NULL) {
			json_decref(rows);
			return err_set(err, ERR_INVALID, "the rows are not JSON: %s", why.text);
		}
		json_decref(rows);
		rows = next;
		text += why.position;
	}
	if (is_whole)
		json_object_set_new(outputs, "rows", rows == NULL ? json_array() : rows);
	return 0;
}

int outputs_text(const json_t *outputs, char **out, struct err *err)
{
	size_t bytes;

	*out = NULL;
	if (json_object_size(outputs) == 0)
		return 0;
	bytes = json_dumpb(outputs, NULL, 0, JSON_COMPACT);
	if (bytes > LIMIT_OUTPUT_BYTES)
		return err_set(err, ERR_LIMIT, "the outputs take %zu bytes as JSON: at most %u",
			       bytes, LIMIT_OUTPUT_BYTES);
	*out = json_dumps(outputs, JSON_COMPACT);
	return 0;
}

static void append_folded(struct str *out, const char *text)
{
	for (; *text != '\0'; text++)
		str_append_char(out, *text == '-' ? '_' : *text);
}

void outputs_env_name(const char *task_id, const char *key, struct str *out)
{
	str_append(out, "HEDDLE_OUT_");
	append_folded(out, task_id);
	str_append(out, "__");
	append_folded(out, key);
}
