/* force.c - the dags in force; see force.h. */
#include "daemon/force.h"

#include "base/mem.h"

#include <string.h>

static void note_dag(void *context, const char *dag_id, const char *file, const char *hash)
{
	folder_note(context, dag_id, file, hash);
}

static struct scan_stamp stamp_of(const struct store_stamp *stamp)
{
	return (struct scan_stamp){stamp->device, stamp->inode, stamp->size, stamp->mtime_ns,
				   stamp->ctime_ns};
}

static void note_file(void *context, const struct store_file_row *row)
{
	struct folder *folder = context;
	struct folder_file *file = folder_note_file(folder);

	file->name = arena_strdup(&folder->arena, row->file);
	file->stamp = stamp_of(&row->stamp);
	file->around = arena_strdup(&folder->arena, row->around);
	file->is_sound = true;
	file->dag_count = row->dag_count;
	file->need_count = row->need_count;
	file->dags = arena_alloc(&folder->arena, (row->dag_count + 1) * sizeof *file->dags);
	file->needs = arena_alloc(&folder->arena, (row->need_count + 1) * sizeof *file->needs);
	for (size_t i = 0; i < row->dag_count; i++) {
		struct folder_dag *dag = &file->dags[i];

		dag->id = arena_strdup(&folder->arena, row->dags[i].dag_id);
		dag->file = file->name;
		dag->line = row->dags[i].line;
		memccpy(dag->hash, row->dags[i].hash, '\0', sizeof dag->hash - 1);
	}
	for (size_t i = 0; i < row->need_count; i++) {
		file->needs[i].path = arena_strdup(&folder->arena, row->needs[i].path);
		file->needs[i].stamp = stamp_of(&row->needs[i].stamp);
	}
}

int force_open(struct force *force, uv_loop_t *loop, struct store *store, struct err *err)
{
	int rc;

	force->loop = loop;
	force->store = store;
	force->is_read = false;
	force->now = mem_alloc(sizeof *force->now);
	parsed_init(&force->parsed);
	folder_init(force->now);
	rc = store_each_dag(store, note_dag, force->now, err);
	if (rc == 0)
		rc = store_each_file(store, note_file, force->now, err);
	return rc;
}

void force_close(struct force *force)
{
	if (force->now == NULL)
		return;
	folder_close(force->now);
	mem_free(force->now);
	force->now = NULL;
	parsed_close(&force->parsed);
}

struct folder *force_swap(struct force *force, struct folder *next)
{
	struct folder *former = force->now;

	force->now = next;
	force->is_read = true;
	for (size_t i = 0; i < next->dag_count; i++) {
		if (next->dags[i].dag == NULL)
			continue;
		parsed_put(&force->parsed, next->dags[i].dag);
		dag_unref(next->dags[i].dag);
		next->dags[i].dag = NULL;
	}
	return former;
}

const struct folder_dag *force_find(const struct force *force, const char *dag_id)
{
	return folder_find(force->now, dag_id);
}

struct dag *force_dag(struct force *force, const struct folder_dag *found)
{
	return parsed_find(&force->parsed, found->hash, found->file);
}

/* --- fetching ------------------------------------------------------------------------------------
 */

struct fetch {
	uv_work_t request;
	struct force *force;
	char *file; /* NULL = where it was last found */
	char hash[33];
	struct dag *dag; /* NULL = failed */
	struct err err;
	force_fetched *done;
	void *context;
};

static void parse_version(struct fetch *fetch, const struct store_version *version)
{
	const char *file = fetch->file == NULL ? version->file : fetch->file;
	struct dag_errors errors;
	struct dag_list dags;

	dag_list_init(&dags);
	dag_errors_init(&errors);
	if (dag_parse_version(file, version->text, version->bytes, version->files,
			      version->file_count, &dags, &errors) == 0 &&
	    dags.count == 1)
		fetch->dag = dag_ref(dags.items[0]);
	else
		err_set(&fetch->err, ERR_INVALID,
			"%s: its last good version is not accepted any more: %s", file,
			errors.count > 0 ? errors.items[0].message : "not one dag");
	dag_errors_close(&errors);
	dag_list_close(&dags);
}

static void read_and_parse(struct fetch *fetch)
{
	struct store_version version;

	if (store_version_read(fetch->force->store, fetch->hash, &version, &fetch->err) == 0) {
		fetch->err.code = 0;
		parse_version(fetch, &version);
	}
	store_version_close(&version);
}

static void work(uv_work_t *request)
{
	read_and_parse(request->data);
}

struct dag *force_load(struct force *force, const struct folder_dag *found, struct err *err)
{
	struct fetch fetch = {.force = force, .file = mem_strdup(found->file)};

	memcpy(fetch.hash, found->hash, sizeof fetch.hash);
	read_and_parse(&fetch);
	mem_free(fetch.file);
	*err = fetch.err;
	return fetch.dag;
}

static void worked(uv_work_t *request, int status)
{
	struct fetch *fetch = request->data;

	if (status != 0)
		err_set(&fetch->err, ERR_AGAIN, "the daemon is stopping");
	if (fetch->dag != NULL)
		parsed_put(&fetch->force->parsed, fetch->dag);
	fetch->done(fetch->context, &fetch->err);
	dag_unref(fetch->dag);
	mem_free(fetch->file);
	mem_free(fetch);
}

static void start_fetch(struct force *force, const char *file, const char *hash,
			force_fetched *done, void *context)
{
	struct fetch *fetch = mem_alloc(sizeof *fetch);

	fetch->request.data = fetch;
	fetch->force = force;
	fetch->file = mem_strdup(file);
	memccpy(fetch->hash, hash, '\0', sizeof fetch->hash - 1);
	fetch->done = done;
	fetch->context = context;
	/* Fails only for a missing callback. */
	(void)uv_queue_work(force->loop, &fetch->request, work, worked);
}

void force_fetch(struct force *force, const struct folder_dag *found, force_fetched *done,
		 void *context)
{
	start_fetch(force, found->file, found->hash, done, context);
}

struct dag *force_kept(struct force *force, const char *hash)
{
	return parsed_find_version(&force->parsed, hash);
}

void force_fetch_kept(struct force *force, const char *hash, force_fetched *done, void *context)
{
	start_fetch(force, NULL, hash, done, context);
}
