/* dag.c - life of parsed dags and of the lists that a parse fills; see dag.h. Parsing is in
 * parse.c. */
#include "model/dag.h"

#include "base/mem.h"
#include "base/str.h"
#include "model/limits.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct dag *dag_ref(struct dag *dag)
{
	atomic_fetch_add(&dag->references, 1);
	return dag;
}

void dag_unref(struct dag *dag)
{
	if (dag == NULL)
		return;
	assert(atomic_load(&dag->references) > 0);
	if (atomic_fetch_sub(&dag->references, 1) != 1)
		return;
	arena_close(&dag->arena);
	mem_free(dag);
}

uint32_t dag_find_task(const struct dag *dag, const char *task_id)
{
	for (uint32_t i = 0; i < dag->task_count; i++)
		if (strcmp(dag->tasks[i].id, task_id) == 0)
			return i;
	return UINT32_MAX;
}

int dag_miss_task(const struct dag *dag, const char *task_id, struct err *err)
{
	const char **names = mem_alloc((dag->task_count + 1) * sizeof *names);
	const char *nearest;

	for (uint32_t i = 0; i < dag->task_count; i++)
		names[i] = dag->tasks[i].id;
	names[dag->task_count] = NULL;
	nearest = strlen(task_id) <= LIMIT_ID_BYTES ? str_nearest(task_id, names) : NULL;
	mem_free(names);
	if (nearest != NULL)
		return err_set(err, ERR_NOT_FOUND,
			       "dag '%s' has no task '%.100s' (did you mean '%s'?)", dag->id,
			       task_id, nearest);
	return err_set(err, ERR_NOT_FOUND, "dag '%s' has no task '%.100s'", dag->id, task_id);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool id_is_valid(const char *id, bool dots_allowed)
{
	size_t length = strnlen(id, LIMIT_ID_BYTES + 1);

	if (length == 0 || length > LIMIT_ID_BYTES || !is_letter(id[0]))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!is_letter(id[i]) && !is_digit(id[i]) && id[i] != '-' &&
		    !(dots_allowed && id[i] == '.'))
			return false;
	return true;
}

void dag_errors_init(struct dag_errors *errors)
{
	memset(errors, 0, sizeof *errors);
	arena_init(&errors->arena);
}

void dag_errors_close(struct dag_errors *errors)
{
	arena_close(&errors->arena);
	mem_free(errors->items);
	dag_errors_init(errors);
}

static struct dag_error *append_error(struct dag_errors *errors)
{
	if (errors->count == errors->capacity) {
		errors->capacity = errors->capacity == 0 ? 8 : errors->capacity * 2;
		errors->items =
		    mem_realloc(errors->items, errors->capacity * sizeof *errors->items);
	}
	return &errors->items[errors->count++];
}

void dag_errors_add(struct dag_errors *errors, const char *source, uint32_t line, uint32_t column,
		    const char *text, const char *format, ...)
{
	char message[ERR_MESSAGE_MAX];
	struct dag_error *error;
	va_list args;

	if (errors->count > LIMIT_ERRORS)
		return;
	error = append_error(errors);
	error->source = arena_strdup(&errors->arena, source);
	error->line = line;
	error->column = column;
	error->text = arena_strdup(&errors->arena, text);
	if (errors->count > LIMIT_ERRORS) {
		error->message = "too many errors: the rest is not listed";
		return;
	}
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	error->message = arena_strdup(&errors->arena, message);
}

void dag_errors_move(struct dag_errors *to, struct dag_errors *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct dag_error *error = &from->items[i];
		struct dag_error *copy = append_error(to);

		*copy = *error;
		copy->source = arena_strdup(&to->arena, error->source);
		copy->message = arena_strdup(&to->arena, error->message);
		copy->text = arena_strdup(&to->arena, error->text);
	}
	dag_errors_close(from);
}

void dag_list_init(struct dag_list *list)
{
	memset(list, 0, sizeof *list);
}

void dag_list_close(struct dag_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		dag_unref(list->items[i]);
	mem_free(list->items);
	dag_list_init(list);
}
