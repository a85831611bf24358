/* parse_param.c - see parse_param.h. */
#include "model/parse_param.h"

#include "model/limits.h"
#include "model/names.h"
#include "model/node_json.h"
#include "model/param.h"
#include "model/parse_value.h"
#include "model/pattern.h"

#include <string.h>

/* One param as it is read. */
struct reading {
	struct dag *dag;
	struct report *report;
	struct param *param;
	const struct node *fallback;
	const struct node *choices;
	bool has_type;
	bool is_kept;
};

static const char *keep(struct reading *reading, const char *text)
{
	return arena_strdup(&reading->dag->arena, text);
}

static void read_type(struct reading *reading, const struct node *value)
{
	unsigned type;

	reading->has_type = true;
	if (value_choice(reading->report, "type", value, param_type_names, &type))
		reading->param->type = (enum param_type)type;
}

static void read_default(struct reading *reading, const struct node *value)
{
	reading->fallback = value;
}

static void read_enum(struct reading *reading, const struct node *value)
{
	if (value->type != NODE_LIST)
		value_mismatch(reading->report, "enum", value, "a list of values");
	else if (value->count == 0 && !value->is_faulty)
		report_add(reading->report, value->place,
			   "'enum' is an empty list: no value could be given");
	else
		reading->choices = value;
}

static void read_pattern(struct reading *reading, const struct node *value)
{
	const char *text;
	struct err err;

	if (!value_templated(reading->report, "pattern", value, LIMIT_PATTERN_BYTES, &text))
		return;
	if (pattern_check(text, &err) != 0)
		report_add(reading->report, value->place, "'pattern': %s", err.message);
	else
		reading->param->pattern = keep(reading, text);
}

static void read_minimum(struct reading *reading, const struct node *value)
{
	reading->param->has_minimum = value_number(reading->report, "minimum", value, -1e300, 1e300,
						   &reading->param->minimum);
}

static void read_maximum(struct reading *reading, const struct node *value)
{
	reading->param->has_maximum = value_number(reading->report, "maximum", value, -1e300, 1e300,
						   &reading->param->maximum);
}

static void read_required(struct reading *reading, const struct node *value)
{
	(void)value_bool(reading->report, "required", value, &reading->param->is_required);
}

static void read_description(struct reading *reading, const struct node *value)
{
	const char *text;

	if (value_text(reading->report, "description", value, LIMIT_DESCRIPTION_BYTES, &text))
		reading->param->description = keep(reading, text);
}

static const struct {
	const char *key;
	void (*read)(struct reading *reading, const struct node *value);
} readers[] = {
    {"type", read_type},         {"default", read_default},         {"enum", read_enum},
    {"pattern", read_pattern},   {"minimum", read_minimum},         {"maximum", read_maximum},
    {"required", read_required}, {"description", read_description},
};

#define READER_COUNT (sizeof readers / sizeof readers[0])

static void read_entry(struct reading *reading, const struct node_entry *entry)
{
	const char *names[READER_COUNT + 1] = {NULL};
	const char *nearest;

	for (size_t i = 0; i < READER_COUNT; i++) {
		names[i] = readers[i].key;
		if (strcmp(readers[i].key, entry->key->text) == 0) {
			readers[i].read(reading, entry->value);
			return;
		}
	}
	nearest = report_nearest(reading->report, entry->key->text, names, READER_COUNT);
	report_add(reading->report, entry->key->place, "unknown key %s of a param (%s%s%s)",
		   report_quote(reading->report, entry->key->text),
		   nearest == NULL ? "" : "did you mean '",
		   nearest == NULL
		       ? "type default enum pattern minimum maximum required description"
		       : nearest,
		   nearest == NULL ? "" : "'?");
}

/* The type of a plain default. */
static enum param_type guess_type(const struct node *value)
{
	switch (value->type) {
	case NODE_BOOL:
		return PARAM_BOOLEAN;
	case NODE_INTEGER:
		return PARAM_INTEGER;
	case NODE_FLOAT:
		return PARAM_NUMBER;
	case NODE_LIST:
		return PARAM_LIST;
	case NODE_MAP:
		return PARAM_OBJECT;
	default:
		return PARAM_STRING;
	}
}

/* What the keys of a param say of each other. */
static void check_together(struct reading *reading, const struct node *value)
{
	const struct param *param = reading->param;
	bool is_number = param->type == PARAM_INTEGER || param->type == PARAM_NUMBER;

	if (param->pattern != NULL && param->type != PARAM_STRING)
		report_add(reading->report, value->place, "param '%s': a pattern is for strings",
			   param->name);
	if ((param->has_minimum || param->has_maximum) && !is_number)
		report_add(reading->report, value->place,
			   "param '%s': minimum and maximum are for numbers", param->name);
	if (param->has_minimum && param->has_maximum && param->minimum > param->maximum)
		report_add(reading->report, value->place,
			   "param '%s': its minimum %g is above its maximum %g", param->name,
			   param->minimum, param->maximum);
	if (param->is_required && reading->fallback != NULL)
		report_add(reading->report, reading->fallback->place,
			   "param '%s' is required: its default would never be used", param->name);
}

/* A value in the file must be one that a trigger could give. */
static void check_value(struct reading *reading, const struct node *node, const struct param *param)
{
	json_t *value = node_to_json(node);
	struct err err;

	/* They are values, which nothing renders. */
	if (node->type == NODE_TEXT && strstr(node->text, "{{") != NULL && !reading->is_kept)
		report_template(reading->report, node->place, param->name, node->text,
				strlen(node->text));
	else if (param_check(param, value, &err) != 0)
		report_add(reading->report, node->place, "%s", err.message);
	json_decref(value);
}

static void check_choices(struct reading *reading)
{
	struct param bare = *reading->param;

	bare.choices = NULL;
	for (uint32_t i = 0; i < reading->choices->count; i++)
		check_value(reading, reading->choices->items[i], &bare);
}

static void finish(struct reading *reading, const struct node *value)
{
	struct param *param = reading->param;

	if (!reading->has_type && reading->fallback != NULL)
		param->type = guess_type(reading->fallback);
	else if (!reading->has_type && reading->choices != NULL)
		param->type = guess_type(reading->choices->items[0]);
	check_together(reading, value);
	if (reading->choices != NULL) {
		check_choices(reading);
		param->choices = node_to_json_text(reading->choices, &reading->dag->arena);
	}
	if (reading->fallback != NULL && reading->fallback->type != NODE_NULL) {
		check_value(reading, reading->fallback, param);
		param->fallback = node_to_json_text(reading->fallback, &reading->dag->arena);
	}
}

static void read_param(struct dag *dag, const struct node_entry *entry, struct report *report,
		       struct names *folded, bool is_kept, struct param *param)
{
	struct reading reading = {.dag = dag, .report = report, .param = param, .is_kept = is_kept};
	char *folded_name;
	const char *name;

	param->name = "";
	param->line = entry->key->place.line;
	if (!value_id(report, "param", entry->key, false, &name) || entry->value->is_faulty)
		return;
	param->name = keep(&reading, name);
	folded_name = arena_strdup(&report->arena, name);
	for (char *c = folded_name; *c != '\0'; c++)
		*c = *c == '-' ? '_' : *c;
	if (names_add(folded, folded_name, 0) != NAMES_NONE)
		report_add(report, entry->key->place,
			   "param '%s' meets another in the environment, where '-' becomes '_'",
			   name);
	if (entry->value->type == NODE_MAP)
		for (uint32_t i = 0; i < entry->value->count; i++)
			read_entry(&reading, &entry->value->entries[i]);
	else
		reading.fallback = entry->value;
	finish(&reading, entry->value);
}

void parse_params(struct dag *dag, const struct node *value, struct report *report, bool is_kept)
{
	struct names folded = {0};
	struct param *params;

	if (!value_is_map(report, "params", value))
		return;
	if (value->count > LIMIT_PARAMS) {
		report_add(report, value->place, "%u params: at most %u", value->count,
			   LIMIT_PARAMS);
		return;
	}
	params = arena_alloc(&dag->arena, value->count * sizeof *params);
	for (uint32_t i = 0; i < value->count; i++)
		read_param(dag, &value->entries[i], report, &folded, is_kept, &params[i]);
	dag->params = params;
	dag->param_count = value->count;
	names_close(&folded);
}
