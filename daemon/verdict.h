/* verdict.h - what a check of files came to, as JSON: `heddle validate --json`, POST /validate.
 *
 *	{"valid": false, "files": 1, "dags": [{"id", "file", "tasks"}],
 *	 "errors": [{"file", "line", "column", "message"}]} */
#ifndef HEDDLE_DAEMON_VERDICT_H
#define HEDDLE_DAEMON_VERDICT_H

#include "base/str.h"
#include "daemon/folder.h"

struct store_reader;

/* Of a folder that was judged. */
void verdict_write(const struct folder *folder, struct str *out);
/* Of a text as if it stood in the dag folder of this struct home under a name; NULL = nobody says
 * where, and its dags may be in force already, from whatever file. Any thread. */
void verdict_of_text(const void *home, struct store_reader *reader, const char *name,
		     const struct str *text, struct str *out);

#endif
