/* tz.c - zones by name, and what their clocks read; see tz.h. */
#include "base/tz.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/tz_data.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER "/usr/share/zoneinfo"
#define DAY_S 86400

/* UTC needs no file, so that a machine without the data still runs what names no other zone. */
static const struct tz_type utc = {0, "UTC"};

/* --- loading */

static struct tz *create(const char *name)
{
	struct tz *tz = mem_alloc(sizeof *tz);

	arena_init(&tz->arena);
	tz->name = arena_strdup(&tz->arena, name);
	return tz;
}

int tz_parse(const char *name, const void *bytes, size_t size, struct tz **out, struct err *err)
{
	struct tz *tz = create(name);
	int rc = tz_file_read(tz, bytes, size, err);

	if (rc != 0) {
		err_wrap(err, "time zone '%s'", name);
		tz_destroy(tz);
		return rc;
	}
	*out = tz;
	return 0;
}

static bool is_name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("_+-/", c) != NULL);
}

/* A relative path without dots, so that nothing outside of the folder can be named. */
static bool is_plain(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > TZ_NAME_BYTES || name[0] == '/' || name[length - 1] == '/')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_name_char(name[i]))
			return false;
	return true;
}

static int not_found(const char *name, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "no time zone '%.60s': names are as in Europe/Berlin",
		       name);
}

static void append_path(const char *name, struct str *path)
{
	const char *folder = getenv("TZDIR");

	str_printf(path, "%s/%s", folder == NULL || *folder == '\0' ? FOLDER : folder, name);
}

bool tz_stamp_read(const char *name, struct tz_stamp *out)
{
	struct str path = STR_INIT;
	struct stat status;
	bool found;

	memset(out, 0, sizeof *out);
	if (strcmp(name, "UTC") == 0)
		return true;
	append_path(name, &path);
	found = is_plain(name) && stat(str_text(&path), &status) == 0;
	str_close(&path);
	if (!found)
		return false;
	out->device = (uint64_t)status.st_dev;
	out->inode = (uint64_t)status.st_ino;
	out->size = (int64_t)status.st_size;
	out->mtime_ns = status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
	return true;
}

int tz_load(const char *name, struct tz **out, struct err *err)
{
	struct str path = STR_INIT;
	struct str bytes = STR_INIT;
	int rc;

	if (strcmp(name, "UTC") == 0) {
		*out = create(name);
		(*out)->types = &utc;
		(*out)->type_count = 1;
		return 0;
	}
	if (!is_plain(name))
		return not_found(name, err);
	append_path(name, &path);
	rc = file_read(path.data, TZ_FILE_BYTES, &bytes, err);
	if (rc == 0)
		rc = tz_parse(name, bytes.data, bytes.size, out, err);
	else if (rc == ERR_NOT_FOUND || rc == ERR_INVALID) /* not there, or a folder */
		rc = not_found(name, err);
	else if (rc == ERR_LIMIT)
		rc = err_set(err, ERR_CORRUPT, "time zone '%s': the file is too large", name);
	str_close(&bytes);
	str_close(&path);
	return rc;
}

void tz_destroy(struct tz *tz)
{
	if (tz == NULL)
		return;
	arena_close(&tz->arena);
	mem_free(tz);
}

const char *tz_name(const struct tz *tz)
{
	return tz->name;
}

/* --- from instants to clocks */

/* How many transitions there are up to an instant, included. */
static uint32_t count_until(const struct tz *tz, int64_t at_s)
{
	uint32_t low = 0;
	uint32_t high = tz->transition_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (tz->transition_s[middle] <= at_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void find_span(const struct tz *tz, int64_t at_s, struct tz_span *out)
{
	uint32_t past = count_until(tz, at_s);
	int64_t last_s = past == 0 ? INT64_MIN : tz->transition_s[past - 1];

	if (past == tz->transition_count && tz->has_rule) {
		tz_rule_span(&tz->rule, at_s, out);
		if (out->begin_s < last_s)
			out->begin_s = last_s;
		return;
	}
	out->type = &tz->types[past == 0 ? 0 : tz->transition_type[past - 1]];
	out->begin_s = last_s;
	out->end_s = past == tz->transition_count ? INT64_MAX : tz->transition_s[past];
}

static int64_t floor_s(int64_t at_ms)
{
	return at_ms / 1000 - (at_ms % 1000 < 0 ? 1 : 0);
}

int32_t tz_offset_s(const struct tz *tz, int64_t at_ms, const char **abbreviation)
{
	struct tz_span span;

	find_span(tz, floor_s(at_ms), &span);
	if (abbreviation != NULL)
		*abbreviation = span.type->abbreviation;
	return span.type->offset_s;
}

/* What a clock that counts local_s seconds since 1970 reads. */
static void read_clock(int64_t local_s, int32_t millisecond, struct civil *out)
{
	int64_t days = local_s / DAY_S - (local_s % DAY_S < 0 ? 1 : 0);
	int32_t second = (int32_t)(local_s - days * DAY_S);

	civil_from_days(days, &out->year, &out->month, &out->day);
	out->hour = second / 3600;
	out->minute = second / 60 % 60;
	out->second = second % 60;
	out->millisecond = millisecond;
}

void tz_to_civil(const struct tz *tz, int64_t at_ms, struct civil *out)
{
	int32_t millisecond = (int32_t)(at_ms % 1000);

	read_clock(floor_s(at_ms) + tz_offset_s(tz, at_ms, NULL),
		   millisecond < 0 ? millisecond + 1000 : millisecond, out);
}

/* --- and back */

struct search {
	int64_t local_s; /* what the clock reads */
	int64_t found_s[2];
	int found;
	int64_t gap_s; /* the first moment after the gap it falls into */
	int64_t as_before_s;
	bool has_gap;
};

/* Takes one stretch into account, given the instant at which a clock with the offset of the stretch
 * before reads local_s. Returns that of this one. */
static int64_t search_span(struct search *search, const struct tz_span *span, bool is_first,
			   int64_t before_s)
{
	int64_t candidate_s = search->local_s - span->type->offset_s;

	if (candidate_s >= span->begin_s && candidate_s < span->end_s) {
		/* A zone that reads the same three times is not of this world: the last counts. */
		search->found_s[search->found == 0 ? 0 : 1] = candidate_s;
		if (search->found < 2)
			search->found++;
	}
	if (!is_first && !search->has_gap && before_s >= span->begin_s &&
	    candidate_s < span->begin_s) {
		search->has_gap = true;
		search->gap_s = span->begin_s;
		search->as_before_s = before_s;
	}
	return candidate_s;
}

/* Every stretch that could hold the reading, from the earliest that an offset allows to the latest.
 * A reading that no stretch holds lies, for the first of them, behind its end or in it and for the
 * last before its begin: so between two of them is the gap. */
static void search_spans(const struct tz *tz, struct search *search)
{
	int64_t at_s = search->local_s - TZ_OFFSET_MAX_S;
	int64_t latest_s = search->local_s - TZ_OFFSET_MIN_S;
	int64_t before_s = 0;
	bool is_first = true;
	struct tz_span span;

	while (at_s <= latest_s) {
		find_span(tz, at_s, &span);
		before_s = search_span(search, &span, is_first, before_s);
		is_first = false;
		at_s = span.end_s;
	}
}

enum tz_reading tz_from_civil(const struct tz *tz, const struct civil *civil, int64_t at_ms[2])
{
	struct search search = {0};

	assert(civil->year >= -TZ_YEAR_MAX && civil->year <= TZ_YEAR_MAX);
	search.local_s = civil_to_days(civil->year, civil->month, civil->day) * DAY_S +
			 civil->hour * 3600 + civil->minute * 60 + civil->second;
	search_spans(tz, &search);
	if (search.found == 0) {
		assert(search.has_gap);
		at_ms[0] = search.gap_s * 1000;
		at_ms[1] = search.as_before_s * 1000 + civil->millisecond;
		return TZ_NEVER;
	}
	at_ms[0] = search.found_s[0] * 1000 + civil->millisecond;
	at_ms[1] = search.found_s[search.found - 1] * 1000 + civil->millisecond;
	return search.found == 1 ? TZ_ONCE : TZ_TWICE;
}
