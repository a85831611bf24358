/* parse.c - templates and conditions from text: recursive descent; the grammar is in template.h.
 *
 * Recursion is bounded twice: brackets open at once (parser->depth), and the height of the tree
 * that comes out, which pipelines raise without recursion. */
#include "base/vec.h"
#include "model/template/filter.h"
#include "model/template/token.h"

#include <assert.h>
#include <string.h>

struct parser {
	struct token token; /* where it reads; first, so that its errors are the parser's */
	struct arena *arena;
	uint32_t depth;
	uint32_t node_count;
	bool is_condition;
	/* Where errors go when it reads on behind them; NULL = the first one ends it. */
	void (*report)(void *context, const struct template_error *error);
	void *context;
};

typedef VEC(struct node *) node_list;

static int parse_or(struct parser *parser, struct node **out);
static int parse_pipeline(struct parser *parser, struct node **out);

/* --- nodes */

static int add_node(struct parser *parser, enum node_kind kind, size_t offset, node_list *arguments,
		    struct node **out)
{
	struct node *node;

	if (++parser->node_count > NODE_COUNT)
		return token_fail(&parser->token, offset, ERR_LIMIT,
				  "too long: at most %u names, values and operators in one text",
				  NODE_COUNT);
	node = arena_alloc(parser->arena, sizeof *node);
	node->kind = kind;
	node->offset = offset;
	node->length = parser->token.last_end - offset;
	node->height = 1;
	if (arguments != NULL && arguments->count > 0) {
		node->argument_count = (uint32_t)arguments->count;
		node->arguments =
		    arena_alloc(parser->arena, arguments->count * sizeof *node->arguments);
		for (size_t i = 0; i < arguments->count; i++) {
			node->arguments[i] = arguments->items[i];
			if (node->height <= arguments->items[i]->height)
				node->height = arguments->items[i]->height + 1;
		}
	}
	if (node->height > NODE_DEPTH)
		return token_fail(&parser->token, offset, ERR_LIMIT,
				  "too deep: at most %u filters, functions and brackets in each "
				  "other",
				  NODE_DEPTH);
	*out = node;
	return 0;
}

static int enter(struct parser *parser)
{
	if (++parser->depth > NODE_DEPTH)
		return token_fail(&parser->token, parser->token.at, ERR_LIMIT,
				  "too deep: at most %u brackets in each other", NODE_DEPTH);
	return 0;
}

/* --- primaries */

static int parse_literal(struct parser *parser, struct node **out)
{
	size_t offset = parser->token.at;
	struct literal literal = {0};
	int rc = token_literal(&parser->token, parser->arena, &literal);

	if (rc == 0)
		rc = add_node(parser, NODE_LITERAL, offset, NULL, out);
	if (rc == 0)
		(*out)->literal = literal;
	return rc;
}

static int add_word(struct parser *parser, size_t offset, json_type type, struct node **out)
{
	int rc = add_node(parser, NODE_LITERAL, offset, NULL, out);

	if (rc == 0)
		(*out)->literal.type = type;
	return rc;
}

/* The items up to the closing bracket, which is taken. */
static int parse_items(struct parser *parser, char closing, node_list *items)
{
	struct node *item;
	int rc = enter(parser);

	if (rc == 0 && token_accept(&parser->token, closing)) {
		parser->depth--;
		return 0;
	}
	while (rc == 0) {
		rc = parse_pipeline(parser, &item);
		if (rc != 0)
			break;
		vec_push(items, item);
		if (token_accept(&parser->token, closing))
			break;
		if (!token_accept(&parser->token, ','))
			rc = token_unexpected(&parser->token,
					      closing == ')' ? "',' or ')'" : "',' or ']'");
	}
	parser->depth--;
	return rc;
}

static int parse_list(struct parser *parser, struct node **out)
{
	size_t offset = parser->token.at;
	node_list items = {0};
	int rc;

	(void)token_accept(&parser->token, '[');
	rc = parse_items(parser, ']', &items);
	if (rc == 0)
		rc = add_node(parser, NODE_LIST, offset, &items, out);
	vec_close(&items);
	return rc;
}

static int parse_brackets(struct parser *parser, struct node **out)
{
	int rc = enter(parser);

	(void)token_accept(&parser->token, '(');
	if (rc == 0)
		rc = parser->is_condition ? parse_or(parser, out) : parse_pipeline(parser, out);
	if (rc == 0 && !token_accept(&parser->token, ')'))
		rc = token_unexpected(&parser->token, "')'");
	parser->depth--;
	return rc;
}

static int unknown_function(struct parser *parser, size_t offset, const char *name,
			    const char *nearest)
{
	if (filter_find(name, &(const char *){NULL}) != NULL)
		return token_fail(&parser->token, offset, ERR_SYNTAX,
				  "'%s' is a filter: write VALUE | %s", name, name);
	return token_fail(&parser->token, offset, ERR_SYNTAX,
			  nearest == NULL ? "unknown function '%.60s'%s"
					  : "unknown function '%.60s': did you mean '%s'?",
			  name, nearest == NULL ? "" : nearest);
}

static int parse_function(struct parser *parser, size_t offset, const char *name, struct node **out)
{
	const char *nearest = NULL;
	const struct function *function = function_find(name, &nearest);
	node_list arguments = {0};
	int rc;

	if (function == NULL)
		return unknown_function(parser, offset, name, nearest);
	(void)token_accept(&parser->token, '(');
	rc = parse_items(parser, ')', &arguments);
	if (rc == 0 &&
	    (arguments.count < function->min_arguments || arguments.count > NODE_ARGUMENTS))
		rc = token_fail(&parser->token, offset, ERR_SYNTAX,
				"%s takes %u to %u values in its brackets", name,
				function->min_arguments, NODE_ARGUMENTS);
	if (rc == 0)
		rc = add_node(parser, NODE_FUNCTION, offset, &arguments, out);
	if (rc == 0)
		(*out)->function = function;
	vec_close(&arguments);
	return rc;
}

typedef VEC(const char *) part_list;

/* What stands in the brackets of a.b[0] or a['b']. */
static int parse_index(struct parser *parser, part_list *parts)
{
	size_t offset = parser->token.at;
	struct literal literal = {0};
	int rc = token_literal(&parser->token, parser->arena, &literal);

	if (rc != 0)
		return rc;
	if (literal.type == JSON_INTEGER && literal.integer >= 0)
		vec_push(parts,
			 arena_printf(parser->arena, "%" JSON_INTEGER_FORMAT, literal.integer));
	else if (literal.type == JSON_STRING && strlen(literal.text) == literal.text_size)
		vec_push(parts, literal.text);
	else
		return token_fail(&parser->token, offset, ERR_SYNTAX,
				  "an index is a whole number from 0 on, or a key in quotes");
	if (!token_accept(&parser->token, ']'))
		return token_unexpected(&parser->token, "']'");
	return 0;
}

static int parse_parts(struct parser *parser, part_list *parts)
{
	const char *part;
	int rc = 0;

	while (rc == 0) {
		if (parts->count > NODE_DEPTH)
			return token_fail(&parser->token, parser->token.at, ERR_LIMIT,
					  "a name of over %u parts", NODE_DEPTH);
		if (token_follows(&parser->token, '[')) {
			rc = parse_index(parser, parts);
		} else if (token_follows(&parser->token, '.')) {
			part = token_part(&parser->token, parser->arena);
			if (part == NULL)
				return token_unexpected(&parser->token, "a name after '.'");
			vec_push(parts, part);
		} else {
			break;
		}
	}
	return rc;
}

static int parse_path(struct parser *parser, size_t offset, const char *first, struct node **out)
{
	part_list parts = {0};
	const char **copy;
	int rc;

	vec_push(&parts, first);
	rc = parse_parts(parser, &parts);
	if (rc == 0)
		rc = add_node(parser, NODE_PATH, offset, NULL, out);
	if (rc == 0) {
		copy = arena_alloc(parser->arena, parts.count * sizeof *copy);
		memcpy(copy, parts.items, parts.count * sizeof *copy);
		(*out)->path =
		    (struct template_path){copy, (uint32_t)parts.count, offset, (*out)->length};
	}
	vec_close(&parts);
	return rc;
}

static bool is_operator(const char *word)
{
	static const char *const words[] = {"and", "or", "not", "in"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* A word alone: a constant, a function or the first part of a path. */
static int parse_word(struct parser *parser, struct node **out)
{
	size_t offset = parser->token.at;
	const char *word = token_part(&parser->token, parser->arena);

	if (strcmp(word, "true") == 0)
		return add_word(parser, offset, JSON_TRUE, out);
	if (strcmp(word, "false") == 0)
		return add_word(parser, offset, JSON_FALSE, out);
	if (strcmp(word, "null") == 0)
		return add_word(parser, offset, JSON_NULL, out);
	if (is_operator(word))
		return token_fail(&parser->token, offset, ERR_SYNTAX,
				  parser->is_condition
				      ? "'%s' stands where a value should"
				      : "'%s' belongs into a condition, as in when",
				  word);
	if (token_peek(&parser->token) == '(')
		return parse_function(parser, offset, word, out);
	return parse_path(parser, offset, word, out);
}

static int parse_primary(struct parser *parser, struct node **out)
{
	char c = token_peek(&parser->token);

	if (c == '\'' || c == '"' || c == '-' || (c >= '0' && c <= '9'))
		return parse_literal(parser, out);
	if (c == '(')
		return parse_brackets(parser, out);
	if (c == '[' && parser->is_condition)
		return parse_list(parser, out);
	if (token_starts_word(c))
		return parse_word(parser, out);
	return token_unexpected(&parser->token, "a name or a value");
}

/* --- pipelines */

static int unknown_filter(struct parser *parser, size_t offset, const char *name,
			  const char *nearest)
{
	if (function_find(name, &(const char *){NULL}) != NULL)
		return token_fail(&parser->token, offset, ERR_SYNTAX,
				  "'%s' is a function: write %s(VALUE, ...)", name, name);
	return token_fail(&parser->token, offset, ERR_SYNTAX,
			  nearest == NULL ? "unknown filter '%.60s'%s"
					  : "unknown filter '%.60s': did you mean '%s'?",
			  name, nearest == NULL ? "" : nearest);
}

/* arguments: what is filtered, and then what stands in the brackets. */
static int check_arguments(struct parser *parser, size_t offset, const struct filter *filter,
			   const node_list *arguments)
{
	size_t count = arguments->count - 1;
	const struct node *first = count == 0 ? NULL : arguments->items[1];
	struct err err;

	if (count < filter->min_arguments || count > filter->max_arguments)
		return token_fail(&parser->token, offset, ERR_SYNTAX, "write it as | %s",
				  filter->usage);
	if (first == NULL || filter->check == NULL || first->kind != NODE_LITERAL)
		return 0;
	if (first->literal.type != JSON_STRING)
		return token_fail(&parser->token, first->offset, ERR_SYNTAX, "write it as | %s",
				  filter->usage);
	if (filter->check(first->literal.text, &err) != 0)
		return token_fail(&parser->token, first->offset, ERR_SYNTAX, "%s", err.message);
	return 0;
}

/* Puts one filter around *node. */
static int parse_filter(struct parser *parser, size_t begin, struct node **node)
{
	node_list arguments = {0};
	const struct filter *filter;
	const char *nearest = NULL;
	const char *name;
	size_t offset;
	int rc = 0;

	(void)token_peek(&parser->token);
	offset = parser->token.at;
	name = token_part(&parser->token, parser->arena);
	if (name == NULL)
		return token_unexpected(&parser->token, "a filter after '|'");
	filter = filter_find(name, &nearest);
	if (filter == NULL)
		return unknown_filter(parser, offset, name, nearest);
	vec_push(&arguments, *node);
	if (token_accept(&parser->token, '('))
		rc = parse_items(parser, ')', &arguments);
	if (rc == 0)
		rc = check_arguments(parser, offset, filter, &arguments);
	if (rc == 0)
		rc = add_node(parser, NODE_FILTER, begin, &arguments, node);
	if (rc == 0)
		(*node)->filter = filter;
	vec_close(&arguments);
	return rc;
}

static int parse_pipeline(struct parser *parser, struct node **out)
{
	size_t begin;
	int rc;

	(void)token_peek(&parser->token); /* blanks are no part of it */
	begin = parser->token.at;
	rc = parse_primary(parser, out);
	while (rc == 0 && token_peek(&parser->token) == '|' && !token_is(&parser->token, "||")) {
		(void)token_accept(&parser->token, '|');
		rc = parse_filter(parser, begin, out);
	}
	return rc;
}

/* --- conditions */

/* Takes an operator of a comparison when one is next. */
static bool accept_compare(struct parser *parser, enum compare *out)
{
	static const struct {
		const char *text;
		enum compare compare;
	} operators[] = {
	    {"==", COMPARE_EQUAL},         {"!=", COMPARE_UNEQUAL}, {"<=", COMPARE_LESS_EQUAL},
	    {">=", COMPARE_GREATER_EQUAL}, {"<", COMPARE_LESS},     {">", COMPARE_GREATER},
	};

	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
		if (!token_is(&parser->token, operators[i].text))
			continue;
		token_skip(&parser->token, strlen(operators[i].text));
		*out = operators[i].compare;
		return true;
	}
	if (token_accept_word(&parser->token, "in")) {
		*out = COMPARE_IN;
		return true;
	}
	if (token_accept_words(&parser->token, "not", "in")) {
		*out = COMPARE_NOT_IN;
		return true;
	}
	return false;
}

static int parse_comparison(struct parser *parser, struct node **out)
{
	node_list sides = {0};
	struct node *side;
	enum compare compare;
	size_t begin;
	int rc;

	(void)token_peek(&parser->token);
	begin = parser->token.at;
	rc = parse_pipeline(parser, out);
	if (rc != 0 || !accept_compare(parser, &compare))
		return rc;
	vec_push(&sides, *out);
	rc = parse_pipeline(parser, &side);
	if (rc == 0) {
		vec_push(&sides, side);
		rc = add_node(parser, NODE_COMPARE, begin, &sides, out);
	}
	if (rc == 0) {
		(*out)->compare = compare;
		begin = parser->token.at;
		if (accept_compare(parser, &compare))
			rc = token_fail(&parser->token, begin, ERR_SYNTAX,
					"comparisons do not chain: join two with and");
	}
	vec_close(&sides);
	return rc;
}

static int wrap_not(struct parser *parser, size_t begin, struct node **node)
{
	node_list one = {0};
	int rc;

	vec_push(&one, *node);
	rc = add_node(parser, NODE_NOT, begin, &one, node);
	vec_close(&one);
	return rc;
}

static int parse_not(struct parser *parser, struct node **out)
{
	size_t begin;
	size_t count = 0;
	int rc;

	(void)token_peek(&parser->token);
	begin = parser->token.at;
	while (token_accept_word(&parser->token, "not"))
		count++;
	rc = parse_comparison(parser, out);
	/* Two of them are none, but make a truth of a value. */
	for (count = count > 2 ? 2 - count % 2 : count; rc == 0 && count > 0; count--)
		rc = wrap_not(parser, begin, out);
	return rc;
}

static int parse_joined(struct parser *parser, const char *word, enum node_kind kind,
			int (*parse)(struct parser *, struct node **), struct node **out)
{
	node_list parts = {0};
	size_t begin;
	int rc;

	(void)token_peek(&parser->token);
	begin = parser->token.at;
	do {
		rc = parse(parser, out);
		if (rc == 0)
			vec_push(&parts, *out);
	} while (rc == 0 && token_accept_word(&parser->token, word));
	if (rc == 0 && parts.count > 1)
		rc = add_node(parser, kind, begin, &parts, out);
	vec_close(&parts);
	return rc;
}

static int parse_and(struct parser *parser, struct node **out)
{
	return parse_joined(parser, "and", NODE_AND, parse_not, out);
}

static int parse_or(struct parser *parser, struct node **out)
{
	return parse_joined(parser, "or", NODE_OR, parse_and, out);
}

/* --- texts */

typedef VEC(struct piece) piece_list;

static void add_text(piece_list *pieces, const char *text, size_t size)
{
	struct piece piece = {text, size, NULL};

	if (size > 0)
		vec_push(pieces, piece);
}

static int too_long(struct parser *parser, size_t begin)
{
	return token_fail(&parser->token, begin, ERR_LIMIT, "longer than %u KiB: too long",
			  NODE_EXPRESSION_BYTES / 1024);
}

/* What stands between "{{", at which the parser is, and "}}". */
static int parse_expression(struct parser *parser, piece_list *pieces)
{
	struct token *token = &parser->token;
	size_t begin = token->at;
	struct node *node = NULL;
	struct piece piece = {0};
	int rc;

	token_skip(token, 2);
	token->opened_at = begin;
	token->is_opened = true;
	if (token->text[token->at] == '{')
		return token_fail(
		    token, begin, ERR_SYNTAX,
		    "'{{{' can be read in two ways: put a blank after the first brace");
	rc = parse_pipeline(parser, &node);
	if (rc == 0 && !token_is(token, "}}"))
		rc = token_unexpected(token, "'|' or '}}'");
	if (rc == 0 && token->at - begin > NODE_EXPRESSION_BYTES)
		rc = too_long(parser, begin);
	if (rc != 0)
		return rc;
	token_skip(token, 2);
	piece.expression = node;
	vec_push(pieces, piece);
	return 0;
}

/* Reports what cannot be read and goes on behind its braces. Fails with ERR_SYNTAX when they are
 * never closed. */
static int skip_expression(struct parser *parser)
{
	struct token *token = &parser->token;
	const char *close = strstr(token->text + token->error->offset, "}}");

	if (close == NULL)
		return ERR_SYNTAX;
	parser->report(parser->context, token->error);
	parser->depth = 0;
	token->at = (size_t)(close - token->text) + 2;
	return 0;
}

static int parse_pieces(struct parser *parser, piece_list *pieces)
{
	struct token *token = &parser->token;
	uint32_t expression_count = 0;
	int rc = 0;

	while (rc == 0 && token->text[token->at] != '\0') {
		const char *text = token->text + token->at;
		const char *open = strstr(text, "{{");
		size_t size = open == NULL ? strlen(text) : (size_t)(open - text);

		add_text(pieces, text, size);
		token->at += size;
		if (open == NULL)
			break;
		if (strncmp(open, "{{{{", 4) == 0) {
			add_text(pieces, open, 2);
			token->at += 4;
		} else if (++expression_count > NODE_EXPRESSIONS) {
			rc = token_fail(token, token->at, ERR_LIMIT,
					"more than %u expressions in one text", NODE_EXPRESSIONS);
		} else {
			rc = parse_expression(parser, pieces);
			if (rc == ERR_SYNTAX && parser->report != NULL)
				rc = skip_expression(parser);
		}
	}
	return rc;
}

static void make_template(struct parser *parser, const piece_list *pieces, struct template **out)
{
	struct template *template = arena_alloc(parser->arena, sizeof *template);
	struct piece *copy = arena_alloc(parser->arena, pieces->count * sizeof *copy);

	if (pieces->count > 0)
		memcpy(copy, pieces->items, pieces->count * sizeof *copy);
	template->source = parser->token.text;
	template->pieces = copy;
	template->piece_count = (uint32_t)pieces->count;
	template->is_condition = parser->is_condition;
	*out = template;
}

static void start(struct parser *parser, struct arena *arena, const char *text,
		  struct template_error *error)
{
	memset(parser, 0, sizeof *parser);
	parser->arena = arena;
	/* A copy: the template outlives what it was read from. */
	token_start(&parser->token, arena_strdup(arena, text), error);
}

int template_parse(struct arena *arena, const char *text, struct template **out,
		   struct template_error *error)
{
	struct parser parser;
	piece_list pieces = {0};
	int rc;

	start(&parser, arena, text, error);
	rc = parse_pieces(&parser, &pieces);
	if (rc == 0)
		make_template(&parser, &pieces, out);
	vec_close(&pieces);
	return rc;
}

const struct template *template_parse_all(struct arena *arena, const char *text,
					  void (*report)(void *context,
							 const struct template_error *error),
					  void *context)
{
	struct template_error error;
	struct template *template;
	struct parser parser;
	piece_list pieces = {0};

	start(&parser, arena, text, &error);
	parser.report = report;
	parser.context = context;
	if (parse_pieces(&parser, &pieces) != 0)
		report(context, &error);
	make_template(&parser, &pieces, &template);
	vec_close(&pieces);
	return template;
}

/* What people write out of the habit of other languages. */
static int condition_ends_wrong(struct parser *parser)
{
	static const struct {
		const char *text;
		const char *right;
	} habits[] = {
	    {"&&", "and"}, {"||", "or"}, {"=", "=="}, {"!", "not"}, {"}}", NULL},
	};

	for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++)
		if (token_is(&parser->token, habits[i].text) && habits[i].right != NULL)
			return token_fail(&parser->token, parser->token.at, ERR_SYNTAX,
					  "write '%s' for '%s'", habits[i].right, habits[i].text);
	return token_unexpected(&parser->token, "an operator or the end");
}

int template_parse_condition(struct arena *arena, const char *text, struct template **out,
			     struct template_error *error)
{
	struct parser parser;
	piece_list pieces = {0};
	struct piece piece = {0};
	struct node *node = NULL;
	int rc;

	start(&parser, arena, text, error);
	parser.is_condition = true;
	if (strlen(text) > NODE_EXPRESSION_BYTES)
		return too_long(&parser, 0);
	if (token_is(&parser.token, "{{"))
		return token_fail(&parser.token, parser.token.at, ERR_SYNTAX,
				  "a condition stands without '{{' and '}}'");
	rc = parse_or(&parser, &node);
	if (rc == 0 && token_peek(&parser.token) != '\0')
		rc = condition_ends_wrong(&parser);
	if (rc == 0) {
		piece.expression = node;
		vec_push(&pieces, piece);
		make_template(&parser, &pieces, out);
	}
	vec_close(&pieces);
	return rc;
}

bool template_is_one(const char *text)
{
	return strstr(text, "{{") != NULL;
}
