/* schema.h - the tables, as numbered steps from an empty file to the present.
 *
 * A step is one SQL text, run in one transaction with the change of the number (user_version), by
 * migrate.c. It goes one way: a file that a newer Heddle wrote is refused. */
#ifndef HEDDLE_STORE_SCHEMA_H
#define HEDDLE_STORE_SCHEMA_H

#include "base/err.h"
#include "store/db.h"

#include <stddef.h>

/* "HDDL", in the header of every file of ours (PRAGMA application_id). */
#define SCHEMA_APPLICATION_ID 0x4844444c

struct schema {
	const char *const *steps; /* steps[n] leads from number n to n + 1 */
	size_t count;             /* the present number */
	const char *tables;       /* where they lead to, in one text; NULL = only by the steps */
};

extern const struct schema schema_present;
extern const char schema_tables[]; /* of it; a new home's, so that its start is quick */

/* Reads the head of the file and changes nothing. *number is that of its tables, 0 for a new file.
 * Fails with ERR_CORRUPT (no database, or another program's), ERR_INVALID (a newer number), else
 * db.h's codes. */
int schema_check(struct db *db, const char *path, const struct schema *schema, size_t *number,
		 struct err *err);

#endif
