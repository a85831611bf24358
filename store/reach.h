/* reach.h - whose a database file is and how far it reaches, asked before anything is written. */
#ifndef HEDDLE_STORE_REACH_H
#define HEDDLE_STORE_REACH_H

#include "base/err.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct store_reach {
	bool is_known; /* false: its tables are of a release that could not tell */
	char incarnation[9];
	char folder[PATH_MAX]; /* of its home when a daemon last started; "" = not known */
	int64_t attempt_id;    /* the highest that was ever given; 0 = none */
	int64_t last_fact_ms;
};

/* Opens the file for reading and closes it again. Fails as schema_check does. */
int store_reach(const char *db_path, struct store_reach *out, struct err *err);

#endif
