/* arena.c - block-wise memory; see arena.h. Blocks double up to 64 KiB, larger wishes get their
 * own. */
#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_BLOCK 1024u
#define LARGEST_BLOCK 65536u

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena)
{
	arena->blocks = NULL;
	arena->used_bytes = 0;
}

static void free_blocks(struct arena_block *block)
{
	while (block != NULL) {
		struct arena_block *next = block->next;

		mem_free(block);
		block = next;
	}
}

void arena_close(struct arena *arena)
{
	free_blocks(arena->blocks);
	arena_init(arena);
}

void arena_reset(struct arena *arena)
{
	struct arena_block *kept = arena->blocks;

	if (kept == NULL)
		return;
	if (kept->size > LARGEST_BLOCK) {
		arena_close(arena);
		return;
	}
	free_blocks(kept->next);
	kept->next = NULL;
	memset(kept->data, 0, kept->used);
	kept->used = 0;
	arena->used_bytes = 0;
}

static struct arena_block *add_block(struct arena *arena, size_t wanted)
{
	size_t size = arena->blocks == NULL ? FIRST_BLOCK : arena->blocks->size * 2;
	struct arena_block *block;

	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < wanted)
		size = wanted;
	block = mem_alloc(sizeof *block + size);
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size_bytes)
{
	const size_t alignment = alignof(max_align_t);
	size_t wanted = (size_bytes + alignment - 1) / alignment * alignment;
	struct arena_block *block = arena->blocks;
	void *memory;

	if (block == NULL || block->size - block->used < wanted)
		block = add_block(arena, wanted);
	memory = block->data + block->used;
	block->used += wanted;
	arena->used_bytes += wanted;
	return memory;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text == NULL ? NULL : arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_list again;
	int length;
	char *text;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}
