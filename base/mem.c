/* mem.c - allocation that aborts instead of failing; see mem.h. */
#include "base/mem.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void out_of_memory(void)
{
	static const char line[] = "level=fatal msg=\"out of memory\"\n";

	if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
		abort();
	abort();
}

void *mem_alloc(size_t size_bytes)
{
	void *memory = calloc(1, size_bytes == 0 ? 1 : size_bytes);

	if (memory == NULL)
		out_of_memory();
	return memory;
}

void *mem_realloc(void *memory, size_t size_bytes)
{
	void *moved = realloc(memory, size_bytes == 0 ? 1 : size_bytes);

	if (moved == NULL)
		out_of_memory();
	return moved;
}

char *mem_strndup(const char *text, size_t length)
{
	char *copy = mem_alloc(length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *mem_strdup(const char *text)
{
	return text == NULL ? NULL : mem_strndup(text, strlen(text));
}

void mem_free(void *memory)
{
	free(memory);
}

void mem_wipe_free(void *memory, size_t size_bytes)
{
	if (memory == NULL)
		return;
	explicit_bzero(memory, size_bytes);
	free(memory);
}

void mem_trim(void)
{
	(void)malloc_trim(0);
}
