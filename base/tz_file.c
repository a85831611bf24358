/* tz_file.c - reads TZif; see tz_data.h.
 *
 *	file   = header block [ header block footer ]      the second pair from version 2 on
 *	header = "TZif" version reserved[15] isutcnt isstdcnt leapcnt timecnt typecnt charcnt
 *	block  = times[timecnt] type-of-time[timecnt] types[typecnt] names[charcnt]
 *	         leaps[leapcnt] isstd[isstdcnt] isut[isutcnt]
 *	footer = "\n" rule "\n"
 *
 * (RFC 9636, section 3.) Numbers are big-endian; times have 4 bytes in the first block and 8 in the
 * second, which replaces the first. Counts are held against the bytes that are there before
 *anything is taken for them. */
#include "base/tz_data.h"

#include <string.h>

#define HEADER_BYTES 44u
#define TYPE_BYTES 6u
#define TYPES_MAX 256u

/* What is left to read. */
struct reader {
	const unsigned char *at;
	size_t left;
};

struct counts {
	uint32_t isut;
	uint32_t isstd;
	uint32_t leaps;
	uint32_t times;
	uint32_t types;
	uint32_t chars;
};

static uint32_t get_u32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t get_time(const unsigned char *at, size_t time_bytes)
{
	if (time_bytes == 4)
		return (int32_t)get_u32(at);
	return (int64_t)((uint64_t)get_u32(at) << 32 | get_u32(at + 4));
}

/* The next bytes, or NULL when there are fewer. */
static const unsigned char *take(struct reader *reader, uint64_t count)
{
	const unsigned char *at = reader->at;

	if (count > reader->left)
		return NULL;
	reader->at += count;
	reader->left -= (size_t)count;
	return at;
}

static int corrupt(struct err *err, const char *what)
{
	return err_set(err, ERR_CORRUPT, "no TZif data: %s", what);
}

static int read_header(struct reader *reader, struct counts *counts, unsigned char *version,
		       struct err *err)
{
	const unsigned char *header = take(reader, HEADER_BYTES);

	if (header == NULL || memcmp(header, "TZif", 4) != 0)
		return corrupt(err, "the header is missing");
	*version = header[4];
	counts->isut = get_u32(header + 20);
	counts->isstd = get_u32(header + 24);
	counts->leaps = get_u32(header + 28);
	counts->times = get_u32(header + 32);
	counts->types = get_u32(header + 36);
	counts->chars = get_u32(header + 40);
	return 0;
}

static uint64_t block_bytes(const struct counts *counts, size_t time_bytes)
{
	return (uint64_t)counts->times * (time_bytes + 1) + (uint64_t)counts->types * TYPE_BYTES +
	       counts->chars + (uint64_t)counts->leaps * (time_bytes + 4) + counts->isstd +
	       counts->isut;
}

static int read_times(struct tz *tz, const unsigned char *at, const struct counts *counts,
		      size_t time_bytes, struct err *err)
{
	const unsigned char *kinds = at + counts->times * time_bytes;
	int64_t *times = arena_alloc(&tz->arena, counts->times * sizeof *times);
	uint8_t *types = arena_alloc(&tz->arena, counts->times);

	for (uint32_t i = 0; i < counts->times; i++) {
		times[i] = get_time(at + i * time_bytes, time_bytes);
		types[i] = kinds[i];
		if (i > 0 && times[i] <= times[i - 1])
			return corrupt(err, "its transitions are not in order");
		if (types[i] >= counts->types)
			return corrupt(err, "a transition has a type that is not there");
	}
	tz->transition_s = times;
	tz->transition_type = types;
	tz->transition_count = counts->times;
	return 0;
}

static int read_types(struct tz *tz, const unsigned char *at, const struct counts *counts,
		      struct err *err)
{
	/* The copy ends in a NUL of its own, should the last name have none. */
	const char *names =
	    arena_strndup(&tz->arena, (const char *)at + counts->types * TYPE_BYTES, counts->chars);
	struct tz_type *types = arena_alloc(&tz->arena, counts->types * sizeof *types);

	for (uint32_t i = 0; i < counts->types; i++, at += TYPE_BYTES) {
		types[i].offset_s = (int32_t)get_u32(at);
		if (types[i].offset_s < TZ_OFFSET_MIN_S || types[i].offset_s > TZ_OFFSET_MAX_S)
			return corrupt(err, "an offset is out of range");
		if (at[5] >= counts->chars)
			return corrupt(err, "an abbreviation is not there");
		types[i].abbreviation = names + at[5];
	}
	tz->types = types;
	tz->type_count = counts->types;
	return 0;
}

static int read_block(struct tz *tz, struct reader *reader, const struct counts *counts,
		      size_t time_bytes, struct err *err)
{
	const unsigned char *at = take(reader, block_bytes(counts, time_bytes));
	int rc;

	if (at == NULL)
		return corrupt(err, "it ends too soon");
	if (counts->types == 0 || counts->types > TYPES_MAX || counts->chars == 0)
		return corrupt(err, "it has no types, or too many");
	if (counts->leaps > 0)
		return corrupt(err, "it counts leap seconds, which Unix time does not");
	rc = read_times(tz, at, counts, time_bytes, err);
	if (rc == 0)
		rc = read_types(tz, at + counts->times * (time_bytes + 1), counts, err);
	return rc;
}

static int read_footer(struct tz *tz, struct reader *reader, struct err *err)
{
	const unsigned char *begin = take(reader, 1);
	const unsigned char *end;
	const char *text;

	if (begin == NULL || *begin != '\n')
		return corrupt(err, "its footer is missing");
	begin++;
	end = memchr(begin, '\n', reader->left);
	if (end == NULL || end - begin > TZ_FOOTER_BYTES)
		return corrupt(err, "its footer has no end");
	if (end == begin)
		return 0;
	text = arena_strndup(&tz->arena, (const char *)begin, (size_t)(end - begin));
	if (strlen(text) != (size_t)(end - begin) || !tz_rule_read(&tz->arena, text, &tz->rule))
		return corrupt(err, "its footer is no rule");
	tz->has_rule = true;
	return 0;
}

int tz_file_read(struct tz *tz, const unsigned char *bytes, size_t size, struct err *err)
{
	struct reader reader = {bytes, size};
	struct counts counts = {0};
	unsigned char version = 0;
	int rc;

	if (size > TZ_FILE_BYTES)
		return corrupt(err, "it is too large");
	rc = read_header(&reader, &counts, &version, err);
	if (rc != 0)
		return rc;
	if (version == 0)
		return read_block(tz, &reader, &counts, 4, err);
	if (version < '2')
		return corrupt(err, "its version is unknown");
	if (take(&reader, block_bytes(&counts, 4)) == NULL)
		return corrupt(err, "it ends too soon");
	rc = read_header(&reader, &counts, &version, err);
	if (rc == 0)
		rc = read_block(tz, &reader, &counts, 8, err);
	if (rc == 0)
		rc = read_footer(tz, &reader, err);
	return rc;
}
