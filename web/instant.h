/* instant.h - reads the points of time that a client writes. Pure. */
#ifndef HEDDLE_WEB_INSTANT_H
#define HEDDLE_WEB_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 3339, "2026-11-20T06:00:00.123+01:00" or with "Z", or a date, which is its first instant in
 * UTC. False when it is none, names no real day, or lies before 1970. */
bool instant_parse(const char *text, int64_t *out_ms);

#endif
