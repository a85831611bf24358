/* format_read.c - a document's tokens -> pieces; see format_piece.h.
 *
 * Tokens, not events: only they tell where a dash or a colon stands. What lies between them is
 * blanks and comments. tree_read has found the document sound before, so nothing here is an error;
 * a form that is too rare to be worth taking apart makes the sheet odd. */
#include "base/vec.h"
#include "model/format_piece.h"

#include <string.h>
#include <yaml.h>

struct reader {
	struct sheet *sheet;
	VEC(struct mark) marks;
	size_t next;
	uint32_t last_line; /* of what was read so far; 0 = nothing */
};

bool line_indent(const struct source *source, uint32_t line, uint32_t *indent)
{
	size_t length;
	const char *text = source_line(source, line, &length);
	size_t i = 0;

	while (i < length && (text[i] == ' ' || text[i] == '\t'))
		i++;
	*indent = (uint32_t)i;
	return i < length;
}

/* --- tokens -------------------------------------------------------------------------------------
 */

static void add_mark(struct reader *reader, struct source_cursor *cursor, const yaml_token_t *token)
{
	const struct source *source = reader->sheet->source;
	uint32_t first = reader->sheet->document.line;
	struct place start =
	    source_place(source, first, token->start_mark.line, token->start_mark.column);
	struct place end =
	    source_place(source, first, token->end_mark.line, token->end_mark.column);
	struct mark mark = {.type = (int)token->type,
			    .line = start.line,
			    .end_line = end.line,
			    .column = start.column - 1};

	mark.start = source_walk(source, cursor, start);
	mark.end = source_walk(source, cursor, end);
	if (token->type == YAML_SCALAR_TOKEN) {
		mark.style = (int)token->data.scalar.style;
		mark.text =
		    arena_strndup(reader->sheet->arena, (const char *)token->data.scalar.value,
				  token->data.scalar.length);
	}
	if (token->type == YAML_ANCHOR_TOKEN || token->type == YAML_ALIAS_TOKEN)
		reader->sheet->is_anchored = true;
	vec_push(&reader->marks, mark);
}

static void read_marks(struct reader *reader)
{
	const struct document *document = &reader->sheet->document;
	struct source_cursor cursor = {.offset = 0};
	yaml_parser_t parser;
	bool is_end = false;

	if (!yaml_parser_initialize(&parser)) {
		reader->sheet->is_odd = true;
		return;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &parser, (const unsigned char *)reader->sheet->source->text + document->start,
	    document->end - document->start);
	while (!is_end) {
		yaml_token_t token;

		if (!yaml_parser_scan(&parser, &token)) {
			reader->sheet->is_odd = true;
			break;
		}
		is_end = token.type == YAML_STREAM_END_TOKEN || token.type == YAML_NO_TOKEN;
		add_mark(reader, &cursor, &token);
		yaml_token_delete(&token);
	}
	yaml_parser_delete(&parser);
}

static const struct mark *peek(const struct reader *reader)
{
	return &reader->marks.items[reader->next];
}

/* The stream's end is never passed. */
static const struct mark *take(struct reader *reader)
{
	const struct mark *mark = peek(reader);

	if (reader->next + 1 < reader->marks.count)
		reader->next++;
	return mark;
}

static bool is_next(const struct reader *reader, int type)
{
	return peek(reader)->type == type;
}

static void see(struct reader *reader, uint32_t line)
{
	if (line > reader->last_line)
		reader->last_line = line;
}

/* --- comments -----------------------------------------------------------------------------------
 */

/* Gives the lines of a gap that are indented deeper than the entries before it to these, the
 * innermost first. What is left belongs to what follows. */
static void hand_out(const struct reader *reader, struct entry *entry, struct lines *gap)
{
	const struct source *source = reader->sheet->source;
	uint32_t first = gap->first;
	uint32_t indent;

	if (entry->value.count > 0) {
		hand_out(reader, &entry->value.entries[entry->value.count - 1], gap);
		first = gap->first;
	}
	if (entry->value.type == PIECE_BLOCK)
		return; /* what stands deeper would become part of its text */
	for (uint32_t line = first; line < gap->end; line++) {
		if (!line_indent(source, line, &indent))
			continue;
		if (indent <= entry->column)
			break;
		entry->tail = (struct lines){first, line + 1};
		gap->first = line + 1;
	}
}

/* What lies between the last line read and the line where the next entry begins. */
static struct lines gap_before(const struct reader *reader, uint32_t line)
{
	return (struct lines){reader->last_line + 1, line};
}

/* --- values -------------------------------------------------------------------------------------
 */

static void read_value(struct reader *reader, bool may_be_flush, uint32_t column,
		       struct piece *piece);

static void begin(struct piece *piece, const struct mark *mark)
{
	piece->start = mark->start;
	piece->line = mark->line;
	piece->column = mark->column;
}

/* Anchor and tag. They stand on one line, and the value begins on it too unless it is in block
 * style. */
static void read_properties(struct reader *reader, struct piece *piece)
{
	uint32_t line = peek(reader)->line;

	while (is_next(reader, YAML_ANCHOR_TOKEN) || is_next(reader, YAML_TAG_TOKEN)) {
		const struct mark *mark = take(reader);

		if (!piece->has_properties)
			begin(piece, mark);
		piece->has_properties = true;
		piece->end = mark->end;
		piece->end_line = mark->end_line;
		if (mark->line != line)
			reader->sheet->is_odd = true;
		see(reader, mark->end_line);
	}
}

static bool is_opening(int type)
{
	return type == YAML_FLOW_SEQUENCE_START_TOKEN || type == YAML_FLOW_MAPPING_START_TOKEN;
}

static bool is_closing(int type)
{
	return type == YAML_FLOW_SEQUENCE_END_TOKEN || type == YAML_FLOW_MAPPING_END_TOKEN;
}

/* A scalar, an alias or all between a pair of brackets. */
static void read_leaf(struct reader *reader, struct piece *piece)
{
	size_t first = reader->next;
	unsigned depth = 0;
	const struct mark *mark;

	do {
		mark = take(reader);
		depth += is_opening(mark->type);
		depth -= is_closing(mark->type);
		if (mark->text != NULL && strcmp(mark->text, "<<") == 0)
			reader->sheet->is_anchored = true;
	} while (depth > 0 && mark->type != YAML_STREAM_END_TOKEN);
	piece->type = PIECE_LEAF;
	piece->marks = &reader->marks.items[first];
	piece->mark_count = reader->next - first;
	piece->end = mark->end;
	piece->end_line = mark->end_line;
	see(reader, mark->end_line);
}

/* What stands behind | or >: chomping, and how far the text is indented if that is said. */
static void read_header(const char *text, bool *is_kept, uint32_t *digit)
{
	*is_kept = false;
	*digit = 0;
	for (; *text != '\0' && strchr("+-123456789", *text) != NULL; text++)
		if (*text == '+')
			*is_kept = true;
		else if (*text != '-')
			*digit = (uint32_t)(*text - '0');
}

/* Lines up to the first one that is indented less than the text; blank ones at the end only count
 * when the text keeps them. */
static void read_block_lines(const struct reader *reader, uint32_t column, struct piece *piece)
{
	const struct sheet *sheet = reader->sheet;
	uint32_t header_line = piece->end_line;
	uint32_t indent;
	uint32_t digit;
	bool is_kept;

	read_header(sheet->source->text + piece->header + 1, &is_kept, &digit);
	piece->indent = digit == 0 ? UINT32_MAX : column + digit;
	for (uint32_t line = header_line + 1; line <= sheet->last_line; line++) {
		size_t length;
		const char *text = source_line(sheet->source, line, &length);
		size_t spaces = length == 0 ? 0 : strspn(text, " ");
		bool is_blank = spaces >= length;

		indent = (uint32_t)spaces;
		if (!is_blank && piece->indent == UINT32_MAX && indent > column)
			piece->indent = indent;
		if (!is_blank && (piece->indent == UINT32_MAX || indent < piece->indent))
			return;
		/* Blanks beyond the indentation are text. */
		is_blank = is_blank && (piece->indent == UINT32_MAX || length <= piece->indent);
		if (!is_blank || is_kept)
			piece->end_line = line;
	}
}

static void read_block(struct reader *reader, uint32_t column, struct piece *piece)
{
	const struct mark *mark = take(reader);

	piece->type = PIECE_BLOCK;
	piece->header = mark->start;
	piece->end_line = mark->line;
	if (piece->has_properties && piece->line != mark->line)
		reader->sheet->is_odd = true;
	read_block_lines(reader, column, piece);
	see(reader, piece->end_line);
}

/* --- lists and maps -----------------------------------------------------------------------------
 */

struct growing {
	VEC(struct entry) entries;
};

/* Begins an entry on a line of its own or behind the dash of the list around it. */
static void begin_entry(struct reader *reader, struct growing *growing, struct entry *entry,
			const struct mark *mark)
{
	size_t count = growing->entries.count;

	entry->start = mark->start;
	entry->line = mark->line;
	entry->column = mark->column;
	entry->lead = gap_before(reader, mark->line);
	if (count > 0)
		hand_out(reader, &growing->entries.items[count - 1], &entry->lead);
	see(reader, mark->line);
}

static void end_entries(struct reader *reader, struct growing *growing, struct piece *piece)
{
	size_t bytes = growing->entries.count * sizeof *piece->entries;

	piece->count = growing->entries.count;
	piece->entries = arena_alloc(reader->sheet->arena, bytes);
	if (bytes > 0)
		memcpy(piece->entries, growing->entries.items, bytes);
	vec_close(&growing->entries);
}

/* A flush list stands in the column of its key and has no end of its own. */
static void read_list(struct reader *reader, bool is_flush, struct piece *piece)
{
	struct growing growing = {0};

	piece->type = PIECE_LIST;
	if (!is_flush)
		take(reader);
	while (is_next(reader, YAML_BLOCK_ENTRY_TOKEN)) {
		const struct mark *dash = take(reader);
		struct entry entry = {.head_end = dash->end, .after = dash->end};

		begin_entry(reader, &growing, &entry, dash);
		if (!is_next(reader, YAML_BLOCK_ENTRY_TOKEN) &&
		    !is_next(reader, YAML_BLOCK_END_TOKEN) && !is_next(reader, YAML_KEY_TOKEN))
			read_value(reader, false, dash->column, &entry.value);
		vec_push(&growing.entries, entry);
	}
	if (!is_flush && is_next(reader, YAML_BLOCK_END_TOKEN))
		take(reader);
	end_entries(reader, &growing, piece);
}

/* The key up to its colon. False = of a form that is not taken apart. */
static bool read_key(struct reader *reader, struct growing *growing, struct entry *entry)
{
	const struct mark *key = take(reader);
	struct piece name = {0};

	if (key->type != YAML_KEY_TOKEN || key->start != key->end)
		return false;
	begin_entry(reader, growing, entry, peek(reader));
	read_properties(reader, &name);
	entry->is_alias_key = is_next(reader, YAML_ALIAS_TOKEN);
	if (!entry->is_alias_key && !is_next(reader, YAML_SCALAR_TOKEN))
		return false;
	entry->name = peek(reader)->text == NULL ? "" : peek(reader)->text;
	read_leaf(reader, &name);
	entry->head_end = name.end;
	if (!is_next(reader, YAML_VALUE_TOKEN) || name.end_line != entry->line)
		return false;
	entry->after = take(reader)->end;
	return true;
}

static void read_map(struct reader *reader, struct piece *piece)
{
	struct growing growing = {0};

	piece->type = PIECE_MAP;
	take(reader);
	while (!reader->sheet->is_odd && !is_next(reader, YAML_BLOCK_END_TOKEN)) {
		struct entry entry = {.start = 0};

		if (!read_key(reader, &growing, &entry)) {
			reader->sheet->is_odd = true;
			break;
		}
		if (!is_next(reader, YAML_KEY_TOKEN) && !is_next(reader, YAML_BLOCK_END_TOKEN))
			read_value(reader, true, entry.column, &entry.value);
		vec_push(&growing.entries, entry);
	}
	take(reader);
	end_entries(reader, &growing, piece);
}

static bool is_block_scalar(const struct mark *mark)
{
	return mark->type == YAML_SCALAR_TOKEN && (mark->style == YAML_LITERAL_SCALAR_STYLE ||
						   mark->style == YAML_FOLDED_SCALAR_STYLE);
}

static bool is_collection(const struct piece *piece)
{
	return piece->type == PIECE_MAP || piece->type == PIECE_LIST;
}

/* may_be_flush: a list may stand here in the column of its key. column: that of the entry. */
static void read_value(struct reader *reader, bool may_be_flush, uint32_t column,
		       struct piece *piece)
{
	const struct mark *mark;

	read_properties(reader, piece);
	mark = peek(reader);
	if (!piece->has_properties)
		begin(piece, mark);
	if (mark->type == YAML_BLOCK_MAPPING_START_TOKEN)
		read_map(reader, piece);
	else if (mark->type == YAML_BLOCK_SEQUENCE_START_TOKEN)
		read_list(reader, false, piece);
	else if (mark->type == YAML_BLOCK_ENTRY_TOKEN && may_be_flush)
		read_list(reader, true, piece);
	else if (is_block_scalar(mark))
		read_block(reader, column, piece);
	else if (mark->type == YAML_SCALAR_TOKEN || mark->type == YAML_ALIAS_TOKEN ||
		 is_opening(mark->type))
		read_leaf(reader, piece);
	else if (piece->has_properties)
		piece->type = PIECE_LEAF;
	else
		reader->sheet->is_odd = true;
	if (is_collection(piece) && piece->has_properties && piece->count > 0 &&
	    piece->entries[0].line == piece->line)
		reader->sheet->is_odd = true;
}

/* --- the whole ----------------------------------------------------------------------------------
 */

/* Passes the stream's start and what stands up to "---". */
static void read_front(struct reader *reader)
{
	while (is_next(reader, YAML_STREAM_START_TOKEN) ||
	       is_next(reader, YAML_VERSION_DIRECTIVE_TOKEN) ||
	       is_next(reader, YAML_TAG_DIRECTIVE_TOKEN) ||
	       is_next(reader, YAML_DOCUMENT_START_TOKEN)) {
		const struct mark *mark = take(reader);

		if (mark->type != YAML_STREAM_START_TOKEN)
			see(reader, mark->line);
	}
}

/* What is no mark of a document further in would be one in the first column. */
static bool would_be_mark(const struct sheet *sheet)
{
	const struct piece *root = &sheet->root;

	for (size_t i = 0; root->column > 0 && i < root->count; i++) {
		const char *text = sheet->source->text + root->entries[i].start;

		if (strncmp(text, "---", 3) == 0 || strncmp(text, "...", 3) == 0)
			return true;
	}
	return false;
}

static bool is_root_odd(const struct sheet *sheet, uint32_t front_line)
{
	const struct piece *root = &sheet->root;

	if (root->line == front_line || would_be_mark(sheet))
		return true;
	if (is_collection(root))
		return root->has_properties;
	return root->column > 0 || strchr("[{", sheet->source->text[root->start]) == NULL;
}

/* A text that ends without a line end inside a block scalar would get one more character. */
static bool ends_in_block(const struct sheet *sheet, const struct piece *piece)
{
	const struct source *source = sheet->source;

	if (sheet->document.end < source->size || source->size == 0 ||
	    strchr("\r\n", source->text[source->size - 1]) != NULL)
		return false;
	while (is_collection(piece) && piece->count > 0)
		piece = &piece->entries[piece->count - 1].value;
	return piece->type == PIECE_BLOCK && piece->end_line == source->line_count;
}

static void read_root(struct reader *reader)
{
	struct sheet *sheet = reader->sheet;
	uint32_t front_line;

	read_front(reader);
	front_line = reader->last_line;
	sheet->head = (struct lines){sheet->document.line, sheet->last_line + 1};
	if (is_next(reader, YAML_STREAM_END_TOKEN) || is_next(reader, YAML_DOCUMENT_END_TOKEN))
		return;
	/* Comments below "---" are the first entry's own. */
	if (reader->last_line == 0)
		reader->last_line = sheet->document.line - 1;
	read_value(reader, false, 0, &sheet->root);
	if (is_root_odd(sheet, front_line) || ends_in_block(sheet, &sheet->root))
		sheet->is_odd = true;
	sheet->head.end = is_collection(&sheet->root) ? front_line + 1 : sheet->root.line;
	sheet->foot = gap_before(reader, sheet->last_line + 1);
	if (is_collection(&sheet->root) && sheet->root.count > 0)
		hand_out(reader, &sheet->root.entries[sheet->root.count - 1], &sheet->foot);
}

void sheet_read(struct sheet *sheet)
{
	struct reader reader = {.sheet = sheet};
	struct place last = {.line = sheet->document.line};

	while (last.line < sheet->source->line_count &&
	       sheet->source->line_starts[last.line] < sheet->document.end)
		last.line++;
	/* What is behind the last line end is no line. */
	if (last.line > sheet->document.line &&
	    sheet->source->line_starts[last.line - 1] == sheet->source->size)
		last.line--;
	sheet->last_line = last.line;
	read_marks(&reader);
	if (!sheet->is_odd)
		read_root(&reader);
	sheet->marks = reader.marks.items; /* the leaves point into them */
}

void sheet_close(struct sheet *sheet)
{
	mem_free(sheet->marks);
	sheet->marks = NULL;
}
