/* folder.c - from files to dags and errors; see folder.h. */
#include "daemon/folder.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/limits.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 64

/* The folders from the top down to where the walk stands: a link back to one of them is a loop. */
struct trail {
	const struct trail *above;
	dev_t device;
	ino_t inode;
	unsigned depth;
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
	folder->dag_count++;
}

/* A file beyond the bound is told in the parser's words, which has no need to hold all of it. */
static void report_unread(struct folder *folder, const char *name, const char *path,
			  const struct err *err)
{
	struct stat status;

	if (err->code == ERR_LIMIT && stat(path, &status) == 0)
		dag_errors_add(&folder->errors, name, 1, 1, NULL,
			       "the file has %lld bytes: at most %u (8 MiB)",
			       (long long)status.st_size, LIMIT_DAG_FILE_BYTES);
	else
		dag_errors_add(&folder->errors, name, 1, 1, NULL, "cannot be read: %s",
			       err->message);
}

static void add_file(struct folder *folder, const char *path, const char *shown)
{
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
	else
		(void)dag_parse(name, str_text(&text), text.size, &dags, &errors);
	for (size_t i = 0; i < dags.count; i++)
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
		if (is_dag_file(name))
			dag_errors_add(&folder->errors, below_shown, 1, 1, NULL,
				       "cannot be read: %s", strerror(errno));
	} else if (S_ISDIR(status.st_mode)) {
		if (walk(folder, below, below_shown, trail, &err) != 0)
			dag_errors_add(&folder->errors, below_shown, 1, 1, NULL,
				       "folder cannot be read: %s", err.message);
	} else if (is_dag_file(name)) {
		add_file(folder, below, below_shown);
	}
}

static int walk(struct folder *folder, const char *path, const char *shown,
		const struct trail *above, struct err *err)
{
	struct trail here = {above, 0, 0, above == NULL ? 1 : above->depth + 1};
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
	for (int i = 0; i < count; i++) {
		visit(folder, path, shown, entries[i]->d_name, &here);
		mem_free(entries[i]);
	}
	mem_free(entries);
	return 0;
}

int folder_add(struct folder *folder, const char *path, const char *shown, struct err *err)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return err_errno(err, errno, "open '%s'", path);
	if (S_ISDIR(status.st_mode))
		return walk(folder, path, shown, NULL, err);
	add_file(folder, path, shown == NULL ? path : shown);
	return 0;
}

/* Positions sorted by dag id, then by position: doubles become neighbours, the first in force
 * first. */
static int compare_ids(const void *a, const void *b, void *context)
{
	const struct folder *folder = context;
	size_t left = *(const size_t *)a;
	size_t right = *(const size_t *)b;
	int order = strcmp(folder->dags[left].dag->id, folder->dags[right].dag->id);

	return order != 0 ? order : (left > right) - (left < right);
}

static void refuse_double(struct folder *folder, size_t kept, size_t refused)
{
	struct folder_dag *first = &folder->dags[kept];
	struct folder_dag *second = &folder->dags[refused];

	dag_errors_add(&folder->errors, second->file, second->dag->line, 1, NULL,
		       "id '%s' is taken by %s:%u; give one of the two another id", second->dag->id,
		       first->file, first->dag->line);
	dag_unref(second->dag);
	second->dag = NULL;
}

void folder_judge(struct folder *folder)
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
	kept = 0;
	for (size_t i = 0; i < folder->dag_count; i++)
		if (folder->dags[i].dag != NULL)
			folder->dags[kept++] = folder->dags[i];
	folder->dag_count = kept;
}
