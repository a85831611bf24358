/* lines.h - lines of a log, as the API tells them, so that a log is found and cut in one place. */
#ifndef HEDDLE_WEB_PAGE_LINES_H
#define HEDDLE_WEB_PAGE_LINES_H

#include "web/page/page.h"

#include <jansson.h>
#include <stdint.h>

struct lines_wanted {
	const char *run_id;
	const char *task_id;
	uint32_t attempt;
	uint32_t count;
	int64_t from;      /* 0 = the last ones */
	const char *find;  /* NULL = all */
	const char *level; /* likewise; of query.h */
};

/* The answer ("items", "total" where it is known), the caller's. NULL: *detail tells why. */
json_t *lines_ask(struct page *page, const struct lines_wanted *wanted, struct str *detail);
/* A line without the escapes that colour it: those are for the script. */
void lines_write_text(struct html *html, const char *text);

#endif
