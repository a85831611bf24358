/* arena.h - memory that is given back all at once.
 *
 * For things that are built together and die together: a parsed dag, the changes of one commit. */
#ifndef HEDDLE_BASE_ARENA_H
#define HEDDLE_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block
	    *blocks;       /* newest first; NULL = empty, which is also the initial value */
	size_t used_bytes; /* handed out since the last reset */
};

void arena_init(struct arena *arena);
void arena_close(struct arena *arena);
/* Forgets everything handed out, keeps one block for reuse. */
void arena_reset(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t size_bytes); /* zeroed, aligned for any type */
char *arena_strdup(struct arena *arena, const char *text); /* NULL gives NULL */
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
