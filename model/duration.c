/* duration.c - reads durations; see duration.h. */
#include "model/duration.h"

#include "base/str.h"
#include "model/escape.h"
#include "model/limits.h"

#include <stddef.h>
#include <string.h>

#define SHOWN_SIZE 31

static const struct {
	const char *name;
	int64_t ms;
} units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000},
};

/* Milliseconds of a unit, 0 when there is none of that name. */
static int64_t unit_ms(const char *name)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(units[i].name, name) == 0)
			return units[i].ms;
	return 0;
}

/* Reads the digits at *text and leaves it behind them. Stops counting above the bound, so that no
 * number of digits can overflow. */
static int64_t read_number(const char **text)
{
	int64_t number = 0;

	for (; **text >= '0' && **text <= '9'; (*text)++)
		if (number <= LIMIT_DURATION_MS)
			number = number * 10 + (**text - '0');
	return number;
}

/* The text in a message: its beginning, and nothing that could steer a terminal. */
static const char *shown(const char *text, char buffer[SHOWN_SIZE])
{
	struct str safe = STR_INIT;
	size_t before = 0;

	while (*text != '\0') {
		text += escape_character(&safe, text);
		if (safe.size >= SHOWN_SIZE)
			break;
		before = safe.size;
	}
	memcpy(buffer, str_text(&safe), before);
	buffer[before] = '\0';
	str_close(&safe);
	return buffer;
}

int duration_parse(const char *text, int64_t *out_ms, struct err *err)
{
	char buffer[SHOWN_SIZE];
	const char *rest = text;
	int64_t number = read_number(&rest);
	int64_t unit = unit_ms(rest);

	if (rest == text || (*rest != '\0' && unit == 0))
		return err_set(err, ERR_SYNTAX,
			       "'%s' is no duration: write one whole number and one unit, as in "
			       "250ms, 90s, 5m, 2h or 1d",
			       shown(text, buffer));
	if (*rest == '\0')
		return err_set(err, ERR_SYNTAX,
			       "'%s' has no unit: write '%ss' if seconds are meant (units: ms s m "
			       "h d)",
			       shown(text, buffer), buffer);
	if (number > LIMIT_DURATION_MS / unit)
		return err_set(err, ERR_LIMIT, "'%s' is too long: at most %lld days",
			       shown(text, buffer), LIMIT_DURATION_MS / (24LL * 3600 * 1000));
	*out_ms = number * unit;
	return 0;
}
