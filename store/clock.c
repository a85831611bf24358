/* clock.c - what is kept of the two clocks, so that a start sees what happened to them meanwhile;
 * and the holds that somebody ended. One row, see store.h. */
#include "store/amend.h"
#include "store/create.h"
#include "store/reader.h"

static const char sql_read[] =
    "SELECT ahead_ms, jump_by_ms, jump_until_boot_ms, behind_until_ms,"
    " coalesce((SELECT at_ms FROM fact ORDER BY fact_no DESC LIMIT 1), 0) FROM clock";
static const char sql_release[] = "DELETE FROM hold WHERE kind = ?1";
static const char sql_write[] = "UPDATE clock SET ahead_ms = ?1, jump_by_ms = ?2,"
				" jump_until_boot_ms = ?3, behind_until_ms = ?4";

static int read_row(struct store *store, struct sched_clock *clock, int64_t *last_fact_ms,
		    struct err *err)
{
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql_read, &row, err, "");

	if (rc == 0)
		rc = db_step(&store->db, row, err);
	if (rc == 1) {
		clock->is_known = sqlite3_column_type(row, 0) != SQLITE_NULL;
		clock->ahead_ms = sqlite3_column_int64(row, 0);
		clock->jump_by_ms = sqlite3_column_int64(row, 1);
		clock->jump_until_boot_ms = sqlite3_column_int64(row, 2);
		clock->behind_until_ms = sqlite3_column_int64(row, 3);
		*last_fact_ms = sqlite3_column_int64(row, 4);
		rc = 0;
	} else if (rc == 0) {
		rc = err_set(err, ERR_CORRUPT, "the home's clock has no row");
	}
	db_reset(row);
	return rc;
}

int store_take_clock(struct store *store, struct moment now, struct sched_clock *clock,
		     int64_t *last_fact_ms, struct err *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_once(store, err);
	if (rc == 0) {
		rc = read_row(store, clock, last_fact_ms, err);
		if (rc == 0 && !clock->is_known) {
			clock->is_known = true;
			clock->ahead_ms = now.wall_ms - now.boot_ms;
			rc = create_clock_row(&store->db, now, err);
		}
		rc = store_end_once(store, rc, err);
	}
	pthread_mutex_unlock(&store->lock);
	return rc;
}

int amend_clock(struct store *store, const struct change *change, struct err *err)
{
	const struct change_clock *made = &change->clock;
	const struct sched_clock *row = &made->row;
	struct fact fact = store_fact_of(change, "clock", made->is_on ? NULL : made->hold,
					 made->is_on ? made->hold : "over");
	int rc = db_run(&store->db, sql_write, err, "iiii", row->ahead_ms, row->jump_by_ms,
			row->jump_until_boot_ms, row->behind_until_ms);

	fact.run_no = 0;
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

int amend_hold(struct store *store, const struct change *change, struct err *err)
{
	struct fact fact = store_fact_of(change, "hold", change->hold.name, "over");
	int rc = db_run(&store->db, sql_release, err, "t", change->hold.name);

	fact.run_no = 0;
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}
