/* token.h - the words of a template's expression, read one by one. Blanks before a word are skipped
 * by each call; errors say where. */
#ifndef HEDDLE_MODEL_TEMPLATE_TOKEN_H
#define HEDDLE_MODEL_TEMPLATE_TOKEN_H

#include "model/template/node.h"

struct token {
	const char *text;
	size_t at;
	size_t last_end;  /* where the last word ended */
	size_t opened_at; /* of the "{{", should the expression have no end */
	bool is_opened;   /* there was one; conditions have none */
	struct template_error *error;
};

void token_start(struct token *token, const char *text, struct template_error *error);
/* Fills the error; returns code. */
int token_fail(struct token *token, size_t offset, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* What is next is not what should be there; ERR_SYNTAX. */
int token_unexpected(struct token *token, const char *wanted);

char token_peek(struct token *token); /* the next character, 0 at the end */
bool token_is(struct token *token, const char *text);
void token_skip(struct token *token, size_t size);
bool token_accept(struct token *token, char c);
bool token_follows(struct token *token, char c); /* accepts it only without blanks before it */
/* A whole word: "in" does not stand in "index". */
bool token_accept_word(struct token *token, const char *word);
bool token_accept_words(struct token *token, const char *first, const char *second);

bool token_starts_word(char c);
/* The next letters, digits, '_' and '-', copied; NULL when there are none. */
const char *token_part(struct token *token, struct arena *arena);
/* A text in quotes or a number. */
int token_literal(struct token *token, struct arena *arena, struct literal *out);

#endif
