/* pages.c - what the pages of lists have in common; see api.h. */
#include "web/api/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t api_cursor_number(const struct call *call)
{
	return call->query.cursor == NULL ? 0 : strtoll(call->query.cursor, NULL, 10);
}

int api_last_event(const struct call *call, int64_t *number, struct err *err)
{
	const char *last = call->last_event_id;

	*number = -1;
	if (last == NULL)
		return 0;
	if (*last == '\0' || strlen(last) > 18 || strspn(last, "0123456789") != strlen(last))
		return err_set(err, ERR_INVALID,
			       "header 'Last-Event-ID' is '%.64s': it must be the id of an event, "
			       "a number",
			       last);
	*number = strtoll(last, NULL, 10);
	return 0;
}

uint32_t api_limit_or_all(const struct call *call)
{
	return (call->query.given & QUERY_LIMIT) != 0 ? call->query.limit : UINT32_MAX - 1;
}

void api_write_total(struct compose *compose, int64_t total)
{
	compose_key(compose, "total");
	if (total < 0)
		compose_text(compose, NULL);
	else
		compose_int(compose, total);
}

void api_write_next_number(struct compose *compose, bool more, int64_t last)
{
	char number[24];

	snprintf(number, sizeof number, "%" PRId64, last);
	compose_member_text(compose, "next", more ? number : NULL);
}

void api_write_next(struct compose *compose, bool more, int64_t last)
{
	compose_close(compose, ']');
	api_write_next_number(compose, more, last);
	compose_close(compose, '}');
}
