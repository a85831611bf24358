/* str.c - growing text and the nearest of several words; see str.h. */
#include "base/str.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void str_close(struct str *str)
{
	mem_free(str->data);
	str->data = NULL;
	str->size = 0;
	str->capacity = 0;
}

void str_clear(struct str *str)
{
	str->size = 0;
	if (str->data != NULL)
		str->data[0] = '\0';
}

static void reserve(struct str *str, size_t more)
{
	size_t wanted = str->size + more + 1;
	size_t capacity = str->capacity < 64 ? 64 : str->capacity;

	if (wanted <= str->capacity)
		return;
	while (capacity < wanted)
		capacity *= 2;
	str->data = mem_realloc(str->data, capacity);
	str->capacity = capacity;
}

void str_append_bytes(struct str *str, const void *bytes, size_t count)
{
	reserve(str, count);
	if (count > 0)
		memcpy(str->data + str->size, bytes, count);
	str->size += count;
	str->data[str->size] = '\0';
}

void str_append(struct str *str, const char *text)
{
	str_append_bytes(str, text, strlen(text));
}

void str_append_char(struct str *str, char c)
{
	str_append_bytes(str, &c, 1);
}

void str_printf(struct str *str, const char *format, ...)
{
	va_list args;
	va_list again;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	reserve(str, (size_t)length);
	vsnprintf(str->data + str->size, (size_t)length + 1, format, again);
	va_end(again);
	str->size += (size_t)length;
}

const char *str_text(const struct str *str)
{
	return str->data == NULL ? "" : str->data;
}

char *str_take(struct str *str)
{
	char *text = str->data == NULL ? mem_strdup("") : str->data;

	str->data = NULL;
	str->size = 0;
	str->capacity = 0;
	return text;
}

bool str_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends_with(const char *text, const char *suffix)
{
	size_t text_length = strlen(text);
	size_t suffix_length = strlen(suffix);

	return text_length >= suffix_length &&
	       strcmp(text + text_length - suffix_length, suffix) == 0;
}

#define DISTANCE_MAX_LENGTH 64

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

/* Optimal string alignment: three rows of the usual table are enough. */
size_t str_distance(const char *a, const char *b, size_t limit)
{
	size_t rows[3][DISTANCE_MAX_LENGTH + 1];
	size_t length_a = strlen(a);
	size_t length_b = strlen(b);

	if (length_a > DISTANCE_MAX_LENGTH || length_b > DISTANCE_MAX_LENGTH)
		return limit + 1;
	for (size_t j = 0; j <= length_b; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= length_a; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= length_b; j++) {
			size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    above2[j - 2] + 1 < row[j])
				row[j] = above2[j - 2] + 1;
		}
	}
	return rows[length_a % 3][length_b] > limit ? limit + 1 : rows[length_a % 3][length_b];
}

const char *str_nearest(const char *word, const char *const *names)
{
	size_t length = strlen(word);
	size_t limit = length <= 3 ? 1 : length <= 6 ? 2 : 3;
	const char *nearest = NULL;
	size_t best = limit + 1;

	for (; *names != NULL; names++) {
		size_t distance = str_distance(word, *names, limit);

		if (distance < best) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}
