/* force.c - joins a reading of the dag folder with what was in force; see force.h. */
#include "daemon/force.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

static void note(void *context, const char *dag_id, const char *file)
{
	folder_note(context, dag_id, file);
}

static int keep_last_good(struct folder *folder, struct store *store, struct err *err)
{
	struct str text = STR_INIT;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < folder->known.count; i++) {
		const struct folder_known *known = &folder->known.items[i];

		if (!known->stays)
			continue;
		rc = store_dag_text(store, known->dag_id, &text, err);
		if (rc != 0)
			break;
		folder_keep(folder, known, str_text(&text), text.size);
		log_warn("last good version stays in force", "dag=%s", known->dag_id);
	}
	str_close(&text);
	return rc;
}

static void log_errors(const struct folder *folder)
{
	for (size_t i = 0; i < folder->errors.count; i++) {
		const struct dag_error *error = &folder->errors.items[i];
		char quoted[ERR_MESSAGE_MAX];

		log_warn("dag file does not check", "place=%s:%u:%u err=%s", error->source,
			 error->line, error->column,
			 log_quote(error->message, quoted, sizeof quoted));
	}
}

static int put(const struct folder *folder, struct store *store, uint32_t default_pool_slots,
	       struct err *err)
{
	struct store_dag_file *files = mem_alloc(folder->dag_count * sizeof *files);
	int rc;

	for (size_t i = 0; i < folder->dag_count; i++) {
		files[i].dag = folder->dags[i].dag;
		files[i].file = folder->dags[i].file;
	}
	rc = store_put_dags(store, files, folder->dag_count, folder->errors.items,
			    folder->errors.count, default_pool_slots, clock_now().wall_ms, err);
	mem_free(files);
	return rc;
}

int force_load(struct folder *folder, const char *path, struct store *store,
	       uint32_t default_pool_slots, struct err *err)
{
	int rc = store_each_dag(store, note, folder, err);

	if (rc == 0)
		rc = folder_add(folder, path, NULL, err);
	if (rc != 0)
		return rc;
	folder_judge(folder);
	rc = keep_last_good(folder, store, err);
	if (rc != 0)
		return rc;
	folder_sort(folder);
	log_errors(folder);
	return put(folder, store, default_pool_slots, err);
}
