/* render.c - the two uses of a template: a text is rendered, a condition is judged; see template.h.
 */
#include "model/template/eval.h"

#include <assert.h>

static void start(struct eval *eval, const struct template *template,
		  const struct template_values *values, size_t text_max, struct err *err)
{
	eval->values = values;
	eval->source = template->source;
	/* What is short in the end may be made of longer texts. */
	eval->text_max = text_max < EVAL_TEXT_BYTES ? EVAL_TEXT_BYTES : text_max;
	eval->work_left = EVAL_WORK_BYTES;
	eval->err = err;
}

/* Says which expression failed. To the caller a name without a value is one kind of invalid. */
static int fail(const struct template *template, const struct node *node, int rc, struct err *err)
{
	char buffer[SHOWN_BYTES];

	err_wrap(err, "%s", node_shown(template->source + node->offset, node->length, buffer));
	err->code = rc == ERR_NOT_FOUND ? ERR_INVALID : rc;
	return err->code;
}

static int append_expression(struct eval *eval, const struct node *node, size_t max_bytes,
			     struct str *out)
{
	struct str text = STR_INIT;
	json_t *value = NULL;
	int rc = eval_node(eval, node, &value);

	if (rc == 0)
		rc = text_append_value(eval, &text, value);
	if (rc == 0 && text.size > max_bytes - out->size)
		rc =
		    err_set(eval->err, ERR_LIMIT, "the text gets longer than %zu bytes", max_bytes);
	if (rc == 0)
		str_append_bytes(out, str_text(&text), text.size);
	json_decref(value);
	str_close(&text);
	return rc;
}

static int append_literal(const struct piece *piece, size_t max_bytes, struct str *out,
			  struct err *err)
{
	if (piece->size > max_bytes - out->size)
		return err_set(err, ERR_LIMIT, "the text gets longer than %zu bytes", max_bytes);
	str_append_bytes(out, piece->text, piece->size);
	return 0;
}

int template_render(const struct template *template, const struct template_values *values,
		    size_t max_bytes, struct str *out, struct err *err)
{
	struct err own;
	struct eval eval;
	struct str text = STR_INIT;
	int rc = 0;

	assert(!template->is_condition);
	if (err == NULL)
		err = &own;
	start(&eval, template, values, max_bytes, err);
	for (uint32_t i = 0; i < template->piece_count && rc == 0; i++) {
		const struct piece *piece = &template->pieces[i];

		if (piece->expression == NULL) {
			rc = append_literal(piece, max_bytes, &text, err);
			continue;
		}
		rc = append_expression(&eval, piece->expression, max_bytes, &text);
		if (rc != 0)
			rc = fail(template, piece->expression, rc, err);
	}
	str_append_bytes(out, str_text(&text), text.size);
	str_close(&text);
	return rc;
}

int template_judge(const struct template *condition, const struct template_values *values,
		   bool *out, struct err *err)
{
	const struct node *node = condition->pieces[0].expression;
	struct err own;
	struct eval eval;
	json_t *value = NULL;
	int rc;

	assert(condition->is_condition);
	if (err == NULL)
		err = &own;
	start(&eval, condition, values, 0, err);
	rc = eval_node(&eval, node, &value);
	if (rc != 0)
		return fail(condition, node, rc, err);
	*out = value_is_true(value);
	json_decref(value);
	return 0;
}
