/* source.c - see source.h. */
#include "cli/source.h"

#include "base/mem.h"
#include "cli/ask.h"
#include "model/param.h"

#include <string.h>

json_t *source_types(const struct dag *dag)
{
	json_t *types = json_object();

	for (uint32_t i = 0; i < dag->param_count; i++)
		json_object_set_new(types, dag->params[i].name,
				    json_string(param_type_name(dag->params[i].type)));
	return types;
}

static bool find_type(const json_t *types, const char *name, enum param_type *type)
{
	const char *text = reply_text(types, name);

	for (int i = 0; param_type_names[i] != NULL; i++)
		if (strcmp(param_type_names[i], text) == 0) {
			*type = (enum param_type)i;
			return true;
		}
	return false;
}

static json_t *untyped(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	return value != NULL ? value : json_string(text);
}

/* A new reference. */
static json_t *value_of(const json_t *types, const char *name, const char *text, struct err *err)
{
	struct param param = {.name = name};

	err_set(err, ERR_USAGE, "the value of '--param' is not UTF-8");
	return find_type(types, name, &param.type) ? param_from_text(&param, text, err)
						   : untyped(text);
}

static int read_param(const json_t *types, const char *given, json_t *object)
{
	const char *equals = strchr(given, '=');
	struct err err = {0};
	char *name;
	int rc;

	if (equals == NULL || equals == given)
		return cli_fail(CODE_USAGE, "flag '--param' is '%s': it must be NAME=VALUE", given);
	name = mem_strndup(given, (size_t)(equals - given));
	if (json_object_get(object, name) != NULL)
		rc = err_set(&err, ERR_USAGE, "param '%s' is given twice", name);
	else
		rc = json_object_set_new(object, name, value_of(types, name, equals + 1, &err));
	mem_free(name);
	return rc == 0 ? CODE_OK : cli_fail(CODE_USAGE, "%s", err.message);
}

int source_read_params(const struct args *args, const json_t *types, json_t **out)
{
	const char *given;
	size_t at = 0;
	int code = CODE_OK;

	*out = NULL;
	if (!args_has(args, FLAG_PARAM))
		return CODE_OK;
	*out = json_object();
	while (code == CODE_OK && (given = args_next(args, FLAG_PARAM, &at)) != NULL)
		code = read_param(types, given, *out);
	if (code != CODE_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return code;
}

int source_ask_params(struct cli *cli, const char *dag_id, const char *hash, json_t **out)
{
	struct reply reply = {0};
	struct str path = STR_INIT;
	json_t *types = json_object();
	const json_t *param;
	size_t i;
	/* A run may stand on a version of a dag that is gone. */
	struct question question = {.method = "GET", .patient = true, .may_miss = hash != NULL};
	int code = CODE_OK;

	*out = NULL;
	str_append(&path, "/api/v1/dags/");
	http_encode(&path, dag_id);
	if (hash != NULL)
		str_printf(&path, "?version=%s", hash);
	question.path = str_text(&path);
	if (args_has(cli->args, FLAG_PARAM))
		code = ask(cli, &question, &reply);
	if (code == CODE_NOT_FOUND && question.may_miss)
		code = CODE_OK;
	json_array_foreach(json_object_get(reply.json, "params"), i, param) json_object_set_new(
	    types, reply_text(param, "name"), json_string(reply_text(param, "type")));
	if (code == CODE_OK)
		code = source_read_params(cli->args, types, out);
	json_decref(types);
	reply_close(&reply);
	str_close(&path);
	return code;
}
