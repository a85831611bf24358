/* param.c - see param.h. */
#include "model/param.h"

#include "base/mem.h"
#include "base/tz.h"
#include "model/limits.h"
#include "model/pattern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 60

const char *const param_type_names[] = {
    [PARAM_STRING] = "string",   [PARAM_INTEGER] = "integer", [PARAM_NUMBER] = "number",
    [PARAM_BOOLEAN] = "boolean", [PARAM_DATE] = "date",       [PARAM_LIST] = "list",
    [PARAM_OBJECT] = "object",   [PARAM_TYPE_COUNT] = NULL,
};

const char *param_type_name(enum param_type type)
{
	return param_type_names[type];
}

const struct param *param_find(const struct dag *dag, const char *name)
{
	for (uint32_t i = 0; i < dag->param_count; i++)
		if (strcmp(dag->params[i].name, name) == 0)
			return &dag->params[i];
	return NULL;
}

bool param_text_is_harmless(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f ||
		    strchr("'\"$`\\;&|<>(){}[]*?~#!", *text) != NULL)
			return false;
	return true;
}

/* Whether an enum names only what may stand in a command. */
static bool choices_are_harmless(const struct param *param)
{
	json_t *choices = json_loads(param->choices, JSON_DECODE_ANY, NULL);
	const json_t *choice;
	bool harmless = true;
	size_t i;

	json_array_foreach(choices, i, choice) harmless =
	    harmless && json_is_string(choice) && param_text_is_harmless(json_string_value(choice));
	json_decref(choices);
	return harmless;
}

bool param_is_bound(const struct param *param)
{
	switch (param->type) {
	case PARAM_INTEGER:
	case PARAM_NUMBER:
	case PARAM_BOOLEAN:
	case PARAM_DATE:
		return true;
	case PARAM_STRING:
		return param->choices != NULL ? choices_are_harmless(param)
					      : param->pattern != NULL;
	default:
		return false;
	}
}

/* "2026-11-20", and a day that the calendar has. */
static bool is_date(const char *text)
{
	static const char shape[] = "dddd-dd-dd";
	struct civil date = {0};
	int64_t days;
	int32_t year;
	int32_t month;
	int32_t day;

	for (size_t i = 0; i < sizeof shape; i++)
		if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	date.year = (int32_t)strtol(text, NULL, 10);
	date.month = (int32_t)strtol(text + 5, NULL, 10);
	date.day = (int32_t)strtol(text + 8, NULL, 10);
	if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31)
		return false;
	days = civil_to_days(date.year, date.month, date.day);
	civil_from_days(days, &year, &month, &day);
	return month == date.month && day == date.day;
}

static bool has_type(const struct param *param, const json_t *value)
{
	switch (param->type) {
	case PARAM_STRING:
		return json_is_string(value);
	case PARAM_INTEGER:
		return json_is_integer(value);
	case PARAM_NUMBER:
		return json_is_number(value);
	case PARAM_BOOLEAN:
		return json_is_boolean(value);
	case PARAM_DATE:
		return json_is_string(value) && is_date(json_string_value(value));
	case PARAM_LIST:
		return json_is_array(value);
	default:
		return json_is_object(value);
	}
}

/* A value in a message: its JSON, cut to a bearable length. */
static const char *shown(const json_t *value, char buffer[SHOWN_BYTES + 4])
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	size_t length = text == NULL ? 0 : strlen(text);

	snprintf(buffer, SHOWN_BYTES + 4, "%.*s%s", SHOWN_BYTES, text == NULL ? "" : text,
		 length > SHOWN_BYTES ? "..." : "");
	mem_free(text);
	return buffer;
}

static int check_range(const struct param *param, const json_t *value, struct err *err)
{
	double number = json_number_value(value);
	char buffer[SHOWN_BYTES + 4];

	if (!json_is_number(value))
		return 0;
	if (param->has_minimum && number < param->minimum)
		return err_set(err, ERR_INVALID, "param '%s' must be at least %g, not %s",
			       param->name, param->minimum, shown(value, buffer));
	if (param->has_maximum && number > param->maximum)
		return err_set(err, ERR_INVALID, "param '%s' must be at most %g, not %s",
			       param->name, param->maximum, shown(value, buffer));
	return 0;
}

static int check_choice(const struct param *param, const json_t *value, struct err *err)
{
	json_t *choices;
	const json_t *choice;
	bool is_one = false;
	size_t i;
	char buffer[SHOWN_BYTES + 4];
	char all[2 * SHOWN_BYTES];

	if (param->choices == NULL)
		return 0;
	choices = json_loads(param->choices, JSON_DECODE_ANY, NULL);
	json_array_foreach(choices, i, choice) is_one = is_one || json_equal(choice, value) != 0;
	json_decref(choices);
	if (is_one)
		return 0;
	snprintf(all, sizeof all, "%s", param->choices);
	return err_set(err, ERR_INVALID, "param '%s' must be one of %s, not %s", param->name, all,
		       shown(value, buffer));
}

static int check_pattern(const struct param *param, const json_t *value, struct err *err)
{
	char buffer[SHOWN_BYTES + 4];
	bool matches;
	int rc;

	if (param->pattern == NULL || !json_is_string(value))
		return 0;
	rc = pattern_matches_whole(param->pattern, json_string_value(value),
				   json_string_length(value), &matches, err);
	if (rc != 0) {
		err_wrap(err, "param '%s'", param->name);
		return ERR_INVALID;
	}
	if (!matches)
		return err_set(err, ERR_INVALID, "param '%s' must match %s, not %s", param->name,
			       param->pattern, shown(value, buffer));
	return 0;
}

int param_check(const struct param *param, const json_t *value, struct err *err)
{
	char buffer[SHOWN_BYTES + 4];
	int rc = 0;

	if (json_is_null(value)) {
		if (param->is_required)
			return err_set(err, ERR_INVALID, "param '%s' is required and has no value",
				       param->name);
		return 0;
	}
	if (!has_type(param, value))
		return err_set(err, ERR_INVALID, "param '%s' must be a value of type %s%s, not %s",
			       param->name, param_type_name(param->type),
			       param->type == PARAM_DATE ? " (2026-11-20)" : "",
			       shown(value, buffer));
	if (json_is_string(value) && strlen(json_string_value(value)) != json_string_length(value))
		return err_set(err, ERR_INVALID, "param '%s' holds a NUL character", param->name);
	rc = check_range(param, value, err);
	if (rc == 0)
		rc = check_choice(param, value, err);
	if (rc == 0)
		rc = check_pattern(param, value, err);
	return rc;
}

json_t *param_from_text(const struct param *param, const char *text, struct err *err)
{
	json_t *value = NULL;

	if (param->type == PARAM_STRING || param->type == PARAM_DATE)
		value = json_string(text);
	else
		value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	if (value == NULL || !has_type(param, value)) {
		json_decref(value);
		err_set(err, ERR_INVALID, "param '%s' must be a value of type %s, not '%.60s'",
			param->name, param_type_name(param->type), text);
		return NULL;
	}
	return value;
}

static int refuse_unknown(const struct dag *dag, const char *name, struct err *err)
{
	const char **names = mem_alloc((dag->param_count + 1) * sizeof *names);
	const char *nearest;

	for (uint32_t i = 0; i < dag->param_count; i++)
		names[i] = dag->params[i].name;
	names[dag->param_count] = NULL;
	nearest = strlen(name) <= LIMIT_ID_BYTES ? str_nearest(name, names) : NULL;
	mem_free(names);
	if (nearest != NULL)
		return err_set(err, ERR_INVALID,
			       "dag '%s' has no param '%.100s' (did you mean '%s'?)", dag->id, name,
			       nearest);
	return err_set(err, ERR_INVALID, "dag '%s' has no param '%.100s'", dag->id, name);
}

static int check_names(const struct dag *dag, const json_t *given, struct err *err)
{
	const char *name;
	const json_t *value;

	json_object_foreach((json_t *)given, name, value) if (param_find(dag, name) ==
							      NULL) return refuse_unknown(dag, name,
											  err);
	return 0;
}

/* The value of one param, a new reference. */
static json_t *pick(const struct param *param, const json_t *given)
{
	json_t *value = given == NULL ? NULL : json_object_get(given, param->name);

	if (value != NULL)
		return json_incref(value);
	if (param->fallback == NULL)
		return json_null();
	return json_loads(param->fallback, JSON_DECODE_ANY, NULL);
}

static int check_size(const json_t *params, struct err *err)
{
	size_t bytes = json_dumpb(params, NULL, 0, JSON_COMPACT);

	if (bytes > LIMIT_PARAMS_BYTES)
		return err_set(err, ERR_LIMIT, "the params take %zu bytes as JSON: at most %u",
			       bytes, LIMIT_PARAMS_BYTES);
	return 0;
}

int params_resolve(const struct dag *dag, const json_t *given, json_t **out, struct err *err)
{
	json_t *all = json_object();
	int rc;

	*out = NULL;
	if (given != NULL && !json_is_object(given)) {
		json_decref(all);
		return err_set(err, ERR_INVALID, "the params must be a map of name to value");
	}
	rc = given == NULL ? 0 : check_names(dag, given, err);
	for (uint32_t i = 0; rc == 0 && i < dag->param_count; i++) {
		json_t *value = pick(&dag->params[i], given);

		rc = param_check(&dag->params[i], value, err);
		json_object_set_new(all, dag->params[i].name, value);
	}
	if (rc == 0)
		rc = check_size(all, err);
	if (rc == 0)
		*out = json_incref(all);
	json_decref(all);
	return rc;
}

void param_env_name(const char *name, struct str *out)
{
	str_append(out, "HEDDLE_PARAM_");
	for (; *name != '\0'; name++)
		str_append_char(out, *name == '-' ? '_' : *name);
}

void param_value_text(const json_t *value, struct str *out)
{
	char *text;

	if (json_is_null(value))
		return;
	if (json_is_string(value)) {
		str_append_bytes(out, json_string_value(value), json_string_length(value));
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	str_append(out, text);
	mem_free(text);
}
