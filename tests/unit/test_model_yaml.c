/* test_model_yaml.c - YAML as a tree: types of plain words, places, aliases, merges, documents. */
#include "base/str.h"
#include "model/limits.h"
#include "model/yaml/tree.h"
#include "tests/unit/unit.h"

#include <string.h>

/* One text and the tree of its first document. */
struct reading {
	struct source source;
	struct report report;
	struct arena arena;
	const struct node *root;
	bool is_read;
};

static void open_reading(struct reading *reading, const char *text)
{
	struct tree_use use = {0};
	struct document document;
	uint32_t line = 1;

	arena_init(&reading->arena);
	source_init(&reading->source, "y", text, strlen(text));
	report_init(&reading->report, &reading->source);
	assert_true(source_next_document(&reading->source, &line, &document));
	reading->is_read =
	    tree_read(&document, &reading->arena, &use, &reading->report, &reading->root);
}

static void close_reading(struct reading *reading)
{
	report_close(&reading->report);
	source_close(&reading->source);
	arena_close(&reading->arena);
}

static void expect_sound(const struct reading *reading)
{
	if (reading->report.count > 0)
		fail_msg("%u:%u: %s", reading->report.items[0].place.line,
			 reading->report.items[0].place.column, reading->report.items[0].message);
	assert_true(reading->is_read);
}

static void expect_place(const struct node *node, uint32_t line, uint32_t column)
{
	assert_int_equal(node->place.line, line);
	assert_int_equal(node->place.column, column);
}

static void plain_words_are_of_the_core_schema(void **state)
{
	static const struct {
		enum node_type type;
		const char *words[16];
	} cases[] = {
	    {NODE_NULL, {"", "~", "null", "Null", "NULL"}},
	    {NODE_BOOL, {"true", "True", "TRUE", "false", "False", "FALSE"}},
	    {NODE_INTEGER,
	     {"0", "-0", "7", "+7", "-7", "0o17", "0x1F", "0xff", "12345678901234567890"}},
	    {NODE_FLOAT,
	     {"1.5", "1.", ".5", "-1e3", "1E+3", "1e-3", ".inf", "-.INF", "+.Inf", ".NaN"}},
	    {NODE_TEXT,
	     {"no", "on", "yes", "off", "y", "12:30", "0777", "00", "1_000", "nULL", "tRue", "0o8",
	      "0xg", "-0x1", "1e", "+"}},
	    {NODE_TEXT,
	     {".", "-", "e3", ".e3", "1.2.3", "2026-11-20", "--1", "1 000", "0b11", "-.nan", "0x",
	      "0o", "=", "<<", "infinity", "1.5f"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t k = 0; k < 16 && cases[i].words[k] != NULL; k++)
			if (scalar_type(cases[i].words[k]) != cases[i].type)
				fail_msg("'%s' is not %s", cases[i].words[k],
					 node_type_name(cases[i].type));
}

static void integers_have_their_value_or_none_that_fits(void **state)
{
	(void)state;
	assert_int_equal(scalar_integer("-42"), -42);
	assert_int_equal(scalar_integer("+42"), 42);
	assert_int_equal(scalar_integer("0x1F"), 31);
	assert_int_equal(scalar_integer("0o17"), 15);
	assert_true(scalar_integer("9223372036854775807") == INT64_MAX);
	assert_true(scalar_integer("99999999999999999999") == INT64_MAX);
	assert_true(scalar_integer("-99999999999999999999") == INT64_MIN);
	assert_true(scalar_integer("0xffffffffffffffffffff") == INT64_MAX);
}

static void nodes_know_their_places_in_characters(void **state)
{
	struct reading reading;
	const struct node *list;

	(void)state;
	open_reading(&reading, "# \u00e4\n\"\u00e4\u00f6\": [1, {b: c}]\nlast: |\n  x\n  y\n");
	expect_sound(&reading);
	expect_place(reading.root, 2, 1);
	expect_place(reading.root->entries[0].key, 2, 1);
	list = node_get(reading.root, "\u00e4\u00f6");
	expect_place(list, 2, 7);
	expect_place(list->items[0], 2, 8);
	expect_place(node_get(list->items[1], "b"), 2, 15);
	expect_place(node_get(reading.root, "last"), 3, 7);
	assert_string_equal(node_get(reading.root, "last")->text, "x\ny\n");
	assert_int_equal(reading.root->weight, 9);
	assert_int_equal(reading.root->height, 4);
	close_reading(&reading);
}

static void a_value_missing_at_the_end_stands_at_the_end_of_the_last_line(void **state)
{
	struct reading reading;

	(void)state;
	open_reading(&reading, "a: 1\n? b");
	expect_sound(&reading);
	expect_place(node_get(reading.root, "b"), 2, 4);
	assert_int_equal(node_get(reading.root, "b")->type, NODE_NULL);
	close_reading(&reading);
}

static void quotes_and_tags_decide_the_type(void **state)
{
	struct reading reading;
	const struct node *root;

	(void)state;
	open_reading(&reading, "[5, '5', \"true\", !!str 5, ! 5, !!int 5, !!float 5, !!null '', "
			       "!!map {}, !!seq [], !<tag:yaml.org,2002:str> null]");
	expect_sound(&reading);
	root = reading.root;
	assert_int_equal(root->items[0]->type, NODE_INTEGER);
	assert_int_equal(root->items[1]->type, NODE_TEXT);
	assert_int_equal(root->items[2]->type, NODE_TEXT);
	assert_int_equal(root->items[3]->type, NODE_TEXT);
	assert_int_equal(root->items[4]->type, NODE_TEXT);
	assert_int_equal(root->items[5]->type, NODE_INTEGER);
	assert_int_equal(root->items[6]->type, NODE_FLOAT);
	assert_int_equal(root->items[7]->type, NODE_NULL);
	assert_int_equal(root->items[8]->type, NODE_MAP);
	assert_int_equal(root->items[9]->type, NODE_LIST);
	assert_int_equal(root->items[10]->type, NODE_TEXT);
	close_reading(&reading);
}

static void an_alias_stands_for_what_its_anchor_named_last(void **state)
{
	struct reading reading;
	const struct node *root;

	(void)state;
	open_reading(&reading, "a: &x 1\nb: *x\nc: &x [2, 3]\nd: *x\n");
	expect_sound(&reading);
	root = reading.root;
	assert_string_equal(node_get(root, "b")->text, "1");
	assert_int_equal(node_get(root, "d")->type, NODE_LIST);
	assert_ptr_equal(node_get(root, "d")->items, node_get(root, "c")->items);
	expect_place(node_get(root, "d"), 4, 4);
	close_reading(&reading);
}

static void merged_keys_yield_to_own_ones_and_to_earlier_maps(void **state)
{
	struct reading reading;
	const struct node *map;

	(void)state;
	open_reading(&reading, "one: &one {a: 1, b: 1, c: 1}\ntwo: &two {b: 2, c: 2, d: 2}\n"
			       "map: {<<: [*one, *two], c: 3}\nchain: {<<: &m {<<: *one, b: 4}}\n"
			       "text: {'<<': 5}\n");
	expect_sound(&reading);
	map = node_get(reading.root, "map");
	assert_int_equal(map->count, 4);
	assert_string_equal(node_get(map, "a")->text, "1");
	assert_string_equal(node_get(map, "b")->text, "1");
	assert_string_equal(node_get(map, "c")->text, "3");
	assert_string_equal(node_get(map, "d")->text, "2");
	map = node_get(reading.root, "chain");
	assert_int_equal(map->count, 3);
	assert_string_equal(node_get(map, "b")->text, "4");
	assert_string_equal(node_get(node_get(reading.root, "text"), "<<")->text, "5");
	close_reading(&reading);
}

static void a_map_of_many_keys_finds_the_doubled_one(void **state)
{
	struct str text = STR_INIT;
	struct reading reading;

	(void)state;
	for (int i = 0; i < 1000; i++)
		str_printf(&text, "k%d: 1\n", i);
	str_append(&text, "k500: 2\n");
	open_reading(&reading, str_text(&text));
	assert_true(reading.is_read);
	assert_int_equal(reading.report.count, 1);
	assert_string_equal(reading.report.items[0].message,
			    "duplicate key 'k500' (first on line 501)");
	assert_int_equal(reading.root->count, 1000);
	close_reading(&reading);
	str_close(&text);
}

/* Nested in lists: the innermost is one deeper than there are brackets. */
static void read_nested(struct reading *reading, int brackets)
{
	struct str text = STR_INIT;

	for (int i = 0; i < brackets; i++)
		str_append(&text, "[");
	for (int i = 0; i < brackets; i++)
		str_append(&text, "]");
	open_reading(reading, str_text(&text));
	/* The tree does not hold on to the text, the report's lines are not asked for. */
	str_close(&text);
}

static void depth_is_bounded(void **state)
{
	struct reading reading;

	(void)state;
	read_nested(&reading, (int)LIMIT_YAML_DEPTH);
	expect_sound(&reading);
	close_reading(&reading);
	read_nested(&reading, (int)LIMIT_YAML_DEPTH + 1);
	assert_false(reading.is_read);
	assert_string_equal(reading.report.items[0].message, "nested more than 64 levels deep");
	close_reading(&reading);
}

static void depth_counts_what_aliases_stand_for(void **state)
{
	struct str text = STR_INIT;
	struct reading reading;

	(void)state;
	str_append(&text, "a0: &a0 [[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]\n");
	for (int i = 1; i < 4; i++)
		str_printf(&text, "a%d: &a%d [[[[[[[[[[[[[[[[[[[[*a%d]]]]]]]]]]]]]]]]]]]]\n", i, i,
			   i - 1);
	open_reading(&reading, str_text(&text));
	assert_false(reading.is_read);
	assert_int_equal(reading.report.items[0].place.line, 4);
	close_reading(&reading);
	str_close(&text);
}

/* alias_count aliases of a list that counts for 1,000. */
static void read_aliases(struct reading *reading, struct str *text, int alias_count)
{
	str_append(text, "a: &a [x");
	for (int i = 0; i < 998; i++)
		str_append(text, ",x");
	str_append(text, "]\nb: [");
	for (int i = 0; i < alias_count; i++)
		str_append(text, "*a ,");
	str_append(text, "]\n");
	open_reading(reading, str_text(text));
}

static void what_aliases_expand_to_is_bounded(void **state)
{
	struct str text = STR_INIT;
	struct reading reading;

	(void)state;
	read_aliases(&reading, &text, 100);
	expect_sound(&reading);
	close_reading(&reading);
	str_clear(&text);
	read_aliases(&reading, &text, 101);
	assert_false(reading.is_read);
	assert_true(reading.report.is_syntax);
	close_reading(&reading);
	str_close(&text);
}

/* Fifty-two steps that each double: 2^52 nodes if they were made. */
static void a_billion_laughs_cost_no_memory(void **state)
{
	struct str text = STR_INIT;
	struct reading reading;

	(void)state;
	str_append(&text, "a0: &a0 [ha, ha]\n");
	for (int i = 1; i < 52; i++)
		str_printf(&text, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
	open_reading(&reading, str_text(&text));
	assert_false(reading.is_read);
	assert_true(reading.arena.used_bytes < 65536);
	close_reading(&reading);
	str_close(&text);
}

/* "line:size" of each document. */
static void expect_documents(const char *text, const char *wanted)
{
	struct source source;
	struct document document;
	struct str told = STR_INIT;
	uint32_t line = 1;

	source_init(&source, "y", text, strlen(text));
	while (source_next_document(&source, &line, &document))
		str_printf(&told, "%u:%zu ", document.line, document.end - document.start);
	assert_string_equal(str_text(&told), wanted);
	str_close(&told);
	source_close(&source);
}

static void documents_are_split_where_yaml_ends_them(void **state)
{
	(void)state;
	expect_documents("a: 1\n", "1:5 ");
	expect_documents("a: 1\n---\nb: 2\n", "1:5 2:9 ");
	expect_documents("# c\n%YAML 1.2\n---\na: 1\n--- {b: 2}\n", "1:23 5:11 ");
	expect_documents("a: 1\n...\n# c\n%YAML 1.2\n---\nb: 2", "1:9 3:22 ");
	expect_documents("a: |\n  ---\n  x\n---x: 1\n ---\n", "1:28 ");
	expect_documents("a: 1\r\n---\r\nb: 2\r\n", "1:6 2:11 ");
	expect_documents("---\n---\n---", "1:4 2:4 3:3 ");
	expect_documents("a: 1\n---\t\nb\n", "1:5 2:7 ");
}

static void expect_fault(const char *text, size_t size, const char *wanted, uint32_t line,
			 uint32_t column)
{
	struct source source;
	struct place place;
	const char *fault;

	source_init(&source, "y", text, size);
	fault = source_check(&source, &place);
	if (wanted == NULL) {
		assert_null(fault);
	} else {
		assert_non_null(fault);
		assert_non_null(strstr(fault, wanted));
		assert_int_equal(place.line, line);
		assert_int_equal(place.column, column);
	}
	source_close(&source);
}

#define FAULT(text, wanted, line, column) expect_fault(text, sizeof(text) - 1, wanted, line, column)

static void what_is_no_text_is_told_at_its_first_byte(void **state)
{
	(void)state;
	FAULT("a: \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\t\r\n", NULL, 0, 0);
	FAULT("\xef\xbb\xbf"
	      "a: 1",
	      NULL, 0, 0);
	FAULT("a: 1\nb: \xc3\xa4\0", "NUL", 2, 5);
	FAULT("a: \x1b[2J", "control character", 1, 4);
	FAULT("a: \x7f", "control character", 1, 4);
	FAULT("a: \xc2\x9b", "control character", 1, 4);
	FAULT("a: \xe9", "not UTF-8", 1, 4);
	FAULT("a: \xc0\xaf", "not UTF-8", 1, 4);
	FAULT("a: \xed\xa0\x80", "not UTF-8", 1, 4);
	FAULT("a: \xf4\x90\x80\x80", "not UTF-8", 1, 4);
	FAULT("a: \xe2\x82", "not UTF-8", 1, 4);
	FAULT("a: \xe2\x80\xa8", "line separator", 1, 4);
	FAULT("a\xef\xbb\xbf", "byte order mark", 1, 2);
	FAULT("\xff\xfe"
	      "a\0",
	      "UTF-16", 1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_words_are_of_the_core_schema),
	    cmocka_unit_test(integers_have_their_value_or_none_that_fits),
	    cmocka_unit_test(nodes_know_their_places_in_characters),
	    cmocka_unit_test(a_value_missing_at_the_end_stands_at_the_end_of_the_last_line),
	    cmocka_unit_test(quotes_and_tags_decide_the_type),
	    cmocka_unit_test(an_alias_stands_for_what_its_anchor_named_last),
	    cmocka_unit_test(merged_keys_yield_to_own_ones_and_to_earlier_maps),
	    cmocka_unit_test(a_map_of_many_keys_finds_the_doubled_one),
	    cmocka_unit_test(depth_is_bounded),
	    cmocka_unit_test(depth_counts_what_aliases_stand_for),
	    cmocka_unit_test(what_aliases_expand_to_is_bounded),
	    cmocka_unit_test(a_billion_laughs_cost_no_memory),
	    cmocka_unit_test(documents_are_split_where_yaml_ends_them),
	    cmocka_unit_test(what_is_no_text_is_told_at_its_first_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
