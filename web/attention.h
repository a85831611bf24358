/* attention.h - what needs somebody now, the most pressing first.
 *
 *	not_ready   the daemon starts nothing: a full disk, a clock that jumped, a commit that fails
 *	warning     it will not for long
 *	blocked     an attempt cannot be ended, or its claim is gone
 *	failed      runs of a dag have failed and none has succeeded since
 *	broken      a file of the folder does not check
 *	held        runs wait for the end of a pause
 *	uncertain   something could not be written, and was put aside
 *	recovered   runs have failed, later ones of the dag have not
 *
 * Failed runs that somebody has rerun or corrected are in another state, and not among them. Each
 * thing has its cause in one line and one thing to do about it. */
#ifndef HEDDLE_WEB_ATTENTION_H
#define HEDDLE_WEB_ATTENTION_H

#include "base/arena.h"
#include "base/vec.h"
#include "store/read_page.h"
#include "web/trouble.h"

#include <stdbool.h>
#include <stdint.h>

#define ATTENTION_SINCE_MS \
	(7 * 24 * 3600 * (int64_t)1000) /* failures older than that are history */

enum attention_kind {
	ATTENTION_NOT_READY,
	ATTENTION_WARNING,
	ATTENTION_BLOCKED,
	ATTENTION_FAILED,
	ATTENTION_BROKEN,
	ATTENTION_HELD,
	ATTENTION_UNCERTAIN,
	ATTENTION_RECOVERED,
	ATTENTION_KIND_COUNT,
};

const char *attention_kind_name(enum attention_kind kind);

/* Texts are the list's; NULL = there is none. */
struct attention_item {
	enum attention_kind kind;
	const char *title; /* what it is about: a dag, a file */
	const char *cause;
	int64_t since_ms; /* 0 = not known */
	const char *dag_id;
	const char *run_id;
	const char *task_id;
	const char *file;
	uint32_t count;     /* failed runs, errors of the file, runs that wait; else 1 */
	const char *action; /* what to do, in words */
	const char *method; /* of the request that does it or shows more; NULL = none does */
	const char *path;
	const char *body; /* JSON */
};

struct attention {
	struct arena arena;
	VEC(struct attention_item) items;
	bool more; /* there is more than was looked at */
};

struct attention_source {
	struct store_reader *reader;
	const struct troubles *troubles;
	const char *not_ready; /* why nothing new is started; "" = it is */
	const char *warning;   /* "" = none */
	int64_t since_ms;      /* failures of runs made since */
	size_t
	    first; /* what stands on the page that is shown: of these, failed runs are told with */
	size_t limit; /* the reason of their task */
};

/* Fills *out, to be closed in either case. Fails with the reader's codes. */
int attention_read(const struct attention_source *source, struct attention *out, struct err *err);
void attention_close(struct attention *attention);

#endif
