/* block.h - whether a request's head is what the server makes of it.
 *
 * libmicrohttpd takes the head of a request apart where it lies, and tells C strings. What it does
 * not tell can mean something to another reader of the same bytes, a proxy before us: what follows
 * a NUL, a line that goes on in the next one (obs-fold), a line that ended with a lone CR or LF.
 * So the strings are held against the bytes they lie in: with exactly one line end between two of
 * them, they must account for the whole head. Pure. */
#ifndef HEDDLE_WEB_BLOCK_H
#define HEDDLE_WEB_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

struct block {
	const char *at;  /* up to here all is accounted for */
	const char *end; /* of the head: after its empty line */
	bool is_sound;   /* so far */
};

/* head: the request line's first byte; size: of the head, with its empty line. Line ends and
 * separators in it may have been overwritten with NUL. */
void block_begin(struct block *block, const char *head, size_t size);
/* The version of the request line, which ends it; line_rest: where it must stand, right after the
 * target. */
void block_take_line(struct block *block, const char *version, const char *line_rest);
/* The headers, in the order of their coming. value NULL = none. */
void block_take_header(struct block *block, const char *name, const char *value);
/* After the last header. */
bool block_is_whole(const struct block *block);

#endif
