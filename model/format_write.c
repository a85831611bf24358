/* format_write.c - pieces -> text; see format_piece.h. */
#include "model/format_piece.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define STEP 2u /* columns of one level */

struct writer {
	const struct sheet *sheet;
	struct str *out;
	bool is_kept; /* the text just written would take in blank lines: | or > with + */
};

/* --- order --------------------------------------------------------------------------------------
 */

static size_t rank_of(const char *name, enum key_level level)
{
	const struct key *key = key_find(name, level);

	return key == NULL ? key_count : (size_t)(key - keys);
}

/* By insertion, which keeps the order of unknown keys; a map of keys is small. One that is not is
 * no dag's, and stays as it is. */
#define SORTED_MAX 500u

static void sort_map(struct piece *piece, enum key_level level)
{
	if (piece->type != PIECE_MAP || piece->count > SORTED_MAX)
		return;
	for (size_t i = 1; i < piece->count; i++) {
		struct entry moved = piece->entries[i];
		size_t rank = rank_of(moved.name, level);
		size_t k = i;

		for (; k > 0 && rank_of(piece->entries[k - 1].name, level) > rank; k--)
			piece->entries[k] = piece->entries[k - 1];
		piece->entries[k] = moved;
	}
}

/* An entry of a map in braces: {id: a, command: ls}. */
struct part {
	size_t start;
	size_t end;
	size_t rank;
};

#define PARTS_MAX 100u

/* Finds the entries of a map in braces on one line. 0 = it is none, or holds more than plain
 * "key: value" entries. */
static size_t find_parts(const struct piece *leaf, enum key_level level, struct part *parts)
{
	const struct mark *marks = leaf->marks;
	size_t count = 0;
	unsigned depth = 0;

	if (leaf->type != PIECE_LEAF || leaf->line != leaf->end_line || leaf->mark_count < 3 ||
	    marks[0].type != YAML_FLOW_MAPPING_START_TOKEN)
		return 0;
	for (size_t i = 1; i + 1 < leaf->mark_count; i++) {
		bool is_key = depth == 0 && marks[i].type == YAML_KEY_TOKEN;

		if (is_key &&
		    (count == PARTS_MAX || i + 3 >= leaf->mark_count ||
		     marks[i].start != marks[i].end || marks[i + 1].text == NULL ||
		     marks[i + 2].type != YAML_VALUE_TOKEN ||
		     marks[i + 3].type == YAML_FLOW_ENTRY_TOKEN || i + 4 == leaf->mark_count))
			return 0;
		if (is_key)
			parts[count++] = (struct part){.start = marks[i].start,
						       .rank = rank_of(marks[i + 1].text, level)};
		else if (depth == 0 && marks[i].type != YAML_FLOW_ENTRY_TOKEN && count == 0)
			return 0;
		depth += marks[i].type == YAML_FLOW_MAPPING_START_TOKEN ||
			 marks[i].type == YAML_FLOW_SEQUENCE_START_TOKEN;
		depth -= marks[i].type == YAML_FLOW_MAPPING_END_TOKEN ||
			 marks[i].type == YAML_FLOW_SEQUENCE_END_TOKEN;
		if (marks[i].type != YAML_FLOW_ENTRY_TOKEN || depth > 0)
			parts[count - 1].end = marks[i].end;
		else if (marks[i + 1].type != YAML_KEY_TOKEN && i + 2 < leaf->mark_count)
			return 0;
	}
	return count;
}

/* The text with its entries in order, and all between them where it was. */
static const char *join_parts(const struct sheet *sheet, const struct piece *leaf,
			      const struct part *places, const struct part *sorted, size_t count)
{
	const char *text = sheet->source->text;
	struct str out = STR_INIT;
	size_t at = leaf->start;
	const char *copy;

	for (size_t i = 0; i < count; i++) {
		str_append_bytes(&out, text + at, places[i].start - at);
		str_append_bytes(&out, text + sorted[i].start, sorted[i].end - sorted[i].start);
		at = places[i].end;
	}
	str_append_bytes(&out, text + at, leaf->end - at);
	copy = arena_strdup(sheet->arena, str_text(&out));
	str_close(&out);
	return copy;
}

static void sort_braces(const struct sheet *sheet, struct piece *leaf, enum key_level level)
{
	struct part places[PARTS_MAX];
	struct part sorted[PARTS_MAX];
	size_t count = find_parts(leaf, level, places);

	for (size_t i = 0; i < count; i++) {
		size_t k = i;

		for (; k > 0 && sorted[k - 1].rank > places[i].rank; k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = places[i];
	}
	if (count > 1)
		leaf->text = join_parts(sheet, leaf, places, sorted, count);
}

static void sort_task(const struct sheet *sheet, struct piece *piece)
{
	sort_map(piece, LEVEL_TASK);
	sort_braces(sheet, piece, LEVEL_TASK);
}

/* A list of tasks, or a map of them by id. */
static void sort_tasks(const struct sheet *sheet, struct piece *piece)
{
	for (size_t i = 0; i < piece->count; i++)
		sort_task(sheet, &piece->entries[i].value);
}

/* The comment at the top of the file that a blank line separates from the first entry is that of
 * the file. */
static void split_head(struct sheet *sheet)
{
	struct lines *lead = &sheet->root.entries[0].lead;
	bool was_comment = false;
	uint32_t indent;

	if (sheet->head.first < sheet->head.end)
		return;
	for (uint32_t line = lead->end; line-- > lead->first;) {
		if (line_indent(sheet->source, line, &indent))
			continue;
		for (uint32_t above = lead->first; above < line; above++)
			was_comment = was_comment || line_indent(sheet->source, above, &indent);
		if (was_comment)
			sheet->head = (struct lines){lead->first, line + 1};
		lead->first = line + 1;
		return;
	}
}

void sheet_sort(struct sheet *sheet, enum key_level level)
{
	static const char *const task_parts[] = {"tasks", "on_success", "on_failure", "on_exit"};
	struct piece *root = &sheet->root;

	if (sheet->is_odd || root->type != PIECE_MAP || root->count == 0)
		return;
	split_head(sheet);
	if (sheet->is_anchored)
		return;
	sort_map(root, level);
	for (size_t i = 0; i < root->count; i++) {
		struct entry *entry = &root->entries[i];

		if (strcmp(entry->name, "defaults") == 0)
			sort_task(sheet, &entry->value);
		for (size_t k = 0; k < sizeof task_parts / sizeof task_parts[0]; k++)
			if (strcmp(entry->name, task_parts[k]) == 0)
				sort_tasks(sheet, &entry->value);
	}
}

/* --- lines --------------------------------------------------------------------------------------
 */

static const char *text_at(const struct writer *writer, size_t offset)
{
	return writer->sheet->source->text + offset;
}

static void indent_by(struct writer *writer, uint32_t columns)
{
	while (columns-- > 0)
		str_append_char(writer->out, ' ');
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Length without the blanks at the end. */
static size_t trimmed(const char *text, size_t length)
{
	while (length > 0 && is_blank(text[length - 1]))
		length--;
	return length;
}

/* Comments at their new place; of blank lines one is left, and none before the first comment when
 * that is not wanted. Returns whether blank lines stood at the end. */
static bool write_comments(struct writer *writer, struct lines lines, uint32_t columns,
			   bool may_begin_blank, bool has_blanks)
{
	bool is_gap = false;

	for (uint32_t line = lines.first; line < lines.end; line++) {
		size_t length;
		const char *text = source_line(writer->sheet->source, line, &length);
		uint32_t indent;

		if (!line_indent(writer->sheet->source, line, &indent)) {
			is_gap = true;
			continue;
		}
		if (is_gap && may_begin_blank && has_blanks && !writer->is_kept)
			str_append_char(writer->out, '\n');
		indent_by(writer, columns);
		str_append_bytes(writer->out, text + indent,
				 trimmed(text + indent, length - indent));
		str_append_char(writer->out, '\n');
		may_begin_blank = true;
		writer->is_kept = false;
		is_gap = false;
	}
	return is_gap && may_begin_blank && has_blanks && !writer->is_kept;
}

/* What stands above an entry, down to its own line. */
static void write_lead(struct writer *writer, struct lines lead, uint32_t columns,
		       bool may_begin_blank)
{
	if (write_comments(writer, lead, columns, may_begin_blank, true))
		str_append_char(writer->out, '\n');
}

/* The rest of the line behind a value or a key: nothing or a comment. True = there is one. */
static bool find_rest(const struct writer *writer, size_t offset, size_t *length)
{
	const char *text = text_at(writer, offset);
	size_t left = writer->sheet->source->size - offset;
	size_t blanks = 0;

	*length = 0;
	while (*length < left && text[*length] != '\n' && text[*length] != '\r')
		(*length)++;
	*length = trimmed(text, *length);
	while (blanks < *length && is_blank(text[blanks]))
		blanks++;
	return blanks < *length && text[blanks] == '#';
}

static void end_line(struct writer *writer, size_t offset)
{
	size_t length;

	if (find_rest(writer, offset, &length))
		str_append_bytes(writer->out, text_at(writer, offset), length);
	str_append_char(writer->out, '\n');
}

/* --- values -------------------------------------------------------------------------------------
 */

/* True when the end of the line stands inside text in double quotes, where a blank may be the
 * second half of an escape. The marks are gone through once for all lines of a leaf. */
static bool is_in_quotes(const struct piece *leaf, size_t line_end, size_t *mark)
{
	while (*mark < leaf->mark_count && leaf->marks[*mark].end <= line_end)
		(*mark)++;
	return *mark < leaf->mark_count && leaf->marks[*mark].start < line_end &&
	       leaf->marks[*mark].style == YAML_DOUBLE_QUOTED_SCALAR_STYLE &&
	       leaf->marks[*mark].type == YAML_SCALAR_TOKEN;
}

/* Where a further line of a leaf goes: moved as its first line was, but never to where it would
 * stand outside of its entry. */
static uint32_t moved_indent(uint32_t indent, int64_t shift, uint32_t least)
{
	int64_t moved = (int64_t)indent + shift;

	return moved < (int64_t)least ? least : (uint32_t)moved;
}

static void write_leaf(struct writer *writer, const struct piece *leaf, int64_t shift,
		       uint32_t least)
{
	const struct source *source = writer->sheet->source;
	size_t mark = 0;

	if (leaf->text != NULL) {
		str_append(writer->out, leaf->text);
		return;
	}
	for (uint32_t line = leaf->line; line <= leaf->end_line; line++) {
		size_t length;
		const char *text = source_line(source, line, &length);
		size_t start = line == leaf->line ? leaf->start : source->line_starts[line - 1];
		size_t end =
		    line == leaf->end_line ? leaf->end : (size_t)(text - source->text) + length;
		uint32_t indent = 0;

		if (line > leaf->line) {
			str_append_char(writer->out, '\n');
			if (!line_indent(source, line, &indent))
				continue;
			start += indent;
			if (strchr("]}", source->text[start]) != NULL && least >= STEP)
				indent_by(writer, moved_indent(indent, shift, least - STEP));
			else
				indent_by(writer, moved_indent(indent, shift, least));
		}
		if (line == leaf->end_line || is_in_quotes(leaf, end, &mark))
			str_append_bytes(writer->out, text_at(writer, start), end - start);
		else
			str_append_bytes(writer->out, text_at(writer, start),
					 trimmed(text_at(writer, start), end - start));
	}
}

/* The line of | or >: its number, if there is one, is what the text is indented by from now on. */
static void write_header(struct writer *writer, const struct piece *block)
{
	const char *text = text_at(writer, block->header);
	size_t length;
	size_t i = 1;

	(void)find_rest(writer, block->header, &length);
	str_append_bytes(writer->out, text_at(writer, block->start), block->header - block->start);
	str_append_char(writer->out, text[0]);
	for (; i < length && strchr("+-123456789", text[i]) != NULL; i++) {
		writer->is_kept = writer->is_kept || text[i] == '+';
		str_append_char(writer->out,
				text[i] == '+' || text[i] == '-' ? text[i] : (char)('0' + STEP));
	}
	str_append_bytes(writer->out, text + i, length - i);
	str_append_char(writer->out, '\n');
}

static void write_block(struct writer *writer, const struct piece *block, uint32_t columns)
{
	const struct source *source = writer->sheet->source;
	uint32_t header_line = block->line; /* with its properties on one line */

	write_header(writer, block);
	for (uint32_t line = header_line + 1; line <= block->end_line; line++) {
		size_t length;
		const char *text = source_line(source, line, &length);

		if (length > block->indent) {
			indent_by(writer, columns);
			str_append_bytes(writer->out, text + block->indent, length - block->indent);
		}
		str_append_char(writer->out, '\n');
	}
}

/* --- entries ------------------------------------------------------------------------------------
 */

static void write_entries(struct writer *writer, const struct piece *piece, uint32_t columns,
			  bool is_begun);

/* Whether the first entry of an item stands behind its dash. */
static bool is_compact(const struct writer *writer, const struct entry *entry)
{
	size_t length;

	return entry->name == NULL && entry->value.count > 0 && !entry->value.has_properties &&
	       !find_rest(writer, entry->after, &length);
}

/* Comments above what will stand behind the dash go above the dash. */
static void write_hoisted(struct writer *writer, const struct entry *entry, uint32_t columns)
{
	while (is_compact(writer, entry)) {
		entry = &entry->value.entries[0];
		(void)write_comments(writer, entry->lead, columns, false, false);
	}
}

static void write_head(struct writer *writer, const struct entry *entry)
{
	writer->is_kept = false;
	str_append_bytes(writer->out, text_at(writer, entry->start),
			 entry->head_end - entry->start);
	if (entry->is_alias_key)
		str_append_char(writer->out, ' ');
	if (entry->name != NULL)
		str_append_char(writer->out, ':');
}

static void write_leaf_value(struct writer *writer, const struct entry *entry, uint32_t columns)
{
	const struct piece *leaf = &entry->value;
	uint32_t below = columns + STEP;

	if (leaf->line == entry->line) {
		str_append_char(writer->out, ' ');
		write_leaf(writer, leaf, (int64_t)columns - entry->column, below);
	} else {
		struct lines between = {entry->line + 1, leaf->line};

		end_line(writer, entry->after);
		(void)write_comments(writer, between, below, false, false);
		indent_by(writer, below);
		write_leaf(writer, leaf, (int64_t)below - leaf->column, below);
	}
	end_line(writer, leaf->end);
}

static void write_collection(struct writer *writer, const struct entry *entry, uint32_t columns)
{
	const struct piece *piece = &entry->value;

	if (is_compact(writer, entry)) {
		str_append_char(writer->out, ' ');
		write_entries(writer, piece, columns + STEP, true);
		return;
	}
	if (piece->has_properties) {
		str_append_char(writer->out, ' ');
		str_append_bytes(writer->out, text_at(writer, piece->start),
				 piece->end - piece->start);
	}
	end_line(writer, piece->has_properties ? piece->end : entry->after);
	write_entries(writer, piece, columns + STEP, false);
}

static void write_value(struct writer *writer, const struct entry *entry, uint32_t columns)
{
	switch (entry->value.type) {
	case PIECE_EMPTY:
		end_line(writer, entry->after);
		return;
	case PIECE_LEAF:
		write_leaf_value(writer, entry, columns);
		return;
	case PIECE_BLOCK:
		str_append_char(writer->out, ' ');
		write_block(writer, &entry->value, columns + STEP);
		return;
	default:
		write_collection(writer, entry, columns);
	}
}

/* is_begun: the first one is written behind the dash that holds them. */
static void write_entries(struct writer *writer, const struct piece *piece, uint32_t columns,
			  bool is_begun)
{
	for (size_t i = 0; i < piece->count; i++) {
		const struct entry *entry = &piece->entries[i];

		if (i > 0 || !is_begun) {
			write_lead(writer, entry->lead, columns, i > 0);
			write_hoisted(writer, entry, columns);
			indent_by(writer, columns);
		}
		write_head(writer, entry);
		write_value(writer, entry, columns);
		(void)write_comments(writer, entry->tail, columns + STEP, true, true);
	}
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static void write_as_it_is(struct writer *writer)
{
	const struct sheet *sheet = writer->sheet;
	const struct source *source = sheet->source;

	for (uint32_t line = sheet->document.line; line <= sheet->last_line; line++) {
		size_t length;
		const char *text = source_line(source, line, &length);

		str_append_bytes(writer->out, text, length);
		if (line < source->line_count)
			str_append_char(writer->out, '\n');
	}
}

void sheet_write(const struct sheet *sheet, struct str *out)
{
	struct writer writer = {.sheet = sheet, .out = out};
	bool is_last = sheet->document.end == sheet->source->size;
	bool is_gap;

	if (sheet->is_odd) {
		write_as_it_is(&writer);
		return;
	}
	is_gap = write_comments(&writer, sheet->head, 0, false, true);
	if (is_gap && (sheet->root.type != PIECE_EMPTY || !is_last))
		str_append_char(out, '\n');
	if (sheet->root.type == PIECE_LEAF) {
		write_leaf(&writer, &sheet->root, 0, 0);
		end_line(&writer, sheet->root.end);
	} else {
		write_entries(&writer, &sheet->root, 0, false);
	}
	is_gap = write_comments(&writer, sheet->foot, 0, true, true);
	if (is_gap && !is_last && !writer.is_kept)
		str_append_char(out, '\n');
}
