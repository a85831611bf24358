/* tz_data.h - what a zone is made of, shared by the files of base/tz and by nobody else. */
#ifndef HEDDLE_BASE_TZ_DATA_H
#define HEDDLE_BASE_TZ_DATA_H

#include "base/arena.h"
#include "base/tz.h"

#define TZ_FILE_BYTES (256u * 1024) /* the largest of the IANA data has 4 KiB */
#define TZ_NAME_BYTES 255u
#define TZ_FOOTER_BYTES 255u
/* RFC 9636, section 3.2: utoff "SHOULD be in the range [-89999, 93599]". */
#define TZ_OFFSET_MIN_S (-89999)
#define TZ_OFFSET_MAX_S 93599

struct tz_type {
	int32_t offset_s; /* east of UTC */
	const char *abbreviation;
};

/* A day of any year and the wall clock's time at which an offset begins to hold. */
enum tz_day_kind {
	TZ_DAY_JULIAN,   /* Jn: 1 to 365, 29 February is never counted */
	TZ_DAY_ORDINAL,  /* n: 0 to 365, 29 February is counted */
	TZ_DAY_OF_MONTH, /* Mm.w.d: weekday d of week w of month m; week 5 is the last one */
};

struct tz_change {
	enum tz_day_kind kind;
	int32_t day; /* n, or the weekday: 0 = Sunday */
	int32_t week;
	int32_t month;
	int32_t time_s; /* after midnight; -167 to 167 hours */
};

/* The footer: how it goes on after the last transition. */
struct tz_rule {
	struct tz_type standard;
	struct tz_type daylight; /* with has_daylight, as the two changes */
	struct tz_change to_daylight;
	struct tz_change to_standard;
	bool has_daylight;
};

struct tz {
	struct arena arena; /* of all that is below */
	const char *name;
	const int64_t *transition_s; /* Unix seconds, ascending */
	const uint8_t *transition_type;
	const struct tz_type *types;
	uint32_t transition_count;
	uint32_t type_count; /* at least 1 */
	struct tz_rule rule;
	bool has_rule;
};

/* A stretch of time with one offset: from begin_s, included, to end_s. INT64_MIN and INT64_MAX
 * stand for no begin and no end. */
struct tz_span {
	const struct tz_type *type;
	int64_t begin_s;
	int64_t end_s;
};

/* Fills all but name from a file's bytes. Fails with ERR_CORRUPT; what it took is in tz->arena. */
int tz_file_read(struct tz *tz, const unsigned char *bytes, size_t size, struct err *err);
/* Reads a POSIX TZ text as RFC 9636 extends it; false when it is none. */
bool tz_rule_read(struct arena *arena, const char *text, struct tz_rule *out);
/* The stretch that a rule lays around an instant. */
void tz_rule_span(const struct tz_rule *rule, int64_t at_s, struct tz_span *out);

#endif
