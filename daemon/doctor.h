/* doctor.h - looks a home over, with or without its daemon, and says what is wrong with it: where,
 * why, and what helps. Changes nothing. */
#ifndef HEDDLE_DAEMON_DOCTOR_H
#define HEDDLE_DAEMON_DOCTOR_H

#include "base/err.h"
#include "store/backup.h"

#include <stdbool.h>
#include <stddef.h>

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_WARNING, /* it works, and somebody should know */
	DOCTOR_WRONG,   /* something does not work, or will not */
};

const char *doctor_state_name(enum doctor_state state);

struct doctor_finding {
	const char *check; /* "home", "space", "facts" ... */
	enum doctor_state state;
	const char *place;  /* a path, or what else it is about */
	const char *text;   /* one line */
	const char *remedy; /* one line; NULL = none is needed */
};

struct doctor_options {
	const char *home;
	const char *dags;      /* the dag folder, or one file */
	bool is_dags_named;    /* else it is only where it would be by default */
	const char *shim_path; /* the heddle-shim program */
};

typedef void doctor_told(void *context, const struct doctor_finding *finding);

/* Tells what was found of every check, good or bad, in their order. Texts live until the call
 * returns. Blocks: the whole database is read. */
void doctor_examine(const struct doctor_options *options, doctor_told *told, void *context);

/* Remembers in the home how the newest backup went, for the check "backup"; problem NULL = well. A
 * home that cannot be written to is left as it is. */
void doctor_note_backup(const char *home, const struct backup_info *info, const char *problem);

#endif
