/* source.h - the text of one file: its lines, and where its documents begin and end.
 *
 * A line ends with LF, CR LF or CR. Lines and columns count from 1, columns in characters. */
#ifndef HEDDLE_MODEL_YAML_SOURCE_H
#define HEDDLE_MODEL_YAML_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;

struct place {
	uint32_t line;
	uint32_t column;
	const struct source *source; /* NULL = the one that is being read */
};

struct source {
	const char *name; /* as in messages; the caller's */
	const char *text; /* behind a byte order mark, if there was one; the caller's */
	size_t size;
	uint32_t *line_starts; /* offset of each line */
	uint32_t line_count;   /* at least 1 */
};

/* A place and its offset; all zero at first. */
struct source_cursor {
	struct place place;
	size_t offset;
};

/* One document: where it stands in the text. */
struct document {
	size_t start;
	size_t end;
	uint32_t line; /* of its first character */
};

/* size is at most LIMIT_DAG_FILE_BYTES. */
void source_init(struct source *source, const char *name, const char *text, size_t size);
void source_close(struct source *source);

/* NULL when the text is UTF-8 without characters that YAML forbids. Otherwise what is wrong, a
 * literal, and the place of the first one. */
const char *source_check(const struct source *source, struct place *place);

/* Start of a line and its length in bytes, without its end. */
const char *source_line(const struct source *source, uint32_t line, size_t *length);
/* The place of libyaml's mark (from 0) in a document that begins on first_line. Where the text ends
 * without a line end, libyaml tells the end as a line of its own: it becomes the end of the last
 * line. */
struct place source_place(const struct source *source, uint32_t first_line, size_t mark_line,
			  size_t mark_column);
/* Offset of a place in the text. */
size_t source_offset(const struct source *source, struct place place);
/* The same, in the time that it takes to walk there from where the cursor stands, which moves. A
 * long line with many values is gone through once so, not once for each. */
size_t source_walk(const struct source *source, struct source_cursor *cursor, struct place place);
/* The first byte of the character at a place; '\0' at the end of its line. */
char source_byte(const struct source *source, struct place place);
/* Looks for the word from offset start, whose place is *place, up to offset end, and makes *place
 * the place where it begins. False = it is not there. */
bool source_find(const struct source *source, const char *word, size_t start, size_t end,
		 struct place *place);

/* The document that begins on *line, which moves behind it; false at the end of the text. A
 * document ends before the next "---" or behind a "..."; comments, blank lines and directives
 * before its own "---" are part of it. YAML lets neither mark stand for anything else, even inside
 * quoted or literal text, so the split is exact and one broken document does not hide the rest. */
bool source_next_document(const struct source *source, uint32_t *line, struct document *out);
/* The first directive of the document other than %YAML, or false. */
bool source_odd_directive(const struct source *source, const struct document *document,
			  struct place *place);

#endif
