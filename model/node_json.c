/* node_json.c - tree -> JSON; see node_json.h. The tree is at most LIMIT_YAML_DEPTH deep. */
#include "model/node_json.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

static json_t *scalar_json(const struct node *node)
{
	int64_t integer;

	switch (node->type) {
	case NODE_NULL:
		return json_null();
	case NODE_BOOL:
		return json_boolean(node->text[0] == 't' || node->text[0] == 'T');
	case NODE_INTEGER:
		integer = scalar_integer(node->text);
		if (integer != INT64_MIN && integer != INT64_MAX)
			return json_integer(integer);
		return json_real(strtod(node->text, NULL));
	case NODE_FLOAT:
		if (isfinite(scalar_number(node->text)))
			return json_real(scalar_number(node->text));
		return json_string(node->text);
	default:
		return json_string(node->text);
	}
}

json_t *node_to_json(const struct node *node)
{
	json_t *json;

	if (node->type == NODE_LIST) {
		json = json_array();
		for (uint32_t i = 0; i < node->count; i++)
			json_array_append_new(json, node_to_json(node->items[i]));
		return json;
	}
	if (node->type == NODE_MAP) {
		json = json_object();
		for (uint32_t i = 0; i < node->count; i++)
			json_object_set_new(json, node->entries[i].key->text,
					    node_to_json(node->entries[i].value));
		return json;
	}
	return scalar_json(node);
}

const char *node_to_json_text(const struct node *node, struct arena *arena)
{
	json_t *json = node_to_json(node);
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	const char *copy = arena_strdup(arena, text);

	mem_free(text);
	json_decref(json);
	return copy;
}
