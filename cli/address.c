/* address.c - addresses to serve on; see address.h. */
#include "cli/address.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_HOST "127.0.0.1"
#define DEFAULT_PORT 8088

static bool parse_port(const char *text, uint16_t *port)
{
	size_t length = strlen(text);
	unsigned long number;

	if (length == 0 || length > 5 || strspn(text, "0123456789") != length)
		return false;
	number = strtoul(text, NULL, 10);
	*port = (uint16_t)number;
	return number <= UINT16_MAX;
}

/* Takes host and port apart. *port_text NULL = none was given. */
static bool split(const char *text, const char **host, size_t *host_length, const char **port_text)
{
	const char *end;

	*host = text[0] == '[' ? text + 1 : text;
	end = strpbrk(*host, text[0] == '[' ? "]" : ":");
	if (end == NULL) {
		*host_length = strlen(*host);
		*port_text = NULL;
		return text[0] != '[';
	}
	*host_length = (size_t)(end - *host);
	if (text[0] == '[')
		end++;
	*port_text = *end == ':' ? end + 1 : NULL;
	return *end == ':' || *end == '\0';
}

int address_parse(const char *text, struct address *out, struct err *err)
{
	const char *host;
	const char *port_text;
	size_t length;

	memset(out, 0, sizeof *out);
	if (text != NULL && strcmp(text, "none") == 0)
		return 0;
	memcpy(out->host, DEFAULT_HOST, sizeof DEFAULT_HOST);
	out->port = DEFAULT_PORT;
	if (text == NULL)
		return 0;
	if (!split(text, &host, &length, &port_text) || length >= sizeof out->host ||
	    (port_text != NULL && !parse_port(port_text, &out->port)))
		return err_set(err, ERR_USAGE,
			       "flag '--listen' is '%s': it must be HOST:PORT, [IPv6]:PORT or none",
			       text);
	if (length > 0) {
		memcpy(out->host, host, length);
		out->host[length] = '\0';
	}
	return 0;
}
