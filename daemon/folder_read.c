/* folder_read.c - from a scan to what each file holds; see folder.h.
 *
 * A file is taken over from the folder before when its stamp, what stands around it (every
 * heddle.yaml above it) and the files that its dags name are as they were. A stamp taken within
 * SCAN_QUIET_MS of the change could hide another one: such a file is read once more. */
#include "daemon/folder.h"

#include "base/file.h"
#include "base/mem.h"
#include "daemon/folder_parts.h"
#include "model/defaults.h"
#include "model/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct folder_result *result_create(const char *path)
{
	struct folder_result *result = mem_alloc(sizeof *result);

	dag_list_init(&result->dags);
	dag_errors_init(&result->errors);
	result->base = path;
	return result;
}

/* --- reading one file ----------------------------------------------------------------------------
 */

/* What may be different at the next try though nobody changed the file. */
static bool may_pass(const struct err *err)
{
	return err->code == ERR_IO || err->code == ERR_FULL || err->code == ERR_AGAIN;
}

/* A file beyond the bound is told in the parser's words, which has no need to hold all of it. */
static void tell_unread(struct folder_result *result, const struct folder_file *file,
			const struct err *err)
{
	if (err->code == ERR_LIMIT)
		dag_errors_add(&result->errors, file->name, 1, 1, NULL,
			       "the file has %lld bytes: at most %u (8 MiB)",
			       (long long)scan_stamp_of(file->path).size, LIMIT_DAG_FILE_BYTES);
	else
		dag_errors_add(&result->errors, file->name, 1, 1, NULL, "cannot be read: %s",
			       err->message);
	result->wants_retry = may_pass(err);
}

/* The stamp comes first: what changes after it is seen as a change. */
static void note_need(struct folder_result *result, const char *path)
{
	struct folder_need need = {mem_strdup(path), scan_stamp_of(path)};

	vec_push(&result->needs, need);
}

/* In words that make sense at the place where the file is named. */
static int explain(struct err *err)
{
	switch (err->code) {
	case ERR_NOT_FOUND:
		return err_set(err, ERR_NOT_FOUND, "there is no such file");
	case ERR_LIMIT:
		return err_set(err, ERR_LIMIT, "it has more than %u bytes (1 MiB)",
			       LIMIT_NAMED_FILE_BYTES);
	case ERR_INVALID:
		return err_set(err, ERR_INVALID, "it is not a regular file");
	default:
		return err->code;
	}
}

static int read_named(void *context, const char *name, struct str *out, struct err *err)
{
	struct folder_result *result = context;
	const char *slash = strrchr(result->base, '/');
	int length = slash == NULL || name[0] == '/' ? 0 : (int)(slash + 1 - result->base);
	char path[PATH_MAX];
	int rc;

	if ((size_t)snprintf(path, sizeof path, "%.*s%s", length, result->base, name) >=
	    sizeof path)
		return err_set(err, ERR_INVALID, "its path is too long");
	note_need(result, path);
	rc = file_read(path, LIMIT_NAMED_FILE_BYTES, out, err);
	if (rc == 0)
		return 0;
	result->wants_retry |= may_pass(err);
	return explain(err);
}

static const struct folder_defaults *find_defaults(const struct folder *folder,
						   const struct scan_defaults *scan)
{
	for (size_t i = 0; i < folder->defaults.count; i++)
		if (folder->defaults.items[i].scan == scan)
			return &folder->defaults.items[i];
	return NULL;
}

/* What the file itself says is judged all the same, so that nobody must mend twice. */
static void parse_blocked(const struct folder_file *file, const struct str *text)
{
	struct folder_result *result = file->result;
	struct dag_surroundings around = {.is_unknown = true};
	struct dag_list unused;

	dag_list_init(&unused);
	dag_errors_add(&result->errors, file->name, 1, 1, NULL,
		       "the defaults of '%s' hold for this file, and that file does not check: "
		       "mend it first",
		       file->blocker);
	(void)dag_parse_in(file->name, str_text(text), text->size, &around, &unused,
			   &result->errors);
	dag_list_close(&unused);
}

static void parse(const struct folder *folder, const struct folder_file *file,
		  const struct str *text)
{
	const struct defaults *chain[64 * 2];
	struct folder_result *result = file->result;
	struct dag_surroundings around = {
	    .defaults = chain, .read_file = read_named, .context = result};

	for (const struct scan_defaults *scan = file->defaults;
	     scan != NULL && around.default_count < sizeof chain / sizeof chain[0];
	     scan = scan->above)
		chain[around.default_count++] = find_defaults(folder, scan)->parsed;
	result->is_sound = dag_parse_in(file->name, str_text(text), text->size, &around,
					&result->dags, &result->errors) == 0;
}

static void parse_defaults(const struct folder_file *file, const struct str *text,
			   struct defaults **out)
{
	struct folder_result *result = file->result;

	result->is_sound =
	    defaults_parse(file->name, str_text(text), text->size, out, &result->errors) == 0;
}

static void read_file(const struct folder *folder, struct folder_file *file,
		      struct defaults **defaults)
{
	struct str text = STR_INIT;
	struct err err = {0};

	file->result = result_create(file->path);
	if (file->given == NULL && file_read(file->path, LIMIT_DAG_FILE_BYTES, &text, &err) != 0)
		tell_unread(file->result, file, &err);
	else if (file->blocker != NULL)
		parse_blocked(file, file->given == NULL ? &text : file->given);
	else if (file->is_defaults)
		parse_defaults(file, file->given == NULL ? &text : file->given, defaults);
	else
		parse(folder, file, file->given == NULL ? &text : file->given);
	str_close(&text);
}

/* The names of what was found; the dags may be let go of before all is settled. */
static void list_dags(struct folder_file *file)
{
	const struct dag_list *found = &file->result->dags;

	if (found->count == 0)
		return;
	file->dags = mem_alloc(found->count * sizeof *file->dags);
	file->dag_count = found->count;
	for (size_t i = 0; i < found->count; i++) {
		file->dags[i].id = mem_strdup(found->items[i]->id);
		file->dags[i].line = found->items[i]->line;
		memcpy(file->dags[i].hash, found->items[i]->hash, sizeof file->dags[i].hash);
		file->dags[i].start_paused = found->items[i]->start_paused;
		file->dags[i].dag = dag_ref(found->items[i]);
	}
}

void folder_read(struct folder *folder, size_t position)
{
	struct folder_file *file = &folder->files[position];
	struct defaults *unused = NULL;

	read_file(folder, file, &unused);
	defaults_unref(unused);
	list_dags(file);
}

const struct dag_list *folder_read_dags(const struct folder *folder, size_t position)
{
	return &folder->files[position].result->dags;
}

void folder_forget_dags(struct folder *folder, size_t position)
{
	struct folder_file *file = &folder->files[position];

	dag_list_close(&file->result->dags);
	for (size_t i = 0; i < file->dag_count; i++) {
		dag_unref(file->dags[i].dag);
		file->dags[i].dag = NULL;
	}
}

/* --- what did not change -------------------------------------------------------------------------
 */

static void copy_dags(struct folder *folder, struct folder_file *file,
		      const struct folder_dag *dags)
{
	file->dags = arena_alloc(&folder->arena, (file->dag_count + 1) * sizeof *file->dags);
	for (size_t i = 0; i < file->dag_count; i++) {
		file->dags[i] = dags[i];
		file->dags[i].id = arena_strdup(&folder->arena, dags[i].id);
		file->dags[i].file = file->name;
		file->dags[i].in_force = false;
	}
}

static void copy_needs(struct folder *folder, struct folder_file *file,
		       const struct folder_need *needs)
{
	file->needs = arena_alloc(&folder->arena, (file->need_count + 1) * sizeof *file->needs);
	for (size_t i = 0; i < file->need_count; i++) {
		file->needs[i].path = arena_strdup(&folder->arena, needs[i].path);
		file->needs[i].stamp = needs[i].stamp;
	}
}

static void copy_errors(struct folder *folder, struct folder_file *file,
			const struct dag_error *errors)
{
	file->errors = arena_alloc(&folder->arena, (file->error_count + 1) * sizeof *file->errors);
	for (size_t i = 0; i < file->error_count; i++) {
		file->errors[i] = errors[i];
		file->errors[i].source = arena_strdup(&folder->arena, errors[i].source);
		file->errors[i].message = arena_strdup(&folder->arena, errors[i].message);
		file->errors[i].text = arena_strdup(&folder->arena, errors[i].text);
	}
}

static void take_over(struct folder *folder, struct folder_file *file,
		      const struct folder_file *old)
{
	file->is_sound = old->is_sound;
	file->dag_count = old->dag_count;
	file->need_count = old->need_count;
	file->error_count = old->error_count;
	copy_dags(folder, file, old->dags);
	for (size_t i = 0; i < file->dag_count; i++)
		file->dags[i].dag = NULL;
	copy_needs(folder, file, old->needs);
	copy_errors(folder, file, old->errors);
}

static bool are_needs_same(const struct folder_file *old)
{
	for (size_t i = 0; i < old->need_count; i++) {
		struct scan_stamp now = scan_stamp_of(old->needs[i].path);

		if (!scan_stamp_equal(&now, &old->needs[i].stamp))
			return false;
	}
	return true;
}

static bool is_same(const struct folder_file *file, const struct folder_file *old)
{
	return old != NULL && old->around != NULL && !old->is_blocked && !old->is_fresh &&
	       scan_stamp_equal(&file->stamp, &old->stamp) &&
	       strcmp(file->around, old->around) == 0 && are_needs_same(old);
}

/* --- every heddle.yaml ---------------------------------------------------------------------------
 */

/* Names all that a file is read with besides itself and the files it names. */
static const char *around_of(struct folder *folder, const struct scan *scan,
			     const struct scan_defaults *nearest)
{
	struct str text = STR_INIT;
	const char *kept;

	str_append(&text, HEDDLE_VERSION);
	for (; nearest != NULL; nearest = nearest->above) {
		const struct scan_stamp *stamp = &nearest->stamp;

		str_printf(&text, "\n%s %" PRId64 ":%" PRId64 ":%" PRId64 ":%" PRId64 ":%" PRId64,
			   nearest->name, stamp->device, stamp->inode, stamp->size, stamp->mtime_ns,
			   stamp->ctime_ns);
		if (nearest->is_fresh)
			str_printf(&text, " seen at %" PRId64, scan->now_ns);
	}
	kept = arena_strdup(&folder->arena, str_text(&text));
	str_close(&text);
	return kept;
}

static void keep_pools(struct folder *folder, struct folder_file *file,
		       const struct defaults *defaults)
{
	const struct pool_size *pools = defaults_pools(defaults, &file->pool_count);

	file->pools = arena_alloc(&folder->arena, (file->pool_count + 1) * sizeof *file->pools);
	for (uint32_t i = 0; i < file->pool_count; i++)
		file->pools[i] = (struct pool_size){
		    .name = arena_strdup(&folder->arena, pools[i].name), .slots = pools[i].slots};
}

static void read_defaults(struct folder *folder, struct folder_defaults *defaults,
			  struct folder_file *file)
{
	defaults->is_read = true;
	file->is_read = true;
	read_file(folder, file, &defaults->parsed);
	defaults->is_broken = !file->result->is_sound;
	if (defaults->parsed != NULL)
		keep_pools(folder, file, defaults->parsed);
}

/* The file that stands for a heddle.yaml among the others. */
static struct folder_file *file_of(struct folder *folder, const struct folder_defaults *defaults)
{
	for (size_t i = folder->file_count; i-- > 0;)
		if (folder->files[i].is_defaults && folder->files[i].defaults == defaults->scan)
			return &folder->files[i];
	return NULL;
}

static void take_defaults(struct folder *folder, const struct scan *scan,
			  const struct scan_defaults *found)
{
	struct folder_defaults defaults = {.scan = found, .around = around_of(folder, scan, found)};
	struct folder_file *file = folder_note_file(folder);
	const struct folder_file *old = NULL;

	if (folder->before != NULL && !folder->reads_all)
		old = folder_find_file(folder->before, found->name);
	file->path = arena_strdup(&folder->arena, found->path);
	file->name = arena_strdup(&folder->arena, found->name);
	file->stamp = found->stamp;
	file->is_fresh = found->is_fresh;
	file->around = HEDDLE_VERSION;
	file->is_defaults = true;
	file->defaults = found;
	if (is_same(file, old) && old->is_sound)
		take_over(folder, file, old);
	else
		read_defaults(folder, &defaults, file);
	vec_push(&folder->defaults, defaults);
}

static const struct folder_defaults *find_broken(const struct folder *folder,
						 const struct scan_defaults *nearest)
{
	for (; nearest != NULL; nearest = nearest->above) {
		const struct folder_defaults *defaults = find_defaults(folder, nearest);

		if (defaults->is_broken)
			return defaults;
	}
	return NULL;
}

static void need_defaults(struct folder *folder, const struct scan_defaults *nearest)
{
	for (; nearest != NULL; nearest = nearest->above) {
		struct folder_defaults *defaults =
		    (struct folder_defaults *)(uintptr_t)find_defaults(folder, nearest);

		if (!defaults->is_read)
			read_defaults(folder, defaults, file_of(folder, defaults));
	}
}

/* --- all files -----------------------------------------------------------------------------------
 */

static void tell(struct folder_file *file, struct arena *arena, const char *message)
{
	file->errors = arena_alloc(arena, sizeof *file->errors);
	file->errors[0] =
	    (struct dag_error){.source = file->name, .line = 1, .column = 1, .message = message};
	file->error_count = 1;
}

/* A file below a heddle.yaml that does not check. What it had in force stays, without a word of
 * its own, for it is as good as it was; but what is new or changed must not wait unexplained. */
static void block(struct folder *folder, struct folder_file *file, const struct folder_file *old,
		  const struct folder_defaults *broken)
{
	struct scan_stamp stamp = file->stamp;

	if (old != NULL && (old->is_sound || old->is_blocked) &&
	    scan_stamp_equal(&stamp, &old->stamp)) {
		take_over(folder, file, old);
		file->around = arena_strdup(&folder->arena, old->around);
		file->is_blocked = true;
		file->is_sound = false;
		return;
	}
	if (!folder->reads_all && is_same(file, old)) {
		take_over(folder, file, old);
		return;
	}
	file->blocker = arena_strdup(&folder->arena, broken->scan->name);
	file->is_read = true;
	vec_push(&folder->unread, (size_t)(file - folder->files));
}

static void judge_file(struct folder *folder, struct folder_file *file,
		       const struct scan_file *found)
{
	const struct folder_file *old = NULL;
	const struct folder_defaults *broken = find_broken(folder, found->defaults);

	if (folder->before != NULL)
		old = folder_find_file(folder->before, found->name);
	if (found->fault != NULL) {
		file->around = NULL;
		tell(file, &folder->arena, arena_strdup(&folder->arena, found->fault));
		return;
	}
	if (broken != NULL) {
		block(folder, file, old, broken);
		return;
	}
	if (!folder->reads_all && is_same(file, old)) {
		take_over(folder, file, old);
		return;
	}
	need_defaults(folder, found->defaults);
	broken = find_broken(folder, found->defaults);
	if (broken != NULL) {
		block(folder, file, old, broken);
		return;
	}
	file->is_read = true;
	vec_push(&folder->unread, (size_t)(file - folder->files));
}

static const char *find_around(const struct folder *folder, const struct scan_file *found)
{
	if (found->defaults == NULL)
		return HEDDLE_VERSION;
	return find_defaults(folder, found->defaults)->around;
}

static void take_file(struct folder *folder, const struct scan_file *found)
{
	struct folder_file *file = folder_note_file(folder);

	file->path = arena_strdup(&folder->arena, found->path);
	file->name = arena_strdup(&folder->arena, found->name);
	file->stamp = found->stamp;
	file->is_fresh = found->is_fresh;
	file->around = find_around(folder, found);
	file->defaults = found->defaults;
	file->is_defaults = defaults_is_name(found->name);
	folder->dag_file_count++;
	judge_file(folder, file, found);
}

void folder_take(struct folder *folder, const struct scan *scan)
{
	vec_clear(&folder->unread);
	folder_close_defaults(folder);
	for (size_t i = 0; i < scan->defaults.count; i++)
		take_defaults(folder, scan, scan->defaults.items[i]);
	for (size_t i = 0; i < scan->files.count; i++)
		take_file(folder, &scan->files.items[i]);
}

/* --- settling ------------------------------------------------------------------------------------
 */

static void settle_dags(struct folder *folder, struct folder_file *file)
{
	struct folder_dag *found = file->dags;

	if (file->dag_count == 0)
		return;
	copy_dags(folder, file, found);
	for (size_t i = 0; i < file->dag_count; i++)
		mem_free((char *)(uintptr_t)found[i].id);
	mem_free(found);
}

static void settle_file(struct folder *folder, struct folder_file *file)
{
	struct folder_result *result = file->result;

	if (result == NULL)
		return;
	settle_dags(folder, file);
	file->is_sound = result->is_sound;
	file->need_count = result->needs.count;
	file->error_count = result->errors.count;
	copy_needs(folder, file, result->needs.items);
	copy_errors(folder, file, result->errors.items);
	if (result->wants_retry) {
		file->around = NULL;
		folder->wants_retry = true;
	}
	folder_close_result(result);
	file->result = NULL;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct folder_file *)a)->name, ((const struct folder_file *)b)->name);
}

void folder_settle(struct folder *folder)
{
	for (size_t i = 0; i < folder->file_count; i++) {
		settle_file(folder, &folder->files[i]);
		folder->files[i].defaults = NULL;
	}
	folder_close_defaults(folder);
	vec_clear(&folder->unread);
	if (folder->file_count > 1)
		qsort(folder->files, folder->file_count, sizeof *folder->files, compare_files);
}
