/* version.h - the files that belong to a version, for whoever has a connection. */
#ifndef HEDDLE_STORE_VERSION_H
#define HEDDLE_STORE_VERSION_H

#include "base/arena.h"
#include "base/err.h"
#include "model/dag.h"
#include "store/db.h"

#include <stdint.h>

/* In the arena, as dag_parse_version wants them. ERR_CORRUPT when a row makes no sense. */
int version_read_files(struct db *db, int64_t version_no, struct arena *arena,
		       struct dag_file **files, uint32_t *file_count, struct err *err);

#endif
