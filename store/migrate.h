/* migrate.h - leads a database to the tables of a schema, step by step.
 *
 * Before a file with data in it is changed, a copy is written beside it, PATH.schema-N. */
#ifndef HEDDLE_STORE_MIGRATE_H
#define HEDDLE_STORE_MIGRATE_H

#include "store/schema.h"

/* Brings the file to schema->count, after schema_check and with its errors; a new file in one step
 * when the schema can. */
int migrate(struct db *db, const char *path, const struct schema *schema, struct err *err);

#endif
