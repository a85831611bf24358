/* target.c - takes request targets apart; see target.h. */
#include "web/target.h"

#include "base/mem.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes the percent signs of text where it stands. */
static int decode(char *text, struct err *err)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		unsigned char c = (unsigned char)*from;

		if (c == '%') {
			int high = hex_digit(from[1]);
			int low = high < 0 ? -1 : hex_digit(from[2]);

			if (low < 0)
				return err_set(err, ERR_SYNTAX,
					       "a '%%' in the address is not followed by two hex "
					       "digits: write '%%25' for the sign itself");
			c = (unsigned char)(high * 16 + low);
			from += 2;
		}
		if (c < 0x20 || c == 0x7f)
			return err_set(err, ERR_SYNTAX,
				       "the address holds a control character: no name has one");
		*to++ = (char)c;
	}
	*to = '\0';
	return 0;
}

static int split_path(char *path, struct target *out, struct err *err)
{
	char *rest = path;
	char *segment;

	while ((segment = strsep(&rest, "/")) != NULL) {
		int rc;

		if (out->segment_count == TARGET_SEGMENTS_MAX)
			return err_set(err, ERR_LIMIT, "the path has more than %d segments",
				       TARGET_SEGMENTS_MAX);
		rc = decode(segment, err);
		if (rc != 0)
			return rc;
		out->segments[out->segment_count++] = segment;
	}
	return 0;
}

/* What people type into a field of a page comes as forms encode it: a blank is "+" (WHATWG URL,
 * section 5.2). */
static bool is_typed(const char *name)
{
	static const char *const typed[] = {"q", "find", "domain", "owner", "tag"};

	for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
		if (strcmp(typed[i], name) == 0)
			return true;
	return false;
}

static int decode_value(const char *name, char *value, struct err *err)
{
	if (is_typed(name))
		for (char *c = value; (c = strchr(c, '+')) != NULL; c++)
			*c = ' ';
	return decode(value, err);
}

static int add_pair(char *text, struct target *out, struct err *err)
{
	char *value = text;
	char *name = strsep(&value, "=");
	int rc;

	if (out->pair_count == TARGET_PAIRS_MAX)
		return err_set(err, ERR_LIMIT, "the query has more than %d parameters",
			       TARGET_PAIRS_MAX);
	rc = decode(name, err);
	if (rc == 0 && value != NULL)
		rc = decode_value(name, value, err);
	if (rc != 0)
		return rc;
	out->pairs[out->pair_count].name = name;
	out->pairs[out->pair_count].value = value == NULL ? "" : value;
	out->pair_count++;
	return 0;
}

static int split_query(char *query, struct target *out, struct err *err)
{
	char *rest = query;
	char *pair;
	int rc = 0;

	while (rc == 0 && (pair = strsep(&rest, "&")) != NULL)
		if (*pair != '\0')
			rc = add_pair(pair, out, err);
	return rc;
}

/* What follows the first slash of the path; NULL = there is no path. */
static char *find_path(char *text, struct target *out)
{
	static const char *const schemes[] = {"http://", "https://"};
	char *slash;

	if (*text == '/')
		return text + 1;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			out->host = text + strlen(schemes[i]);
	if (out->host == NULL)
		return NULL;
	slash = text + (out->host - text) + strcspn(out->host, "/");
	if (*slash == '/')
		*slash++ = '\0';
	return slash;
}

int target_parse(const char *text, struct target *out, struct err *err)
{
	size_t length = strnlen(text, TARGET_BYTES_MAX + 1);
	char *path;
	char *query;
	int rc = 0;

	memset(out, 0, sizeof *out);
	if (length > TARGET_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "the address is longer than %d bytes",
			       TARGET_BYTES_MAX);
	out->buffer = mem_strndup(text, length);
	query = strchr(out->buffer, '?');
	if (query != NULL)
		*query++ = '\0';
	path = find_path(out->buffer, out);
	if (path == NULL)
		rc = err_set(err, ERR_SYNTAX,
			     "the request line does not name a path: it must begin with '/'");
	else if (*path != '\0')
		rc = split_path(path, out, err);
	if (rc == 0 && query != NULL)
		rc = split_query(query, out, err);
	if (rc != 0)
		target_close(out);
	return rc;
}

void target_close(struct target *target)
{
	mem_free(target->buffer);
	memset(target, 0, sizeof *target);
}
