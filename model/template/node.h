/* node.h - what a parsed template is made of, shared by the files of model/template/ and by nobody
 * else. Everything lives in the arena that it was parsed into. */
#ifndef HEDDLE_MODEL_TEMPLATE_NODE_H
#define HEDDLE_MODEL_TEMPLATE_NODE_H

#include "model/template/template.h"

#define NODE_DEPTH 32u         /* of a tree, and of brackets in each other */
#define NODE_EXPRESSIONS 1000u /* of one text */
#define NODE_COUNT 10000u      /* of one text, all its expressions together */
#define NODE_EXPRESSION_BYTES 65536u
#define NODE_ARGUMENTS 64u /* of one function; a list may have more */
#define SHOWN_BYTES 81

struct filter;
struct function;

enum node_kind {
	NODE_LITERAL,
	NODE_PATH,
	NODE_FILTER,   /* arguments: what is filtered, then those in brackets */
	NODE_FUNCTION, /* its arguments */
	NODE_LIST,     /* its items */
	NODE_NOT,      /* one */
	NODE_AND,      /* two or more */
	NODE_OR,       /* two or more */
	NODE_COMPARE,  /* two */
};

enum compare {
	COMPARE_EQUAL,
	COMPARE_UNEQUAL,
	COMPARE_LESS,
	COMPARE_LESS_EQUAL,
	COMPARE_GREATER,
	COMPARE_GREATER_EQUAL,
	COMPARE_IN,
	COMPARE_NOT_IN,
};

struct literal {
	json_type type;
	const char *text; /* UTF-8, may hold NUL */
	size_t text_size;
	json_int_t integer;
	double real;
};

struct node {
	enum node_kind kind;
	uint32_t
	    height; /* 1 without arguments, at most NODE_DEPTH: so recursion over it is bounded */
	size_t offset; /* in the template's text */
	size_t length;
	struct node **arguments;
	uint32_t argument_count;
	union {
		struct literal literal;
		struct template_path path;
		const struct filter *filter;
		const struct function *function;
		enum compare compare;
	};
};

/* A part of a template: text as it is (expression is NULL), or an expression. */
struct piece {
	const char *text;
	size_t size;
	const struct node *expression;
};

struct template
{
	const char *source;
	const struct piece *pieces; /* of a condition: one, its expression */
	uint32_t piece_count;
	bool is_condition;
};

/* A part of a template's text for a message: cut, and harmless to a terminal. Returns buffer. */
const char *node_shown(const char *text, size_t size, char buffer[SHOWN_BYTES]);

#endif
