/* duration.h - lengths of time as people write them: 250ms 90s 5m 2h 1d.
 *
 * One whole number and one unit. A bare number is an error: seconds to one reader are minutes to
 * the next. */
#ifndef HEDDLE_MODEL_DURATION_H
#define HEDDLE_MODEL_DURATION_H

#include "base/err.h"

#include <stdint.h>

/* Fails with ERR_SYNTAX (no duration, or no unit) or ERR_LIMIT (beyond LIMIT_DURATION_MS); *out_ms
 * is then untouched, and err tells what would be right. */
int duration_parse(const char *text, int64_t *out_ms, struct err *err);

#endif
