/* body.h - the JSON that comes with a command.
 *
 *	trigger        {"id": KEY, "params": {...}, "period": TEXT, "reason": TEXT}
 *	cancel         {"reason": TEXT}
 *	rerun          {"mode": "failed", "tasks": [ID...], "version": "pinned", "params": {...},
 *	                "reason": TEXT}
 *	mark           {"state": "success", "reason": TEXT}
 *	pause, resume  {"paused": true, "reason": TEXT}
 *	note           {"text": TEXT, "task": ID}
 *	gc             {"dry_run": false, "backups": false}
 *
 * All keys are optional but state and text; so is a body without those. Strict: every key that is
 * not known is named, and those that are to come say so. Pure. */
#ifndef HEDDLE_WEB_BODY_H
#define HEDDLE_WEB_BODY_H

#include "web/answer.h"
#include "web/compose.h"
#include "web/web.h"

#include <stdbool.h>
#include <stddef.h>

#define BODY_TASKS_MAX 1000u

/* Texts are the body's own; body_close gives them back. NULL = not given. */
struct body {
	char *key; /* "id" */
	char *reason;
	char *params; /* the object as JSON text */
	char *period;
	char *mode;
	char *version;
	char *state;
	char *text;
	char *task;
	char **tasks;
	size_t task_count;
	char *at;
	bool force;
	bool resumes; /* "paused" is false */
	bool dry_run;
	bool backups;
};

/* Reads size bytes. On failure *refusal holds the problem (400 for what is no JSON, 422 for what is
 * against a rule, with all errors at once), *out nothing, and false is returned. */
bool body_parse(enum web_command_kind kind, const char *bytes, size_t size, struct body *out,
		struct answer *refusal);
void body_close(struct body *body);

/* Writes the JSON Schema of a body. */
void body_describe(enum web_command_kind kind, struct compose *compose);
/* Whether a command cannot be without one. */
bool body_is_required(enum web_command_kind kind);

/* What is wrong with a run's key, or NULL: 1 to LIMIT_RUN_KEY_BYTES bytes of UTF-8, no control
 * characters. */
const char *body_key_fault(const char *key, size_t size);

#endif
