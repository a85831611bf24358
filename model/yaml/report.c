/* report.c - gathers, sorts and words errors; see report.h. */
#include "model/yaml/report.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/escape.h"
#include "model/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than are ever shown, so that the first ones of the file are among them although the checks
 * do not go strictly from top to bottom; and few enough for memory. */
#define GATHERED_MAX (10 * LIMIT_ERRORS)
#define QUOTED_CHARACTERS 60
#define TEMPLATE_BYTES 300 /* more than a quote shows, of four bytes each */
#define SHOWN_LINE_BYTES 500
#define NEAREST_BUDGET 50000000u /* cells of the tables of str_distance: well under a second */

void report_init(struct report *report, const struct source *source)
{
	memset(report, 0, sizeof *report);
	report->source = source;
	report->nearest_budget = NEAREST_BUDGET;
	arena_init(&report->arena);
}

void report_close(struct report *report)
{
	arena_close(&report->arena);
	mem_free(report->items);
}

bool report_is_full(const struct report *report)
{
	return report->count >= GATHERED_MAX;
}

static void add(struct report *report, struct place place, const char *format, va_list args)
{
	char message[ERR_MESSAGE_MAX];
	struct report_item item = {.place = place, .order = report->count};

	if (report_is_full(report))
		return;
	if (place.source == report->source)
		item.place.source = NULL;
	vsnprintf(message, sizeof message, format, args);
	item.message = arena_strdup(&report->arena, message);
	vec_push(report, item);
}

void report_add(struct report *report, struct place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(report, place, format, args);
	va_end(args);
}

void report_syntax(struct report *report, struct place place, const char *format, ...)
{
	va_list args;

	report->is_syntax = true;
	va_start(args, format);
	add(report, place, format, args);
	va_end(args);
}

static bool is_inner_byte(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

const char *report_quote(struct report *report, const char *text)
{
	struct str quoted = STR_INIT;
	const char *copy;
	size_t characters = 0;

	if (report_is_full(report))
		return "";
	str_append_char(&quoted, '\'');
	for (; *text != '\0' && characters < QUOTED_CHARACTERS; characters++)
		text += escape_character(&quoted, text);
	str_append(&quoted, *text != '\0' ? "...'" : "'");
	copy = arena_strdup(&report->arena, str_text(&quoted));
	str_close(&quoted);
	return copy;
}

void report_template(struct report *report, struct place place, const char *name, const char *text,
		     size_t length)
{
	const char *quoted;

	const char *end;

	if (report_is_full(report))
		return;
	if (length > TEMPLATE_BYTES)
		length = TEMPLATE_BYTES;
	end = memmem(text, length, "}}", 2);
	if (end != NULL)
		length = (size_t)(end - text) + 2;
	quoted = report_quote(report, arena_strndup(&report->arena, text, length));
	if (name != NULL)
		report_add(report, place, "'%s' takes no template: %s", name, quoted);
	else
		report_add(report, place,
			   "a template without quotes is a map to YAML: quote it, %s", quoted);
}

const char *report_nearest(struct report *report, const char *word, const char *const *names,
			   size_t count)
{
	size_t length = strnlen(word, LIMIT_ID_BYTES + 1);
	size_t cost = count * (length + 1) * (length + 1);

	/* The longest id is longer than any word that str_distance compares. */
	if (report_is_full(report) || length > LIMIT_ID_BYTES || cost > report->nearest_budget)
		return NULL;
	report->nearest_budget -= cost;
	return str_nearest(word, names);
}

/* The file itself comes before the files of its folders. */
static int compare_sources(const struct source *left, const struct source *right)
{
	if (left == NULL || right == NULL)
		return left == NULL ? -1 : 1;
	return strcmp(left->name, right->name);
}

static int compare_items(const void *a, const void *b)
{
	const struct report_item *left = a;
	const struct report_item *right = b;

	if (left->place.source != right->place.source)
		return compare_sources(left->place.source, right->place.source);
	if (left->place.line != right->place.line)
		return left->place.line < right->place.line ? -1 : 1;
	if (left->place.column != right->place.column)
		return left->place.column < right->place.column ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static bool is_repeated(const struct report *report, size_t i)
{
	const struct report_item *item = &report->items[i];

	return i > 0 && item[-1].place.source == item->place.source &&
	       item[-1].place.line == item->place.line &&
	       item[-1].place.column == item->place.column &&
	       strcmp(item[-1].message, item->message) == 0;
}

/* The source line of a place, cut so that a thousand errors on one endless line stay small; NULL
 * when the place lies behind the cut. */
static const char *shown_line(struct report *report, struct place place)
{
	const char *line;
	size_t length;

	if (report->is_unprintable)
		return NULL;
	line =
	    source_line(place.source == NULL ? report->source : place.source, place.line, &length);
	if (length > SHOWN_LINE_BYTES) {
		length = SHOWN_LINE_BYTES;
		while (length > 0 && is_inner_byte(line[length]))
			length--;
		if (place.column > length)
			return NULL;
	}
	return arena_strndup(&report->arena, line, length);
}

int report_deliver(struct report *report, struct dag_errors *errors)
{
	if (report->count == 0)
		return 0;
	qsort(report->items, report->count, sizeof report->items[0], compare_items);
	for (size_t i = 0; i < report->count; i++) {
		const struct report_item *item = &report->items[i];
		const struct source *source = item->place.source;

		if (!is_repeated(report, i))
			dag_errors_add(errors, (source == NULL ? report->source : source)->name,
				       item->place.line, item->place.column,
				       shown_line(report, item->place), "%s", item->message);
	}
	return report->is_syntax ? ERR_SYNTAX : ERR_INVALID;
}
