/* shell.h - reads the text of a command as far as it takes to tell whether a word in single quotes,
 * as the filter sh makes it, is one word where it stands.
 *
 * It follows quotes, comments and what is plain in $(...), ${...} and $((...)). Where a shell could
 * read on in a way that it does not follow, it is not sure any more and says no to all that comes:
 * the environment variable is always there instead. */
#ifndef HEDDLE_MODEL_TEMPLATE_SHELL_H
#define HEDDLE_MODEL_TEMPLATE_SHELL_H

#include <stdbool.h>
#include <stddef.h>

enum shell_state {
	SHELL_OPEN,     /* outside of all that follows */
	SHELL_SINGLE,   /* '...' */
	SHELL_DOUBLE,   /* "..." */
	SHELL_COMMENT,  /* # to the end of the line */
	SHELL_BACKTICK, /* `...` */
	SHELL_HEREDOC,  /* somewhere behind <<: for good */
	SHELL_UNSURE,   /* for good */
};

struct shell_scan {
	enum shell_state state;
	char before;     /* the character before, while SHELL_OPEN */
	bool is_escaped; /* the character before was a backslash that takes the next one */
	bool is_dollar;  /* the quote began as $' */
};

void shell_start(struct shell_scan *scan);
void shell_read(struct shell_scan *scan, const char *text, size_t size);
/* Why a word in single quotes must not stand here, and what to do; NULL when it may. */
const char *shell_refuses(const struct shell_scan *scan);
/* An expression stands here. is_plain: its text holds nothing that means something to a shell. */
void shell_pass(struct shell_scan *scan, bool is_plain);
/* A word in single quotes stands here, while SHELL_OPEN. */
void shell_pass_word(struct shell_scan *scan);
/* Whether a text holds nothing of the sort. */
bool shell_is_plain(const char *text, size_t size);

#endif
