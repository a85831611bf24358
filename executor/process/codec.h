/* codec.h - little-endian numbers in bytes, for the formats of this folder. */
#ifndef HEDDLE_EXECUTOR_PROCESS_CODEC_H
#define HEDDLE_EXECUTOR_PROCESS_CODEC_H

#include "base/checksum.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void codec_put(unsigned char *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> (8 * i));
}

static inline uint64_t codec_get(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

/* The head that claim and record share: magic, version, length, checksum. */
#define CODEC_HEAD_BYTES 16

static inline void codec_seal(unsigned char *bytes, const char magic[4], unsigned char version,
			      size_t length)
{
	memcpy(bytes, magic, 4);
	codec_put(bytes + 4, version, 4);
	codec_put(bytes + 8, length, 4);
	codec_put(bytes + 12, checksum_crc32c(bytes + CODEC_HEAD_BYTES, length - CODEC_HEAD_BYTES),
		  4);
}

/* The length of a whole thing of this magic and version that holds at least least bytes; 0 when it
 * is none. */
static inline size_t codec_check(const unsigned char *bytes, size_t count, const char magic[4],
				 unsigned char version, size_t least)
{
	size_t length;

	if (count < CODEC_HEAD_BYTES || memcmp(bytes, magic, 4) != 0 ||
	    codec_get(bytes + 4, 4) != version)
		return 0;
	length = (size_t)codec_get(bytes + 8, 4);
	if (length < least || length > count ||
	    codec_get(bytes + 12, 4) !=
		checksum_crc32c(bytes + CODEC_HEAD_BYTES, length - CODEC_HEAD_BYTES))
		return 0;
	return length;
}

/* Whether they say to be of this magic in a version that only a newer program knows. No more can be
 * told of them: what follows the version, checksum included, is that program's affair. */
static inline bool codec_is_newer(const unsigned char *bytes, size_t count, const char magic[4],
				  unsigned char version)
{
	uint64_t said = count < CODEC_HEAD_BYTES ? 0 : codec_get(bytes + 4, 4);

	return said > version && said <= UINT8_MAX && memcmp(bytes, magic, 4) == 0;
}

#endif
