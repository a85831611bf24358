/* check.h - whether a whole database is sound: its pages, rows that belong together, the chain of
 * its facts. Takes as long as reading all of it. */
#ifndef HEDDLE_STORE_CHECK_H
#define HEDDLE_STORE_CHECK_H

#include "store/db.h"

#include <stddef.h>
#include <stdint.h>

struct check_result {
	int64_t facts;        /* that the chain holds */
	size_t finding_count; /* 0 = sound */
};

/* Told once for each finding. check: "pages", "rows" or "facts"; finding: one line. */
typedef void check_told(void *context, const char *check, const char *finding);

/* Changes nothing. Of a database with older tables only the pages are checked. A damage is a
 * finding; only what keeps the check from being made fails, with db.h's codes. */
int check_database(struct db *db, check_told *told, void *context, struct check_result *result,
		   struct err *err);
/* The same for who only wants to know: ERR_CORRUPT with the first finding and their number. */
int check_is_sound(struct db *db, struct check_result *result, struct err *err);

#endif
