/* needs.h - what needs somebody (web/attention.h), as a list that a page shows. */
#ifndef HEDDLE_WEB_PAGE_NEEDS_H
#define HEDDLE_WEB_PAGE_NEEDS_H

#include "web/page/page.h"

#include <stdint.h>

/* How many things there are; 0 when the database cannot be read. What came right by itself does not
 * count. */
int64_t needs_count(struct page *page);
/* Writes the items of the list, each with its cause in a line and one action; the first of them is
 * the one to begin with. */
int needs_write(struct page *page, struct err *err);

#endif
