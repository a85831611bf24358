/* lineage.h - the names under which OpenLineage knows jobs and their runs. Pure.
 *
 * A run of OpenLineage is an attempt of ours. Its id has to be a UUID: it follows from the
 * attempt, so that all who tell of it mean the same one. */
#ifndef HEDDLE_MODEL_LINEAGE_H
#define HEDDLE_MODEL_LINEAGE_H

#include <stdint.h>

struct str;

#define LINEAGE_UUID_SIZE 37 /* with its NUL */

/* Version 7 (RFC 9562 section 5.7): the instant of the release, then 74 bits of a hash of
 * incarnation and attempt. */
void lineage_run_id(const char *incarnation, int64_t attempt_id, int64_t released_at_ms,
		    char uuid[LINEAGE_UUID_SIZE]);
/* Appends what OPENLINEAGE_PARENT_ID holds: "NAMESPACE/DAG.TASK/UUID". The namespace is the dag's
 * domain; domain NULL = "default", which is OpenLineage's own word for none. */
void lineage_parent_id(struct str *out, const char *domain, const char *dag_id, const char *task_id,
		       const char *uuid);

#endif
