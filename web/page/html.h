/* html.h - the only maker of markup: literal text with holes, and what fills a hole is escaped for
 * the place it stands in.
 *
 *	html_put(html, "<a href=\"/dags/%s?q=%s\" title=\"%s\">%s</a>", id, words, title, name);
 *
 *	in text            & < > " ' become references
 *	in an attribute    likewise; attributes are always in double quotes
 *	in href action formaction src
 *	                   every byte but A-Z a-z 0-9 - . _ ~ becomes %XX; the address itself begins
 *	                   with literal text, so that nobody else chooses where it leads
 *
 * In all of them what is no UTF-8, and what steers a reader instead of showing something (steer.h),
 * becomes U+FFFD. The literal text follows the same rules, checked by assert: no hole inside a tag,
 * in a style or in a script, no attribute that is a program (on..., style). So a log, a name or an
 * error can be anything and is never markup. Pure. */
#ifndef HEDDLE_WEB_PAGE_HTML_H
#define HEDDLE_WEB_PAGE_HTML_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

enum html_place {
	HTML_TEXT,
	HTML_TAG,
	HTML_ATTRIBUTE,
	HTML_ADDRESS, /* in href, action, src */
};

#define HTML_NAME_SIZE 24

struct html {
	struct str *out;
	enum html_place place;
	char name[HTML_NAME_SIZE]; /* of the element or attribute that is being written */
	size_t name_length;
	size_t address_length; /* of its literal part so far */
	size_t element_count;
};

/* Appends to out, which the caller owns. */
void html_init(struct html *html, struct str *out);

/* The first argument is a literal: the "" before it makes sure. Holes: %s %.8s %d %u %zu PRId64
 * PRIu32 and %%. A text that is NULL counts as "". */
#define html_put(html, ...) html_write(html, "" __VA_ARGS__)
void html_write(struct html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fills a hole with size bytes, which may hold anything. */
void html_bytes(struct html *html, const char *bytes, size_t size);
/* An address on this server, as it is: begins with one "/". For an attribute in which nothing
 * stands yet. Another one is a bug: see html_is_local. */
void html_local(struct html *html, const char *address);
bool html_is_local(const char *address);

#endif
