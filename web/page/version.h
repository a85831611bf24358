/* version.h - a version of a dag, parsed again from its kept text. */
#ifndef HEDDLE_WEB_PAGE_VERSION_H
#define HEDDLE_WEB_PAGE_VERSION_H

#include "model/dag.h"
#include "store/read.h"

/* hash NULL = the one in force. *out holds one reference. Fails with ERR_NOT_FOUND, or ERR_INVALID
 * for a text that this program does not take any more. */
int version_read(struct store_reader *reader, const char *dag_id, const char *hash,
		 struct dag **out, struct err *err);

#endif
