/* words.h - what is typed into a filter of a list, and whether something is like that.
 *
 *	sales            one of its texts holds it
 *	sales_*          one of them is like that as a whole; "*" stands for anything
 *	owner:platform   one text of it alone, likewise with or without "*"
 *	"two words"      blanks belong to it, also behind a key
 *
 * Each word must fit. Capitals and small letters of ASCII are the same.
 *
 * of dags   words look at name, description, owner, tags; keys: name: (id: dag:) owner: domain:
 *tag: state: ("paused" is one) of runs   words look at the dag, its own id, why it is in its state,
 *what it stands for; keys: dag: (name:) id: (run:) state: by: (source:) period: owner: domain: tag:
 */
#ifndef HEDDLE_STORE_WORDS_H
#define HEDDLE_STORE_WORDS_H

#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>

/* What a text is of a dag or a run. */
enum words_text {
	WORDS_NAME, /* the dag's */
	WORDS_OWNER,
	WORDS_DOMAIN,
	WORDS_TAG, /* a JSON list of them */
	WORDS_STATE,
	WORDS_ID, /* of a run, as all below but the description */
	WORDS_BY,
	WORDS_PERIOD,
	WORDS_REASON,
	WORDS_DESCRIPTION,
	WORDS_TEXT_COUNT,
};

enum words_of {
	WORDS_OF_DAGS,
	WORDS_OF_RUNS,
};

struct word {
	unsigned texts;  /* bits of enum words_text: one of them must be like the pattern */
	char *pattern;   /* in small letters */
	bool is_pattern; /* has a "*" */
};

/* Begins as {0}. */
struct words {
	VEC(struct word) list;
	unsigned texts; /* that any of them looks at */
};

/* Fails with ERR_INVALID when a word has a key that there is not; words_close also then. */
int words_parse(struct words *words, enum words_of of, const char *text, struct err *err);
void words_close(struct words *words);
/* texts: WORDS_TEXT_COUNT of them; those that no word looks at may be NULL, as what is not there.
 * The state may be a list, too. */
bool words_fit(const struct words *words, const char *const *texts);
/* The state that one word names as a whole, NULL = none does: an index finds it. */
const char *words_state(const struct words *words);

#endif
