/* pages.c - what the pages of lists have in common; see api.h. */
#include "web/api/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int api_cursor_number(const struct call *call, int64_t *out, struct err *err)
{
	const char *cursor = call->query.cursor;

	*out = 0;
	if (cursor == NULL)
		return 0;
	if (strspn(cursor, "0123456789") == strlen(cursor))
		*out = strtoll(cursor, NULL, 10);
	if (*out > 0)
		return 0;
	return err_set(err, ERR_INVALID,
		       "query parameter 'cursor' is '%.64s', which no page of this list has given",
		       cursor);
}

uint32_t api_limit_or_all(const struct call *call)
{
	return (call->query.given & QUERY_LIMIT) != 0 ? call->query.limit : UINT32_MAX - 1;
}

void api_write_next(struct compose *compose, bool more, int64_t last)
{
	char number[24];

	snprintf(number, sizeof number, "%" PRId64, last);
	compose_close(compose, ']');
	compose_member_text(compose, "next", more ? number : NULL);
	compose_close(compose, '}');
}
