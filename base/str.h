/* str.h - text that grows. data is NUL-terminated and never NULL after the first append; the caller
 * owns the struct and closes it. Initialise with STR_INIT. */
#ifndef HEDDLE_BASE_STR_H
#define HEDDLE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct str {
	char *data; /* NULL while nothing was appended */
	size_t size;
	size_t capacity;
};

#define STR_INIT           \
	{                  \
		NULL, 0, 0 \
	}

void str_close(struct str *str);
void str_clear(struct str *str);
void str_append(struct str *str, const char *text);
void str_append_bytes(struct str *str, const void *bytes, size_t count);
void str_append_char(struct str *str, char c);
void str_printf(struct str *str, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The text, "" when empty. Belongs to str. */
const char *str_text(const struct str *str);
/* The text, now the caller's (mem_free); str is empty after. Never NULL. */
char *str_take(struct str *str);

bool str_starts_with(const char *text, const char *prefix);
bool str_ends_with(const char *text, const char *suffix);

/* Edits to turn one word into another (insert, delete, replace, swap of neighbours), stopped at
 * limit + 1: for "did you mean". */
size_t str_distance(const char *a, const char *b, size_t limit);
/* The one of names (NULL-terminated list) nearest to word, or NULL when none is near enough. */
const char *str_nearest(const char *word, const char *const *names);

#endif
