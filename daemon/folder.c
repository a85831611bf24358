/* folder.c - what is held of a folder, and how it is found again; see folder.h. Reading is in
 * folder_read.c, judging in folder_judge.c, both at once in folder_add.c. */
#include "daemon/folder.h"

#include "base/mem.h"
#include "daemon/folder_parts.h"
#include "model/defaults.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void folder_init(struct folder *folder)
{
	memset(folder, 0, sizeof *folder);
	arena_init(&folder->arena);
	dag_errors_init(&folder->errors);
}

void folder_init_after(struct folder *folder, const struct folder *before)
{
	folder_init(folder);
	folder->before = before;
}

void folder_close_result(struct folder_result *result)
{
	if (result == NULL)
		return;
	for (size_t i = 0; i < result->needs.count; i++)
		mem_free((char *)(uintptr_t)result->needs.items[i].path);
	vec_close(&result->needs);
	dag_list_close(&result->dags);
	dag_errors_close(&result->errors);
	mem_free(result);
}

static void close_file(struct folder_file *file)
{
	for (size_t i = 0; i < file->dag_count; i++) {
		dag_unref(file->dags[i].dag);
		if (file->result != NULL)
			mem_free((char *)(uintptr_t)file->dags[i].id);
	}
	if (file->result != NULL && file->dag_count > 0)
		mem_free(file->dags);
	folder_close_result(file->result);
	file->result = NULL;
}

void folder_close_defaults(struct folder *folder)
{
	for (size_t i = 0; i < folder->defaults.count; i++)
		defaults_unref(folder->defaults.items[i].parsed);
	vec_close(&folder->defaults);
}

void folder_close(struct folder *folder)
{
	for (size_t i = 0; i < folder->dag_count; i++)
		dag_unref(folder->dags[i].dag);
	for (size_t i = 0; i < folder->refused.count; i++)
		dag_unref(folder->refused.items[i].dag);
	vec_close(&folder->refused);
	for (size_t i = 0; i < folder->file_count; i++)
		close_file(&folder->files[i]);
	folder_close_defaults(folder);
	mem_free(folder->dags);
	mem_free(folder->files);
	vec_close(&folder->unread);
	vec_close(&folder->unsound);
	dag_errors_close(&folder->errors);
	arena_close(&folder->arena);
	folder_init(folder);
}

void folder_push_dag(struct folder *folder, const struct folder_dag *dag)
{
	if (folder->dag_count == folder->dag_capacity) {
		folder->dag_capacity = folder->dag_capacity == 0 ? 16 : folder->dag_capacity * 2;
		folder->dags =
		    mem_realloc(folder->dags, folder->dag_capacity * sizeof *folder->dags);
	}
	folder->dags[folder->dag_count++] = *dag;
}

void folder_note(struct folder *folder, const char *dag_id, const char *file, const char *hash)
{
	struct folder_dag dag = {.id = arena_strdup(&folder->arena, dag_id),
				 .file = arena_strdup(&folder->arena, file)};

	snprintf(dag.hash, sizeof dag.hash, "%s", hash);
	folder_push_dag(folder, &dag);
}

struct folder_file *folder_note_file(struct folder *folder)
{
	struct folder_file *file;

	if (folder->file_count == folder->file_capacity) {
		folder->file_capacity = folder->file_capacity == 0 ? 16 : folder->file_capacity * 2;
		folder->files =
		    mem_realloc(folder->files, folder->file_capacity * sizeof *folder->files);
	}
	file = &folder->files[folder->file_count++];
	memset(file, 0, sizeof *file);
	return file;
}

void folder_report(struct folder *folder, const char *file, uint32_t line, const char *format, ...)
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

static int compare_dags(const void *a, const void *b)
{
	const struct folder_dag *left = a;
	const struct folder_dag *right = b;

	return strcmp(left->id, right->id);
}

void folder_sort(struct folder *folder)
{
	if (folder->dag_count > 0)
		qsort(folder->dags, folder->dag_count, sizeof *folder->dags, compare_dags);
}

static int compare_with_id(const void *key, const void *item)
{
	return strcmp(key, ((const struct folder_dag *)item)->id);
}

const struct folder_dag *folder_find(const struct folder *folder, const char *dag_id)
{
	if (folder->dag_count == 0)
		return NULL;
	return bsearch(dag_id, folder->dags, folder->dag_count, sizeof *folder->dags,
		       compare_with_id);
}

static int compare_with_name(const void *key, const void *item)
{
	return strcmp(key, ((const struct folder_file *)item)->name);
}

const struct folder_file *folder_find_file(const struct folder *folder, const char *name)
{
	if (folder->file_count == 0)
		return NULL;
	return bsearch(name, folder->files, folder->file_count, sizeof *folder->files,
		       compare_with_name);
}

bool folder_is_known(const struct folder *folder, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < folder->dag_count; i++) {
		const char *file = folder->dags[i].file;

		if (strncmp(file, name, length) == 0 &&
		    (file[length] == '\0' || file[length] == '/'))
			return true;
	}
	return false;
}
