/* check.c - see check.h.
 *
 * The tables name no foreign keys, which would cost a look-up for each row that is written. What
 * they would say, and what a start relies on, is asked here. */
#include "store/check.h"

#include "store/chain.h"
#include "store/schema.h"

#include <stdio.h>
#include <string.h>

static const char sql_number[] = "PRAGMA user_version";
static const char sql_pages[] = "PRAGMA integrity_check(20)";

/* Each counts what must not be. */
static const struct {
	const char *sql;
	const char *finding;
} rules[] = {
    {"SELECT count(*) <> 1 FROM home", "the home has not one row"},
    {"SELECT count(*) FROM run r WHERE NOT EXISTS"
     " (SELECT 1 FROM dag_version v WHERE v.version_no = r.version_no)",
     "runs without the version of their dag"},
    {"SELECT count(*) FROM dag d WHERE NOT EXISTS"
     " (SELECT 1 FROM dag_version v WHERE v.version_no = d.version_no)",
     "dags in force without their version"},
    {"SELECT count(*) FROM dag_version_task t WHERE NOT EXISTS"
     " (SELECT 1 FROM dag_version v WHERE v.version_no = t.version_no)",
     "tasks of no version"},
    {"SELECT count(*) FROM dag_version_file f WHERE NOT EXISTS"
     " (SELECT 1 FROM content c WHERE c.hash = f.hash)",
     "files of a version without their content"},
    {"SELECT count(*) FROM task_instance t WHERE NOT EXISTS"
     " (SELECT 1 FROM run r WHERE r.run_no = t.run_no)",
     "tasks of no run"},
    {"SELECT count(*) FROM attempt a WHERE NOT EXISTS"
     " (SELECT 1 FROM run r WHERE r.run_no = a.run_no)",
     "attempts of no run"},
    {"SELECT count(*) FROM output o WHERE NOT EXISTS"
     " (SELECT 1 FROM run r WHERE r.run_no = o.run_no)",
     "outputs of no run"},
    {"SELECT count(*) FROM note n WHERE NOT EXISTS"
     " (SELECT 1 FROM run r WHERE r.run_no = n.run_no)",
     "notes at no run"},
    {"SELECT count(*) FROM run r WHERE ended_at_ms IS NULL AND task_count <>"
     " (SELECT count(*) FROM task_instance t WHERE t.run_no = r.run_no AND t.task >= 0)",
     "runs under way that lack tasks"},
    {"SELECT count(*) FROM task_instance t WHERE state = 'running' AND NOT EXISTS"
     " (SELECT 1 FROM attempt a WHERE a.run_no = t.run_no AND a.task = t.task"
     "  AND a.ended_at_ms IS NULL)",
     "tasks that run without an attempt"},
    {"SELECT count(*) FROM attempt a WHERE ended_at_ms IS NULL AND NOT EXISTS"
     " (SELECT 1 FROM task_instance t WHERE t.run_no = a.run_no AND t.task = a.task"
     "  AND t.state IN ('running', 'cancelling'))",
     "attempts under way of tasks that do not run"},
};

/* What a check is made with. */
struct check {
	struct db *db;
	check_told *told;
	void *context;
	struct check_result *result;
};

static void tell(struct check *check, const char *name, const char *finding)
{
	check->result->finding_count++;
	check->told(check->context, name, finding);
}

/* A damage that ends a query is what was looked for. */
static int judge(struct check *check, const char *name, int rc, const struct err *err)
{
	if (rc != ERR_CORRUPT)
		return rc;
	tell(check, name, err->message);
	return 0;
}

static int check_pages(struct check *check, struct err *err)
{
	sqlite3_stmt *row;
	int rc = db_query(check->db, sql_pages, &row, err, "");

	while (rc == 0 && (rc = db_step(check->db, row, err)) == 1) {
		rc = 0;
		if (strcmp(db_text(row, 0), "ok") != 0)
			tell(check, "pages", db_text(row, 0));
	}
	db_reset(row);
	return judge(check, "pages", rc, err);
}

static int check_rows(struct check *check, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof rules / sizeof rules[0]; i++) {
		char finding[160];
		int64_t count = 0;

		rc = db_get(check->db, rules[i].sql, &count, err, "");
		if (rc == 0 && count > 0) {
			snprintf(finding, sizeof finding, "%s: %lld", rules[i].finding,
				 (long long)count);
			tell(check, "rows", finding);
		}
		rc = judge(check, "rows", rc, err);
	}
	return rc;
}

static int check_facts(struct check *check, struct err *err)
{
	int rc = chain_check(check->db, INT64_MAX, &check->result->facts, err);

	return judge(check, "facts", rc, err);
}

int check_database(struct db *db, check_told *told, void *context, struct check_result *result,
		   struct err *err)
{
	struct check check = {db, told, context, result};
	int64_t number = 0;
	int rc = db_get(db, sql_number, &number, err, "");

	memset(result, 0, sizeof *result);
	rc = judge(&check, "pages", rc, err);
	if (rc == 0)
		rc = check_pages(&check, err);
	/* The rules speak of the present tables. */
	if (rc != 0 || (uint64_t)number < schema_present.count)
		return rc;
	if (rc == 0)
		rc = check_rows(&check, err);
	if (rc == 0)
		rc = check_facts(&check, err);
	return rc;
}

static void keep_first(void *context, const char *check, const char *finding)
{
	struct err *first = context;

	if (first->code == 0)
		err_set(first, ERR_CORRUPT, "%s: %s", check, finding);
}

int check_is_sound(struct db *db, struct check_result *result, struct err *err)
{
	struct err first = {0};
	int rc = check_database(db, keep_first, &first, result, err);

	if (rc != 0 || result->finding_count == 0)
		return rc;
	return err_set(err, ERR_CORRUPT, "%s (%zu in all)", first.message, result->finding_count);
}
