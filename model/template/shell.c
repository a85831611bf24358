/* shell.c - follows the quotes of a command's text; see shell.h. The rules are those of
 * POSIX.1-2017, XCU 2.2 (quoting) and 2.3 (tokens), and bash's where they are stricter. */
#include "model/template/shell.h"

#include <string.h>

#define AFTER_EXPRESSION '\001' /* what stood before is not known: it may have been empty */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_one_of(char c, const char *chars)
{
	return c != '\0' && strchr(chars, c) != NULL;
}

void shell_start(struct shell_scan *scan)
{
	*scan = (struct shell_scan){.state = SHELL_OPEN, .before = '\n'};
}

/* What is left of a piece of text. */
struct rest {
	const char *at;
	const char *end;
};

static bool rest_is(const struct rest *rest, const char *text)
{
	size_t size = strlen(text);

	return (size_t)(rest->end - rest->at) >= size && memcmp(rest->at, text, size) == 0;
}

/* Goes behind what is opened and closed by these, if nothing in between has a meaning of its own;
 * extra are characters that have none there. */
static bool skip_plain(struct rest *rest, const char *open, const char *close, const char *extra)
{
	struct rest inner = {rest->at + strlen(open), rest->end};

	for (; inner.at < inner.end; inner.at++) {
		char c = *inner.at;

		if (rest_is(&inner, close)) {
			rest->at = inner.at + strlen(close);
			return true;
		}
		if (c == '$' && inner.at + 1 < inner.end && is_letter(inner.at[1]))
			continue;
		if (!is_letter(c) && !(c >= '0' && c <= '9') &&
		    !is_one_of(c, " +-*/%.,:=@^~|&;[]?!") && !is_one_of(c, extra))
			return false;
	}
	return false;
}

/* At a '$'. In double quotes $( ) may hold quotes of its own, which end nothing outside. */
static bool skip_dollar(struct rest *rest, bool in_quotes)
{
	if (rest_is(rest, "$(("))
		return skip_plain(rest, "$((", "))", "<>");
	if (rest_is(rest, "${"))
		return skip_plain(rest, "${", "}", "#");
	if (rest_is(rest, "$(") && in_quotes)
		return skip_plain(rest, "$(", ")", "");
	rest->at++;
	return true;
}

static void be_unsure(struct shell_scan *scan, struct rest *rest)
{
	scan->state = SHELL_UNSURE;
	rest->at = rest->end;
}

static void open_quote(struct shell_scan *scan, struct rest *rest)
{
	char quote = *rest->at++;

	scan->is_dollar = quote == '\'' && scan->before == '$';
	scan->state = quote == '\'' ? SHELL_SINGLE : quote == '"' ? SHELL_DOUBLE : SHELL_BACKTICK;
}

static void read_hash(struct shell_scan *scan, struct rest *rest)
{
	if (scan->before == AFTER_EXPRESSION) {
		be_unsure(scan, rest);
		return;
	}
	if (is_one_of(scan->before, " \t\n;&|()<>"))
		scan->state = SHELL_COMMENT;
	scan->before = *rest->at++;
}

static void read_dollar(struct shell_scan *scan, struct rest *rest, bool in_quotes)
{
	const char *begin = rest->at;

	if (!skip_dollar(rest, in_quotes))
		be_unsure(scan, rest);
	else
		scan->before = rest->at - begin == 1 ? '$' : 'x';
}

static void read_open(struct shell_scan *scan, struct rest *rest)
{
	char c = *rest->at;

	if (is_one_of(c, "'\"`")) {
		open_quote(scan, rest);
	} else if (c == '\\') {
		scan->is_escaped = true;
		rest->at++;
	} else if (c == '#') {
		read_hash(scan, rest);
	} else if (c == '$') {
		read_dollar(scan, rest, false);
	} else if (c == '<' && scan->before == '<') {
		scan->state = SHELL_HEREDOC;
	} else if (c == '(' && scan->before == '(') {
		be_unsure(scan, rest); /* arithmetic to some shells */
	} else {
		scan->before = c;
		rest->at++;
	}
}

static void read_single(struct shell_scan *scan, struct rest *rest)
{
	char c = *rest->at++;

	if (c == '\'') {
		scan->state = SHELL_OPEN;
		scan->before = c;
	} else if (c == '\\' && scan->is_dollar) {
		be_unsure(scan, rest); /* in $'...' some shells let it escape a quote */
	}
}

static void read_double(struct shell_scan *scan, struct rest *rest)
{
	char c = *rest->at;

	if (c == '$') {
		read_dollar(scan, rest, true);
		return;
	}
	if (c == '`') {
		if (!skip_plain(rest, "`", "`", ""))
			be_unsure(scan, rest);
		return;
	}
	rest->at++;
	scan->before = c;
	if (c == '\\')
		scan->is_escaped = true;
	else if (c == '"')
		scan->state = SHELL_OPEN;
}

static void read_backtick(struct shell_scan *scan, struct rest *rest)
{
	char c = *rest->at++;

	if (c == '`') {
		scan->state = SHELL_OPEN;
		scan->before = c;
	} else if (is_one_of(c, "'\"\\#<$({")) {
		be_unsure(scan, rest);
	}
}

static void read_escaped(struct shell_scan *scan, struct rest *rest)
{
	/* A backslash and the line's end are taken out whole: before stays. */
	if (*rest->at++ != '\n')
		scan->before = 'x';
	scan->is_escaped = false;
}

static void read_some(struct shell_scan *scan, struct rest *rest)
{
	if (scan->is_escaped) {
		read_escaped(scan, rest);
		return;
	}
	switch (scan->state) {
	case SHELL_OPEN:
		read_open(scan, rest);
		break;
	case SHELL_SINGLE:
		read_single(scan, rest);
		break;
	case SHELL_DOUBLE:
		read_double(scan, rest);
		break;
	case SHELL_COMMENT:
		if (*rest->at++ == '\n')
			shell_start(scan);
		break;
	case SHELL_BACKTICK:
		read_backtick(scan, rest);
		break;
	case SHELL_HEREDOC:
	case SHELL_UNSURE:
		rest->at = rest->end;
		break;
	}
}

void shell_read(struct shell_scan *scan, const char *text, size_t size)
{
	struct rest rest = {text, text + size};

	while (rest.at < rest.end)
		read_some(scan, &rest);
}

const char *shell_refuses(const struct shell_scan *scan)
{
	static const char *const reasons[] = {
	    [SHELL_OPEN] = NULL,
	    [SHELL_SINGLE] = "stands in quotes, and sh brings its own: take the quotes away",
	    [SHELL_DOUBLE] = "stands in quotes, and sh brings its own: take the quotes away",
	    [SHELL_COMMENT] = "stands in a comment, which a line's end in it would close: take it "
			      "out",
	    [SHELL_BACKTICK] = "stands in backticks, which read quotes in their own way: write "
			       "$(...)",
	    [SHELL_HEREDOC] = "stands behind '<<', where quotes may be text: put it before",
	    [SHELL_UNSURE] = "stands behind something whose quotes cannot be followed for sure: "
			     "put it before",
	};

	if (scan->state == SHELL_OPEN && (scan->is_escaped || scan->before == '$'))
		return "stands right behind '\\' or '$', which changes its quotes: take that away";
	return reasons[scan->state];
}

/* Whether what stands before takes the next character: a backslash a quote, a "$" a bracket. */
static bool takes_next(const struct shell_scan *scan, const char *takers)
{
	bool is_read = scan->state == SHELL_OPEN || scan->state == SHELL_DOUBLE;

	return scan->is_escaped || (is_read && is_one_of(scan->before, takers));
}

static void pass(struct shell_scan *scan, bool is_sure, char before)
{
	if (!is_sure && scan->state != SHELL_HEREDOC)
		scan->state = SHELL_UNSURE;
	scan->is_escaped = false;
	scan->before = before;
}

void shell_pass(struct shell_scan *scan, bool is_plain)
{
	/* It may be empty, and then "<" meets another. */
	pass(scan, is_plain && !takes_next(scan, "$<("), AFTER_EXPRESSION);
}

void shell_pass_word(struct shell_scan *scan)
{
	pass(scan, !takes_next(scan, "$"), '\'');
}

bool shell_is_plain(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (is_one_of(text[i], "'\"\\`$#<(){}\n\r"))
			return false;
	return true;
}
