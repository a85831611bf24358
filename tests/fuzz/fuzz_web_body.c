/* fuzz_web_body.c - bodies of commands, and JSON on its way out.
 *
 * The first byte chooses the command. Held to: what is taken keeps the rules, what is refused is
 * answered with a problem that is itself JSON, and any bytes at all come out as JSON. */
#include "base/mem.h"
#include "model/limits.h"
#include "web/body.h"
#include "web/compose.h"

#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void expect_problem(const struct answer *refusal)
{
	json_t *problem = json_loadb(refusal->body.data, refusal->body.size, 0, NULL);

	assert(refusal->status == 400 || refusal->status == 422);
	assert(problem != NULL);
	assert(json_integer_value(json_object_get(problem, "status")) ==
	       (json_int_t)refusal->status);
	assert(json_string_length(json_object_get(problem, "detail")) > 0);
	json_decref(problem);
}

static void read_body(enum web_command_kind kind, const char *bytes, size_t size)
{
	struct answer refusal = {0};
	struct body body;

	if (body_parse(kind, bytes, size, &body, &refusal)) {
		assert(refusal.status == 0);
		assert(body.key == NULL || body_key_fault(body.key, strlen(body.key)) == NULL);
		assert(body.reason == NULL || strlen(body.reason) <= LIMIT_REASON_BYTES);
		assert(kind == WEB_TRIGGER || body.key == NULL);
		assert(body.params == NULL || kind == WEB_TRIGGER || kind == WEB_RERUN);
	} else {
		expect_problem(&refusal);
		assert(body.key == NULL && body.reason == NULL && body.tasks == NULL);
	}
	body_close(&body);
	answer_close(&refusal);
}

static void write_text(const char *bytes, size_t size)
{
	char *text = mem_strndup(bytes, size);
	struct str out = STR_INIT;
	struct compose compose;
	json_t *read;

	compose_init(&compose, &out);
	compose_open(&compose, '{');
	compose_member_text(&compose, text, text);
	compose_close(&compose, '}');
	read = json_loadb(out.data, out.size, 0, NULL);
	assert(read != NULL && json_object_size(read) == 1);
	json_decref(read);
	str_close(&out);
	mem_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *text = (const char *)bytes + 1;

	if (size == 0)
		return 0;
	read_body((enum web_command_kind)(bytes[0] % WEB_COMMAND_COUNT), text, size - 1);
	write_text(text, size - 1);
	(void)body_key_fault(text, size - 1);
	return 0;
}
