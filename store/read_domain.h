/* read_domain.h - whose domain a dag or a run is of. */
#ifndef HEDDLE_STORE_READ_DOMAIN_H
#define HEDDLE_STORE_READ_DOMAIN_H

#include "model/limits.h"
#include "store/read.h"

#define DOMAIN_SIZE (LIMIT_ID_BYTES + 1)

/* Of the dag in force; "" = it has none. ERR_NOT_FOUND when it is not in force. */
int read_domain_of_dag(struct store_reader *reader, const char *dag_id, char domain[DOMAIN_SIZE],
		       struct err *err);
/* Of the version that the run keeps. ERR_NOT_FOUND when there is no such run. */
int read_domain_of_run(struct store_reader *reader, const char *run_id, char domain[DOMAIN_SIZE],
		       struct err *err);

#endif
