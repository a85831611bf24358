/* broken.h - the files of the DAG folder that do not check, each with place, cause and remedy. */
#ifndef HEDDLE_WEB_PAGE_BROKEN_H
#define HEDDLE_WEB_PAGE_BROKEN_H

#include "web/page/page.h"

/* Writes nothing when there is none. file NULL = of all. */
int broken_write(struct page *page, const char *file, struct err *err);

#endif
