/* scalar.c - types of plain scalars; see scalar.h. */
#include "model/yaml/scalar.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define DECIMAL "0123456789"
#define OCTAL "01234567"
#define HEXADECIMAL "0123456789abcdefABCDEF"

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static bool is_null(const char *text)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

	return is_one_of(text, words);
}

static bool is_bool(const char *text)
{
	static const char *const words[] = {"true",  "True",  "TRUE", "false",
					    "False", "FALSE", NULL};

	return is_one_of(text, words);
}

static const char *skip_sign(const char *text)
{
	return *text == '-' || *text == '+' ? text + 1 : text;
}

/* True when the text is one or more of the digits, and nothing else. */
static bool is_all(const char *text, const char *digits)
{
	return *text != '\0' && text[strspn(text, digits)] == '\0';
}

static bool is_integer(const char *text)
{
	const char *digits = skip_sign(text);

	if (strncmp(text, "0o", 2) == 0)
		return is_all(text + 2, OCTAL);
	if (strncmp(text, "0x", 2) == 0)
		return is_all(text + 2, HEXADECIMAL);
	return is_all(digits, DECIMAL) && (digits[0] != '0' || digits[1] == '\0');
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? with a point or an exponent */
static bool is_decimal_fraction(const char *text)
{
	const char *rest = skip_sign(text);
	size_t whole = strspn(rest, DECIMAL);
	size_t fraction = 0;
	bool has_point;

	rest += whole;
	has_point = *rest == '.';
	if (has_point) {
		fraction = strspn(rest + 1, DECIMAL);
		rest += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*rest == 'e' || *rest == 'E')
		return is_all(skip_sign(rest + 1), DECIMAL);
	return has_point && *rest == '\0';
}

static bool is_float(const char *text)
{
	static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
	static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};

	return is_decimal_fraction(text) || is_one_of(skip_sign(text), infinities) ||
	       is_one_of(text, nans);
}

enum node_type scalar_type(const char *text)
{
	/* What all that is no text begins with, if with anything: most scalars are text. */
	if (strchr("~nNtTfF+-.0123456789", text[0]) == NULL)
		return NODE_TEXT;
	if (is_null(text))
		return NODE_NULL;
	if (is_bool(text))
		return NODE_BOOL;
	if (is_integer(text))
		return NODE_INTEGER;
	return is_float(text) ? NODE_FLOAT : NODE_TEXT;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) - 'a' + 10;
}

int64_t scalar_integer(const char *text)
{
	bool is_negative = text[0] == '-';
	int base = strncmp(text, "0x", 2) == 0 ? 16 : strncmp(text, "0o", 2) == 0 ? 8 : 10;
	const char *digits = base == 10 ? skip_sign(text) : text + 2;
	int64_t value = 0;

	for (; *digits != '\0'; digits++)
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit_value(*digits), &value))
			return is_negative ? INT64_MIN : INT64_MAX;
	return is_negative ? -value : value;
}

double scalar_number(const char *text)
{
	const char *digits = skip_sign(text);

	if (scalar_type(text) == NODE_INTEGER)
		return (double)scalar_integer(text);
	if (digits[0] == '.' && (digits[1] == 'n' || digits[1] == 'N'))
		return (double)NAN;
	if (digits[0] == '.' && (digits[1] == 'i' || digits[1] == 'I'))
		return text[0] == '-' ? -(double)INFINITY : (double)INFINITY;
	return strtod(text, NULL);
}

const char *node_type_name(enum node_type type)
{
	static const char *const names[NODE_TYPE_COUNT] = {
	    [NODE_NULL] = "nothing",        [NODE_BOOL] = "the boolean",
	    [NODE_INTEGER] = "the integer", [NODE_FLOAT] = "the number",
	    [NODE_TEXT] = "the text",       [NODE_LIST] = "a list",
	    [NODE_MAP] = "a map",
	};

	return names[type];
}
