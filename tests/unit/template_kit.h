/* template_kit.h - names and values for the tests of model/template: a JSON text says the values,
 * and a table which names are free text. Included once by each test program. */
#ifndef HEDDLE_TESTS_TEMPLATE_KIT_H
#define HEDDLE_TESTS_TEMPLATE_KIT_H

#include "base/arena.h"
#include "base/str.h"
#include "model/template/template.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define KIT_VALUES                                                                              \
	"{\"ds\": \"2026-11-20\", \"ts\": \"2026-11-20T06:00:00+01:00\","                       \
	" \"run\": {\"id\": 7}, \"item\": {\"n\": 1}, \"env\": {\"HOST\": \"h\"},"              \
	" \"params\": {\"name\": \"it's\", \"region\": \"eu\", \"n\": 3, \"ratio\": 0.1,"       \
	"  \"flag\": true, \"nothing\": null, \"empty\": \"\", \"list\": [\"a\", \"b c\"],"     \
	"  \"none\": [], \"my-name\": \"m\", \"big\": 9007199254740993, \"umlaut\": \"\xc3\xa4" \
	"b\"},"                                                                                 \
	" \"tasks\": {\"a-b\": {\"state\": \"success\", \"output\": {\"k\": \"v\"}}},"          \
	" \"event\": {\"payload\": {\"files\": [\"x\", \"y\"], \"odd key\": 5}},"               \
	" \"vars\": {\"X\": \"x\"}}"

struct kit {
	struct arena arena;
	struct tz *tz;
	json_t *root;
	struct template_values values;
	struct str reports;
};

static inline json_t *kit_get(void *context, const struct template_path *path, struct str *why)
{
	json_t *at = context;

	for (uint32_t i = 0; i < path->count && at != NULL; i++)
		at = json_is_array(at) ? json_array_get(at, strtoul(path->parts[i], NULL, 10))
				       : json_object_get(at, path->parts[i]);
	if (at == NULL)
		str_printf(why, "no '%s' here", path->parts[path->count - 1]);
	return json_incref(at);
}

static inline enum template_class kit_resolve(void *context, const struct template_path *path,
					      struct str *why)
{
	static const char *const free_params[] = {"name", "list", "my-name", "umlaut"};
	json_t *value = kit_get(context, path, why);

	json_decref(value);
	if (value == NULL) {
		str_clear(why);
		str_printf(why, "unknown name '%s'", path->parts[path->count - 1]);
		return TEMPLATE_UNKNOWN;
	}
	str_clear(why);
	if (strcmp(path->parts[0], "params") == 0)
		for (size_t i = 0; i < sizeof free_params / sizeof free_params[0]; i++)
			if (path->count > 1 && strcmp(path->parts[1], free_params[i]) == 0)
				return TEMPLATE_FREE;
	if (strcmp(path->parts[0], "params") == 0 || strcmp(path->parts[0], "ds") == 0 ||
	    strcmp(path->parts[0], "ts") == 0 || strcmp(path->parts[0], "run") == 0)
		return TEMPLATE_BOUND;
	return path->count == 3 && strcmp(path->parts[2], "state") == 0 ? TEMPLATE_BOUND
									: TEMPLATE_FREE;
}

static inline int kit_start(void **state)
{
	struct kit *kit = calloc(1, sizeof *kit);

	arena_init(&kit->arena);
	if (tz_load("Europe/Berlin", &kit->tz, NULL) != 0)
		return -1;
	kit->root = json_loads(KIT_VALUES, 0, NULL);
	kit->values = (struct template_values){kit_get, kit->root, kit->tz};
	*state = kit;
	return kit->root == NULL ? -1 : 0;
}

static inline int kit_stop(void **state)
{
	struct kit *kit = *state;

	str_close(&kit->reports);
	json_decref(kit->root);
	tz_destroy(kit->tz);
	arena_close(&kit->arena);
	free(kit);
	return 0;
}

static inline struct template *kit_parse(struct kit *kit, const char *text)
{
	struct template_error error = {0};
	struct template *template = NULL;

	if (template_parse(&kit->arena, text, &template, &error) != 0)
		fail_msg("%s: %zu: %s", text, error.offset, error.message);
	return template;
}

static inline void kit_report(void *context, const struct template_error *error)
{
	struct kit *kit = context;

	str_printf(&kit->reports, "%zu: %s\n", error->offset, error->message);
}

/* What template_check has to say of a text: "offset: message\n" each. */
static inline const char *kit_check(struct kit *kit, const char *text, enum template_place place)
{
	const struct template_scope scope = {kit_resolve, kit->root};

	str_clear(&kit->reports);
	template_check(kit_parse(kit, text), &scope, place, kit_report, kit);
	return str_text(&kit->reports);
}

#endif
