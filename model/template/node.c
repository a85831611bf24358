/* node.c - a part of a template as messages show it; see node.h. */
#include "model/template/node.h"

#include "base/mem.h"
#include "model/escape.h"

#include <string.h>

#define KEPT_BYTES 60u /* of what is longer, before "..." */

const char *node_shown(const char *text, size_t size, char buffer[SHOWN_BYTES])
{
	struct str out = STR_INIT;
	char *copy = mem_strndup(text, size < KEPT_BYTES ? size : KEPT_BYTES);
	size_t kept;

	escape_append(&out, copy);
	if (size > KEPT_BYTES)
		str_append(&out, "...");
	kept = out.size < SHOWN_BYTES - 1 ? out.size : SHOWN_BYTES - 1;
	memcpy(buffer, str_text(&out), kept);
	buffer[kept] = '\0';
	str_close(&out);
	mem_free(copy);
	return buffer;
}
