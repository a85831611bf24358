/* body.c - bodies of commands; see body.h. */
#include "web/body.h"

#include "base/mem.h"
#include "model/limits.h"
#include "web/steer.h"

#include <jansson.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#define FAULTS_MAX 16 /* reported of one body */
#define FAULT_BYTES 160

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

static const char *reason_fault(const char *reason, size_t size)
{
	if (size > LIMIT_REASON_BYTES)
		return "is longer than 500 bytes";
	if (steer_is_in(reason, size))
		return "holds a control character: one line is wanted";
	return NULL;
}

static const struct body_key {
	const char *name;
	enum body_kind kind;
	size_t offset; /* of its text in struct body */
	/* What is wrong with the text, or NULL; without this function the key is still to come. */
	const char *(*fault)(const char *text, size_t size);
} keys[] = {
    {"id", BODY_TRIGGER, offsetof(struct body, key), body_key_fault},
    {"params", BODY_TRIGGER, 0, NULL},
    {"period", BODY_TRIGGER, 0, NULL},
    {"at", BODY_TRIGGER, 0, NULL},
    {"force", BODY_TRIGGER, 0, NULL},
    {"reason", BODY_TRIGGER, 0, NULL},
    {"reason", BODY_CANCEL, offsetof(struct body, reason), reason_fault},
};

static const struct body_key *find_key(enum body_kind kind, const char *name)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i].kind == kind && strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static void read_text(const struct body_key *key, const json_t *value, struct body *out,
		      struct faults *faults)
{
	const char *fault = "is not a text";

	if (json_is_null(value))
		return;
	if (json_is_string(value))
		fault = key->fault(json_string_value(value), json_string_length(value));
	if (fault != NULL)
		snprintf(next_fault(faults, key->name), FAULT_BYTES, "'%s' %s", key->name, fault);
	else
		*(char **)((char *)out + key->offset) = mem_strdup(json_string_value(value));
}

static void read_member(enum body_kind kind, const char *name, const json_t *value,
			struct body *out, struct faults *faults)
{
	const struct body_key *key = find_key(kind, name);

	if (key == NULL)
		snprintf(next_fault(faults, name), FAULT_BYTES,
			 "unknown key '%.60s': this body takes '%s'", name,
			 kind == BODY_TRIGGER ? "id" : "reason");
	else if (key->fault == NULL)
		snprintf(next_fault(faults, name), FAULT_BYTES, "key '%s' is not supported yet",
			 name);
	else
		read_text(key, value, out, faults);
}

static bool read_object(enum body_kind kind, json_t *object, struct body *out,
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
	if (faults.count == 0)
		return true;
	answer_problems(refusal, MHD_HTTP_UNPROCESSABLE_CONTENT, faults.texts[0], faults.keys,
			faults.texts, faults.count);
	body_close(out);
	return false;
}

bool body_parse(enum body_kind kind, const char *bytes, size_t size, struct body *out,
		struct answer *refusal)
{
	json_error_t error;
	json_t *object;
	bool good;

	memset(out, 0, sizeof *out);
	if (size == 0)
		return true;
	object = json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
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
	mem_free(body->key);
	mem_free(body->reason);
	memset(body, 0, sizeof *body);
}
