/* folder.c - from files to dags and errors; see folder.h. */
#include "daemon/folder.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/limits.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64

/* The folders from the top down to where the walk stands: a link back to one of them is a loop. */
struct trail {
	const struct trail *above;
	dev_t device;
	ino_t inode;
	unsigned depth;
	const char *defaults; /* the nearest heddle.yaml here or above, as shown; NULL = none */
};

void folder_init(struct folder *folder)
{
	memset(folder, 0, sizeof *folder);
	arena_init(&folder->arena);
	dag_errors_init(&folder->errors);
}

void folder_close(struct folder *folder)
{
	for (size_t i = 0; i < folder->dag_count; i++)
		dag_unref(folder->dags[i].dag);
	mem_free(folder->dags);
	vec_close(&folder->known);
	vec_close(&folder->unsound);
	dag_errors_close(&folder->errors);
	arena_close(&folder->arena);
	folder_init(folder);
}

static void add_dag(struct folder *folder, struct dag *dag, const char *file)
{
	if (folder->dag_count == folder->dag_capacity) {
		folder->dag_capacity = folder->dag_capacity == 0 ? 16 : folder->dag_capacity * 2;
		folder->dags =
		    mem_realloc(folder->dags, folder->dag_capacity * sizeof *folder->dags);
	}
	folder->dags[folder->dag_count].dag = dag_ref(dag);
	folder->dags[folder->dag_count].file = file;
	folder->dags[folder->dag_count].in_force = false;
	folder->dag_count++;
}

void folder_note(struct folder *folder, const char *dag_id, const char *file)
{
	struct folder_known known = {.dag_id = arena_strdup(&folder->arena, dag_id),
				     .file = arena_strdup(&folder->arena, file)};

	vec_push(&folder->known, known);
}

/* Adds an error of the folder's own, however many its files have. */
static void report(struct folder *folder, const char *file, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void report(struct folder *folder, const char *file, uint32_t line, const char *format, ...)
{
	char message[ERR_MESSAGE_MAX];
	struct dag_errors errors;
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	dag_errors_init(&errors);
	dag_errors_add(&errors, file, line, 1, NULL, "%s", message);
	dag_errors_move(&folder->errors, &errors);
}

/* A file beyond the bound is told in the parser's words, which has no need to hold all of it. */
static void report_unread(struct folder *folder, const char *name, const char *path,
			  const struct err *err)
{
	struct stat status;

	if (err->code == ERR_LIMIT && stat(path, &status) == 0)
		report(folder, name, 1, "the file has %lld bytes: at most %u (8 MiB)",
		       (long long)status.st_size, LIMIT_DAG_FILE_BYTES);
	else
		report(folder, name, 1, "cannot be read: %s", err->message);
}

static bool is_defaults_file(const char *name)
{
	return strcmp(name, "heddle.yaml") == 0 || strcmp(name, "heddle.yml") == 0;
}

static bool is_defaults_path(const char *path)
{
	const char *slash = strrchr(path, '/');

	return is_defaults_file(slash == NULL ? path : slash + 1);
}

/* A dag must not run without the defaults that its author wrote for it. */
static void refuse_without_defaults(struct folder *folder, const char *name, const char *defaults)
{
	if (defaults == NULL || is_defaults_path(name))
		return;
	report(folder, name, 1,
	       "the defaults of '%s' hold for this file and are not supported yet: write "
	       "them into the file, or move that one away",
	       defaults);
	vec_push(&folder->unsound, name);
}

static void add_file(struct folder *folder, const char *path, const char *shown,
		     const char *defaults)
{
	size_t unsound_before = folder->unsound.count;
	struct str text = STR_INIT;
	struct dag_errors errors;
	struct dag_list dags;
	struct err err = {0};
	const char *name = arena_strdup(&folder->arena, shown);

	dag_list_init(&dags);
	dag_errors_init(&errors);
	folder->file_count++;
	if (file_read(path, LIMIT_DAG_FILE_BYTES, &text, &err) != 0)
		report_unread(folder, name, path, &err);
	else if (is_defaults_path(name))
		report(folder, name, 1, "defaults of a folder (heddle.yaml) are not supported yet");
	else
		(void)dag_parse(name, str_text(&text), text.size, &dags, &errors);
	if (err.code != 0 || errors.count > 0)
		vec_push(&folder->unsound, name);
	refuse_without_defaults(folder, name, defaults);
	for (size_t i = 0; i < dags.count && folder->unsound.count == unsound_before; i++)
		add_dag(folder, dags.items[i], name);
	/* The bound is a file's: one bad file must not hide the errors of the others. */
	dag_errors_move(&folder->errors, &errors);
	dag_list_close(&dags);
	str_close(&text);
}

static int is_wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool is_dag_file(const char *name)
{
	return str_ends_with(name, ".yaml") || str_ends_with(name, ".yml");
}

static bool is_on_trail(const struct trail *trail, const struct stat *status)
{
	for (; trail != NULL; trail = trail->above)
		if (trail->device == status->st_dev && trail->inode == status->st_ino)
			return true;
	return false;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk(struct folder *folder, const char *path, const char *shown,
		const struct trail *above, struct err *err);

/* What is there but cannot be reached may hold what is in force. A name that went since the folder
 * was listed holds nothing. */
static void report_unreachable(struct folder *folder, const char *path, const char *shown,
			       const char *what, const char *why)
{
	struct stat status;

	if (lstat(path, &status) != 0 && errno == ENOENT)
		return;
	report(folder, shown, 1, "%scannot be read: %s", what, why);
	vec_push(&folder->unsound, arena_strdup(&folder->arena, shown));
}

static bool is_at_or_below(const char *file, const char *path)
{
	size_t length = strlen(path);

	return strncmp(file, path, length) == 0 && (file[length] == '\0' || file[length] == '/');
}

/* A link to a folder that is not mounted now, say. Other links that lead nowhere are not ours. */
static bool holds_known(const struct folder *folder, const char *shown)
{
	for (size_t i = 0; i < folder->known.count; i++)
		if (is_at_or_below(folder->known.items[i].file, shown))
			return true;
	return false;
}

static void visit(struct folder *folder, const char *path, const char *shown, const char *name,
		  const struct trail *trail)
{
	char below[PATH_MAX];
	char below_shown[PATH_MAX];
	struct stat status;
	struct err err = {0};

	if ((size_t)snprintf(below, sizeof below, "%s/%s", path, name) >= sizeof below)
		return; /* no program could open it either */
	snprintf(below_shown, sizeof below_shown, "%s%s%s", shown == NULL ? "" : shown,
		 shown == NULL || str_ends_with(shown, "/") ? "" : "/", name);
	if (stat(below, &status) != 0) {
		if (is_dag_file(name) || holds_known(folder, below_shown))
			report_unreachable(folder, below, below_shown, "", strerror(errno));
	} else if (S_ISDIR(status.st_mode)) {
		if (walk(folder, below, below_shown, trail, &err) != 0)
			report_unreachable(folder, below, below_shown, "folder ", err.message);
	} else if (is_dag_file(name)) {
		add_file(folder, below, below_shown, trail->defaults);
	}
}

/* The heddle.yaml among a folder's entries, as shown, or the one above. */
static const char *find_defaults(struct folder *folder, struct dirent *const *entries, int count,
				 const char *shown, const struct trail *above)
{
	for (int i = 0; i < count; i++)
		if (is_defaults_file(entries[i]->d_name))
			return arena_printf(&folder->arena, "%s%s%s", shown == NULL ? "" : shown,
					    shown == NULL || str_ends_with(shown, "/") ? "" : "/",
					    entries[i]->d_name);
	return above == NULL ? NULL : above->defaults;
}

static int walk(struct folder *folder, const char *path, const char *shown,
		const struct trail *above, struct err *err)
{
	struct trail here = {.above = above, .depth = above == NULL ? 1 : above->depth + 1};
	struct dirent **entries = NULL;
	struct stat status;
	int count;

	if (stat(path, &status) != 0)
		return err_errno(err, errno, "open '%s'", path);
	if (here.depth > DEPTH_MAX || is_on_trail(above, &status))
		return 0;
	here.device = status.st_dev;
	here.inode = status.st_ino;
	count = scandir(path, &entries, is_wanted, by_name);
	if (count < 0)
		return err_errno(err, errno, "list '%s'", path);
	here.defaults = find_defaults(folder, entries, count, shown, above);
	for (int i = 0; i < count; i++) {
		visit(folder, path, shown, entries[i]->d_name, &here);
		mem_free(entries[i]);
	}
	mem_free(entries);
	return 0;
}

/* The heddle.yaml in the folder of one file; those above it are not known to be in the dag folder.
 */
static const char *defaults_beside(struct folder *folder, const char *path)
{
	static const char *const names[] = {"heddle.yaml", "heddle.yml"};
	const char *slash = strrchr(path, '/');
	int length = slash == NULL ? 0 : (int)(slash + 1 - path);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *beside = arena_printf(&folder->arena, "%.*s%s", length, path, names[i]);

		if (access(beside, F_OK) == 0)
			return beside;
	}
	return NULL;
}

int folder_add(struct folder *folder, const char *path, const char *shown, struct err *err)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return err_errno(err, errno, "open '%s'", path);
	if (S_ISDIR(status.st_mode))
		return walk(folder, path, shown, NULL, err);
	shown = shown == NULL ? path : shown;
	add_file(folder, path, shown, defaults_beside(folder, path));
	return 0;
}

static int compare_known(const void *a, const void *b)
{
	const struct folder_known *left = a;
	const struct folder_known *right = b;

	return strcmp(left->dag_id, right->dag_id);
}

static struct folder_known *find_known(struct folder *folder, const char *dag_id)
{
	struct folder_known key = {.dag_id = dag_id};

	if (folder->known.count == 0)
		return NULL;
	return bsearch(&key, folder->known.items, folder->known.count, sizeof key, compare_known);
}

static bool is_unsound(const struct folder *folder, const char *file)
{
	for (size_t i = 0; i < folder->unsound.count; i++)
		if (is_at_or_below(file, folder->unsound.items[i]))
			return true;
	return false;
}

static void drop(struct folder_dag *dag)
{
	dag_unref(dag->dag);
	dag->dag = NULL;
}

/* Whether the file that had the id before still claims it cannot be told: so it does. */
static void refuse_held(struct folder *folder, struct folder_dag *dag,
			const struct folder_known *known)
{
	report(folder, dag->file, dag->dag->line,
	       "id '%s' is in force from %s, which does not check: mend or remove that "
	       "file, or give one of the two another id",
	       dag->dag->id, known->file);
	drop(dag);
}

static void compare_with_known(struct folder *folder)
{
	if (folder->known.count > 0)
		qsort(folder->known.items, folder->known.count, sizeof *folder->known.items,
		      compare_known);
	for (size_t i = 0; i < folder->dag_count; i++) {
		struct folder_dag *dag = &folder->dags[i];
		struct folder_known *known = find_known(folder, dag->dag->id);

		dag->in_force = known != NULL && strcmp(known->file, dag->file) == 0;
		if (known == NULL)
			continue;
		if (!dag->in_force && is_unsound(folder, known->file))
			refuse_held(folder, dag, known);
		else
			known->found = true;
	}
	for (size_t i = 0; i < folder->known.count; i++) {
		struct folder_known *known = &folder->known.items[i];

		known->stays = !known->found && is_unsound(folder, known->file);
	}
}

/* Positions sorted by dag id, then what is in force, then by position: doubles become neighbours,
 * the one that keeps the id first. */
static int compare_ids(const void *a, const void *b, void *context)
{
	const struct folder *folder = context;
	size_t left = *(const size_t *)a;
	size_t right = *(const size_t *)b;
	int order = strcmp(folder->dags[left].dag->id, folder->dags[right].dag->id);

	if (order == 0)
		order = folder->dags[right].in_force - folder->dags[left].in_force;
	return order != 0 ? order : (left > right) - (left < right);
}

static void refuse_double(struct folder *folder, size_t kept, size_t refused)
{
	struct folder_dag *first = &folder->dags[kept];
	struct folder_dag *second = &folder->dags[refused];

	report(folder, second->file, second->dag->line,
	       "id '%s' is taken by %s:%u; give one of the two another id", second->dag->id,
	       first->file, first->dag->line);
	drop(second);
}

static void refuse_doubles(struct folder *folder)
{
	size_t *order = mem_alloc(folder->dag_count * sizeof *order);
	size_t kept = 0;

	for (size_t i = 0; i < folder->dag_count; i++)
		order[i] = i;
	qsort_r(order, folder->dag_count, sizeof *order, compare_ids, folder);
	for (size_t i = 1; i < folder->dag_count; i++) {
		size_t first = order[kept];

		if (strcmp(folder->dags[first].dag->id, folder->dags[order[i]].dag->id) == 0)
			refuse_double(folder, first, order[i]);
		else
			kept = i;
	}
	mem_free(order);
}

static void close_ranks(struct folder *folder)
{
	size_t kept = 0;

	for (size_t i = 0; i < folder->dag_count; i++)
		if (folder->dags[i].dag != NULL)
			folder->dags[kept++] = folder->dags[i];
	folder->dag_count = kept;
}

void folder_judge(struct folder *folder)
{
	compare_with_known(folder);
	close_ranks(folder);
	refuse_doubles(folder);
	close_ranks(folder);
}

void folder_keep(struct folder *folder, const struct folder_known *known, const char *text,
		 size_t bytes)
{
	struct dag_errors errors;
	struct dag_list dags;

	dag_list_init(&dags);
	dag_errors_init(&errors);
	if (dag_parse(known->file, text, bytes, &dags, &errors) == 0 && dags.count == 1)
		add_dag(folder, dags.items[0], known->file);
	else
		report(folder, known->file, 1,
		       "the last good version of dag '%s' is not accepted any more: %s",
		       known->dag_id, errors.count > 0 ? errors.items[0].message : "not one dag");
	dag_errors_close(&errors);
	dag_list_close(&dags);
}

static int compare_dags(const void *a, const void *b)
{
	const struct folder_dag *left = a;
	const struct folder_dag *right = b;

	return strcmp(left->dag->id, right->dag->id);
}

void folder_sort(struct folder *folder)
{
	if (folder->dag_count > 0)
		qsort(folder->dags, folder->dag_count, sizeof *folder->dags, compare_dags);
}

static int compare_with_id(const void *key, const void *item)
{
	return strcmp(key, ((const struct folder_dag *)item)->dag->id);
}

const struct folder_dag *folder_find(const struct folder *folder, const char *dag_id)
{
	if (folder->dag_count == 0)
		return NULL;
	return bsearch(dag_id, folder->dags, folder->dag_count, sizeof *folder->dags,
		       compare_with_id);
}
