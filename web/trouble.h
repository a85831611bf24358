/* trouble.h - what people should know of attempts under way, and what changes no state: processes
 * that will not die, a claim that was removed.
 *
 * It stands as long as the executor says so, is never stored, and is at most TROUBLES_MAX texts:
 * beyond them only the log tells. The loop owns the list; a call that looks at the database takes a
 * copy along to its worker. Pure. */
#ifndef HEDDLE_WEB_TROUBLE_H
#define HEDDLE_WEB_TROUBLE_H

#include "base/vec.h"

#include <stdint.h>

#define TROUBLES_MAX 64
#define TROUBLE_TEXT_SIZE 192

struct trouble {
	int64_t attempt_id;
	char text[TROUBLE_TEXT_SIZE];
};

struct troubles {
	VEC(struct trouble) list;
};

/* The newest text of an attempt replaces the one before; NULL: it is over. */
void troubles_note(struct troubles *troubles, int64_t attempt_id, const char *text);
/* NULL = none. Good until the next note. */
const char *troubles_find(const struct troubles *troubles, int64_t attempt_id);
/* Makes *to the same as *from. */
void troubles_copy(struct troubles *to, const struct troubles *from);
void troubles_close(struct troubles *troubles);

#endif
