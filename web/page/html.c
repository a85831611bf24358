/* html.c - markup; see html.h. */
#include "web/page/html.h"

#include "base/utf8.h"
#include "web/steer.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

void html_init(struct html *html, struct str *out)
{
	*html = (struct html){.out = out, .place = HTML_TEXT};
}

/* --- literal text -------------------------------------------------------------------------------
 *
 *	TEXT --<--> TAG --="--> ATTRIBUTE or ADDRESS --"--> TAG -->--> TEXT
 */

static bool is_address(const char *name)
{
	return strcmp(name, "href") == 0 || strcmp(name, "action") == 0 ||
	       strcmp(name, "src") == 0 || strcmp(name, "formaction") == 0;
}

static void begin_attribute(struct html *html)
{
	html->name[html->name_length] = '\0';
	assert(html->name_length > 0);
	/* What a browser would run, or what our own policy refuses. */
	assert(strncmp(html->name, "on", 2) != 0 && strcmp(html->name, "style") != 0 &&
	       strcmp(html->name, "srcdoc") != 0);
	html->place = is_address(html->name) ? HTML_ADDRESS : HTML_ATTRIBUTE;
	html->address_length = 0;
}

static void pass_tag(struct html *html, char c)
{
	assert(c != '\'' && c != '<');
	if (c == '>') {
		html->place = HTML_TEXT;
	} else if (c == '"') {
		begin_attribute(html);
	} else if (c == ' ' || c == '/' || c == '\n' || c == '\t') {
		html->name_length = 0;
	} else if (c != '=') {
		assert(html->name_length < HTML_NAME_SIZE - 1);
		html->name[html->name_length++] = c;
	}
}

static void pass(struct html *html, const char *at)
{
	switch (html->place) {
	case HTML_TEXT:
		if (*at != '<')
			break;
		html->place = HTML_TAG;
		html->name_length = 0;
		html->element_count += isalpha((unsigned char)at[1]) != 0;
		break;
	case HTML_TAG:
		pass_tag(html, *at);
		break;
	case HTML_ATTRIBUTE:
	case HTML_ADDRESS:
		if (*at == '"') {
			html->place = HTML_TAG;
			html->name_length = 0;
		}
		html->address_length++;
		break;
	}
}

static void put_literal(struct html *html, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		pass(html, text + i);
	str_append_bytes(html->out, text, size);
}

/* --- holes --------------------------------------------------------------------------------------
 */

static const char *reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* One character of a text, length bytes. */
static void put_character(struct html *html, const char *at, size_t length)
{
	const char *named = length == 1 ? reference(*at) : NULL;

	if (named != NULL)
		str_append(html->out, named);
	else
		str_append_bytes(html->out, at, length);
}

/* Blanks and line ends are as they are: they steer nothing in a page. */
static bool is_shown(const char *at, size_t left)
{
	return *at == '\n' || *at == '\t' || steer_bytes(at, left) == 0;
}

static void put_text(struct html *html, const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		char character[5] = {0};
		size_t length;

		memcpy(character, text + i, size - i < 4 ? size - i : 4);
		length = utf8_length(character);
		if (length == 0 || !is_shown(character, length)) {
			str_append(html->out, REPLACEMENT);
			length = length == 0 ? 1 : length;
		} else {
			put_character(html, character, length);
		}
		i += length;
	}
}

static bool is_unreserved(unsigned char c)
{
	return isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* RFC 3986 section 2.3: what stands for itself anywhere in an address. */
static void put_address_part(struct html *html, const char *text, size_t size)
{
	assert(html->address_length > 0);
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x80 && is_unreserved(c))
			str_append_char(html->out, (char)c);
		else
			str_printf(html->out, "%%%02X", c);
	}
}

void html_bytes(struct html *html, const char *bytes, size_t size)
{
	assert(html->place != HTML_TAG);
	if (html->place == HTML_ADDRESS)
		put_address_part(html, bytes, size);
	else
		put_text(html, bytes, size);
}

/* "//host" and "/\host" lead elsewhere; a control character is taken out by browsers first. */
bool html_is_local(const char *address)
{
	if (address == NULL || address[0] != '/' || address[1] == '/' || address[1] == '\\')
		return false;
	for (const char *c = address; *c != '\0'; c++)
		if ((unsigned char)*c <= 0x20 || *c == 0x7f || *c == '\\')
			return false;
	return true;
}

void html_local(struct html *html, const char *address)
{
	assert(html->place == HTML_ADDRESS && html->address_length == 0);
	assert(html_is_local(address));
	put_text(html, address, strlen(address));
	html->address_length = strlen(address);
}

/* --- both ---------------------------------------------------------------------------------------
 */

static void put_number(struct html *html, const char *conversion, size_t length, va_list *args)
{
	char digits[32] = "";

	if (length == 2 && conversion[1] == 'd')
		snprintf(digits, sizeof digits, "%d", va_arg(*args, int));
	else if (length == 2 && conversion[1] == 'u')
		snprintf(digits, sizeof digits, "%u", va_arg(*args, unsigned));
	else if (length == 3 && conversion[1] == 'z')
		snprintf(digits, sizeof digits, "%zu", va_arg(*args, size_t));
	else if (length == 1 + strlen(PRId64) && strncmp(conversion + 1, PRId64, length - 1) == 0)
		snprintf(digits, sizeof digits, "%" PRId64, va_arg(*args, int64_t));
	assert(digits[0] != '\0');
	html_bytes(html, digits, strlen(digits));
}

/* max: bytes of the text that are wanted, as "%.8s" says. */
static void put_argument(struct html *html, va_list *args, size_t max)
{
	const char *text = va_arg(*args, const char *);

	if (text != NULL)
		html_bytes(html, text, strnlen(text, max));
}

/* Fills the hole that begins at *at and moves *at behind it. */
static void fill(struct html *html, const char **at, va_list *args)
{
	const char *begin = *at;
	size_t max = SIZE_MAX;
	char *end = NULL;

	if (begin[1] == '%') {
		put_literal(html, "%", 1);
		*at += 2;
		return;
	}
	if (begin[1] == '.') {
		max = strtoul(begin + 2, &end, 10);
		begin = end - 1;
	}
	if (begin[1] == 's') {
		put_argument(html, args, max);
		*at = begin + 2;
		return;
	}
	*at += 1 + strspn(begin + 1, "lz");
	*at += 1;
	put_number(html, begin, (size_t)(*at - begin), args);
}

void html_write(struct html *html, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	while (*format != '\0') {
		size_t plain = strcspn(format, "%");

		put_literal(html, format, plain);
		format += plain;
		if (*format == '%')
			fill(html, &format, &args);
	}
	va_end(args);
}
