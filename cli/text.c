/* text.c - words for people; see text.h. */
#include "cli/text.h"

#include "web/steer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* Two units are enough: nobody asks for the seconds of a day. */
char *text_duration(int64_t duration_ms, char buffer[TEXT_SIZE])
{
	int64_t ms = duration_ms < 0 ? 0 : duration_ms;

	if (ms < SECOND_MS)
		snprintf(buffer, TEXT_SIZE, "0.%03" PRId64 "s", ms);
	else if (ms < MINUTE_MS)
		snprintf(buffer, TEXT_SIZE, "%" PRId64 ".%" PRId64 "s", ms / SECOND_MS,
			 ms % SECOND_MS / 100);
	else if (ms < HOUR_MS)
		snprintf(buffer, TEXT_SIZE, "%" PRId64 "m%02" PRId64 "s", ms / MINUTE_MS,
			 ms % MINUTE_MS / SECOND_MS);
	else if (ms < DAY_MS)
		snprintf(buffer, TEXT_SIZE, "%" PRId64 "h%02" PRId64 "m", ms / HOUR_MS,
			 ms % HOUR_MS / MINUTE_MS);
	else
		snprintf(buffer, TEXT_SIZE, "%" PRId64 "d%02" PRId64 "h", ms / DAY_MS,
			 ms % DAY_MS / HOUR_MS);
	return buffer;
}

static struct tm local(int64_t at_ms, int *rest_ms)
{
	int64_t floor_s = at_ms / SECOND_MS - (at_ms % SECOND_MS < 0 ? 1 : 0);
	time_t seconds = (time_t)floor_s;
	struct tm parts = {0};

	*rest_ms = (int)(at_ms - floor_s * SECOND_MS);
	localtime_r(&seconds, &parts);
	return parts;
}

char *text_instant(int64_t at_ms, char buffer[TEXT_SIZE])
{
	int rest_ms;
	struct tm parts = local(at_ms, &rest_ms);
	int offset_min = (int)(parts.tm_gmtoff / 60) % (24 * 60);
	char day[24];

	strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(buffer, TEXT_SIZE, "%s.%03d%c%02d:%02d", day, rest_ms, offset_min < 0 ? '-' : '+',
		 abs(offset_min) / 60, abs(offset_min) % 60);
	return buffer;
}

/* ".123Z" */
static bool parse_millis(const char *text, int64_t *ms)
{
	if (strlen(text) != 5 || text[0] != '.' || strspn(text + 1, "0123456789") != 3 ||
	    text[4] != 'Z')
		return false;
	*ms = strtol(text + 1, NULL, 10);
	return true;
}

bool text_parse_instant(const char *text, int64_t *at_ms)
{
	struct tm parts = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	int64_t ms;

	if (end == NULL || !parse_millis(end, &ms))
		return false;
	*at_ms = (int64_t)timegm(&parts) * SECOND_MS + ms;
	return true;
}

static void clean(struct str *out, const char *text, const char *kept)
{
	const char *end = text + strlen(text);

	while (text < end) {
		bool keeps = strchr(kept, *text) != NULL;
		size_t size = keeps ? 0 : steer_bytes(text, (size_t)(end - text));

		str_append_char(out, size > 0 ? ' ' : *text);
		text += size > 0 ? size : 1;
	}
}

void text_clean(struct str *out, const char *text)
{
	clean(out, text, "");
}

void text_clean_lines(struct str *out, const char *text)
{
	clean(out, text, "\n\t");
}

size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80; /* not a UTF-8 continuation */
	return width;
}

static const struct {
	const char *state;
	const char *begin;
} colours[] = {
    {"success", "\033[32m"},         {"failed", "\033[31m"},       {"running", "\033[36m"},
    {"upstream_failed", "\033[33m"}, {"up_for_retry", "\033[33m"}, {"cancelling", "\033[35m"},
    {"cancelled", "\033[35m"},       {"skipped", "\033[2m"},       {"none", "\033[2m"},
    {"queued", "\033[2m"},           {"ending", "\033[36m"},       {"removed", "\033[2m"},
};

const char *text_colour(const char *state)
{
	for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
		if (strcmp(colours[i].state, state) == 0)
			return colours[i].begin;
	return "";
}

const char *text_colour_end(const char *state)
{
	return text_colour(state)[0] == '\0' ? "" : "\033[0m";
}
