/* format_piece.h - one document as the pieces that `heddle fmt` moves: entries, values, and the
 * comments between them. Read in format_read.c, written in format_write.c. */
#ifndef HEDDLE_MODEL_FORMAT_PIECE_H
#define HEDDLE_MODEL_FORMAT_PIECE_H

#include "base/arena.h"
#include "base/str.h"
#include "model/keys.h"
#include "model/yaml/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One token of libyaml's. */
struct mark {
	int type;  /* yaml_token_type_t */
	int style; /* yaml_scalar_style_t */
	size_t start;
	size_t end;
	uint32_t line; /* of its start */
	uint32_t end_line;
	uint32_t column;  /* from 0 */
	const char *text; /* of a scalar */
};

/* Lines of comments and blanks; first >= end = none. */
struct lines {
	uint32_t first;
	uint32_t end;
};

enum piece_type {
	PIECE_EMPTY,
	PIECE_LEAF,  /* stays as it is written: a scalar on one or more lines, an alias, brackets */
	PIECE_BLOCK, /* a scalar behind | or > */
	PIECE_MAP,   /* the last two in block style */
	PIECE_LIST,
};

struct piece {
	enum piece_type type;
	size_t start;      /* of its first property (&anchor, !tag), else of itself */
	size_t end;        /* of a leaf: where it ends. Else where its properties end */
	uint32_t line;     /* of start */
	uint32_t column;   /* likewise, from 0 */
	uint32_t end_line; /* of a leaf or a block */
	bool has_properties;
	/* A leaf's tokens. */
	const struct mark *marks;
	size_t mark_count;
	const char *text; /* NULL = as it stands; else the same on one line, in another order */
	/* A block's. */
	size_t header;   /* offset of its | or > */
	uint32_t indent; /* of its text; UINT32_MAX = it has none but blank lines */
	/* A map's or a list's. */
	struct entry *entries;
	size_t count;
};

/* A key with its value, or an item of a list. */
struct entry {
	size_t start;     /* of its key or its dash */
	size_t head_end;  /* of its key without the colon, or of its dash */
	size_t after;     /* behind its colon or dash */
	const char *name; /* the key; NULL = an item */
	bool is_alias_key;
	uint32_t line;
	uint32_t column;   /* from 0 */
	struct lines lead; /* above it */
	struct lines tail; /* below it, indented deeper */
	struct piece value;
};

struct sheet {
	const struct source *source;
	struct arena *arena;
	struct document document;
	struct piece root;
	struct lines head;  /* up to the root: directives, "---", comments */
	struct lines foot;  /* behind it */
	uint32_t last_line; /* of the document */
	bool is_odd;        /* of a form that is not taken apart */
	struct mark *marks; /* all tokens; the sheet's */
	bool is_anchored;   /* holds anchors, aliases or "<<" */
};

/* Takes a document apart that tree_read has found sound; source, arena and document are set. Pieces
 * live in the arena. */
void sheet_read(struct sheet *sheet);
void sheet_close(struct sheet *sheet);
/* Puts the keys of the dag and its tasks in their order; level is that of the root's keys. */
void sheet_sort(struct sheet *sheet, enum key_level level);
void sheet_write(const struct sheet *sheet, struct str *out);

/* Columns that a line is indented by, when it holds more than blanks. */
bool line_indent(const struct source *source, uint32_t line, uint32_t *indent);

#endif
