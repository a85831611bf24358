/* rows.h - a table of runs, newest first: of all dags, or of one. */
#ifndef HEDDLE_WEB_PAGE_ROWS_H
#define HEDDLE_WEB_PAGE_ROWS_H

#include "web/page/page.h"

/* The head of the column of boxes that pick rows (bulk.ts). */
#define ROWS_PICK_ALL                                                                 \
	"<th class=\"m0\"><input type=\"checkbox\" data-pick-all data-script hidden " \
	"aria-label=\"Select all that are shown\"></th>"

/* dag_id NULL = any; then each row names its dag. Where it begins and the state that is wanted come
 * from the address, with by_words what is typed into a field above them, too. */
int rows_write(struct page *page, const char *dag_id, bool by_words, struct err *err);

#endif
