/* squeeze.c - gzip; see squeeze.h. */
#include "web/squeeze.h"

#include "base/mem.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define LEVEL 5
#define WINDOW_GZIP (15 + 16) /* zlib's way to ask for gzip */
#define MEMORY_LEVEL 8

/* --- who takes it -------------------------------------------------------------------------------
 */

/* One member, "gzip;q=0.5": a quality of 0 means "not acceptable". */
static bool is_gzip(const char *member, size_t length)
{
	size_t name = strcspn(member, " \t;,");
	const char *quality;

	if ((name != 4 || strncasecmp(member, "gzip", 4) != 0) && (name != 1 || *member != '*'))
		return false;
	quality = memmem(member, length, "q=", 2);
	return quality == NULL || strtod(quality + 2, NULL) > 0;
}

bool squeeze_is_taken(const char *accept_encoding)
{
	while (accept_encoding != NULL && *accept_encoding != '\0') {
		size_t length;

		accept_encoding += strspn(accept_encoding, " \t,");
		length = strcspn(accept_encoding, ",");
		if (is_gzip(accept_encoding, length))
			return true;
		accept_encoding += length;
	}
	return false;
}

/* --- doing it -----------------------------------------------------------------------------------
 */

static voidpf get(voidpf opaque, uInt items, uInt size)
{
	(void)opaque;
	return mem_alloc((size_t)items * size);
}

static void give(voidpf opaque, voidpf memory)
{
	(void)opaque;
	mem_free(memory);
}

void squeeze(struct str *body)
{
	z_stream stream = {.zalloc = get, .zfree = give};
	struct str out = STR_INIT;
	unsigned char piece[16384];
	int rc =
	    deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);

	assert(rc == Z_OK && body->size <= UINT32_MAX);
	stream.next_in = (z_const Bytef *)str_text(body);
	stream.avail_in = (uInt)body->size;
	do {
		stream.next_out = piece;
		stream.avail_out = sizeof piece;
		rc = deflate(&stream, Z_FINISH);
		assert(rc == Z_OK || rc == Z_STREAM_END);
		str_append_bytes(&out, piece, sizeof piece - stream.avail_out);
	} while (rc != Z_STREAM_END);
	(void)deflateEnd(&stream);
	str_close(body);
	*body = out;
}
