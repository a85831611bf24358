/* version.c - kept texts parsed again; see version.h. */
#include "web/page/version.h"

#include <stddef.h>
#include <string.h>

/* One file may hold several dags. */
static struct dag *find_dag(const struct dag_list *dags, const struct version_text *view)
{
	for (size_t i = 0; i < dags->count; i++)
		if (strcmp(dags->items[i]->hash, view->hash) == 0)
			return dags->items[i];
	return dags->count == 1 ? dags->items[0] : NULL;
}

static void parse(void *context, const struct version_text *view)
{
	struct dag **out = context;
	struct dag_errors errors;
	struct dag_list dags;

	dag_list_init(&dags);
	dag_errors_init(&errors);
	if (dag_parse_version(view->file, view->text, view->bytes, view->files, view->file_count,
			      &dags, &errors) == 0)
		*out = find_dag(&dags, view);
	if (*out != NULL)
		dag_ref(*out);
	dag_list_close(&dags);
	dag_errors_close(&errors);
}

int version_read(struct store_reader *reader, const char *dag_id, const char *hash,
		 struct dag **out, struct err *err)
{
	int rc = read_version_text(reader, dag_id, hash, parse, out, err);

	if (rc == 0 && *out == NULL)
		rc =
		    err_set(err, ERR_INVALID,
			    "this version of dag '%s' is of a text that this program does not take",
			    dag_id);
	return rc;
}
