/* scripts.c - see scripts.h. */
#include "web/scripts.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/scripts.h"

#include <jansson.h>
#include <string.h>

static const char *text_of(const struct script_look *look)
{
	return look->hash[0] == '\0' ? NULL : look->hash;
}

static bool is_over(struct script_looks *looks)
{
	int64_t now_ms = clock_now().boot_ms;

	if (looks->until_boot_ms == 0)
		looks->until_boot_ms = now_ms + SCRIPTS_LOOK_MS;
	return now_ms >= looks->until_boot_ms;
}

/* What the file is now; NULL = it cannot be told. */
static const char *look_at(struct script_looks *looks, const char *file)
{
	struct script_look look = {.file = NULL};
	struct err err;

	for (size_t i = 0; i < looks->known.count; i++)
		if (strcmp(looks->known.items[i].file, file) == 0)
			return text_of(&looks->known.items[i]);
	if (looks->known.count == SCRIPTS_LOOKED_AT || is_over(looks))
		return NULL;
	if (script_hash(file, look.hash, &err) != 0)
		look.hash[0] = '\0';
	look.file = mem_strdup(file);
	vec_push(&looks->known, look);
	return text_of(&looks->known.items[looks->known.count - 1]);
}

static const char *member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

void scripts_each(struct script_looks *looks, const char *json, script_state_fn each, void *context)
{
	json_t *list = json == NULL ? NULL : json_loads(json, 0, NULL);
	bool more = true;

	for (size_t i = 0; more && i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct script_state state = {.path = member(item, "path"),
					     .hash = member(item, "hash"),
					     .now = look_at(looks, member(item, "file"))};

		state.differs = state.now != NULL && strcmp(state.now, state.hash) != 0;
		more = each(context, &state);
	}
	json_decref(list);
}

void scripts_write(struct compose *compose, const struct script_state *state)
{
	compose_member_text(compose, "path", state->path);
	compose_member_text(compose, "hash", state->hash);
	compose_key(compose, "differs");
	if (state->now == NULL)
		compose_text(compose, NULL);
	else
		compose_bool(compose, state->differs);
}

void scripts_close(struct script_looks *looks)
{
	for (size_t i = 0; i < looks->known.count; i++)
		mem_free(looks->known.items[i].file);
	vec_close(&looks->known);
}
