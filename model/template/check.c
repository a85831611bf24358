/* check.c - holds a template against the names that are known where it stands, and against the
 * injection rule: free text reaches a command as environment, or as one word in quotes. What is
 * made of free text is free text; only its length is not. */
#include "base/str.h"
#include "model/template/filter.h"
#include "model/template/shell.h"

#include <stdio.h>
#include <string.h>

struct check {
	const char *source;
	const struct template_scope *scope;
	enum template_place place;
	void (*report)(void *context, const struct template_error *error);
	void *context;
	struct shell_scan shell;
	const struct node *expression; /* the one under check */
	bool is_apart;                 /* no variable holds the free text under check */
};

/* --- messages */

static void report(struct check *check, const struct template_path *path, const char *message)
{
	struct template_error error = {.offset = path->offset};

	snprintf(error.message, sizeof error.message, "%s", message);
	check->report(check->context, &error);
}

/* A part of a path as it stands in an environment name. */
static void put_name(struct str *out, const char *part)
{
	for (; *part != '\0'; part++) {
		bool is_kept = (*part >= 'a' && *part <= 'z') || (*part >= 'A' && *part <= 'Z') ||
			       (*part >= '0' && *part <= '9');

		str_append_char(out, is_kept ? *part : '_');
	}
}

static bool path_starts(const struct template_path *path, const char *first, uint32_t count)
{
	return path->count >= count && strcmp(path->parts[0], first) == 0;
}

/* The variable that holds the value, without '$'; false when none does. */
static bool put_variable(struct str *out, const struct template_path *path)
{
	if (path_starts(path, "params", 2)) {
		str_append(out, "HEDDLE_PARAM_");
		put_name(out, path->parts[1]);
	} else if (path_starts(path, "tasks", 4) && strcmp(path->parts[2], "output") == 0) {
		str_append(out, "HEDDLE_OUT_");
		put_name(out, path->parts[1]);
		str_append(out, "__");
		put_name(out, path->parts[3]);
	} else if (path_starts(path, "env", 2)) {
		put_name(out, path->parts[1]);
	} else if (path_starts(path, "item", 1)) {
		str_append(out, "HEDDLE_ITEM");
	} else if (path_starts(path, "event", 1)) {
		str_append(out, "HEDDLE_EVENT");
	} else {
		return false;
	}
	return true;
}

/* How to come by the value in a shell: the variable, in the quotes that keep it one word. */
static void put_shell_remedy(const struct check *check, struct str *out,
			     const struct template_path *path)
{
	struct str variable = STR_INIT;

	if (!check->is_apart && put_variable(&variable, path))
		str_printf(out, "use %s\"$%s\"", path_starts(path, "event", 1) ? "the file " : "",
			   variable.data);
	else
		str_append(out, "set a variable in env to it and use \"$NAME\"");
	str_close(&variable);
}

static void put_code_remedy(const struct check *check, struct str *out,
			    const struct template_path *path)
{
	struct str variable = STR_INIT;

	if (!check->is_apart && put_variable(&variable, path))
		str_printf(out, "read %s$%s there",
			   path_starts(path, "event", 1) ? "the file " : "", variable.data);
	else
		str_append(out, "set a variable in env to it and read that there");
	if (path_starts(path, "params", 2))
		str_append(out, ", or give the param an enum, a pattern or another type");
	str_close(&variable);
}

/* --- free text */

static bool is_sh(const struct node *node)
{
	return node->kind == NODE_FILTER && filter_is_sh(node->filter);
}

static bool holds_sh(const struct node *node)
{
	bool holds = is_sh(node);

	for (uint32_t i = 0; i < node->argument_count && !holds; i++)
		holds = holds_sh(node->arguments[i]);
	return holds;
}

/* Says what is wrong with a free text in a shell text, if anything is. */
static void judge_in_shell(struct check *check, const struct template_path *path,
			   struct str *message)
{
	const char *refused = shell_refuses(&check->shell);
	char name[SHOWN_BYTES];
	char whole[SHOWN_BYTES];

	if (is_sh(check->expression) && refused == NULL)
		return;
	(void)node_shown(check->source + path->offset, path->length, name);
	(void)node_shown(check->source + check->expression->offset, check->expression->length,
			 whole);
	if (is_sh(check->expression)) {
		str_printf(message, "%s with | sh %s, or ", name, refused);
		put_shell_remedy(check, message, path);
		return;
	}
	str_printf(message, "%s is free text, which must not stand in a command: ", name);
	put_shell_remedy(check, message, path);
	if (holds_sh(check->expression))
		str_append(message, ", or put | sh at the end of the expression");
	else if (refused == NULL)
		str_printf(message, " or {{ %s | sh }}", whole);
}

static void judge_free(struct check *check, const struct template_path *path)
{
	struct str message = STR_INIT;
	char name[SHOWN_BYTES];

	if (check->place == TEMPLATE_IN_SHELL) {
		judge_in_shell(check, path, &message);
	} else if (check->place == TEMPLATE_IN_CODE) {
		str_printf(&message, "%s is free text, which must not stand in arguments or code: ",
			   node_shown(check->source + path->offset, path->length, name));
		put_code_remedy(check, &message, path);
	}
	if (message.size > 0)
		report(check, path, message.data);
	str_close(&message);
}

/* --- names */

static void check_path(struct check *check, const struct template_path *path, bool is_measured)
{
	struct str why = STR_INIT;
	char name[SHOWN_BYTES];

	enum template_class class = check->scope->resolve(check->scope->context, path, &why);

	check->is_apart = class == TEMPLATE_FREE_APART;
	switch (class) {
	case TEMPLATE_UNKNOWN:
		if (why.size == 0)
			str_printf(&why, "unknown name '%s'",
				   node_shown(check->source + path->offset, path->length, name));
		report(check, path, why.data);
		break;
	case TEMPLATE_BOUND:
		break;
	case TEMPLATE_FREE:
	case TEMPLATE_FREE_APART:
		if (!is_measured)
			judge_free(check, path);
		break;
	}
	str_close(&why);
}

/* is_measured: only the length of what is below comes out. */
static void check_node(struct check *check, const struct node *node, bool is_measured)
{
	if (node->kind == NODE_PATH)
		check_path(check, &node->path, is_measured);
	if (node->kind == NODE_FILTER && filter_is_length(node->filter))
		is_measured = true;
	for (uint32_t i = 0; i < node->argument_count; i++)
		check_node(check, node->arguments[i], is_measured);
}

/* Whether no literal of the expression means anything to a shell. */
static bool has_plain_literals(const struct node *node)
{
	bool is_plain = node->kind != NODE_LITERAL || node->literal.type != JSON_STRING ||
			shell_is_plain(node->literal.text, node->literal.text_size);

	for (uint32_t i = 0; i < node->argument_count && is_plain; i++)
		is_plain = has_plain_literals(node->arguments[i]);
	return is_plain;
}

static void check_expression(struct check *check, const struct node *node)
{
	check->expression = node;
	check_node(check, node, false);
	if (is_sh(node) && check->shell.state == SHELL_OPEN)
		shell_pass_word(&check->shell);
	else
		shell_pass(&check->shell, has_plain_literals(node));
}

void template_check(const struct template *template, const struct template_scope *scope,
		    enum template_place place,
		    void (*report_one)(void *context, const struct template_error *error),
		    void *context)
{
	struct check check = {.source = template->source,
			      .scope = scope,
			      .place = place,
			      .report = report_one,
			      .context = context};

	shell_start(&check.shell);
	for (uint32_t i = 0; i < template->piece_count; i++) {
		const struct piece *piece = &template->pieces[i];

		if (piece->expression == NULL)
			shell_read(&check.shell, piece->text, piece->size);
		else
			check_expression(&check, piece->expression);
	}
}

static void walk_paths(const struct node *node,
		       void (*each)(void *context, const struct template_path *path), void *context)
{
	if (node->kind == NODE_PATH)
		each(context, &node->path);
	for (uint32_t i = 0; i < node->argument_count; i++)
		walk_paths(node->arguments[i], each, context);
}

void template_each_path(const struct template *template,
			void (*each)(void *context, const struct template_path *path),
			void *context)
{
	for (uint32_t i = 0; i < template->piece_count; i++)
		if (template->pieces[i].expression != NULL)
			walk_paths(template->pieces[i].expression, each, context);
}
