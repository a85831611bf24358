/* fuzz_web_path.c - request targets: taking them apart, finding their route, reading their query.
 *
 * The first byte chooses the method. Held to: what is found is sound, what is refused has a text, a
 * path that takes a method is found by it, and the same segments written another way are the same
 * segments. */
#include "base/mem.h"
#include "base/str.h"
#include "model/dag.h"
#include "web/query.h"
#include "web/route.h"
#include "web/target.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void expect_plain(const char *text)
{
	for (; *text != '\0'; text++)
		assert((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void expect_sound_names(const struct route_names *names)
{
	assert(names->dag == NULL || id_is_valid(names->dag, true));
	assert(names->task == NULL || id_is_valid(names->task, false));
	assert(strspn(names->run, "0123456789abcdef") == strlen(names->run));
}

static void expect_sound_query(const struct target *target, const struct route *route)
{
	struct query query;
	struct err err = {0};

	if (query_parse(target, route->params, 1800000000000, &query, &err) != 0) {
		assert(err.code == ERR_INVALID && err.message[0] != '\0');
		return;
	}
	assert((query.given & ~route->params) == 0);
	assert(query.limit >= 1 && query.limit <= QUERY_LIMIT_MAX);
	assert(query.wait_ms >= 0 && query.wait_ms <= QUERY_WAIT_MAX_MS);
	assert(query.since_ms >= 0 && query.since_fact >= 0);
}

/* The methods that a path is said to take are indeed taken, and no others. */
static void expect_true_methods(const char *allow, const struct target *target)
{
	static const char *const methods[] = {"GET", "POST"};

	for (size_t i = 0; i < 2; i++) {
		char again[ROUTE_ALLOW_SIZE];
		struct route_names names;
		bool found = route_find(methods[i], target, &names, again) != NULL;

		assert(found == (strstr(allow, methods[i]) != NULL));
	}
}

/* Every byte of every segment, written with a percent sign, decodes to what it was. */
static void expect_same_when_escaped(const struct target *target)
{
	struct str text = STR_INIT;
	struct target again;

	for (size_t i = 0; i < target->segment_count; i++) {
		str_append_char(&text, '/');
		for (const char *at = target->segments[i]; *at != '\0'; at++)
			str_printf(&text, "%%%02x", (unsigned char)*at);
	}
	if (text.size > 0 && text.size <= TARGET_BYTES_MAX &&
	    !(target->segment_count == 1 && target->segments[0][0] == '\0')) {
		assert(target_parse(text.data, &again, NULL) == 0);
		assert(again.segment_count == target->segment_count);
		for (size_t i = 0; i < again.segment_count; i++)
			assert(strcmp(again.segments[i], target->segments[i]) == 0);
		target_close(&again);
	}
	str_close(&text);
}

static void look(const char *method, const struct target *target)
{
	char allow[ROUTE_ALLOW_SIZE];
	struct route_names names;
	const struct route *route = route_find(method, target, &names, allow);

	expect_sound_names(&names);
	if (route != NULL)
		expect_sound_query(target, route);
	else
		expect_true_methods(allow, target);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "DELETE"};
	struct target target;
	struct err err = {0};
	char *text;

	if (size == 0)
		return 0;
	text = mem_strndup((const char *)bytes + 1, size - 1);
	if (target_parse(text, &target, &err) == 0) {
		for (size_t i = 0; i < target.segment_count; i++)
			expect_plain(target.segments[i]);
		look(methods[bytes[0] % 4], &target);
		expect_same_when_escaped(&target);
	} else {
		assert(err.message[0] != '\0' && target.buffer == NULL);
	}
	target_close(&target);
	mem_free(text);
	return 0;
}
