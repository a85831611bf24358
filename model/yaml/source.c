/* source.c - lines, characters and documents of a text; see source.h. */
#include "model/yaml/source.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Bytes of the line end at an offset: 2 for CR LF, 1 for LF or CR, 0 for anything else. */
static size_t line_end_size(const struct source *source, size_t offset)
{
	const char *text = source->text;

	if (text[offset] == '\n')
		return 1;
	if (text[offset] != '\r')
		return 0;
	return offset + 1 < source->size && text[offset + 1] == '\n' ? 2 : 1;
}

void source_init(struct source *source, const char *name, const char *text, size_t size)
{
	VEC(uint32_t) starts = {0};
	size_t end_size;

	memset(source, 0, sizeof *source);
	source->name = name;
	source->text = size == 0 ? "" : text; /* NULL is allowed then */
	source->size = size;
	if (size >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0) {
		source->text += 3;
		source->size -= 3;
	}
	vec_push(&starts, 0);
	for (size_t i = 0; i < source->size; i += end_size == 0 ? 1 : end_size) {
		end_size = line_end_size(source, i);
		if (end_size > 0)
			vec_push(&starts, (uint32_t)(i + end_size));
	}
	source->line_starts = starts.items;
	source->line_count = (uint32_t)starts.count;
}

void source_close(struct source *source)
{
	mem_free(source->line_starts);
	source->line_starts = NULL;
	source->line_count = 0;
}

static size_t line_end(const struct source *source, uint32_t line)
{
	return line < source->line_count ? source->line_starts[line] : source->size;
}

const char *source_line(const struct source *source, uint32_t line, size_t *length)
{
	size_t start = source->line_starts[line - 1];
	size_t end = line_end(source, line);

	while (end > start && (source->text[end - 1] == '\n' || source->text[end - 1] == '\r'))
		end--;
	*length = end - start;
	return source->text + start;
}

static bool is_inner_byte(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static uint32_t count_characters(const char *text, size_t size)
{
	uint32_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += !is_inner_byte(text[i]);
	return count;
}

static struct place place_of(const struct source *source, size_t offset)
{
	uint32_t low = 0;
	uint32_t high = source->line_count;
	size_t start;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (source->line_starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	start = source->line_starts[low];
	return (struct place){
	    .line = low + 1,
	    .column = count_characters(source->text + start, offset - start) + 1,
	};
}

struct place source_place(const struct source *source, uint32_t first_line, size_t mark_line,
			  size_t mark_column)
{
	struct place place = {
	    .line = (uint32_t)mark_line + first_line,
	    .column = (uint32_t)mark_column + 1,
	};
	const char *line;
	size_t length;

	if (place.line > source->line_count) {
		line = source_line(source, source->line_count, &length);
		place.line = source->line_count;
		place.column = count_characters(line, length) + 1;
	}
	return place;
}

size_t source_walk(const struct source *source, struct source_cursor *cursor, struct place place)
{
	if (cursor->place.line != place.line) {
		cursor->place = (struct place){.line = place.line, .column = 1};
		cursor->offset = source->line_starts[place.line - 1];
	}
	while (cursor->place.column < place.column && cursor->offset < source->size) {
		cursor->offset++;
		while (cursor->offset < source->size && is_inner_byte(source->text[cursor->offset]))
			cursor->offset++;
		cursor->place.column++;
	}
	while (cursor->place.column > place.column) {
		cursor->offset--;
		while (is_inner_byte(source->text[cursor->offset]))
			cursor->offset--;
		cursor->place.column--;
	}
	return cursor->offset;
}

size_t source_offset(const struct source *source, struct place place)
{
	struct source_cursor cursor = {.offset = 0};

	return source_walk(source, &cursor, place);
}

char source_byte(const struct source *source, struct place place)
{
	size_t length;
	const char *line = source_line(source, place.line, &length);
	size_t offset = source_offset(source, place) - source->line_starts[place.line - 1];

	return offset < length ? line[offset] : '\0';
}

bool source_find(const struct source *source, const char *word, size_t start, size_t end,
		 struct place *place)
{
	const char *text = source->text + start;
	const char *found = start < end ? memmem(text, end - start, word, strlen(word)) : NULL;
	size_t offset;

	if (found == NULL)
		return false;
	offset = (size_t)(found - source->text);
	/* On the same line it is counted from the start, which may stand far behind the line's. */
	if (offset < line_end(source, place->line))
		place->column += count_characters(text, offset - start);
	else
		*place = place_of(source, offset);
	return true;
}

/* Why the character may not stand in YAML (1.2.2, section 5.1), or NULL. The three line separators
 * end a line in YAML 1.1 and do not in 1.2: text that two readers break differently is refused. */
static const char *character_fault(const unsigned char *bytes, size_t size)
{
	static const struct {
		const char *bytes;
		const char *fault;
	} multibyte[] = {
	    {"\xc2\x85", "the text holds a line separator (U+0085): write \\N in double quotes"},
	    {"\xe2\x80\xa8",
	     "the text holds a line separator (U+2028): write \\L in double quotes"},
	    {"\xe2\x80\xa9",
	     "the text holds a paragraph separator (U+2029): write \\P in double quotes"},
	    {BYTE_ORDER_MARK, "the text holds a byte order mark (U+FEFF) behind its beginning"},
	    {"\xef\xbf\xbe", "the text holds U+FFFE, which is no character"},
	    {"\xef\xbf\xbf", "the text holds U+FFFF, which is no character"},
	};

	if (size == 1 && bytes[0] == 0)
		return "the text holds a NUL byte: a DAG file is plain UTF-8 text";
	if ((size == 1 && bytes[0] < 0x20 && strchr("\t\n\r", bytes[0]) == NULL) ||
	    bytes[0] == 0x7f)
		return "the text holds a control character: write it as \\x.. in double quotes";
	for (size_t i = 0; size > 1 && i < sizeof multibyte / sizeof multibyte[0]; i++)
		if (strlen(multibyte[i].bytes) == size &&
		    memcmp(bytes, multibyte[i].bytes, size) == 0)
			return multibyte[i].fault;
	if (size == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0)
		return "the text holds a control character: write it as \\x.. in double quotes";
	return NULL;
}

/* Bytes of the letters, digits and signs of ASCII, and line ends, that come first: nearly all. */
static size_t count_plain(const unsigned char *bytes, size_t size)
{
	size_t count = 0;

	while (count < size &&
	       ((bytes[count] >= ' ' && bytes[count] < 0x7f) || bytes[count] == '\n'))
		count++;
	return count;
}

const char *source_check(const struct source *source, struct place *place)
{
	const unsigned char *bytes = (const unsigned char *)source->text;
	const char *fault = NULL;
	size_t size;
	size_t i;

	*place = (struct place){.line = 1, .column = 1};
	if (source->size >= 2 &&
	    (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
		return "the text is UTF-16: save it as UTF-8";
	for (i = 0; i < source->size; i += size) {
		i += count_plain(bytes + i, source->size - i);
		if (i == source->size)
			break;
		size = utf8_length_within(source->text + i, source->size - i);
		fault = size == 0 ? "the text is not UTF-8" : character_fault(bytes + i, size);
		if (fault != NULL)
			break;
	}
	if (fault != NULL)
		*place = place_of(source, i);
	return fault;
}

enum line_kind {
	LINE_FILLER, /* blank or a comment */
	LINE_DIRECTIVE,
	LINE_START, /* --- */
	LINE_END,   /* ... */
	LINE_CONTENT,
};

static bool is_mark(const char *line, size_t length, const char *mark)
{
	return length >= 3 && memcmp(line, mark, 3) == 0 &&
	       (length == 3 || line[3] == ' ' || line[3] == '\t');
}

static enum line_kind line_kind(const struct source *source, uint32_t line)
{
	size_t length;
	const char *text = source_line(source, line, &length);
	size_t blanks = 0;

	while (blanks < length && (text[blanks] == ' ' || text[blanks] == '\t'))
		blanks++;
	if (blanks == length || text[blanks] == '#')
		return LINE_FILLER;
	if (text[0] == '%')
		return LINE_DIRECTIVE;
	if (is_mark(text, length, "---"))
		return LINE_START;
	return is_mark(text, length, "...") ? LINE_END : LINE_CONTENT;
}

bool source_next_document(const struct source *source, uint32_t *line, struct document *out)
{
	bool begun = false; /* its own --- or its content was seen */
	bool ended = false;

	if (*line > source->line_count)
		return false;
	out->start = source->line_starts[*line - 1];
	out->line = *line;
	while (*line <= source->line_count && !ended) {
		enum line_kind kind = line_kind(source, *line);

		if (kind == LINE_START && begun)
			break;
		begun = begun || kind == LINE_START || kind == LINE_CONTENT;
		ended = kind == LINE_END;
		(*line)++;
	}
	out->end = *line <= source->line_count ? source->line_starts[*line - 1] : source->size;
	return true;
}

bool source_odd_directive(const struct source *source, const struct document *document,
			  struct place *place)
{
	for (uint32_t line = document->line; line <= source->line_count; line++) {
		enum line_kind kind = line_kind(source, line);
		size_t length;
		const char *text = source_line(source, line, &length);

		if (kind != LINE_FILLER && kind != LINE_DIRECTIVE)
			return false;
		if (kind == LINE_DIRECTIVE && (length < 6 || memcmp(text, "%YAML ", 6) != 0)) {
			*place = (struct place){.line = line, .column = 1};
			return true;
		}
	}
	return false;
}
