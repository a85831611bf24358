/* eval.c - walks the tree of an expression and gives its value; see eval.h. */
#include "model/template/eval.h"

#include "base/mem.h"
#include "model/template/filter.h"

static int eval_literal(const struct literal *literal, json_t **out)
{
	switch (literal->type) {
	case JSON_STRING: /* the parser has seen that it is UTF-8 */
		*out = json_stringn(literal->text, literal->text_size);
		break;
	case JSON_INTEGER:
		*out = json_integer(literal->integer);
		break;
	case JSON_REAL:
		*out = json_real(literal->real);
		break;
	case JSON_TRUE:
		*out = json_true();
		break;
	case JSON_FALSE:
		*out = json_false();
		break;
	default:
		*out = json_null();
		break;
	}
	return 0;
}

static int eval_path(struct eval *eval, const struct node *node, json_t **out)
{
	char buffer[SHOWN_BYTES];
	struct str why = STR_INIT;
	int rc = 0;

	*out = eval->values->get(eval->values->context, &node->path, &why);
	if (*out == NULL) {
		(void)node_shown(eval->source + node->offset, node->length, buffer);
		rc = err_set(eval->err, ERR_NOT_FOUND, "'%s' has no value%s%s", buffer,
			     why.size == 0 ? "" : ": ", str_text(&why));
	}
	str_close(&why);
	return rc;
}

static void free_values(json_t **values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		json_decref(values[i]);
	mem_free(values);
}

/* The values of all arguments, in a list for free_values. */
static int eval_arguments(struct eval *eval, const struct node *node, json_t ***out)
{
	json_t **values = mem_alloc(node->argument_count * sizeof *values);
	int rc = 0;

	for (uint32_t i = 0; i < node->argument_count && rc == 0; i++)
		rc = eval_node(eval, node->arguments[i], &values[i]);
	if (rc != 0)
		free_values(values, node->argument_count);
	else
		*out = values;
	return rc;
}

static int eval_apply(struct eval *eval, const struct node *node,
		      int (*apply)(struct eval *, json_t *const *, size_t, json_t **), json_t **out)
{
	json_t **values = NULL;
	int rc = eval_arguments(eval, node, &values);

	if (rc != 0)
		return rc;
	rc = apply(eval, values, node->argument_count, out);
	free_values(values, node->argument_count);
	return rc;
}

/* The first of the arguments that has a value and is not null; the last one as it is. */
static int eval_first(struct eval *eval, const struct node *node, json_t **out)
{
	int rc = 0;

	for (uint32_t i = 0; i < node->argument_count; i++) {
		bool is_last = i + 1 == node->argument_count;

		*out = NULL;
		rc = eval_node(eval, node->arguments[i], out);
		if (is_last || (rc != 0 && rc != ERR_NOT_FOUND) || (rc == 0 && !json_is_null(*out)))
			break;
		json_decref(*out);
	}
	return rc;
}

static int eval_list(struct eval *eval, const struct node *node, json_t **out)
{
	json_t *list = json_array();
	json_t *item;
	int rc = 0;

	for (uint32_t i = 0; i < node->argument_count && rc == 0; i++) {
		rc = eval_node(eval, node->arguments[i], &item);
		if (rc == 0)
			(void)json_array_append_new(list, item);
	}
	if (rc != 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}

static int eval_truth(struct eval *eval, const struct node *node, bool *out)
{
	json_t *value;
	int rc = eval_node(eval, node, &value);

	if (rc != 0)
		return rc;
	*out = value_is_true(value);
	json_decref(value);
	return 0;
}

/* Stops at the first argument that decides: what comes after may have no value. */
static int eval_joined(struct eval *eval, const struct node *node, bool deciding, json_t **out)
{
	bool is_true = !deciding;
	int rc = 0;

	for (uint32_t i = 0; i < node->argument_count && rc == 0 && is_true != deciding; i++)
		rc = eval_truth(eval, node->arguments[i], &is_true);
	if (rc == 0)
		*out = json_boolean(is_true);
	return rc;
}

static int eval_not(struct eval *eval, const struct node *node, json_t **out)
{
	bool is_true = false;
	int rc = eval_truth(eval, node->arguments[0], &is_true);

	if (rc == 0)
		*out = json_boolean(!is_true);
	return rc;
}

static int eval_compare(struct eval *eval, const struct node *node, json_t **out)
{
	json_t **values = NULL;
	bool is_true = false;
	int rc = eval_arguments(eval, node, &values);

	if (rc != 0)
		return rc;
	rc = compare_values(eval, node->compare, values[0], values[1], &is_true);
	free_values(values, node->argument_count);
	if (rc == 0)
		*out = json_boolean(is_true);
	return rc;
}

static int eval_kind(struct eval *eval, const struct node *node, json_t **out)
{
	switch (node->kind) {
	case NODE_LITERAL:
		return eval_literal(&node->literal, out);
	case NODE_PATH:
		return eval_path(eval, node, out);
	case NODE_FILTER:
		return node->filter->apply == NULL
			   ? eval_first(eval, node, out)
			   : eval_apply(eval, node, node->filter->apply, out);
	case NODE_FUNCTION:
		return node->function->apply == NULL
			   ? eval_first(eval, node, out)
			   : eval_apply(eval, node, node->function->apply, out);
	case NODE_LIST:
		return eval_list(eval, node, out);
	case NODE_NOT:
		return eval_not(eval, node, out);
	case NODE_AND:
		return eval_joined(eval, node, false, out);
	case NODE_OR:
		return eval_joined(eval, node, true, out);
	case NODE_COMPARE:
		return eval_compare(eval, node, out);
	}
	return err_set(eval->err, ERR_BUG, "a node of no kind");
}

int eval_node(struct eval *eval, const struct node *node, json_t **out)
{
	int rc;

	*out = NULL;
	rc = eval_kind(eval, node, out);
	if (rc == 0 && *out == NULL) /* jansson tells so that it found no memory */
		rc = err_set(eval->err, ERR_LIMIT, "out of memory");
	return rc;
}

bool value_is_true(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return json_object_size(value) > 0;
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	case JSON_STRING:
		return json_string_length(value) > 0;
	case JSON_INTEGER:
		return json_integer_value(value) != 0;
	case JSON_REAL:
		return json_real_value(value) < 0.0 || json_real_value(value) > 0.0;
	case JSON_TRUE:
		return true;
	default:
		return false;
	}
}
