/* schema.c - see schema.h. */
#include "model/schema.h"

#include "base/str.h"
#include "model/param.h"
#include "model/trigger_rule.h"

#include <assert.h>
#include <string.h>

#define DRAFT "https://json-schema.org/draft/2020-12/schema"
#define REF(name) "{\"$ref\": \"#/$defs/" name "\"}"
#define INTEGER(least, most) \
	"{\"type\": \"integer\", \"minimum\": " #least ", \"maximum\": " #most "}"
#define NUMBER(least, most) \
	"{\"type\": \"number\", \"minimum\": " #least ", \"maximum\": " #most "}"
#define TASK_LIST "{\"type\": \"array\", \"items\": " REF("hook_task") "}"

/* What values are made of. The bounds are those of limits.h. */
static const struct {
	const char *name;
	const char *json;
} defs[] = {
    {"dag_id", "{\"type\": \"string\", \"pattern\": \"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$\"}"},
    {"id", "{\"type\": \"string\", \"pattern\": \"^[A-Za-z_][A-Za-z0-9_-]{0,99}$\"}"},
    {"text", "{\"type\": \"string\", \"not\": {\"pattern\": \"[{][{]\"}}"},
    {"word", "{\"type\": \"string\", \"pattern\": \"\\\\S\", \"not\": {\"pattern\": \"[{][{]\"}}"},
    {"template", "{\"type\": \"string\", \"pattern\": \"\\\\S\"}"},
    {"words", "{\"anyOf\": [" REF("word") ", {\"type\": \"array\", \"items\": " REF("word") "}]}"},
    {"scalar", "{\"type\": [\"string\", \"number\", \"boolean\"]}"},
    {"duration", "{\"type\": \"string\", \"pattern\": \"^[0-9]+(ms|s|m|h|d)$\"}"},
    {"span", "{\"type\": \"string\", \"pattern\": \"^0*[1-9][0-9]*(ms|s|m|h|d)$\"}"},
    {"size", "{\"anyOf\": [{\"type\": \"string\", \"pattern\": \"^[0-9]+(Ki|Mi|Gi|Ti)?$\"}, "
	     "{\"type\": \"integer\", \"minimum\": 1024, \"maximum\": 1125899906842624}]}"},
    {"memory", "{\"anyOf\": [{\"type\": \"string\", \"pattern\": \"^[0-9]+(Ki|Mi|Gi|Ti)?$\"}, "
	       "{\"type\": \"integer\", \"minimum\": 1048576, \"maximum\": 1125899906842624}]}"},
    {"env",
     "{\"type\": \"object\", \"propertyNames\": {\"pattern\": "
     "\"^(?!HEDDLE_)[A-Za-z_][A-Za-z0-9_]{0,99}$\"}, \"additionalProperties\": " REF("scalar") "}"},
    {"pools", "{\"type\": \"object\", \"propertyNames\": " REF(
		  "id") ", \"additionalProperties\": " INTEGER(1, 100000) "}"},
    {"end_filter",
     "{\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": false, "
     "\"properties\": {\"exit_codes\": {\"type\": \"array\", \"minItems\": 1, \"items\": " INTEGER(
	 1, 255) "}, \"match\": " REF("template") "}}"},
    {"param_map",
     "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
     "\"type\": " REF(
	 "param_type") ", \"default\": true, "
		       "\"enum\": {\"type\": \"array\", \"minItems\": 1}, \"pattern\": " REF(
			   "word") ", "
				   "\"minimum\": {\"type\": \"number\"}, \"maximum\": {\"type\": "
				   "\"number\"}, "
				   "\"required\": {\"type\": \"boolean\"}, \"description\": " REF(
				       "text") "}, "
					       "\"not\": {\"properties\": {\"required\": "
					       "{\"const\": true}}, "
					       "\"required\": [\"required\", \"default\"]}}"},
    {"param", "{\"anyOf\": [" REF("text") ", {\"type\": [\"number\", \"boolean\", \"array\", "
					  "\"null\"]}, " REF("param_map") "]}"},
};

/* The values of the keys, by level and name. A key at two levels that means the same has one row.
 */
static const struct {
	const char *name;
	unsigned levels;
	const char *json;
} shapes[] = {
    {"id", LEVEL_DAG, REF("dag_id")},
    {"id", LEVEL_TASK, REF("id")},
    {"domain", LEVEL_DAG | LEVEL_FOLDER, REF("id")},
    {"owner", LEVEL_DAG | LEVEL_FOLDER, REF("word")},
    {"description", LEVEL_DAG | LEVEL_TASK, REF("text")},
    {"tags", LEVEL_DAG | LEVEL_FOLDER, REF("words")},
    {"timezone", LEVEL_DAG | LEVEL_FOLDER, REF("word")},
    {"overlap", LEVEL_DAG, "{\"enum\": [\"queue\"]}"},
    {"max_active_runs", LEVEL_DAG, INTEGER(1, 100000)},
    {"max_active_tasks", LEVEL_DAG, INTEGER(1, 100000)},
    {"queue_max", LEVEL_DAG, INTEGER(0, 100000)},
    {"params", LEVEL_DAG,
     "{\"type\": \"object\", \"maxProperties\": 1000, \"propertyNames\": " REF(
	 "id") ", \"additionalProperties\": " REF("param") "}"},
    {"env", LEVEL_DAG | LEVEL_FOLDER | LEVEL_TASK, REF("env")},
    {"defaults", LEVEL_DAG | LEVEL_FOLDER, REF("defaults")},
    {"pools", LEVEL_DAG | LEVEL_FOLDER, REF("pools")},
    {"timeout", LEVEL_DAG | LEVEL_TASK, REF("span")},
    {"retention", LEVEL_DAG | LEVEL_FOLDER,
     "{\"anyOf\": [" REF(
	 "span") ", {\"type\": \"object\", \"required\": [\"runs\"], "
		 "\"additionalProperties\": false, \"properties\": {\"runs\": " INTEGER(
		     1, 1000000000) "}}]}"},
    {"tasks", LEVEL_DAG,
     "{\"anyOf\": [{\"type\": \"array\", \"minItems\": 1, \"items\": " REF(
	 "listed_task") "}, {\"type\": \"object\", \"minProperties\": 1, "
			"\"propertyNames\": " REF("id") ", "
							"\"additionalProperties\": " REF(
							    "named_task") "}]}"},
    {"on_success", LEVEL_DAG, TASK_LIST},
    {"on_failure", LEVEL_DAG, TASK_LIST},
    {"on_exit", LEVEL_DAG, TASK_LIST},

    {"group", LEVEL_TASK, REF("word")},
    {"depends_on", LEVEL_TASK,
     "{\"anyOf\": [" REF("id") ", {\"type\": \"array\", \"uniqueItems\": true, \"items\": " REF(
	 "id") "}]}"},
    {"trigger_rule", LEVEL_TASK, REF("trigger_rule")},
    {"when", LEVEL_TASK, "{\"anyOf\": [" REF("word") ", {\"type\": \"boolean\"}]}"},
    {"command", LEVEL_TASK,
     "{\"anyOf\": [" REF("template") ", {\"type\": \"array\", \"minItems\": 1, \"items\": " REF(
	 "scalar") ", \"prefixItems\": [" REF("template") "]}]}"},
    {"sql", LEVEL_TASK,
     "{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"engine\"], "
     "\"oneOf\": [{\"required\": [\"query\"]}, {\"required\": [\"file\"]}], \"properties\": {"
     "\"engine\": {\"enum\": [\"duckdb\"]}, \"query\": " REF("template") ", \"file\": " REF(
	 "word") ", \"database\": " REF("template") "}}"},
    {"empty", LEVEL_TASK,
     "{\"anyOf\": [{\"type\": \"null\"}, {\"type\": \"object\", \"maxProperties\": 0}]}"},
    {"shell", LEVEL_TASK,
     "{\"anyOf\": [" REF("word") ", {\"type\": \"array\", \"minItems\": 1, \"items\": " REF(
	 "word") "}]}"},
    {"cwd", LEVEL_TASK, REF("template")},
    {"limits", LEVEL_TASK,
     "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
     "\"memory\": " REF("memory") ", \"log\": " REF("size") ", \"cpus\": " NUMBER(
	 0.001, 10000) ", \"pids\": " INTEGER(1, 4194304) "}}"},
    {"inputs", LEVEL_TASK, REF("words")},
    {"outlets", LEVEL_TASK, REF("words")},
    {"outputs", LEVEL_TASK,
     "{\"type\": \"object\", \"maxProperties\": 1000, \"propertyNames\": " REF(
	 "id") ", \"additionalProperties\": {\"type\": \"string\", \"pattern\": "
	       "\"^stdout(\\\\.last_line|\\\\.json(\\\\.[^.]+)*)?$\"}}"},
    {"start_timeout", LEVEL_TASK, REF("span")},
    {"retries", LEVEL_TASK, INTEGER(0, 10000)},
    {"retry_delay", LEVEL_TASK, REF("duration")},
    {"retry_backoff", LEVEL_TASK, NUMBER(1, 100)},
    {"retry_max_delay", LEVEL_TASK, REF("duration")},
    {"retry_jitter", LEVEL_TASK, NUMBER(0, 1)},
    {"retry_on", LEVEL_TASK, REF("end_filter")},
    {"fail_on", LEVEL_TASK, REF("end_filter")},
    {"pool", LEVEL_TASK, REF("word")},
    {"slots", LEVEL_TASK, INTEGER(1, 100000)},
    {"priority", LEVEL_TASK, INTEGER(-1000000, 1000000)},
    {"allow_failure", LEVEL_TASK, "{\"type\": \"boolean\"}"},

    {"vars", LEVEL_FOLDER, "{\"type\": \"object\", \"propertyNames\": " REF("id") "}"},
    {"start_paused", LEVEL_FOLDER, "{\"type\": \"boolean\"}"},
    {"require", LEVEL_FOLDER, "{\"type\": \"array\", \"items\": " REF("required_key") "}"},
};

static json_t *read_json(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert(json != NULL); /* the texts are those above */
	return json;
}

static const char *shape_of(const struct key *key, enum key_level level)
{
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		if ((shapes[i].levels & level) != 0 && strcmp(shapes[i].name, key->name) == 0)
			return shapes[i].json;
	return NULL;
}

bool schema_knows(const struct key *key, enum key_level level)
{
	return shape_of(key, level) != NULL;
}

/* What an editor shows beside the key. */
static json_t *description_of(const struct key *key)
{
	struct str text = STR_INIT;
	json_t *json;

	str_append(&text, key->meaning);
	if (strcmp(key->fallback, "required") == 0)
		str_append(&text, " (required)");
	else if (strcmp(key->fallback, "none") != 0)
		str_printf(&text, " (default: %s)", key->fallback);
	json = json_string(str_text(&text));
	str_close(&text);
	return json;
}

static void add_property(json_t *properties, const struct key *key, enum key_level level)
{
	const char *shape = shape_of(key, level);
	json_t *property = shape == NULL ? json_object() : read_json(shape);

	json_object_set_new(property, "description", description_of(key));
	json_object_set_new(properties, key->name, property);
}

static json_t *make_object(json_t *properties)
{
	return json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
			 "additionalProperties", 0);
}

/* A map of the supported keys of a level. */
static json_t *make_level(enum key_level level)
{
	json_t *properties = json_object();

	for (size_t i = 0; i < key_count; i++)
		if ((keys[i].levels & (unsigned)level) != 0 && keys[i].is_supported)
			add_property(properties, &keys[i], level);
	return make_object(properties);
}

static json_t *make_defaults(void)
{
	json_t *properties = json_object();

	for (size_t i = 0; i < key_count; i++)
		if ((keys[i].levels & LEVEL_TASK) != 0 && keys[i].is_supported &&
		    key_may_be_default(&keys[i]))
			add_property(properties, &keys[i], LEVEL_TASK);
	return make_object(properties);
}

/* A task has exactly one of the actions. */
static json_t *make_actions(void)
{
	json_t *actions = json_array();

	for (size_t i = 0; i < key_count; i++)
		if (keys[i].is_action && keys[i].is_supported)
			json_array_append_new(actions,
					      json_pack("{s:[s]}", "required", keys[i].name));
	return actions;
}

/* What only says something of a command's text and of what a command prints. */
static json_t *make_companions(void)
{
	return json_pack("{s:[s], s:[s]}", "shell", "command", "outputs", "command");
}

enum id_use {
	ID_REQUIRED, /* in a list of tasks */
	ID_ALLOWED,  /* among the tasks of a run's end */
	ID_IS_KEY,   /* in a map of tasks */
};

static json_t *make_task(enum id_use use)
{
	json_t *task = make_level(LEVEL_TASK);

	json_object_set_new(task, "oneOf", make_actions());
	json_object_set_new(task, "dependentRequired", make_companions());
	/* A list is run without a shell. */
	json_object_set_new(
	    task, "dependentSchemas",
	    json_pack("{s:{s:{s:{s:s}}}}", "shell", "properties", "command", "type", "string"));
	if (use == ID_REQUIRED)
		json_object_set_new(task, "required", json_pack("[s]", "id"));
	else if (use == ID_IS_KEY)
		json_object_del(json_object_get(task, "properties"), "id");
	return task;
}

/* What a param's type says of its other keys. */
static json_t *make_param_rule(enum param_type type)
{
	static const char *const json_types[] = {
	    [PARAM_STRING] = "string",   [PARAM_INTEGER] = "integer", [PARAM_NUMBER] = "number",
	    [PARAM_BOOLEAN] = "boolean", [PARAM_DATE] = "string",     [PARAM_LIST] = "array",
	    [PARAM_OBJECT] = "object",
	};
	json_t *keys_then =
	    json_pack("{s:{s:[s, s]}, s:{s:{s:s}}}", "default", "type", json_types[type], "null",
		      "enum", "items", "type", json_types[type]);

	if (type != PARAM_STRING)
		json_object_set_new(keys_then, "pattern", json_false());
	if (type != PARAM_INTEGER && type != PARAM_NUMBER) {
		json_object_set_new(keys_then, "minimum", json_false());
		json_object_set_new(keys_then, "maximum", json_false());
	}
	return json_pack("{s:{s:{s:{s:s}}, s:[s]}, s:{s:o}}", "if", "properties", "type", "const",
			 param_type_names[type], "required", "type", "then", "properties",
			 keys_then);
}

static json_t *make_param_rules(void)
{
	json_t *rules = json_array();

	for (size_t i = 0; param_type_names[i] != NULL; i++)
		json_array_append_new(rules, make_param_rule((enum param_type)i));
	return rules;
}

static json_t *make_words(const char *const *words)
{
	json_t *list = json_array();

	for (; *words != NULL; words++)
		json_array_append_new(list, json_string(*words));
	return json_pack("{s:o}", "enum", list);
}

/* What heddle.yaml may require of a dag. */
static json_t *make_required_keys(void)
{
	json_t *names = json_array();

	for (size_t i = 0; i < key_count; i++)
		if ((keys[i].levels & LEVEL_DAG) != 0 && keys[i].is_supported)
			json_array_append_new(names, json_string(keys[i].name));
	return json_pack("{s:o}", "enum", names);
}

static json_t *make_defs(enum key_level level)
{
	json_t *out = json_object();

	for (size_t i = 0; i < sizeof defs / sizeof defs[0]; i++)
		json_object_set_new(out, defs[i].name, read_json(defs[i].json));
	json_object_set_new(out, "trigger_rule", make_words(trigger_rule_names));
	json_object_set_new(out, "param_type", make_words(param_type_names));
	json_object_set_new(json_object_get(out, "param_map"), "allOf", make_param_rules());
	json_object_set_new(out, "required_key", make_required_keys());
	json_object_set_new(out, "defaults", make_defaults());
	if (level == LEVEL_DAG) {
		json_object_set_new(out, "listed_task", make_task(ID_REQUIRED));
		json_object_set_new(out, "named_task", make_task(ID_IS_KEY));
		json_object_set_new(out, "hook_task", make_task(ID_ALLOWED));
	}
	return out;
}

json_t *schema_make(enum key_level level)
{
	json_t *root = json_pack("{s:s, s:s}", "$schema", DRAFT, "title",
				 level == LEVEL_DAG ? "Heddle DAG" : "Heddle folder defaults");
	json_t *body = make_level(level);

	json_object_update(root, body);
	json_decref(body);
	if (level == LEVEL_DAG)
		json_object_set_new(root, "required", json_pack("[s, s]", "id", "tasks"));
	json_object_set_new(root, "$defs", make_defs(level));
	return root;
}
