/* tree.c - libyaml's events -> a tree of nodes; see tree.h. */
#include "model/yaml/tree.h"

#include "base/str.h"
#include "base/vec.h"
#include "model/limits.h"
#include "model/names.h"
#include "model/yaml/problem.h"

#include <assert.h>
#include <string.h>

#define CORE_TAG "tag:yaml.org,2002:"

struct anchor {
	const char *name;
	const struct node *node; /* NULL while what it stands before is being read */
};

struct builder {
	yaml_parser_t parser;
	struct report *report;
	struct arena *arena;
	struct tree_use *use;
	const struct document *document;
	uint32_t depth;
	const struct node *open;     /* the innermost collection being read */
	struct source_cursor cursor; /* at the last value */
	uint32_t checked_line;       /* whose indentation was looked at */
	struct names anchor_places;  /* name -> place in anchors, the last one wins */
	struct names keys;           /* of the map being finished */
	VEC(struct anchor) anchors;
	VEC(const struct node *) children; /* of all collections being read, innermost last */
};

static struct place place_of(const struct builder *builder, yaml_mark_t mark)
{
	struct place place =
	    source_place(builder->report->source, builder->document->line, mark.line, mark.column);

	place.source = builder->report->source;
	return place;
}

/* False = not YAML, and reported. Otherwise the event is the caller's to delete. */
static bool next_event(struct builder *builder, yaml_event_t *event)
{
	if (yaml_parser_parse(&builder->parser, event))
		return true;
	problem_report(&builder->parser, builder->document, builder->open, builder->report);
	return false;
}

/* libyaml lets tabs indent the lines of a list or map in brackets. YAML 1.2.2, section 6.1, does
 * not: "tab characters must not be used in indentation". */
static void check_indentation(struct builder *builder, struct place place)
{
	size_t length;
	const char *line;

	if (place.line == builder->checked_line)
		return;
	builder->checked_line = place.line;
	line = source_line(builder->report->source, place.line, &length);
	for (uint32_t i = 0; i < length && (line[i] == ' ' || line[i] == '\t'); i++)
		if (line[i] == '\t') {
			report_add(builder->report, (struct place){place.line, i + 1, NULL},
				   "a tab in the indentation: indent with spaces");
			return;
		}
}

/* NULL = one node too many, and reported. */
static struct node *add_node(struct builder *builder, const yaml_event_t *event)
{
	const struct source *source = builder->report->source;
	struct place place = place_of(builder, event->start_mark);
	struct node *node;

	if (builder->use->nodes >= LIMIT_YAML_NODES) {
		report_syntax(builder->report, place, "more than %u values in one file",
			      LIMIT_YAML_NODES);
		return NULL;
	}
	builder->use->nodes++;
	check_indentation(builder, place);
	node = arena_alloc(builder->arena, sizeof *node);
	node->place = place;
	node->start = source_walk(source, &builder->cursor, place);
	node->end = source_walk(source, &builder->cursor, place_of(builder, event->end_mark));
	node->weight = 1;
	node->height = 1;
	return node;
}

/* Remembers the anchor before its node is complete, so that an alias inside it can be told. Returns
 * its place in anchors. */
static size_t begin_anchor(struct builder *builder, const yaml_char_t *name)
{
	struct anchor anchor = {.name = NULL};

	if (name == NULL)
		return SIZE_MAX;
	anchor.name = arena_strdup(builder->arena, (const char *)name);
	names_set(&builder->anchor_places, anchor.name, (uint32_t)builder->anchors.count);
	vec_push(&builder->anchors, anchor);
	return builder->anchors.count - 1;
}

static void end_anchor(struct builder *builder, size_t anchor, const struct node *node)
{
	if (anchor != SIZE_MAX)
		builder->anchors.items[anchor].node = node;
}

static const struct {
	const char *tag; /* behind CORE_TAG */
	enum node_type type;
} core_tags[] = {
    {"null", NODE_NULL}, {"bool", NODE_BOOL}, {"int", NODE_INTEGER}, {"float", NODE_FLOAT},
    {"str", NODE_TEXT},  {"seq", NODE_LIST},  {"map", NODE_MAP},
};

/* False = no core tag. */
static bool tag_type(const char *tag, enum node_type *type)
{
	if (!str_starts_with(tag, CORE_TAG))
		return false;
	for (size_t i = 0; i < sizeof core_tags / sizeof core_tags[0]; i++)
		if (strcmp(tag + strlen(CORE_TAG), core_tags[i].tag) == 0) {
			*type = core_tags[i].type;
			return true;
		}
	return false;
}

static void report_tag(struct builder *builder, struct node *node, const char *tag)
{
	const char *shown = str_starts_with(tag, CORE_TAG)
				? arena_printf(builder->arena, "!!%s", tag + strlen(CORE_TAG))
				: tag;

	node->is_faulty = true;
	report_add(builder->report, node->place,
		   "unknown tag %s: only the core ones are known (!!str !!int !!float !!bool "
		   "!!null !!map !!seq)",
		   report_quote(builder->report, shown));
}

/* A tag must name what the value is; an integer may be tagged as a float. */
static void apply_scalar_tag(struct builder *builder, struct node *node, const char *tag)
{
	enum node_type found = scalar_type(node->text);
	enum node_type wanted = NODE_TEXT;

	if (strcmp(tag, "!") != 0 && !tag_type(tag, &wanted)) {
		report_tag(builder, node, tag);
		return;
	}
	node->type = wanted;
	if (wanted == NODE_TEXT || wanted == found ||
	    (wanted == NODE_FLOAT && found == NODE_INTEGER))
		return;
	node->is_faulty = true;
	report_add(builder->report, node->place, "the tag !!%s does not fit the value %s",
		   tag + strlen(CORE_TAG), report_quote(builder->report, node->text));
}

static void apply_collection_tag(struct builder *builder, struct node *node,
				 const yaml_char_t *raw_tag)
{
	const char *tag = (const char *)raw_tag;
	enum node_type wanted = node->type;

	if (tag == NULL || strcmp(tag, "!") == 0)
		return;
	if (!tag_type(tag, &wanted)) {
		report_tag(builder, node, tag);
	} else if (wanted != node->type) {
		node->is_faulty = true;
		report_add(builder->report, node->place, "the tag !!%s does not fit %s",
			   tag + strlen(CORE_TAG), node_type_name(node->type));
	}
}

static struct node *read_scalar(struct builder *builder, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	struct node *node = add_node(builder, event);

	if (node == NULL)
		return NULL;
	node->text = arena_strndup(builder->arena, value, event->data.scalar.length);
	node->bytes = event->data.scalar.length;
	node->is_plain = event->data.scalar.plain_implicit;
	node->type = node->is_plain ? scalar_type(node->text) : NODE_TEXT;
	if (tag != NULL)
		apply_scalar_tag(builder, node, tag);
	if (strlen(node->text) != event->data.scalar.length) {
		node->is_faulty = true;
		report_add(builder->report, node->place, "the text holds a NUL character (\\0)");
	}
	end_anchor(builder, begin_anchor(builder, event->data.scalar.anchor), node);
	return node;
}

/* What aliases stand for is looked at once for each of them. False = too much, and reported. */
static bool count_alias(struct builder *builder, struct place place, const struct node *target)
{
	builder->use->alias_nodes += target->weight;
	builder->use->alias_bytes += target->bytes;
	if (builder->use->alias_nodes > LIMIT_ALIAS_NODES) {
		report_syntax(builder->report, place,
			      "the aliases of the file expand to more than %u values",
			      LIMIT_ALIAS_NODES);
		return false;
	}
	if (builder->use->alias_bytes > LIMIT_ALIAS_BYTES) {
		report_syntax(builder->report, place,
			      "the aliases of the file expand to more than %u bytes of text "
			      "(16 MiB)",
			      LIMIT_ALIAS_BYTES);
		return false;
	}
	return true;
}

/* Makes the node what the alias names, at the place of the alias; faulty when it names nothing.
 * False = the document cannot be read further. */
static bool copy_target(struct builder *builder, struct node *node, const char *name)
{
	uint32_t anchor = names_find(&builder->anchor_places, name);
	const struct node alias = *node;
	const struct node *target;
	struct place place = node->place;

	node->is_faulty = true;
	if (anchor == NAMES_NONE) {
		report_add(builder->report, place,
			   "unknown alias '*%.100s': no '&%.100s' before it", name, name);
		return true;
	}
	target = builder->anchors.items[anchor].node;
	if (target == NULL) {
		report_syntax(builder->report, place,
			      "the alias '*%.100s' stands inside what it names", name);
		return false;
	}
	if (!count_alias(builder, place, target))
		return false;
	*node = *target;
	node->place = place;
	node->start = alias.start;
	node->end = alias.end;
	return true;
}

static struct node *read_alias(struct builder *builder, const yaml_event_t *event)
{
	struct node *node = add_node(builder, event);

	if (node == NULL || !copy_target(builder, node, (const char *)event->data.alias.anchor))
		return NULL;
	if (builder->depth + node->height > LIMIT_YAML_DEPTH) {
		report_syntax(builder->report, node->place, "nested more than %u levels deep",
			      LIMIT_YAML_DEPTH);
		return NULL;
	}
	return node;
}

static struct node *read_node(struct builder *builder, const yaml_event_t *event);

/* Pushes all children up to the end of the collection. */
static bool read_children(struct builder *builder)
{
	bool is_end = false;
	bool is_sound = true;

	while (is_sound && !is_end) {
		yaml_event_t event;
		const struct node *child;

		if (!next_event(builder, &event))
			return false;
		is_end =
		    event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
		if (!is_end) {
			child = read_node(builder, &event);
			is_sound = child != NULL;
			vec_push(&builder->children, child);
		}
		yaml_event_delete(&event);
	}
	return is_sound;
}

/* The children since base, now the node's own. */
static const struct node **take_children(struct builder *builder, struct node *node, size_t base)
{
	size_t count = builder->children.count - base;
	const struct node **own = arena_alloc(builder->arena, count * sizeof(const struct node *));

	for (size_t i = 0; i < count; i++) {
		own[i] = builder->children.items[base + i];
		node->weight += own[i]->weight;
		node->bytes += own[i]->bytes;
		if (own[i]->height >= node->height)
			node->height = own[i]->height + 1;
	}
	builder->children.count = base;
	node->count = (uint32_t)count;
	return own;
}

/* "{{ ds }}" without quotes is, to YAML, a map whose key is a map. */
static bool report_bare_template(struct builder *builder, const struct node *map,
				 const struct node *key)
{
	const struct source *source = builder->report->source;
	size_t length;
	const char *line;

	if (key->type != NODE_MAP || key->start != map->start + 1 ||
	    source->text[map->start] != '{' || source->text[key->start] != '{')
		return false;
	line = source_line(source, map->place.line, &length);
	report_template(builder->report, map->place, NULL, source->text + map->start,
			length - (map->start - (size_t)(line - source->text)));
	return true;
}

/* True when the key may stand in the map: a scalar that was not there before. */
static bool check_key(struct builder *builder, struct node *map, const struct node *key)
{
	uint32_t first_line;

	if (report_bare_template(builder, map, key)) {
		map->is_faulty = true;
		return false;
	}
	if (key->is_faulty)
		return false;
	if (key->text == NULL) {
		report_add(builder->report, key->place, "a key must be text, not %s",
			   node_type_name(key->type));
		return false;
	}
	first_line = names_add(&builder->keys, key->text, key->place.line);
	if (first_line != NAMES_NONE)
		report_add(builder->report, key->place, "duplicate key %s (first on line %u)",
			   report_quote(builder->report, key->text), first_line);
	return first_line == NAMES_NONE;
}

static void merge_map(struct builder *builder, struct node *map, struct node_entry *entries,
		      const struct node *from)
{
	for (uint32_t i = 0; i < from->count; i++)
		if (names_add(&builder->keys, from->entries[i].key->text,
			      from->entries[i].key->place.line) == NAMES_NONE)
			entries[map->count++] = from->entries[i];
}

/* Adds what "<<" names behind the map's own entries: its own keys win, and of several maps the
 * earlier one (https://yaml.org/type/merge.html). */
static void merge(struct builder *builder, struct node *map, const struct node *value)
{
	const struct node *const *maps = value->type == NODE_LIST ? value->items : &value;
	uint32_t map_count = value->type == NODE_LIST ? value->count : 1;
	struct node_entry *entries;
	size_t total = map->count;

	for (uint32_t i = 0; i < map_count; i++)
		total += maps[i]->type == NODE_MAP ? maps[i]->count : 0;
	entries = arena_alloc(builder->arena, total * sizeof *entries);
	if (map->count > 0)
		memcpy(entries, map->entries, map->count * sizeof *entries);
	map->entries = entries;
	for (uint32_t i = 0; i < map_count; i++)
		if (maps[i]->type == NODE_MAP)
			merge_map(builder, map, entries, maps[i]);
		else if (!maps[i]->is_faulty)
			report_add(builder->report, maps[i]->place,
				   "'<<' takes a map or a list of maps, not %s",
				   node_describe(builder->report, maps[i]));
}

/* Pairs the children: key, value, key, value ... */
static void finish_map(struct builder *builder, struct node *map,
		       const struct node *const *children)
{
	uint32_t child_count = map->count;
	struct node_entry *entries = arena_alloc(builder->arena, child_count / 2 * sizeof *entries);
	const struct node *merged = NULL;

	names_clear(&builder->keys);
	map->entries = entries;
	map->count = 0;
	for (uint32_t i = 0; i + 1 < child_count; i += 2) {
		const struct node *key = children[i];

		if (!check_key(builder, map, key))
			continue;
		if (key->is_plain && strcmp(key->text, "<<") == 0)
			merged = children[i + 1];
		else
			entries[map->count++] =
			    (struct node_entry){.key = key, .value = children[i + 1]};
	}
	if (merged != NULL)
		merge(builder, map, merged);
}

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
	return event->type == YAML_MAPPING_START_EVENT ? event->data.mapping_start.anchor
						       : event->data.sequence_start.anchor;
}

static const yaml_char_t *tag_of(const yaml_event_t *event)
{
	return event->type == YAML_MAPPING_START_EVENT ? event->data.mapping_start.tag
						       : event->data.sequence_start.tag;
}

static struct node *read_collection(struct builder *builder, const yaml_event_t *event)
{
	struct node *node = add_node(builder, event);
	size_t base = builder->children.count;
	const struct node *outer = builder->open;
	const struct node **children;
	size_t anchor;

	if (node == NULL)
		return NULL;
	node->type = event->type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST;
	if (builder->depth >= LIMIT_YAML_DEPTH) {
		report_syntax(builder->report, node->place, "nested more than %u levels deep",
			      LIMIT_YAML_DEPTH);
		return NULL;
	}
	anchor = begin_anchor(builder, anchor_of(event));
	builder->open = node;
	builder->depth++;
	if (!read_children(builder))
		return NULL;
	builder->depth--;
	builder->open = outer;
	children = take_children(builder, node, base);
	if (node->type == NODE_MAP)
		finish_map(builder, node, children);
	else
		node->items = children;
	apply_collection_tag(builder, node, tag_of(event));
	end_anchor(builder, anchor, node);
	return node;
}

/* NULL = the document cannot be read further, and why is reported. */
static struct node *read_node(struct builder *builder, const yaml_event_t *event)
{
	if (event->type == YAML_ALIAS_EVENT)
		return read_alias(builder, event);
	if (event->type == YAML_SCALAR_EVENT)
		return read_scalar(builder, event);
	return read_collection(builder, event);
}

/* libyaml takes 1.1 too, whose plain words are of other types: the core schema is 1.2's. */
static bool check_version(struct builder *builder, const yaml_event_t *event)
{
	const yaml_version_directive_t *version = event->data.document_start.version_directive;

	if (version == NULL || (version->major == 1 && version->minor == 2))
		return true;
	report_syntax(builder->report, place_of(builder, event->start_mark),
		      "unknown YAML version: write '%%YAML 1.2', or leave it out");
	return false;
}

/* Reads all events of the one document that the text holds. */
static bool read_document(struct builder *builder, const struct node **root)
{
	bool is_end = false;
	bool is_sound = true;

	while (is_sound && !is_end) {
		yaml_event_t event;

		if (!next_event(builder, &event))
			return false;
		is_end = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT)
			is_sound = check_version(builder, &event);
		else if (!is_end && event.type != YAML_STREAM_START_EVENT &&
			 event.type != YAML_DOCUMENT_END_EVENT) {
			assert(*root == NULL); /* see source_next_document */
			*root = read_node(builder, &event);
			is_sound = *root != NULL;
		}
		yaml_event_delete(&event);
	}
	return is_sound;
}

/* "---" alone, or a document that holds nothing but comments. */
static bool is_empty(const struct node *root)
{
	return root->is_plain && root->text[0] == '\0'; /* only scalars are plain */
}

bool tree_read(const struct document *document, struct arena *arena, struct tree_use *use,
	       struct report *report, const struct node **root)
{
	const char *text = report->source->text + document->start;
	struct builder builder = {
	    .report = report, .arena = arena, .use = use, .document = document};
	bool is_sound;

	*root = NULL;
	if (!yaml_parser_initialize(&builder.parser)) {
		report_syntax(report, (struct place){document->line, 1, NULL},
			      "no memory to read it");
		return false;
	}
	yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text,
				     document->end - document->start);
	is_sound = read_document(&builder, root);
	if (*root != NULL && is_empty(*root))
		*root = NULL;
	yaml_parser_delete(&builder.parser);
	names_close(&builder.anchor_places);
	names_close(&builder.keys);
	vec_close(&builder.anchors);
	vec_close(&builder.children);
	return is_sound;
}

const char *node_describe(struct report *report, const struct node *node)
{
	const char *type = node_type_name(node->type);

	if (node->text == NULL || node->type == NODE_NULL)
		return type;
	return arena_printf(&report->arena, "%s %s", type, report_quote(report, node->text));
}

const struct node_entry *node_get_entry(const struct node *map, const char *key)
{
	for (uint32_t i = 0; map->type == NODE_MAP && i < map->count; i++)
		if (map->entries[i].key->text[0] == key[0] &&
		    strcmp(map->entries[i].key->text, key) == 0)
			return &map->entries[i];
	return NULL;
}

const struct node *node_get(const struct node *map, const char *key)
{
	const struct node_entry *entry = node_get_entry(map, key);

	return entry == NULL ? NULL : entry->value;
}
