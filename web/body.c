/* body.c - bodies of commands; see body.h. */
#include "web/body.h"

#include "base/mem.h"
#include "base/str.h"
#include "model/dag.h"
#include "model/limits.h"
#include "web/steer.h"

#include <jansson.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#define FAULTS_MAX 16 /* reported of one body */
#define FAULT_BYTES 200

/* What is wrong with it, gathered. Keys live in the parsed body. */
struct faults {
	const char *keys[FAULTS_MAX];
	const char *texts[FAULTS_MAX];
	char buffers[FAULTS_MAX + 1][FAULT_BYTES];
	size_t count;
};

/* Where to write the next one's text, FAULT_BYTES. Those beyond FAULTS_MAX go nowhere. */
static char *next_fault(struct faults *faults, const char *key)
{
	char *text = faults->buffers[faults->count];

	if (faults->count == FAULTS_MAX)
		return text;
	faults->keys[faults->count] = key;
	faults->texts[faults->count] = text;
	faults->count++;
	return text;
}

const char *body_key_fault(const char *key, size_t size)
{
	json_t *text;

	if (size == 0)
		return "is empty: leave it out for a fresh key";
	if (size > LIMIT_RUN_KEY_BYTES)
		return "is longer than 200 bytes";
	if (steer_is_in(key, size))
		return "holds a control character";
	text = json_stringn(key, size); /* checks the UTF-8 */
	if (text == NULL)
		return "is not UTF-8";
	json_decref(text);
	return NULL;
}

static const char *line_fault(const char *text, size_t size)
{
	if (size > LIMIT_REASON_BYTES)
		return "is longer than 500 bytes";
	if (steer_is_in(text, size))
		return "holds a control character: one line is wanted";
	return NULL;
}

static const char *note_fault(const char *text, size_t size)
{
	if (size == 0)
		return "is empty";
	if (size > LIMIT_NOTE_BYTES)
		return "is longer than 4000 bytes";
	for (size_t i = 0; i < size; i++)
		if (text[i] != '\n' && steer_bytes(text + i, size - i) > 0)
			return "holds a control character";
	return NULL;
}

static const char *task_fault(const char *text, size_t size)
{
	return strlen(text) == size && id_is_valid(text, false) ? NULL : "is no id of a task";
}

static const char *one_of(const char *text, const char *const *words, const char *fault)
{
	for (; *words != NULL; words++)
		if (strcmp(text, *words) == 0)
			return NULL;
	return fault;
}

static const char *mode_fault(const char *text, size_t size)
{
	static const char *const words[] = {"failed", "from", "only", "all", NULL};

	(void)size;
	return one_of(text, words, "is one of failed, from, only, all");
}

static const char *version_fault(const char *text, size_t size)
{
	static const char *const words[] = {"latest", "pinned", NULL};

	(void)size;
	return one_of(text, words, "is one of latest, pinned");
}

static const char *state_fault(const char *text, size_t size)
{
	static const char *const words[] = {"success", "failed", "skipped", NULL};

	(void)size;
	return one_of(text, words, "is one of success, failed, skipped");
}

enum value_type {
	VALUE_TEXT,
	VALUE_OBJECT,
	VALUE_TASKS,
	VALUE_PAUSED,
	VALUE_FLAG,
};

#define SCHEMA_LINE "{\"type\":[\"string\",\"null\"],\"pattern\":\"^[ -~]{0,500}$\"}"

#define IN(kind) (1u << WEB_##kind)
#define EVERY_REASON (IN(TRIGGER) | IN(CANCEL) | IN(RERUN) | IN(MARK) | IN(PAUSE) | IN(RESUME))

static const struct body_key {
	const char *name;
	unsigned kinds;    /* bodies that take it */
	unsigned required; /* bodies that cannot be without it */
	enum value_type type;
	size_t offset; /* of its text in struct body */
	/* What is wrong with the text, or NULL. */
	const char *(*fault)(const char *text, size_t size);
	const char *schema; /* in JSON Schema */
} keys[] = {
    {"id", IN(TRIGGER), 0, VALUE_TEXT, offsetof(struct body, key), body_key_fault,
     "{\"type\":[\"string\",\"null\"],\"pattern\":\"^[!-~]{1,200}$\"}"},
    {"params", IN(TRIGGER) | IN(RERUN), 0, VALUE_OBJECT, offsetof(struct body, params), NULL,
     "{\"type\":[\"object\",\"null\"]}"},
    {"period", IN(TRIGGER), 0, VALUE_TEXT, offsetof(struct body, period), line_fault, SCHEMA_LINE},
    {"at", IN(TRIGGER), 0, VALUE_TEXT, offsetof(struct body, at), line_fault, SCHEMA_LINE},
    {"force", IN(TRIGGER), 0, VALUE_FLAG, offsetof(struct body, force), NULL,
     "{\"type\":[\"boolean\",\"null\"]}"},
    {"mode", IN(RERUN) | IN(TRIGGER), 0, VALUE_TEXT, offsetof(struct body, mode), mode_fault,
     "{\"enum\":[\"failed\",\"from\",\"only\",\"all\",null]}"},
    {"tasks", IN(RERUN) | IN(TRIGGER), 0, VALUE_TASKS, 0, task_fault,
     "{\"type\":[\"array\",\"null\"],\"maxItems\":1000,"
     "\"items\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][A-Za-z0-9_-]{0,99}$\"}}"},
    {"version", IN(RERUN), 0, VALUE_TEXT, offsetof(struct body, version), version_fault,
     "{\"enum\":[\"latest\",\"pinned\",null]}"},
    {"state", IN(MARK), IN(MARK), VALUE_TEXT, offsetof(struct body, state), state_fault,
     "{\"enum\":[\"success\",\"failed\",\"skipped\"]}"},
    {"text", IN(NOTE), IN(NOTE), VALUE_TEXT, offsetof(struct body, text), note_fault,
     "{\"type\":\"string\",\"pattern\":\"^[ -~]{1,4000}$\"}"},
    {"task", IN(NOTE), 0, VALUE_TEXT, offsetof(struct body, task), task_fault,
     "{\"type\":[\"string\",\"null\"],\"pattern\":\"^[A-Za-z_][A-Za-z0-9_-]{0,99}$\"}"},
    {"paused", IN(PAUSE), 0, VALUE_PAUSED, 0, NULL, "{\"type\":[\"boolean\",\"null\"]}"},
    {"dry_run", IN(GC), 0, VALUE_FLAG, offsetof(struct body, dry_run), NULL,
     "{\"type\":[\"boolean\",\"null\"]}"},
    {"backups", IN(GC), 0, VALUE_FLAG, offsetof(struct body, backups), NULL,
     "{\"type\":[\"boolean\",\"null\"]}"},
    {"reason", EVERY_REASON, 0, VALUE_TEXT, offsetof(struct body, reason), line_fault, SCHEMA_LINE},
};

#define KEY_COUNT (sizeof keys / sizeof *keys)

static const struct body_key *find_key(enum web_command_kind kind, const char *name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if ((keys[i].kinds & (1u << kind)) != 0 && strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static void report(const struct body_key *key, const char *fault, struct faults *faults)
{
	snprintf(next_fault(faults, key->name), FAULT_BYTES, "'%s' %s", key->name, fault);
}

static void read_text(const struct body_key *key, const json_t *value, struct body *out,
		      struct faults *faults)
{
	const char *fault = "is not a text";

	if (json_is_string(value))
		fault = key->fault(json_string_value(value), json_string_length(value));
	if (fault != NULL)
		report(key, fault, faults);
	else
		*(char **)((char *)out + key->offset) = mem_strdup(json_string_value(value));
}

static void read_params(const struct body_key *key, const json_t *value, struct body *out,
			struct faults *faults)
{
	if (!json_is_object(value))
		report(key, "is not an object of names and values", faults);
	else
		*(char **)((char *)out + key->offset) = json_dumps(value, JSON_COMPACT);
}

static void read_tasks(const struct body_key *key, const json_t *value, struct body *out,
		       struct faults *faults)
{
	size_t i;
	const json_t *item;

	if (!json_is_array(value) || json_array_size(value) > BODY_TASKS_MAX) {
		report(key, "is not a list of at most 1000 task ids", faults);
		return;
	}
	out->tasks = mem_alloc((json_array_size(value) + 1) * sizeof *out->tasks);
	json_array_foreach(value, i, item)
	{
		if (!json_is_string(item) ||
		    key->fault(json_string_value(item), json_string_length(item)) != NULL) {
			report(key, "holds what is no id of a task", faults);
			return;
		}
		out->tasks[out->task_count++] = mem_strdup(json_string_value(item));
	}
}

static void read_paused(const struct body_key *key, const json_t *value, struct body *out,
			struct faults *faults)
{
	if (!json_is_boolean(value))
		report(key, "is neither true nor false", faults);
	else
		out->resumes = json_is_false(value);
}

static void read_flag(const struct body_key *key, const json_t *value, struct body *out,
		      struct faults *faults)
{
	if (!json_is_boolean(value))
		report(key, "is neither true nor false", faults);
	else
		*(bool *)((char *)out + key->offset) = json_is_true(value);
}

/* The keys of a body, for whoever wrote another one. */
static void list_keys(enum web_command_kind kind, struct str *out)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if ((keys[i].kinds & (1u << kind)) != 0)
			str_printf(out, "%s'%s'", out->size == 0 ? "" : ", ", keys[i].name);
}

static void read_member(enum web_command_kind kind, const char *name, const json_t *value,
			struct body *out, struct faults *faults)
{
	const struct body_key *key = find_key(kind, name);
	struct str known = STR_INIT;

	if (key == NULL) {
		list_keys(kind, &known);
		snprintf(next_fault(faults, name), FAULT_BYTES,
			 "unknown key '%.40s': this body takes %s", name, str_text(&known));
		str_close(&known);
	} else if (json_is_null(value)) {
		return;
	} else if (key->type == VALUE_OBJECT) {
		read_params(key, value, out, faults);
	} else if (key->type == VALUE_TASKS) {
		read_tasks(key, value, out, faults);
	} else if (key->type == VALUE_PAUSED) {
		read_paused(key, value, out, faults);
	} else if (key->type == VALUE_FLAG) {
		read_flag(key, value, out, faults);
	} else {
		read_text(key, value, out, faults);
	}
}

static void check_required(enum web_command_kind kind, const json_t *object, struct faults *faults)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const json_t *value = json_object_get(object, keys[i].name);

		if ((keys[i].required & (1u << kind)) != 0 &&
		    (value == NULL || json_is_null(value)))
			report(&keys[i], "is missing", faults);
	}
}

static bool read_object(enum web_command_kind kind, json_t *object, struct body *out,
			struct answer *refusal)
{
	struct faults faults = {.count = 0};
	const char *name;
	json_t *value;

	if (!json_is_object(object)) {
		answer_problem(refusal, MHD_HTTP_UNPROCESSABLE_CONTENT,
			       "the body is not a JSON object: {} or nothing will do");
		return false;
	}
	json_object_foreach(object, name, value) read_member(kind, name, value, out, &faults);
	check_required(kind, object, &faults);
	if (faults.count == 0)
		return true;
	answer_problems(refusal, MHD_HTTP_UNPROCESSABLE_CONTENT, faults.texts[0], faults.keys,
			faults.texts, faults.count);
	body_close(out);
	return false;
}

bool body_parse(enum web_command_kind kind, const char *bytes, size_t size, struct body *out,
		struct answer *refusal)
{
	json_error_t error = {.line = 0};
	json_t *object;
	bool good;

	memset(out, 0, sizeof *out);
	object = size == 0
		     ? json_object()
		     : json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (object == NULL) {
		answer_problem(refusal, MHD_HTTP_BAD_REQUEST,
			       "the body is not JSON: line %d column %d: %s", error.line,
			       error.column, error.text);
		return false;
	}
	good = read_object(kind, object, out, refusal);
	json_decref(object);
	return good;
}

void body_close(struct body *body)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].type == VALUE_TEXT || keys[i].type == VALUE_OBJECT) {
			char **text = (char **)((char *)body + keys[i].offset);

			mem_free(*text);
			*text = NULL;
		}
	for (size_t i = 0; i < body->task_count; i++)
		mem_free(body->tasks[i]);
	mem_free(body->tasks);
	memset(body, 0, sizeof *body);
}

static bool takes(const struct body_key *key, enum web_command_kind kind)
{
	return (key->kinds & (1u << kind)) != 0 && key->schema != NULL;
}

bool body_is_required(enum web_command_kind kind)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if ((keys[i].required & (1u << kind)) != 0)
			return true;
	return false;
}

void body_describe(enum web_command_kind kind, struct compose *compose)
{
	compose_open(compose, '{');
	compose_member_text(compose, "type", "object");
	compose_member_open(compose, "properties", '{');
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (takes(&keys[i], kind)) {
			compose_key(compose, keys[i].name);
			compose_json(compose, keys[i].schema);
		}
	compose_close(compose, '}');
	compose_member_open(compose, "required", '[');
	for (size_t i = 0; i < KEY_COUNT; i++)
		if ((keys[i].required & (1u << kind)) != 0)
			compose_text(compose, keys[i].name);
	compose_close(compose, ']');
	compose_key(compose, "additionalProperties");
	compose_bool(compose, false);
	compose_close(compose, '}');
}
