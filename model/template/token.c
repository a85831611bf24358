/* token.c - words of an expression; see token.h. */
#include "model/template/token.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void token_start(struct token *token, const char *text, struct template_error *error)
{
	*token = (struct token){.text = text, .error = error};
}

int token_fail(struct token *token, size_t offset, int code, const char *format, ...)
{
	va_list args;

	token->error->offset = offset;
	va_start(args, format);
	vsnprintf(token->error->message, sizeof token->error->message, format, args);
	va_end(args);
	return code;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_part(char c)
{
	return token_starts_word(c) || is_digit(c) || c == '-';
}

bool token_starts_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* How much of the text a message about it shows: a word, or one character of whatever size. */
static size_t word_size(const char *text)
{
	size_t size = 1;

	if (is_part(text[0]))
		while (is_part(text[size]))
			size++;
	else if ((unsigned char)text[0] >= 0xc0)
		while (size < 4 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size++;
	return size;
}

int token_unexpected(struct token *token, const char *wanted)
{
	char buffer[SHOWN_BYTES];
	const char *next;

	if (token_peek(token) == '\0' && token->is_opened)
		return token_fail(token, token->opened_at, ERR_SYNTAX,
				  "'{{' is not closed: '}}' is missing");
	next = token->text + token->at;
	if (*next == '\0')
		return token_fail(token, token->at, ERR_SYNTAX, "it ends where %s should stand",
				  wanted);
	return token_fail(token, token->at, ERR_SYNTAX, "'%s' stands where %s should",
			  node_shown(next, word_size(next), buffer), wanted);
}

char token_peek(struct token *token)
{
	while (token->text[token->at] != '\0' && strchr(" \t\r\n", token->text[token->at]) != NULL)
		token->at++;
	return token->text[token->at];
}

bool token_is(struct token *token, const char *text)
{
	(void)token_peek(token);
	return strncmp(token->text + token->at, text, strlen(text)) == 0;
}

void token_skip(struct token *token, size_t size)
{
	token->at += size;
	token->last_end = token->at;
}

bool token_accept(struct token *token, char c)
{
	if (token_peek(token) != c)
		return false;
	token_skip(token, 1);
	return true;
}

bool token_follows(struct token *token, char c)
{
	return token->text[token->at] == c && token_accept(token, c);
}

bool token_accept_word(struct token *token, const char *word)
{
	size_t size = strlen(word);

	if (!token_is(token, word) || is_part(token->text[token->at + size]))
		return false;
	token_skip(token, size);
	return true;
}

bool token_accept_words(struct token *token, const char *first, const char *second)
{
	struct token before = *token;

	if (token_accept_word(token, first) && token_accept_word(token, second))
		return true;
	*token = before;
	return false;
}

const char *token_part(struct token *token, struct arena *arena)
{
	size_t size = 0;

	(void)token_peek(token);
	while (is_part(token->text[token->at + size]))
		size++;
	if (size == 0)
		return NULL;
	token_skip(token, size);
	return arena_strndup(arena, token->text + token->at - size, size);
}

/* --- literals */

static bool decode_escape(char c, char *out)
{
	static const char from[] = "nt\\'\"";
	static const char to[] = "\n\t\\'\"";
	const char *found = c == '\0' ? NULL : strchr(from, c);

	if (found == NULL)
		return false;
	*out = to[found - from];
	return true;
}

static int check_utf8(struct token *token, size_t begin, const struct literal *literal)
{
	json_t *value = json_stringn(literal->text, literal->text_size);

	if (value == NULL)
		return token_fail(token, begin, ERR_SYNTAX, "the text in quotes is not UTF-8");
	json_decref(value);
	return 0;
}

static int read_text(struct token *token, struct arena *arena, struct literal *out)
{
	size_t begin = token->at;
	char quote = token->text[begin];
	const char *at = token->text + begin + 1;
	struct str text = STR_INIT;
	char c;

	for (; *at != quote; at++) {
		c = *at;
		if (c == '\0')
			break;
		if (c == '\\' && !decode_escape(*++at, &c)) {
			str_close(&text);
			return token_fail(token, (size_t)(at - 1 - token->text), ERR_SYNTAX,
					  "'\\' goes before n, t, a quote or another '\\' only");
		}
		str_append_char(&text, c);
	}
	out->type = JSON_STRING;
	out->text_size = text.size;
	out->text = arena_strndup(arena, str_text(&text), text.size);
	str_close(&text);
	if (*at == '\0')
		return token_fail(token, begin, ERR_SYNTAX, "the quote is not closed");
	token_skip(token, (size_t)(at + 1 - token->text) - begin);
	return check_utf8(token, begin, out);
}

static bool is_number_char(char c)
{
	return is_digit(c) || (c != '\0' && strchr("+-.eE", c) != NULL);
}

/* JSON's numbers, and JSON's reader for them. */
static int read_number(struct token *token, struct literal *out)
{
	size_t begin = token->at;
	size_t size = 1;
	char buffer[SHOWN_BYTES];
	json_t *value;

	while (is_number_char(token->text[begin + size]))
		size++;
	value = json_loadb(token->text + begin, size, JSON_DECODE_ANY, NULL);
	if (value == NULL || !json_is_number(value) || is_part(token->text[begin + size])) {
		json_decref(value);
		while (is_part(token->text[begin + size]))
			size++;
		return token_fail(token, begin, ERR_SYNTAX,
				  "'%s' is no number; a text needs quotes",
				  node_shown(token->text + begin, size, buffer));
	}
	out->type = json_typeof(value);
	out->integer = json_integer_value(value);
	out->real = json_real_value(value);
	json_decref(value);
	token_skip(token, size);
	return 0;
}

int token_literal(struct token *token, struct arena *arena, struct literal *out)
{
	char c = token_peek(token);

	if (c == '\'' || c == '"')
		return read_text(token, arena, out);
	if (c == '-' || is_digit(c))
		return read_number(token, out);
	return token_unexpected(token, "a number or a text in quotes");
}
