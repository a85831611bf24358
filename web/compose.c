/* compose.c - JSON text; see compose.h. */
#include "web/compose.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void compose_init(struct compose *compose, struct str *out)
{
	compose->out = out;
	compose->comma = false;
}

static void separate(struct compose *compose)
{
	if (compose->comma)
		str_append_char(compose->out, ',');
	compose->comma = true;
}

void compose_open(struct compose *compose, char bracket)
{
	separate(compose);
	str_append_char(compose->out, bracket);
	compose->comma = false;
}

void compose_close(struct compose *compose, char bracket)
{
	str_append_char(compose->out, bracket);
	compose->comma = true;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void append_escaped(struct str *out, unsigned char c)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	char code[8];

	for (size_t i = 0; letters[i] != '\0'; i += 2)
		if (c == (unsigned char)letters[i]) {
			str_append_char(out, '\\');
			str_append_char(out, letters[i + 1]);
			return;
		}
	snprintf(code, sizeof code, "\\u%04x", c);
	str_append(out, code);
}

static void append_quoted(struct str *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	str_append_char(out, '"');
	while (*at != '\0') {
		const unsigned char *plain = at;
		size_t length;

		while (is_plain(*at))
			at++;
		str_append_bytes(out, plain, (size_t)(at - plain));
		if (*at == '\0')
			break;
		length = utf8_length((const char *)at);
		if (length > 1)
			str_append_bytes(out, at, length);
		else if (length == 1)
			append_escaped(out, *at);
		else
			str_append(out, "\xef\xbf\xbd");
		at += length == 0 ? 1 : length;
	}
	str_append_char(out, '"');
}

void compose_key(struct compose *compose, const char *key)
{
	separate(compose);
	append_quoted(compose->out, key);
	str_append_char(compose->out, ':');
	compose->comma = false;
}

void compose_text(struct compose *compose, const char *text)
{
	separate(compose);
	if (text == NULL)
		str_append(compose->out, "null");
	else
		append_quoted(compose->out, text);
}

void compose_int(struct compose *compose, int64_t value)
{
	char digits[24];

	separate(compose);
	snprintf(digits, sizeof digits, "%" PRId64, value);
	str_append(compose->out, digits);
}

void compose_bool(struct compose *compose, bool value)
{
	separate(compose);
	str_append(compose->out, value ? "true" : "false");
}

void compose_json(struct compose *compose, const char *json)
{
	separate(compose);
	str_append(compose->out, json);
}

void compose_time(struct compose *compose, int64_t at_ms)
{
	char text[CLOCK_TEXT_SIZE];

	compose_text(compose, at_ms == 0 ? NULL : clock_format_utc(at_ms, text));
}

void compose_member_text(struct compose *compose, const char *key, const char *text)
{
	compose_key(compose, key);
	compose_text(compose, text);
}

void compose_member_int(struct compose *compose, const char *key, int64_t value)
{
	compose_key(compose, key);
	compose_int(compose, value);
}

void compose_member_time(struct compose *compose, const char *key, int64_t at_ms)
{
	compose_key(compose, key);
	compose_time(compose, at_ms);
}

void compose_member_open(struct compose *compose, const char *key, char bracket)
{
	compose_key(compose, key);
	compose_open(compose, bracket);
}
