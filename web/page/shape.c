/* shape.c - small parts of pages; see shape.h. */
#include "web/page/shape.h"

#include "base/clock.h"
#include "web/page/asset.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* --- states -------------------------------------------------------------------------------------
 */

static const struct {
	const char *state;
	const char *class;
	const char *words;
} states[] = {
    {"none", "none", "not run"},
    {"queued", "queued", "queued"},
    {"running", "running", "running"},
    {"ending", "running", "ending"},
    {"cancelling", "running", "cancelling"},
    {"up_for_retry", "up_for_retry", "up for retry"},
    {"success", "success", "success"},
    {"failed", "failed", "failed"},
    {"skipped", "skipped", "skipped"},
    {"cancelled", "skipped", "cancelled"},
    {"removed", "skipped", "removed"},
    {"upstream_failed", "upstream_failed", "upstream failed"},
    {"waiting", "waiting", "waiting"},
    {"late", "late", "late"},
};

#define STATE_COUNT (sizeof states / sizeof *states)

static size_t find_state(const char *state)
{
	size_t i = 0;

	while (i < STATE_COUNT - 1 && (state == NULL || strcmp(states[i].state, state) != 0))
		i++;
	return i == STATE_COUNT - 1 && (state == NULL || strcmp(states[i].state, state) != 0) ? 0
											      : i;
}

const char *shape_class(const char *state)
{
	return states[find_state(state)].class;
}

const char *shape_words(const char *state)
{
	return states[find_state(state)].words;
}

/* --- icons --------------------------------------------------------------------------------------
 */

static void use(struct html *html, const char *prefix, const char *name)
{
	if (asset_links.icons[0] == '\0')
		return;
	html_put(html, "<use href=\"");
	html_local(html, asset_links.icons);
	html_put(html, "#%s%s\"/>", prefix, name);
}

void shape_icon(struct html *html, const char *name)
{
	html_put(html, "<svg class=\"icon\" aria-hidden=\"true\">");
	use(html, "", name);
	html_put(html, "</svg>");
}

void shape_state(struct html *html, const char *state, bool labelled)
{
	if (labelled)
		html_put(html, "<svg class=\"st c-%s\" role=\"img\" aria-label=\"%s\">",
			 shape_class(state), shape_words(state));
	else
		html_put(html, "<svg class=\"st c-%s\" aria-hidden=\"true\">", shape_class(state));
	use(html, "s-", shape_class(state));
	html_put(html, "</svg>");
}

void shape_cell(struct html *html, const char *state, const char *run_id, const char *task_id)
{
	html_put(html, "<svg class=\"st c-%s\" aria-hidden=\"true\" data-cell=\"%s",
		 shape_class(state), run_id);
	if (task_id != NULL)
		html_put(html, ".%s", task_id);
	html_put(html, "\">");
	use(html, "s-", shape_class(state));
	html_put(html, "</svg>");
}

void shape_pill(struct html *html, const char *state, const char *text)
{
	html_put(html, "<span class=\"pill p-%s\">", shape_class(state));
	shape_state(html, state, false);
	html_put(html, "%s</span>", text == NULL ? shape_words(state) : text);
}

/* --- times --------------------------------------------------------------------------------------
 */

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void write_full(const struct tm *tm, char *text, size_t size)
{
	snprintf(text, size, "%d %s %d %02d:%02d:%02d", tm->tm_mday, months[tm->tm_mon],
		 tm->tm_year + 1900, tm->tm_hour, tm->tm_min, tm->tm_sec);
}

static void write_ago(int64_t at_ms, int64_t now_ms, char *text, size_t size)
{
	int64_t past_s = now_ms > at_ms ? (now_ms - at_ms) / 1000 : 0;

	if (past_s < 60)
		snprintf(text, size, "%" PRId64 " s ago", past_s);
	else if (past_s < 3600)
		snprintf(text, size, "%" PRId64 " min ago", past_s / 60);
	else if (past_s < 48 * 3600)
		snprintf(text, size, "%" PRId64 " h ago", past_s / 3600);
	else
		snprintf(text, size, "%" PRId64 " days ago", past_s / 86400);
}

static void write_time(int64_t at_ms, enum shape_time form, int64_t now_ms, char *text, size_t size)
{
	time_t at_s = (time_t)(at_ms / 1000);
	struct tm tm;

	gmtime_r(&at_s, &tm);
	switch (form) {
	case TIME_CLOCK:
		snprintf(text, size, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
		break;
	case TIME_MINUTE:
		snprintf(text, size, "%02d:%02d", tm.tm_hour, tm.tm_min);
		break;
	case TIME_DAY:
		snprintf(text, size, "%d %s", tm.tm_mday, months[tm.tm_mon]);
		break;
	case TIME_FULL:
		write_full(&tm, text, size);
		break;
	case TIME_AGO:
		write_ago(at_ms, now_ms, text, size);
		break;
	}
}

void shape_time(struct html *html, int64_t at_ms, enum shape_time form, int64_t now_ms)
{
	static const char *const forms[] = {[TIME_CLOCK] = "clock",
					    [TIME_MINUTE] = "minute",
					    [TIME_DAY] = "day",
					    [TIME_FULL] = "full",
					    [TIME_AGO] = "ago"};
	char instant[CLOCK_TEXT_SIZE];
	char full[64];
	char text[64];

	if (at_ms <= 0)
		return;
	write_time(at_ms, form, now_ms, text, sizeof text);
	write_time(at_ms, TIME_FULL, now_ms, full, sizeof full);
	html_put(html, "<time datetime=\"%s\" data-t=\"%s\" title=\"%s UTC\">%s</time>",
		 clock_format_utc(at_ms, instant), forms[form], full, text);
}

const char *shape_duration(int64_t duration_ms, char text[SHAPE_DURATION_SIZE])
{
	int64_t s = duration_ms / 1000;

	if (duration_ms < 1000)
		snprintf(text, SHAPE_DURATION_SIZE, "%" PRId64 " ms",
			 duration_ms < 0 ? 0 : duration_ms);
	else if (s < 60)
		snprintf(text, SHAPE_DURATION_SIZE, "%" PRId64 " s", s);
	else if (s < 3600)
		snprintf(text, SHAPE_DURATION_SIZE, "%" PRId64 " m %02" PRId64, s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, SHAPE_DURATION_SIZE, "%" PRId64 " h %02" PRId64 " m", s / 3600,
			 s % 3600 / 60);
	else
		snprintf(text, SHAPE_DURATION_SIZE, "%" PRId64 " d %" PRId64 " h", s / 86400,
			 s % 86400 / 3600);
	return text;
}

/* --- counts -------------------------------------------------------------------------------------
 */

const char *shape_count(int64_t count, char text[SHAPE_COUNT_SIZE])
{
	char digits[24];
	size_t length;
	size_t at = 0;

	snprintf(digits, sizeof digits, "%" PRId64, count);
	length = strlen(digits);
	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
	return text;
}

void shape_number(struct html *html, int64_t count, const char *one, const char *many)
{
	char text[SHAPE_COUNT_SIZE];

	html_put(html, "%s %s", shape_count(count, text), count == 1 ? one : many);
}
