/* asset.h - what the pages link: script, style, icons. Built under web/ui/, embedded by embed.cmake
 * as they are in web/ui/dist/, compressed. */
#ifndef HEDDLE_WEB_PAGE_ASSET_H
#define HEDDLE_WEB_PAGE_ASSET_H

#include <stdbool.h>
#include <stddef.h>

struct asset {
	const char *name;           /* under /assets/ */
	const char *type;           /* media type */
	const unsigned char *bytes; /* gzip */
	size_t size;
	bool is_hashed; /* its name changes with its content: may be kept for ever */
};

/* Addresses, as the manifest names them; "" = there is none. */
struct asset_links {
	const char *early;
	const char *script;
	const char *style;
	const char *icons;
	const char *favicon;
};

/* Both made by embed.cmake. */
extern const struct asset asset_table[];
extern const size_t asset_count;
extern const struct asset_links asset_links;

/* NULL when there is none. */
const struct asset *asset_find(const char *name);

#endif
