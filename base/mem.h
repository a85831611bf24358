/* mem.h - memory that is never NULL.
 *
 * Running out of memory prints one line and aborts: the store makes the restart safe, and no caller
 * carries an untested branch. Therefore every size that comes from outside has a bound, checked
 * before it is allocated. Only this file calls malloc. */
#ifndef HEDDLE_BASE_MEM_H
#define HEDDLE_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size_bytes) __attribute__((returns_nonnull)); /* zeroed */
void *mem_realloc(void *memory, size_t size_bytes) __attribute__((returns_nonnull));
char *mem_strdup(const char *text); /* NULL gives NULL */
char *mem_strndup(const char *text, size_t length);
void mem_free(void *memory); /* NULL is allowed */
/* Overwrites before it frees, for what was secret. */
void mem_wipe_free(void *memory, size_t size_bytes);

/* Gives what is free back to the system, from the heaps of all threads. Takes a millisecond or so:
 * for after a burst. */
void mem_trim(void);

#endif
