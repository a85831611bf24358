/* amend.c - see amend.h. */
#include "store/amend.h"

static const char sql_output[] =
    "INSERT INTO output (run_no, task, attempt_id, json) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (run_no, task) DO UPDATE SET attempt_id = ?3, json = ?4";
static const char sql_scripts[] = "UPDATE attempt SET scripts = ?2 WHERE attempt_id = ?1";
static const char sql_params[] = "UPDATE run SET params = ?2 WHERE run_no = ?1";

static const char sql_keep_version[] =
    "INSERT OR REPLACE INTO run_version (run_no, until_fact, version_no)"
    " SELECT run_no, ?2, version_no FROM run WHERE run_no = ?1";
static const char sql_version[] =
    "UPDATE run SET version_no = ?2, task_count = ?3 WHERE run_no = ?1";
static const char sql_new_task[] =
    "INSERT INTO task_instance (run_no, task, state) VALUES (?1, ?2, 'none')";

static const char sql_pause[] =
    "INSERT INTO pause (dag_id, at_ms, actor, reason) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (dag_id) DO UPDATE SET at_ms = ?2, actor = ?3, reason = ?4";
static const char sql_resume[] = "DELETE FROM pause WHERE dag_id = ?1";

static const char sql_note[] =
    "INSERT INTO note (at_ms, run_no, task_id, actor, text) VALUES (?1, ?2, ?3, ?4, ?5)";

/* The rows that name a task by its position. Positions move aside first (below 0), because old and
 * new ones overlap; those that nobody takes up again stay there: their tasks are gone, and only
 * facts still speak of them. */
static const struct {
	const char *aside;
	const char *back;
} movers[] = {
    {"UPDATE task_instance SET task = -1 - task WHERE run_no = ?1 AND task >= 0",
     "UPDATE task_instance SET task = ?2 WHERE run_no = ?1 AND task = -1 - ?3"},
    {"UPDATE attempt SET task = -1 - task WHERE run_no = ?1 AND task >= 0",
     "UPDATE attempt SET task = ?2 WHERE run_no = ?1 AND task = -1 - ?3"},
    {"UPDATE output SET task = -1 - task WHERE run_no = ?1 AND task >= 0",
     "UPDATE output SET task = ?2 WHERE run_no = ?1 AND task = -1 - ?3"},
};
static const char sql_removed_tasks[] = "DELETE FROM task_instance WHERE run_no = ?1 AND task < 0";
/* Further away, where no later move of this run meets them: 100,000 is more than a dag has tasks.
 */
static const char sql_removed_attempts[] =
    "UPDATE attempt SET task = task - 100000 * ?2 WHERE run_no = ?1 AND task < 0"
    " AND task >= -100000";
static const char sql_removed_outputs[] = "DELETE FROM output WHERE run_no = ?1 AND task < 0";

int amend_outputs(struct store *store, const struct change *change, struct err *err)
{
	const struct change_outputs *outputs = &change->outputs;
	struct fact fact = store_fact_of(change, "task.outputs", NULL, "set");
	int rc = db_run(&store->db, sql_output, err, "iiit", change->run_no, (int64_t)change->task,
			outputs->attempt_id, outputs->json);

	fact.task = change->task;
	fact.attempt_id = outputs->attempt_id;
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

int amend_params(struct store *store, const struct change *change, struct err *err)
{
	struct fact fact = store_fact_of(change, "run.params", NULL, change->run_params);
	int rc = db_run(&store->db, sql_params, err, "it", change->run_no, change->run_params);

	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

/* A measure like those that come with the end, not a fact: nobody decided it. */
int amend_scripts(struct store *store, const struct change *change, struct err *err)
{
	return db_run(&store->db, sql_scripts, err, "it", change->scripts.attempt_id,
		      change->scripts.json);
}

static int move_aside(struct store *store, int64_t run_no, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof movers / sizeof movers[0]; i++)
		rc = db_run(&store->db, movers[i].aside, err, "i", run_no);
	return rc;
}

static int move_back(struct store *store, int64_t run_no, uint32_t task, uint32_t old,
		     struct err *err)
{
	int rc = 0;

	if (old == UINT32_MAX)
		return db_run(&store->db, sql_new_task, err, "ii", run_no, (int64_t)task);
	for (size_t i = 0; rc == 0 && i < sizeof movers / sizeof movers[0]; i++)
		rc = db_run(&store->db, movers[i].back, err, "iii", run_no, (int64_t)task,
			    (int64_t)old);
	return rc;
}

int amend_version(struct store *store, const struct change *change, struct err *err)
{
	const struct change_run_version *made = &change->run_version;
	struct fact fact = store_fact_of(change, "run.version", NULL, made->dag->hash);
	int64_t version_no = 0;
	int rc = store_version_of_run(store, made->dag, &version_no, err);

	if (rc == 0)
		rc = db_run(&store->db, sql_keep_version, err, "ii", change->run_no,
			    store->next_fact);
	if (rc == 0)
		rc = db_run(&store->db, sql_version, err, "iii", change->run_no, version_no,
			    (int64_t)made->dag->task_count);
	if (rc == 0)
		rc = move_aside(store, change->run_no, err);
	for (uint32_t i = 0; rc == 0 && i < made->dag->task_count; i++)
		rc = move_back(store, change->run_no, i, made->old_positions[i], err);
	if (rc == 0)
		rc = db_run(&store->db, sql_removed_tasks, err, "i", change->run_no);
	if (rc == 0)
		rc = db_run(&store->db, sql_removed_outputs, err, "i", change->run_no);
	if (rc == 0)
		rc = db_run(&store->db, sql_removed_attempts, err, "ii", change->run_no,
			    store->next_fact);
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

int amend_pause(struct store *store, const struct change *change, struct err *err)
{
	const struct change_dag_pause *pause = &change->dag_pause;
	const char *dag_id = pause->dag_id == NULL ? "" : pause->dag_id;
	struct fact fact =
	    store_fact_of(change, "dag.pause", pause->is_paused ? "active" : "paused",
			  pause->is_paused ? "paused" : "active");
	int rc;

	if (pause->is_paused)
		rc = db_run(&store->db, sql_pause, err, "titt", dag_id, change->at_ms,
			    change->actor == NULL ? "scheduler" : change->actor, change->why);
	else
		rc = db_run(&store->db, sql_resume, err, "t", dag_id);
	fact.dag_id = pause->dag_id;
	fact.run_no = 0;
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

int amend_note(struct store *store, const struct change *change, struct err *err)
{
	const struct change_note *note = &change->note;
	struct fact fact = store_fact_of(change, "run.note", NULL, "noted");
	int rc = db_run(&store->db, sql_note, err, "iittt", change->at_ms, change->run_no,
			note->task_id, change->actor, note->text);

	fact.why = note->text;
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}
