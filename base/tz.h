/* tz.h - time zones: what a wall clock somewhere reads at an instant, and when it reads something.
 *
 * Read from the system's IANA data (TZif, RFC 9636, versions 1 to 4) by our own reader, because the
 * C library knows one zone a process and is not safe to change it on threads. A zone never changes
 * once loaded and may be used on any thread. "UTC" needs no file. */
#ifndef HEDDLE_BASE_TZ_H
#define HEDDLE_BASE_TZ_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TZ_YEAR_MAX 292000000 /* what milliseconds in 64 bits can count */

struct tz;

/* A wall clock's reading in the proleptic Gregorian calendar. */
struct civil {
	int32_t year;
	int32_t month;  /* 1 to 12 */
	int32_t day;    /* 1 to 31 */
	int32_t hour;   /* 0 to 23 */
	int32_t minute; /* 0 to 59 */
	int32_t second; /* 0 to 59: no leap seconds, as in Unix time */
	int32_t millisecond;
};

/* How often a wall clock reads something. */
enum tz_reading {
	TZ_NEVER, /* in a gap: the clock was put forward over it */
	TZ_ONCE,
	TZ_TWICE, /* in an overlap: the clock was put back */
};

/* name as in the IANA data: "Europe/Berlin". Fails with ERR_NOT_FOUND (no such zone; also for a
 * name that is no plain relative path: "..", "/x"), ERR_CORRUPT (no TZif, or beyond its bounds),
 * else I/O codes. The folder is $TZDIR, else /usr/share/zoneinfo. */
int tz_load(const char *name, struct tz **out, struct err *err);
/* The same from bytes, for tests and for the fuzzer. */
int tz_parse(const char *name, const void *bytes, size_t size, struct tz **out, struct err *err);
/* Which file a zone is read from, for telling whether it has changed. Zeros for "UTC". False when
 * there is none. */
struct tz_stamp {
	uint64_t device;
	uint64_t inode;
	int64_t size;
	int64_t mtime_ns;
};
bool tz_stamp_read(const char *name, struct tz_stamp *out);
void tz_destroy(struct tz *tz); /* NULL is allowed */
const char *tz_name(const struct tz *tz);

/* Seconds east of UTC at an instant; before the first transition RFC 9636's type 0, after the last
 * one the footer's rule. abbreviation may be NULL; it belongs to the zone. */
int32_t tz_offset_s(const struct tz *tz, int64_t at_ms, const char **abbreviation);
void tz_to_civil(const struct tz *tz, int64_t at_ms, struct civil *out);
/* The instants at which the clock reads it, ascending: none, one (in both) or two. TZ_NEVER:
 * at_ms[0] is the instant right after the gap, at_ms[1] the one at which a clock reads it that goes
 * on as before the gap. The year lies within TZ_YEAR_MAX on either side. */
enum tz_reading tz_from_civil(const struct tz *tz, const struct civil *civil, int64_t at_ms[2]);

/* Days since 1970-01-01 of a date, and back; month and day in range. */
int64_t civil_to_days(int32_t year, int32_t month, int32_t day);
void civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day);
/* 1 = Monday ... 7 = Sunday, as ISO 8601 counts. */
int civil_weekday(int64_t days);
/* ISO 8601 week and the year that it belongs to. */
void civil_iso_week(int64_t days, int32_t *year, int32_t *week);

/* "2026-11-20T06:00:00+01:00", with ".250" when there are milliseconds, "Z" never; NUL included it
 * fits 40 bytes. Offsets are cut to whole minutes and 23:59, and the clock with them: the instant
 * stays. */
void tz_format_rfc3339(const struct tz *tz, int64_t at_ms, char out[40]);
/* RFC 3339 with an offset or Z ("t", "z" and a blank for T are allowed), or a date alone, which is
 * its first instant in the zone. Returns false when it is neither. */
bool tz_parse_instant(const struct tz *tz, const char *text, int64_t *out_ms);

#endif
