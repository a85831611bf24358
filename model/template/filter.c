/* filter.c - what filters and functions make of values; see filter.h. Letters outside of ASCII have
 * no other case here: what they have depends on the language. */
#include "model/template/filter.h"

#include "base/str.h"

#include <assert.h>
#include <string.h>

static int expect_text(struct eval *eval, const char *filter, const json_t *value)
{
	if (json_is_string(value))
		return 0;
	return err_set(eval->err, ERR_INVALID, "%s takes a text, and this is %s", filter,
		       value_type(value));
}

static int expect_texts(struct eval *eval, const char *filter, json_t *const *values, size_t count)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = expect_text(eval, filter, values[i]);
	return rc;
}

/* --- filters */

static int apply_json(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	struct str text = STR_INIT;

	(void)count;
	return text_finish(eval, text_append_json(eval, &text, values[0]), &text, out);
}

static int apply_sh(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	struct str text = STR_INIT;

	(void)count;
	return text_finish(eval, text_append_sh(eval, &text, values[0]), &text, out);
}

static int apply_date(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	struct str text = STR_INIT;
	int rc = expect_texts(eval, "date", values, count);

	if (rc == 0)
		rc = date_format(eval, json_string_value(values[0]), json_string_value(values[1]),
				 &text);
	return text_finish(eval, rc, &text, out);
}

static int apply_add(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	struct str text = STR_INIT;
	int rc = expect_texts(eval, "add", values, count);

	if (rc == 0)
		rc = date_add(eval, json_string_value(values[0]), json_string_value(values[1]),
			      &text);
	return text_finish(eval, rc, &text, out);
}

/* Moves the letters from first to last by what lies between the cases. */
static int change_case(struct eval *eval, const json_t *value, char first, char last, json_t **out)
{
	struct str text = STR_INIT;
	int rc = text_append_value(eval, &text, value);

	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] >= first && text.data[i] <= last)
			text.data[i] = (char)(text.data[i] ^ ('a' - 'A'));
	return text_finish(eval, rc, &text, out);
}

static int apply_upper(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	int rc = expect_texts(eval, "upper", values, count);

	return rc != 0 ? rc : change_case(eval, values[0], 'a', 'z', out);
}

static int apply_lower(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	int rc = expect_texts(eval, "lower", values, count);

	return rc != 0 ? rc : change_case(eval, values[0], 'A', 'Z', out);
}

static int replace(struct eval *eval, const json_t *value, const json_t *from, const json_t *to,
		   struct str *out)
{
	const char *at = json_string_value(value);
	const char *end = at + json_string_length(value);
	size_t from_size = json_string_length(from);
	int rc = 0;

	while (rc == 0) {
		const char *hit =
		    memmem(at, (size_t)(end - at), json_string_value(from), from_size);

		rc = text_append(eval, out, at, (size_t)((hit == NULL ? end : hit) - at));
		if (hit == NULL)
			break;
		if (rc == 0)
			rc = text_append_value(eval, out, to);
		at = hit + from_size;
	}
	return rc;
}

static int apply_replace(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	struct str text = STR_INIT;
	int rc = expect_texts(eval, "replace", values, count);

	if (rc == 0 && json_string_length(values[1]) == 0)
		rc = err_set(eval->err, ERR_INVALID, "replace cannot look for an empty text");
	if (rc == 0)
		rc = replace(eval, values[0], values[1], values[2], &text);
	return text_finish(eval, rc, &text, out);
}

static int apply_join(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	struct str text = STR_INIT;
	int rc = expect_texts(eval, "join", values + 1, count - 1);

	if (rc == 0 && !json_is_array(values[0]))
		rc = err_set(eval->err, ERR_INVALID, "join takes a list, and this is %s",
			     value_type(values[0]));
	for (size_t i = 0; rc == 0 && i < json_array_size(values[0]); i++) {
		if (i > 0)
			rc = text_append_value(eval, &text, values[1]);
		if (rc == 0)
			rc = text_append_value(eval, &text, json_array_get(values[0], i));
	}
	return text_finish(eval, rc, &text, out);
}

static int add_part(struct eval *eval, json_t *list, const char *text, size_t size)
{
	/* A value weighs more than its text: many empty ones must not be free. */
	int rc = text_charge(eval, size + sizeof(json_t));

	if (rc == 0 && json_array_append_new(list, json_stringn(text, size)) != 0)
		rc = err_set(eval->err, ERR_INVALID, "a text is not UTF-8");
	return rc;
}

static int split(struct eval *eval, const json_t *value, const json_t *separator, json_t *list)
{
	const char *at = json_string_value(value);
	const char *end = at + json_string_length(value);
	size_t size = json_string_length(separator);
	int rc = 0;

	while (rc == 0) {
		const char *hit =
		    memmem(at, (size_t)(end - at), json_string_value(separator), size);

		rc = add_part(eval, list, at, (size_t)((hit == NULL ? end : hit) - at));
		if (hit == NULL)
			break;
		at = hit + size;
	}
	return rc;
}

static int apply_split(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	int rc = expect_texts(eval, "split", values, count);
	json_t *list;

	if (rc == 0 && json_string_length(values[1]) == 0)
		rc = err_set(eval->err, ERR_INVALID, "split cannot look for an empty text");
	if (rc != 0)
		return rc;
	list = json_array();
	rc = split(eval, values[0], values[1], list);
	if (rc != 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}

static size_t count_characters(const json_t *text)
{
	const char *bytes = json_string_value(text);
	size_t count = 0;

	for (size_t i = 0; i < json_string_length(text); i++)
		count += ((unsigned char)bytes[i] & 0xc0) != 0x80;
	return count;
}

static int apply_length(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	const json_t *value = values[0];
	size_t length;

	(void)count;
	if (json_is_string(value))
		length = count_characters(value);
	else if (json_is_array(value))
		length = json_array_size(value);
	else if (json_is_object(value))
		length = json_object_size(value);
	else
		return err_set(eval->err, ERR_INVALID,
			       "length takes a text, a list or an object, and this is %s",
			       value_type(value));
	*out = json_integer((json_int_t)length);
	return 0;
}

/* --- functions */

static int apply_concat(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	struct str text = STR_INIT;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = text_append_value(eval, &text, values[i]);
	return text_finish(eval, rc, &text, out);
}

/* The one of two or more, or of the items of the one list, before which none stands. */
static int choose(struct eval *eval, enum compare how, json_t *const *values, size_t count,
		  json_t **out)
{
	bool is_list = count == 1 && json_is_array(values[0]);
	size_t item_count = is_list ? json_array_size(values[0]) : count;
	json_t *best = NULL;
	int rc = 0;

	if (item_count == 0)
		return err_set(eval->err, ERR_INVALID,
			       "an empty list has no least and no greatest");
	for (size_t i = 0; i < item_count && rc == 0; i++) {
		json_t *item = is_list ? json_array_get(values[0], i) : values[i];
		bool is_better = true;

		/* The first is held against itself, for its type. */
		rc = compare_values(eval, how, item, best == NULL ? item : best, &is_better);
		if (best == NULL || is_better)
			best = item;
	}
	if (rc == 0)
		*out = json_incref(best);
	return rc;
}

static int apply_min(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	return choose(eval, COMPARE_LESS, values, count, out);
}

static int apply_max(struct eval *eval, json_t *const *values, size_t count, json_t **out)
{
	return choose(eval, COMPARE_GREATER, values, count, out);
}

/* --- the tables */

static const struct filter filters[] = {
    {"default", 1, 1, "default(VALUE)", NULL, NULL},
    {"json", 0, 0, "json", NULL, apply_json},
    {"date", 1, 1, "date('%Y%m%d')", date_check_format, apply_date},
    {"add", 1, 1, "add('1d')", date_check_step, apply_add},
    {"upper", 0, 0, "upper", NULL, apply_upper},
    {"lower", 0, 0, "lower", NULL, apply_lower},
    {"replace", 2, 2, "replace('OLD', 'NEW')", NULL, apply_replace},
    {"join", 1, 1, "join(',')", NULL, apply_join},
    {"split", 1, 1, "split(',')", NULL, apply_split},
    {"length", 0, 0, "length", NULL, apply_length},
    {"sh", 0, 0, "sh", NULL, apply_sh},
};

static const struct function functions[] = {
    {"coalesce", 1, NULL},
    {"concat", 1, apply_concat},
    {"min", 1, apply_min},
    {"max", 1, apply_max},
};

#define FILTER_COUNT (sizeof filters / sizeof filters[0])
#define FUNCTION_COUNT (sizeof functions / sizeof functions[0])

const struct filter *filter_find(const char *name, const char **nearest)
{
	const char *names[FILTER_COUNT + 1] = {NULL};

	for (size_t i = 0; i < FILTER_COUNT; i++) {
		if (strcmp(filters[i].name, name) == 0)
			return &filters[i];
		names[i] = filters[i].name;
	}
	*nearest = str_nearest(name, names);
	return NULL;
}

const struct function *function_find(const char *name, const char **nearest)
{
	const char *names[FUNCTION_COUNT + 1] = {NULL};

	for (size_t i = 0; i < FUNCTION_COUNT; i++) {
		if (strcmp(functions[i].name, name) == 0)
			return &functions[i];
		names[i] = functions[i].name;
	}
	*nearest = str_nearest(name, names);
	return NULL;
}

bool filter_is_default(const struct filter *filter)
{
	return filter->apply == NULL;
}

bool filter_is_length(const struct filter *filter)
{
	return filter->apply == apply_length;
}

bool filter_is_sh(const struct filter *filter)
{
	return filter->apply == apply_sh;
}
