/* verdict.h - what a check of files came to, as JSON: `heddle validate --json`, POST /validate.
 *
 *	{"valid": false, "files": 1, "dags": [{"id", "file", "tasks"}],
 *	 "errors": [{"file", "line", "column", "message"}]} */
#ifndef HEDDLE_DAEMON_VERDICT_H
#define HEDDLE_DAEMON_VERDICT_H

#include "base/str.h"
#include "daemon/folder.h"

/* Of a folder that was judged. */
void verdict_write(const struct folder *folder, struct str *out);
/* Of a text as if it stood in the dag folder of this struct home under a name. Any thread. */
void verdict_of_text(const void *home, const char *name, const struct str *text, struct str *out);

#endif
