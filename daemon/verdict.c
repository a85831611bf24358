/* verdict.c - see verdict.h. */
#include "daemon/verdict.h"

#include "daemon/home.h"
#include "store/read.h"
#include "web/compose.h"

#include <string.h>

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

#define UNNAMED "dag.yaml" /* at the top of the folder */

struct taken {
	struct folder *folder;
	const struct folder_dag *dag;
};

/* One that is in force from another file would stay so. */
static bool take_known(void *context, const struct dag_view *known)
{
	const struct taken *taken = context;
	const struct folder_dag *dag = taken->dag;

	if (strcmp(known->file, dag->file) != 0)
		folder_report(taken->folder, dag->file, dag->line,
			      "id '%s' is taken by %s; give one of the two another id", dag->id,
			      known->file);
	return true;
}

/* What cannot be read is no error of the text. */
static void tell_taken(struct folder *folder, struct store_reader *reader)
{
	struct err ignored;

	for (size_t i = 0; i < folder->dag_count; i++) {
		struct taken taken = {folder, &folder->dags[i]};

		(void)read_dag(reader, folder->dags[i].id, take_known, &taken, &ignored);
	}
}

void verdict_of_text(const void *home, struct store_reader *reader, const char *name,
		     const struct str *text, struct str *out)
{
	const char *dags = ((const struct home *)home)->dags;
	struct folder folder;

	folder_init(&folder);
	folder_add_text(&folder, dags, name == NULL ? UNNAMED : name, text);
	folder_judge(&folder);
	if (name != NULL)
		tell_taken(&folder, reader);
	verdict_write(&folder, out);
	folder_close(&folder);
}
