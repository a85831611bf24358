/* changes.h - the exact list of what a command would do, as the scheduler rehearsed it: shown
 * before anything is done. Only for the forms of this folder. */
#ifndef HEDDLE_WEB_PAGE_CHANGES_H
#define HEDDLE_WEB_PAGE_CHANGES_H

#include "web/page/page.h"

#include <stdbool.h>

/* Writes the list, and the token with which exactly that is done. False: nothing would be done; why
 * is written instead, and there is nothing to be sent. */
bool changes_write(struct page *page);

#endif
