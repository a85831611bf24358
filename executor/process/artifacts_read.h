/* artifacts_read.h - the files that an attempt left in $HEDDLE_ARTIFACTS, told and opened.
 *
 * Nothing outside the attempt's folder is reached, whatever the task put there: no link is followed
 * and nothing but a regular file is told or opened. All calls block: they are for workers. */
#ifndef HEDDLE_EXECUTOR_PROCESS_ARTIFACTS_READ_H
#define HEDDLE_EXECUTOR_PROCESS_ARTIFACTS_READ_H

#include "base/vec.h"
#include "executor/process/artifacts.h"
#include "executor/process/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Entries of one folder of artifacts that are looked at: while its task runs, nothing bounds it. */
#define ARTIFACTS_READ_MAX 100000u

struct artifact {
	char *name; /* below the folder: "sub/report.csv" */
	int64_t bytes;
	int64_t modified_at_ms;
};

struct artifact_list {
	VEC(struct artifact) items; /* by the bytes of their names */
	bool more;                  /* there are further ones behind the last */
};

/* What is wanted of all that there is. */
struct artifact_query {
	const char *after; /* names behind this one; NULL = from the first */
	size_t limit;
	bool (*is_good)(const char *name); /* others are left out */
};

/* Memory goes with the limit, not with what there is. No folder is no error. The caller closes
 * *list, also after a failure, which is one of err_errno's codes. */
int artifacts_list(const char *home, const char *incarnation, struct process_ref ref,
		   const struct artifact_query *query, struct artifact_list *list, struct err *err);
void artifacts_close(struct artifact_list *list);

/* True for parts with slashes between them, none of which is "", "." or "..". */
bool artifact_name_is_good(const char *name);
/* Opens one for reading; name is good. The descriptor is the caller's. Fails with ERR_NOT_FOUND
 * when no regular file stands there that may be read, else with err_errno's codes. */
int artifact_open(const char *home, const char *incarnation, struct process_ref ref,
		  const char *name, int *fd, int64_t *bytes, struct err *err);

#endif
