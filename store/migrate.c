/* migrate.c - see migrate.h. */
#include "store/migrate.h"

#include "store/backup.h"

#include <stdio.h>

/* A copy of the data as it is, beside the file. It replaces that of an earlier try, which the same
 * tables were in: whatever that try came to, this is what the file holds by now. */
static int write_backup(struct db *db, const char *path, size_t number, struct err *err)
{
	char backup[4096];
	int rc;

	snprintf(backup, sizeof backup, "%s.schema-%zu", path, number);
	rc = backup_copy(db, backup, true, err);
	if (rc != 0)
		err_wrap(err, "write the backup '%s' before the tables are changed", backup);
	return rc;
}

/* Leads from one number to a later one. */
static int run_step(struct db *db, const char *sql, size_t from, size_t to, struct err *err)
{
	char head[128];
	struct err ignored;
	int rc = db_script(db, "BEGIN IMMEDIATE", err);

	if (rc != 0)
		return rc;
	snprintf(head, sizeof head, "PRAGMA application_id = %d; PRAGMA user_version = %zu;",
		 SCHEMA_APPLICATION_ID, to);
	rc = db_script(db, sql, err);
	if (rc == 0)
		rc = db_script(db, head, err);
	if (rc == 0)
		rc = db_script(db, "COMMIT", err);
	if (rc != 0) {
		err_wrap(err, "lead from schema %zu to %zu", from, to);
		if (sqlite3_get_autocommit(db->handle) == 0)
			db_script(db, "ROLLBACK", &ignored);
	}
	return rc;
}

int migrate(struct db *db, const char *path, const struct schema *schema, struct err *err)
{
	size_t number;
	int rc = schema_check(db, path, schema, &number, err);

	if (rc == 0 && number > 0 && number < schema->count)
		rc = write_backup(db, path, number, err);
	if (rc == 0 && number == 0 && schema->tables != NULL)
		return run_step(db, schema->tables, 0, schema->count, err);
	for (; rc == 0 && number < schema->count; number++)
		rc = run_step(db, schema->steps[number], number, number + 1, err);
	return rc;
}
