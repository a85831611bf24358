/* text.h - how times, durations and states are written for people. Pure, but
 * for the local time zone. */
#ifndef HEDDLE_CLI_TEXT_H
#define HEDDLE_CLI_TEXT_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_SIZE 48

/* "0.250s" "12.3s" "5m03s" "2h05m" "3d04h". Each text_ function with a buffer returns it. */
char *text_duration(int64_t duration_ms, char buffer[TEXT_SIZE]);
/* RFC 3339 in the local zone, with its offset: "2026-11-20T07:00:00.123+01:00". */
char *text_instant(int64_t at_ms, char buffer[TEXT_SIZE]);

/* "2026-11-20T06:00:00.123Z", as the API writes instants. */
bool text_parse_instant(const char *text, int64_t *at_ms);

/* Appends text as one line that cannot steer a terminal: each character that could (steer.h)
 * becomes a space. */
void text_clean(struct str *out, const char *text);
/* Likewise, with its line feeds and tabs. */
void text_clean_lines(struct str *out, const char *text);
/* Columns that the text takes on a terminal, as far as one character is one column. */
size_t text_width(const char *text);
/* Escape sequence that begins the colour of a state, "" when it has none; text_colour_end ends it.
 */
const char *text_colour(const char *state);
const char *text_colour_end(const char *state);

#endif
