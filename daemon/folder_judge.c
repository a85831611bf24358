/* folder_judge.c - which file has which id, and what stays in force; see folder.h. */
#include "daemon/folder.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_listed(const struct folder *folder, const char *name)
{
	return folder->unsound.count > 0 &&
	       bsearch(&name, folder->unsound.items, folder->unsound.count,
		       sizeof *folder->unsound.items, compare_names) != NULL;
}

/* Whether the file, or a folder above it, is there but could not be read or does not check. */
static bool is_unsound(const struct folder *folder, const char *file)
{
	char *path = mem_strdup(file);
	bool found = is_listed(folder, path);

	for (char *slash = strrchr(path, '/'); !found && slash != NULL;
	     slash = strrchr(path, '/')) {
		*slash = '\0';
		found = is_listed(folder, path);
	}
	mem_free(path);
	return found;
}

static void gather(struct folder *folder)
{
	for (size_t i = 0; i < folder->file_count; i++) {
		struct folder_file *file = &folder->files[i];

		if (!file->is_sound)
			vec_push(&folder->unsound, file->name);
		for (size_t j = 0; file->is_sound && j < file->dag_count; j++) {
			folder_push_dag(folder, &file->dags[j]);
			file->dags[j].dag = NULL; /* the reference goes along */
		}
	}
	if (folder->unsound.count > 0)
		qsort(folder->unsound.items, folder->unsound.count, sizeof *folder->unsound.items,
		      compare_names);
}

static void refuse(struct folder *folder, struct folder_dag *dag)
{
	if (dag->dag != NULL)
		vec_push(&folder->refused, *dag); /* the reference goes along */
	dag->dag = NULL;
	dag->id = NULL;
}

/* Whether the file that had the id before still claims it cannot be told: so it does. */
static void refuse_held(struct folder *folder, struct folder_dag *dag,
			const struct folder_dag *known)
{
	folder_report(folder, dag->file, dag->line,
		      "id '%s' is in force from %s, which does not check: mend or remove that "
		      "file, or give one of the two another id",
		      dag->id, known->file);
	refuse(folder, dag);
}

/* found[i] tells whether the i-th dag that was in force is found, in its file or another. */
static void compare_with_known(struct folder *folder, bool *found)
{
	const struct folder *before = folder->before;

	for (size_t i = 0; i < folder->dag_count; i++) {
		struct folder_dag *dag = &folder->dags[i];
		const struct folder_dag *known = folder_find(before, dag->id);

		dag->in_force = known != NULL && strcmp(known->file, dag->file) == 0;
		if (known == NULL)
			continue;
		if (!dag->in_force && is_unsound(folder, known->file))
			refuse_held(folder, dag, known);
		else
			found[known - before->dags] = true;
	}
}

static void add_staying(struct folder *folder, const bool *found)
{
	const struct folder *before = folder->before;

	for (size_t i = 0; i < before->dag_count; i++) {
		struct folder_dag dag = before->dags[i];

		if (found[i] || !is_unsound(folder, dag.file))
			continue;
		dag.id = arena_strdup(&folder->arena, dag.id);
		dag.file = arena_strdup(&folder->arena, dag.file);
		dag.dag = NULL;
		dag.in_force = true;
		dag.stays = true;
		folder_push_dag(folder, &dag);
	}
}

/* Positions sorted by dag id, then what is in force, then by position: doubles become neighbours,
 * the one that keeps the id first. */
static int compare_ids(const void *a, const void *b, void *context)
{
	const struct folder *folder = context;
	size_t left = *(const size_t *)a;
	size_t right = *(const size_t *)b;
	int order = strcmp(folder->dags[left].id, folder->dags[right].id);

	if (order == 0)
		order = folder->dags[right].in_force - folder->dags[left].in_force;
	return order != 0 ? order : (left > right) - (left < right);
}

static void refuse_double(struct folder *folder, size_t kept, size_t refused)
{
	struct folder_dag *first = &folder->dags[kept];
	struct folder_dag *second = &folder->dags[refused];

	folder_report(folder, second->file, second->line,
		      "id '%s' is taken by %s:%u; give one of the two another id", second->id,
		      first->file, first->line);
	refuse(folder, second);
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

		if (strcmp(folder->dags[first].id, folder->dags[order[i]].id) == 0)
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
		if (folder->dags[i].id != NULL)
			folder->dags[kept++] = folder->dags[i];
	folder->dag_count = kept;
}

/* Errors of files come in the order of the files. One that stands in a heddle.yaml comes once,
 * however many dags it is an error of. */
static bool is_told(const struct folder *folder, size_t first, const struct dag_error *error)
{
	for (size_t i = first; i < folder->errors.count; i++) {
		const struct dag_error *told = &folder->errors.items[i];

		if (told->line == error->line && told->column == error->column &&
		    strcmp(told->source, error->source) == 0 &&
		    strcmp(told->message, error->message) == 0)
			return true;
	}
	return false;
}

static void tell_error(struct folder *folder, const struct dag_error *error)
{
	struct dag_errors one;

	dag_errors_init(&one);
	dag_errors_add(&one, error->source, error->line, error->column, error->text, "%s",
		       error->message);
	dag_errors_move(&folder->errors, &one);
}

/* All that is wrong with the file stands in the defaults above it. */
static void tell_misfit(struct folder *folder, const struct folder_file *file)
{
	const struct dag_error *error = &file->errors[0];
	struct dag_errors one;

	dag_errors_init(&one);
	dag_errors_add(&one, file->name, 1, 1, NULL,
		       "a default does not fit this file: %s:%u:%u: %s", error->source, error->line,
		       error->column, error->message);
	dag_errors_move(&folder->errors, &one);
}

static void tell_own_errors(struct folder *folder, const struct folder_file *file)
{
	bool has_own = false;

	for (size_t i = 0; i < file->error_count; i++) {
		const struct dag_error *error = &file->errors[i];

		if (strcmp(error->source, file->name) != 0)
			continue;
		has_own = true;
		/* Two files named to `validate` may stand below the same heddle.yaml. */
		if (!file->is_defaults || !is_told(folder, 0, error))
			tell_error(folder, error);
	}
	/* Who looks for the file must find it among the errors. */
	if (!has_own && file->error_count > 0)
		tell_misfit(folder, file);
}

static void tell_errors(struct folder *folder)
{
	size_t foreign;

	for (size_t i = 0; i < folder->file_count; i++)
		tell_own_errors(folder, &folder->files[i]);
	foreign = folder->errors.count;
	for (size_t i = 0; i < folder->file_count; i++)
		for (size_t j = 0; j < folder->files[i].error_count; j++) {
			const struct dag_error *error = &folder->files[i].errors[j];

			if (strcmp(error->source, folder->files[i].name) != 0 &&
			    !is_told(folder, foreign, error))
				tell_error(folder, error);
		}
}

void folder_judge(struct folder *folder)
{
	const struct folder *before = folder->before;
	bool *found = mem_alloc(before == NULL ? 1 : before->dag_count + 1);

	tell_errors(folder);
	gather(folder);
	if (before != NULL)
		compare_with_known(folder, found);
	close_ranks(folder);
	refuse_doubles(folder);
	close_ranks(folder);
	if (before != NULL)
		add_staying(folder, found);
	mem_free(found);
	folder->before = NULL;
}
