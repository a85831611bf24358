/* create.h - a new home's database, there as a whole or not at all. */
#ifndef HEDDLE_STORE_CREATE_H
#define HEDDLE_STORE_CREATE_H

#include "base/clock.h"
#include "base/err.h"
#include "store/db.h"
#include "store/schema.h"

/* Makes path, readable by its owner alone, with all tables, the home's row and what a start of this
 * boot (NULL = not known) would note of the clocks. A file that is there already, an empty one too,
 * is left as it is. Fails with err_errno's and db.h's codes. */
int create_database(const char *path, const struct schema *schema, const char *boot_id,
		    struct moment now, struct err *err);
/* Gives the database the row of its home, with a new incarnation, unless it has one. boot_id NULL =
 * not known. */
int create_home_row(struct db *db, const char *boot_id, struct err *err);
/* Notes in a home that knows nothing of its clocks yet what later instants are compared with. */
int create_clock_row(struct db *db, struct moment now, struct err *err);

#endif
