/* reload.c - one reading of the dag folder after the other; see reload.h.
 *
 * A folder of thousands of files is not held parsed: its versions go to the store in chunks while
 * others are still read, and only their names are judged. */
#include "daemon/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/git.h"
#include "store/netfs.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_FILES 32   /* that a worker takes at a time */
#define CHUNK_DAGS 1024 /* that a worker holds parsed, when there are more files than those */
#define READERS_MAX 16
#define RETRY_MS 5000
#define RETRY_WRITE_MS 1000
#define LOGGED_MAX 100 /* lines about files of one reading */

struct reader {
	uv_work_t request;
	struct reload_pass *pass;
	int rc;
	struct err err;
};

struct reload_pass {
	uv_work_t request;
	struct reload *reload;
	const struct folder *before; /* in force meanwhile */
	struct folder *next;
	struct scan scan;
	atomic_size_t taken; /* of next->unread */
	struct reader readers[READERS_MAX];
	size_t read_count;
	size_t reading; /* readers that have not come back */
	bool is_on_network;
	bool is_first;
	bool differs;    /* from what is in force */
	bool moved_on;   /* a named file changed while it was read */
	bool is_written; /* the versions are in the store already */
	bool brings;     /* versions into force, at at_ms of the wall clock */
	int64_t at_ms;
	int64_t began_ms;
	uint64_t first_ms; /* the loop's time of the event that began this change; 0 = none */
	struct git_tree git;
	int rc;
	struct err err;
};

static size_t core_count(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 1 ? 1 : cores > READERS_MAX ? READERS_MAX : (size_t)cores;
}

void reload_set_workers(void)
{
	char number[16];

	snprintf(number, sizeof number, "%zu", core_count() + 2);
	setenv("UV_THREADPOOL_SIZE", number, 0);
}

/* --- a pass -------------------------------------------------------------------------------------
 */

static struct reload_pass *pass_create(struct reload *reload)
{
	struct reload_pass *pass = mem_alloc(sizeof *pass);

	pass->reload = reload;
	pass->request.data = pass;
	pass->before = reload->force->now;
	pass->is_first = !reload->force->is_read;
	pass->began_ms = clock_now().boot_ms;
	pass->next = mem_alloc(sizeof *pass->next);
	folder_init_after(pass->next, pass->before);
	pass->next->reads_all = reload->reads_all;
	return pass;
}

static void folder_destroy(struct folder *folder)
{
	if (folder == NULL)
		return;
	folder_close(folder);
	mem_free(folder);
}

/* Git may take its time over a large tree: what came into force does not wait for it. */
static void look_at_tree(struct reload_pass *pass)
{
	char quoted[ERR_MESSAGE_MAX];

	if (!pass->brings || pass->rc != 0 || pass->git.commit[0] == '\0')
		return;
	git_read_dirty(&pass->git);
	if (pass->git.dirty >= 0 &&
	    store_note_dirty(pass->reload->store, pass->git.commit, pass->at_ms,
			     pass->git.dirty == 1, &pass->err) != 0)
		log_warn("whether the work tree holds changes is not kept", "err=%s",
			 log_quote(pass->err.message, quoted, sizeof quoted));
}

/* Thousands of small pieces: on a worker, so that the loop does not stand still for them. */
static void work_wind_up(uv_work_t *request)
{
	struct reload_pass *pass = request->data;
	bool was_large = pass->next != NULL && pass->next->file_count > CHUNK_DAGS;

	look_at_tree(pass);
	scan_close(&pass->scan);
	folder_destroy(pass->next);
	if (was_large || pass->is_written)
		mem_trim();
}

static void destroyed(uv_work_t *request, int status)
{
	(void)status;
	mem_free(request->data);
}

static void begin(struct reload *reload);

/* The pass is over, one way or the other. */
static void finish(struct reload_pass *pass)
{
	struct reload *reload = pass->reload;

	reload->pass = NULL;
	(void)uv_queue_work(reload->loop, &pass->request, work_wind_up, destroyed);
	if (reload->again && !reload->stopping)
		begin(reload);
}

/* --- scanning ------------------------------------------------------------------------------------
 */

static bool is_known(void *context, const char *name)
{
	return folder_is_known(context, name);
}

static int scan(struct reload_pass *pass)
{
	const struct reload *reload = pass->reload;
	char path[PATH_MAX];

	if (reload->only == NULL)
		return scan_folder(&pass->scan, reload->path, NULL, &pass->err);
	if ((size_t)snprintf(path, sizeof path, "%s/%s", reload->path, reload->only) >= sizeof path)
		return err_set(&pass->err, ERR_LIMIT, "path '%.64s...' is too long", reload->path);
	scan_watch_file(&pass->scan, path);
	return scan_single(&pass->scan, path, reload->only, &pass->err);
}

static void work_scan(uv_work_t *request)
{
	struct reload_pass *pass = request->data;
	char inside[PATH_MAX];

	scan_init(&pass->scan);
	pass->scan.inotify_fd = pass->reload->watch.fd;
	pass->scan.is_known = is_known;
	/* Only read: the loop replaces it after the pass. */
	pass->scan.context = (void *)(uintptr_t)pass->before;
	pass->rc = scan(pass);
	if (pass->rc != 0)
		return;
	snprintf(inside, sizeof inside, "%s/x", pass->reload->path);
	pass->is_on_network = netfs_check(inside, NULL) == ERR_REFUSED;
	git_find(pass->reload->path, &pass->git);
	folder_take(pass->next, &pass->scan);
}

static void start_readers(struct reload_pass *pass);
static void start_judging(struct reload_pass *pass);

static void take_places(struct reload_pass *pass)
{
	char lock[PATH_MAX] = "";

	if (pass->git.folder[0] != '\0' &&
	    (size_t)snprintf(lock, sizeof lock, "%s/index.lock", pass->git.folder) >= sizeof lock)
		lock[0] = '\0';
	watch_take(&pass->reload->watch, &pass->scan, lock, pass->is_on_network);
}

/* The folder itself is not to be had: everything stays as it is. */
static void complain(struct reload_pass *pass)
{
	char quoted[ERR_MESSAGE_MAX];

	log_error("dag folder cannot be read: what is in force stays", "err=%s",
		  log_quote(pass->err.message, quoted, sizeof quoted));
	watch_again(&pass->reload->watch, RETRY_MS);
	finish(pass);
}

static void scanned(uv_work_t *request, int status)
{
	struct reload_pass *pass = request->data;
	struct reload *reload = pass->reload;

	if (status != 0 || reload->stopping) {
		finish(pass);
		return;
	}
	if (pass->rc != 0) {
		complain(pass);
		return;
	}
	if (!pass->is_first && pass->scan.is_restless &&
	    watch_wait(&reload->watch, pass->first_ms)) {
		finish(pass);
		return;
	}
	pass->read_count = pass->next->unread.count;
	if (pass->next->unread.count > 0)
		start_readers(pass);
	else
		start_judging(pass);
}

/* --- reading -------------------------------------------------------------------------------------
 */

/* The positions of files whose dags wait to be written. */
struct chunk {
	VEC(size_t) files;
	size_t dag_count;
};

static int write_chunk(struct reader *reader, struct chunk *chunk)
{
	struct folder *folder = reader->pass->next;
	struct store_dag_file *dags = mem_alloc((chunk->dag_count + 1) * sizeof *dags);
	size_t count = 0;
	int rc;

	for (size_t i = 0; i < chunk->files.count; i++) {
		const struct dag_list *found = folder_read_dags(folder, chunk->files.items[i]);

		for (size_t j = 0; j < found->count; j++) {
			dags[count].dag = found->items[j];
			dags[count++].file = folder->files[chunk->files.items[i]].name;
		}
	}
	rc = store_put_versions(reader->pass->reload->store, dags, count, &reader->err);
	mem_free(dags);
	for (size_t i = 0; rc == 0 && i < chunk->files.count; i++)
		folder_forget_dags(folder, chunk->files.items[i]);
	vec_clear(&chunk->files);
	chunk->dag_count = 0;
	return rc;
}

/* Reads the next few files; false when there are no more. */
static bool read_step(struct reload_pass *pass, struct chunk *chunk)
{
	struct folder *folder = pass->next;
	size_t first = atomic_fetch_add(&pass->taken, STEP_FILES);

	for (size_t i = first; i < first + STEP_FILES && i < folder->unread.count; i++) {
		size_t position = folder->unread.items[i];

		folder_read(folder, position);
		chunk->dag_count += folder_read_dags(folder, position)->count;
		vec_push(&chunk->files, position);
	}
	return first < folder->unread.count;
}

static void work_read(uv_work_t *request)
{
	struct reader *reader = request->data;
	struct reload_pass *pass = reader->pass;
	bool is_large = pass->next->unread.count > CHUNK_DAGS;
	struct chunk chunk = {{0}, 0};

	while (reader->rc == 0 && read_step(pass, &chunk))
		if (is_large && chunk.dag_count >= CHUNK_DAGS)
			reader->rc = write_chunk(reader, &chunk);
	if (is_large && reader->rc == 0)
		reader->rc = write_chunk(reader, &chunk);
	vec_close(&chunk.files);
}

static void read_done(uv_work_t *request, int status)
{
	struct reader *reader = request->data;
	struct reload_pass *pass = reader->pass;

	if (status != 0 && pass->rc == 0)
		pass->rc = ERR_AGAIN;
	if (reader->rc != 0 && pass->rc == 0) {
		pass->rc = reader->rc;
		pass->err = reader->err;
	}
	if (--pass->reading == 0)
		start_judging(pass);
}

static void start_readers(struct reload_pass *pass)
{
	size_t steps = (pass->next->unread.count + STEP_FILES - 1) / STEP_FILES;
	size_t wanted = steps < core_count() ? steps : core_count();

	pass->is_written = pass->next->unread.count > CHUNK_DAGS;
	for (size_t i = 0; i < wanted; i++) {
		struct reader *reader = &pass->readers[i];

		reader->pass = pass;
		reader->request.data = reader;
		(void)uv_queue_work(pass->reload->loop, &reader->request, work_read, read_done);
	}
	pass->reading = wanted;
}

/* --- judging and writing -------------------------------------------------------------------------
 */

/* A file that was read while it changed is read again. Its watch comes first. */
static void watch_needs(struct reload_pass *pass)
{
	for (size_t i = 0; i < pass->next->file_count; i++) {
		const struct folder_file *file = &pass->next->files[i];

		for (size_t j = 0; j < file->need_count; j++) {
			struct scan_stamp now;

			scan_watch_file(&pass->scan, file->needs[j].path);
			now = scan_stamp_of(file->needs[j].path);
			pass->moved_on |= !scan_stamp_equal(&now, &file->needs[j].stamp);
		}
	}
}

static bool are_errors_same(const struct dag_errors *a, const struct dag_errors *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].line != b->items[i].line ||
		    a->items[i].column != b->items[i].column ||
		    strcmp(a->items[i].source, b->items[i].source) != 0 ||
		    strcmp(a->items[i].message, b->items[i].message) != 0)
			return false;
	return true;
}

static bool are_dags_same(const struct folder *a, const struct folder *b)
{
	if (a->dag_count != b->dag_count)
		return false;
	for (size_t i = 0; i < a->dag_count; i++)
		if (strcmp(a->dags[i].id, b->dags[i].id) != 0 ||
		    strcmp(a->dags[i].hash, b->dags[i].hash) != 0 ||
		    strcmp(a->dags[i].file, b->dags[i].file) != 0)
			return false;
	return true;
}

/* The rows of files, and which go. They borrow the folder's texts. */
struct rows {
	VEC(struct store_file_row) files;
	VEC(struct store_file_dag) dags;
	VEC(struct store_file_need) needs;
	VEC(const char *) gone;
	VEC(struct store_pool_file) pool_files;
	VEC(const char *) there;
};

static struct store_stamp stored_stamp(const struct scan_stamp *stamp)
{
	return (struct store_stamp){stamp->device, stamp->inode, stamp->size, stamp->mtime_ns,
				    stamp->ctime_ns};
}

static struct store_file_row row_of(struct rows *rows, const struct folder_file *file)
{
	struct store_file_row row = {.file = file->name,
				     .stamp = stored_stamp(&file->stamp),
				     .around = file->is_fresh ? "" : file->around,
				     .dag_count = file->dag_count,
				     .need_count = file->need_count};

	for (size_t i = 0; i < file->dag_count; i++) {
		struct store_file_dag dag = {file->dags[i].id, file->dags[i].hash,
					     file->dags[i].line};

		vec_push(&rows->dags, dag);
	}
	for (size_t i = 0; i < file->need_count; i++) {
		struct store_file_need need = {file->needs[i].path,
					       stored_stamp(&file->needs[i].stamp)};

		vec_push(&rows->needs, need);
	}
	return row;
}

/* The vectors have stopped moving: each row finds its part. */
static void join_rows(struct rows *rows)
{
	size_t dag = 0;
	size_t need = 0;

	for (size_t i = 0; i < rows->files.count; i++) {
		struct store_file_row *row = &rows->files.items[i];

		row->dags = rows->dags.items + dag;
		row->needs = rows->needs.items + need;
		dag += row->dag_count;
		need += row->need_count;
	}
}

static void gather_rows(const struct reload_pass *pass, struct rows *rows)
{
	for (size_t i = 0; i < pass->next->file_count; i++) {
		const struct folder_file *file = &pass->next->files[i];

		if (file->is_read && file->is_sound && file->around != NULL) {
			struct store_file_row row = row_of(rows, file);

			vec_push(&rows->files, row);
		}
	}
	join_rows(rows);
	for (size_t i = 0; i < pass->before->file_count; i++) {
		const struct folder_file *old = &pass->before->files[i];
		const struct folder_file *file = folder_find_file(pass->next, old->name);

		if ((old->is_sound || old->is_blocked) &&
		    (file == NULL || (!file->is_sound && !file->is_blocked)))
			vec_push(&rows->gone, old->name);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void gather_pools(const struct folder *folder, struct rows *rows)
{
	for (size_t i = 0; i < folder->file_count; i++) {
		const struct folder_file *file = &folder->files[i];
		struct store_pool_file pools = {file->name, file->pools, file->pool_count};

		if (!file->is_defaults)
			continue;
		vec_push(&rows->there, file->name);
		if (file->is_read && file->is_sound)
			vec_push(&rows->pool_files, pools);
	}
	for (size_t i = 0; i < folder->unsound.count; i++)
		vec_push(&rows->there, folder->unsound.items[i]);
	vec_push(&rows->there, ""); /* so that there is a list, however short */
	qsort(rows->there.items, rows->there.count, sizeof *rows->there.items, compare_names);
}

static void close_rows(struct rows *rows)
{
	vec_close(&rows->pool_files);
	vec_close(&rows->there);
	vec_close(&rows->files);
	vec_close(&rows->dags);
	vec_close(&rows->needs);
	vec_close(&rows->gone);
}

static struct store_dag_file *list_dags(const struct reload_pass *pass)
{
	const struct folder *folder = pass->next;
	struct store_dag_file *dags = mem_alloc((folder->dag_count + 1) * sizeof *dags);

	for (size_t i = 0; i < folder->dag_count; i++) {
		dags[i].dag = folder->dags[i].dag;
		dags[i].dag_id = folder->dags[i].id;
		dags[i].hash = folder->dags[i].hash;
		dags[i].start_paused = folder->dags[i].start_paused;
		dags[i].file = folder->dags[i].file;
		dags[i].git_commit = pass->git.commit[0] == '\0' ? NULL : pass->git.commit;
	}
	return dags;
}

static struct store_dag_file *list_refused(const struct reload_pass *pass)
{
	const struct folder *folder = pass->next;
	struct store_dag_file *refused = mem_alloc((folder->refused.count + 1) * sizeof *refused);

	for (size_t i = 0; i < folder->refused.count; i++) {
		refused[i].dag = folder->refused.items[i].dag;
		refused[i].file = folder->refused.items[i].file;
	}
	return refused;
}

static int write_folder(struct reload_pass *pass)
{
	struct store_folder folder = {.dag_count = pass->next->dag_count,
				      .errors = pass->next->errors.items,
				      .error_count = pass->next->errors.count,
				      .default_pool_slots = pass->reload->default_pool_slots,
				      .at_ms = pass->at_ms};
	struct store_dag_file *dags = list_dags(pass);
	struct store_dag_file *refused = list_refused(pass);
	struct rows rows = {.files = {0}};
	int rc;

	gather_rows(pass, &rows);
	gather_pools(pass->next, &rows);
	folder.dags = dags;
	folder.refused = refused;
	folder.refused_count = pass->next->refused.count;
	folder.files = rows.files.items;
	folder.file_count = rows.files.count;
	folder.gone = rows.gone.items;
	folder.gone_count = rows.gone.count;
	folder.pool_files = rows.pool_files.items;
	folder.pool_file_count = rows.pool_files.count;
	folder.there = rows.there.items;
	folder.there_count = rows.there.count;
	rc = store_put_folder(pass->reload->store, &folder, &pass->err);
	close_rows(&rows);
	mem_free(refused);
	mem_free(dags);
	return rc;
}

/* True when what is to be written differs from what is. */
static bool differs(const struct reload_pass *pass)
{
	bool any = pass->is_first || pass->next->file_count != pass->before->file_count;

	for (size_t i = 0; !any && i < pass->next->file_count; i++)
		any = pass->next->files[i].is_read;
	return any || !are_dags_same(pass->next, pass->before) ||
	       !are_errors_same(&pass->next->errors, &pass->before->errors);
}

static void work_judge(uv_work_t *request)
{
	struct reload_pass *pass = request->data;

	if (pass->rc != 0)
		return;
	folder_settle(pass->next);
	watch_needs(pass);
	folder_judge(pass->next);
	folder_sort(pass->next);
	pass->differs = differs(pass);
	if (!pass->differs)
		return;
	pass->brings = !are_dags_same(pass->next, pass->before);
	if (pass->brings)
		git_read_commit(&pass->git);
	pass->at_ms = clock_now().wall_ms;
	pass->rc = write_folder(pass);
}

/* --- putting into force --------------------------------------------------------------------------
 */

static bool was_told(const struct folder *before, const struct dag_error *error)
{
	for (size_t i = 0; i < before->errors.count; i++) {
		const struct dag_error *told = &before->errors.items[i];

		if (told->line == error->line && strcmp(told->source, error->source) == 0 &&
		    strcmp(told->message, error->message) == 0)
			return true;
	}
	return false;
}

static void log_errors(const struct reload_pass *pass)
{
	const struct dag_errors *errors = &pass->next->errors;
	size_t logged = 0;

	for (size_t i = 0; i < errors->count && logged < LOGGED_MAX; i++) {
		const struct dag_error *error = &errors->items[i];
		char file[ERR_MESSAGE_MAX];
		char quoted[ERR_MESSAGE_MAX];

		if (was_told(pass->before, error))
			continue;
		log_warn("dag file does not check", "file=%s line=%u column=%u err=%s",
			 log_quote(error->source, file, sizeof file), error->line, error->column,
			 log_quote(error->message, quoted, sizeof quoted));
		logged++;
	}
	if (logged == LOGGED_MAX)
		log_warn("more dag files do not check: see 'heddle ls errors'", "errors=%zu",
			 errors->count);
}

static void log_staying(const struct reload_pass *pass)
{
	size_t logged = 0;

	for (size_t i = 0; i < pass->next->dag_count && logged < LOGGED_MAX; i++) {
		const struct folder_dag *dag = &pass->next->dags[i];
		const struct folder_dag *former = folder_find(pass->before, dag->id);

		if (!dag->stays || (former != NULL && former->stays))
			continue;
		log_warn("last good version stays in force", "dag=%s", dag->id);
		logged++;
	}
}

static void put_into_force(struct reload_pass *pass)
{
	struct reload *reload = pass->reload;

	log_errors(pass);
	log_staying(pass);
	log_info("dag folder read", "files=%zu read=%zu dags=%zu errors=%zu ms=%" PRId64,
		 pass->next->dag_file_count, pass->read_count, pass->next->dag_count,
		 pass->next->errors.count, clock_now().boot_ms - pass->began_ms);
	pass->next = force_swap(reload->force, pass->next);
	reload->reads_all = false;
	reload->changed(reload->context, pass->next);
}

/* The store could not be written: nothing changes, and it is tried again. */
static void complain_of_store(struct reload_pass *pass)
{
	char quoted[ERR_MESSAGE_MAX];

	log_error("the folder's change is not in force: it could not be written", "err=%s",
		  log_quote(pass->err.message, quoted, sizeof quoted));
	pass->reload->reads_all = pass->rc == ERR_NOT_FOUND;
	watch_again(&pass->reload->watch, RETRY_WRITE_MS);
	finish(pass);
}

static void judged(uv_work_t *request, int status)
{
	struct reload_pass *pass = request->data;
	struct reload *reload = pass->reload;

	if (status != 0 || reload->stopping) {
		finish(pass);
		return;
	}
	take_places(pass);
	if (pass->rc != 0) {
		complain_of_store(pass);
		return;
	}
	if (pass->next->wants_retry)
		watch_again(&reload->watch, RETRY_MS);
	if (pass->moved_on)
		reload->again = true;
	if (pass->differs)
		put_into_force(pass);
	finish(pass);
}

static void start_judging(struct reload_pass *pass)
{
	if (uv_queue_work(pass->reload->loop, &pass->request, work_judge, judged) != 0)
		judged(&pass->request, UV_ECANCELED);
}

/* --- life ----------------------------------------------------------------------------------------
 */

static void begin(struct reload *reload)
{
	reload->again = false;
	reload->pass = pass_create(reload);
	reload->pass->first_ms = watch_take_up(&reload->watch);
	(void)uv_queue_work(reload->loop, &reload->pass->request, work_scan, scanned);
}

static void on_changed(void *context)
{
	struct reload *reload = context;

	if (reload->stopping)
		return;
	if (reload->pass != NULL)
		reload->again = true;
	else
		begin(reload);
}

void reload_start(struct reload *reload)
{
	watch_start(&reload->watch, reload->loop, on_changed, reload);
	begin(reload);
}

void reload_stop(struct reload *reload)
{
	reload->stopping = true;
	watch_stop(&reload->watch);
}

void reload_close(struct reload *reload)
{
	watch_close(&reload->watch);
}
