/* verdict.c - see verdict.h. */
#include "daemon/verdict.h"

#include "daemon/home.h"
#include "web/compose.h"

static void write_dag(struct compose *compose, const struct folder_dag *dag)
{
	compose_open(compose, '{');
	compose_member_text(compose, "id", dag->dag->id);
	compose_member_text(compose, "file", dag->file);
	compose_member_int(compose, "tasks", dag->dag->task_count);
	compose_close(compose, '}');
}

static void write_error(struct compose *compose, const struct dag_error *error)
{
	compose_open(compose, '{');
	compose_member_text(compose, "file", error->source);
	compose_member_int(compose, "line", error->line);
	compose_member_int(compose, "column", error->column);
	compose_member_text(compose, "message", error->message);
	compose_close(compose, '}');
}

void verdict_write(const struct folder *folder, struct str *out)
{
	struct compose compose;

	compose_init(&compose, out);
	compose_open(&compose, '{');
	compose_key(&compose, "valid");
	compose_bool(&compose, folder->errors.count == 0);
	compose_member_int(&compose, "files", (int64_t)folder->dag_file_count);
	compose_member_open(&compose, "dags", '[');
	for (size_t i = 0; i < folder->dag_count; i++)
		write_dag(&compose, &folder->dags[i]);
	compose_close(&compose, ']');
	compose_member_open(&compose, "errors", '[');
	for (size_t i = 0; i < folder->errors.count; i++)
		write_error(&compose, &folder->errors.items[i]);
	compose_close(&compose, ']');
	compose_close(&compose, '}');
}

void verdict_of_text(const void *home, const char *name, const struct str *text, struct str *out)
{
	struct folder folder;

	folder_init(&folder);
	folder_add_text(&folder, ((const struct home *)home)->dags, name, text);
	folder_judge(&folder);
	verdict_write(&folder, out);
	folder_close(&folder);
}
