/* block.c - holds a request's head against what was made of it; see block.h. */
#include "web/block.h"

#include <string.h>

#define LINE_END_BYTES 2 /* CRLF, which the server overwrites with NULs */

/* A server that trims values leaves the blanks it trimmed. Only line ends become NUL: one more was
 * in the head as it came. */
static bool is_line_end(const char *from, const char *to, size_t lines)
{
	size_t nuls = 0;

	if (from > to || (size_t)(to - from) < lines * LINE_END_BYTES)
		return false;
	for (const char *c = from; c < to; c++) {
		if (memchr("\0\r\n \t", *c, 5) == NULL)
			return false;
		nuls += *c == '\0';
	}
	return nuls <= lines * LINE_END_BYTES;
}

/* Between a name and its value: the colon, and blanks. */
static bool is_separator(const char *from, const char *to)
{
	if (from >= to || (*from != '\0' && *from != ':'))
		return false;
	for (const char *c = from + 1; c < to; c++)
		if (*c != ' ' && *c != '\t')
			return false;
	return true;
}

static bool lies_inside(const struct block *block, const char *text)
{
	return text >= block->at && text < block->end;
}

void block_begin(struct block *block, const char *head, size_t size)
{
	block->at = head;
	block->end = head + size;
	block->is_sound = true;
}

void block_take_line(struct block *block, const char *version, const char *line_rest)
{
	block->is_sound = lies_inside(block, version) && version == line_rest;
	if (block->is_sound)
		block->at = version + strlen(version);
}

void block_take_header(struct block *block, const char *name, const char *value)
{
	const char *name_end;

	if (!block->is_sound)
		return;
	block->is_sound = lies_inside(block, name) && is_line_end(block->at, name, 1);
	if (!block->is_sound)
		return;
	name_end = name + strlen(name);
	block->at = name_end;
	if (value == NULL)
		return;
	block->is_sound = lies_inside(block, value) && is_separator(name_end, value);
	if (block->is_sound)
		block->at = value + strlen(value);
}

bool block_is_whole(const struct block *block)
{
	return block->is_sound && is_line_end(block->at, block->end, 2);
}
