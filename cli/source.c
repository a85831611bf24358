/* source.c - see source.h. */
#include "cli/source.h"

#include "base/mem.h"
#include "cli/ask.h"
#include "model/param.h"

#include <string.h>

/* One file may hold several dags. */
static struct dag *find_dag(const struct dag_list *dags, const char *dag_id)
{
	for (size_t i = 0; i < dags->count; i++)
		if (strcmp(dags->items[i]->id, dag_id) == 0)
			return dag_ref(dags->items[i]);
	return NULL;
}

static struct dag *parse(const char *dag_id, const struct str *text)
{
	struct dag_errors errors;
	struct dag_list dags;
	struct dag *dag = NULL;

	dag_list_init(&dags);
	dag_errors_init(&errors);
	if (dag_parse_alone(dag_id, str_text(text), text->size, &dags, &errors) == 0)
		dag = find_dag(&dags, dag_id);
	dag_errors_close(&errors);
	dag_list_close(&dags);
	return dag;
}

int source_fetch(struct cli *cli, const char *dag_id, const char *hash, struct dag **out)
{
	struct question question = {.method = "GET", .patient = true, .is_text = true};
	struct reply reply = {0};
	struct str path = STR_INIT;
	int code;

	*out = NULL;
	str_append(&path, "/api/v1/dags/");
	http_encode(&path, dag_id);
	str_append(&path, "/source");
	if (hash != NULL)
		str_printf(&path, "?version=%s", hash);
	question.path = str_text(&path);
	code = ask(cli, &question, &reply);
	if (code == CODE_OK)
		*out = parse(dag_id, &reply.body);
	reply_close(&reply);
	str_close(&path);
	return code;
}

/* --- params -------------------------------------------------------------------------------------
 */

static json_t *untyped(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	return value != NULL ? value : json_string(text);
}

/* A new reference. */
static json_t *value_of(const struct dag *dag, const char *name, const char *text, struct err *err)
{
	const struct param *param = dag == NULL ? NULL : param_find(dag, name);

	err_set(err, ERR_USAGE, "the value of '--param' is not UTF-8");
	return param == NULL ? untyped(text) : param_from_text(param, text, err);
}

static int read_param(const struct dag *dag, const char *given, json_t *object)
{
	const char *equals = strchr(given, '=');
	struct err err = {0};
	char *name;
	int rc;

	if (equals == NULL || equals == given)
		return cli_fail(CODE_USAGE, "flag '--param' is '%s': it must be NAME=VALUE", given);
	name = mem_strndup(given, (size_t)(equals - given));
	rc = json_object_set_new(object, name, value_of(dag, name, equals + 1, &err));
	mem_free(name);
	return rc == 0 ? CODE_OK : cli_fail(CODE_USAGE, "%s", err.message);
}

int source_read_params(const struct args *args, const struct dag *dag, json_t **out)
{
	const char *given;
	size_t at = 0;
	int code = CODE_OK;

	*out = NULL;
	if (!args_has(args, FLAG_PARAM))
		return CODE_OK;
	*out = json_object();
	while (code == CODE_OK && (given = args_next(args, FLAG_PARAM, &at)) != NULL)
		code = read_param(dag, given, *out);
	if (code != CODE_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return code;
}
