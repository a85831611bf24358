/* size.c - reads numbers of bytes; see size.h. */
#include "model/size.h"

#include <stddef.h>
#include <string.h>

#define LARGEST (1ull << 50)

static const struct {
	const char *name;
	unsigned shift;
} units[] = {{"", 0}, {"Ki", 10}, {"Mi", 20}, {"Gi", 30}, {"Ti", 40}};

#define UNIT_COUNT (sizeof units / sizeof units[0])

/* UNIT_COUNT = none of that name. */
static size_t find_unit(const char *name)
{
	size_t i = 0;

	while (i < UNIT_COUNT && strcmp(units[i].name, name) != 0)
		i++;
	return i;
}

/* Stops counting above the bound, so that no number of digits can overflow. */
static uint64_t read_number(const char **text)
{
	uint64_t number = 0;

	for (; **text >= '0' && **text <= '9'; (*text)++)
		if (number <= LARGEST)
			number = number * 10 + (uint64_t)(**text - '0');
	return number;
}

int size_parse(const char *text, uint64_t *out_bytes, struct err *err)
{
	const char *rest = text;
	uint64_t number = read_number(&rest);
	size_t unit = find_unit(rest);

	if (rest == text || unit == UNIT_COUNT)
		return err_set(err, ERR_SYNTAX,
			       "is no size: write one whole number and one unit, as in 64Ki, "
			       "512Mi or 2Gi");
	if (number > LARGEST >> units[unit].shift)
		return err_set(err, ERR_LIMIT, "is too much: at most 1024Ti");
	*out_bytes = number << units[unit].shift;
	return 0;
}
