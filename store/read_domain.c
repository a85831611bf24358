/* read_domain.c - see read_domain.h. */
#include "store/read_domain.h"

#include "store/reader.h"

#include <stdio.h>

static const char sql_of_dag[] = "SELECT coalesce(v.domain, '') FROM dag d"
				 " JOIN dag_version v USING (version_no) WHERE d.dag_id = ?1";
static const char sql_of_run[] = "SELECT coalesce(v.domain, '') FROM run r"
				 " JOIN dag_version v USING (version_no) WHERE r.run_id = ?1";

static int read_one(struct store_reader *reader, const char *sql, const char *what, const char *id,
		    char domain[DOMAIN_SIZE], struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql, &row, err, "t", id);

	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1)
		snprintf(domain, DOMAIN_SIZE, "%s", db_text(row, 0));
	else if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "there is no %s '%.128s'", what, id);
	db_reset(row);
	return rc == 1 ? 0 : rc;
}

int read_domain_of_dag(struct store_reader *reader, const char *dag_id, char domain[DOMAIN_SIZE],
		       struct err *err)
{
	return read_one(reader, sql_of_dag, "dag", dag_id, domain, err);
}

int read_domain_of_run(struct store_reader *reader, const char *run_id, char domain[DOMAIN_SIZE],
		       struct err *err)
{
	return read_one(reader, sql_of_run, "run", run_id, domain, err);
}
