/* level.c - see level.h. */
#include "web/api/level.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define HEAD_BYTES 240u /* of a line that are looked at */
#define STAMP_BYTES 25u /* "2026-11-21T09:42:10.920Z " */

static const struct {
	const char *word;
	enum log_level level;
} words[] = {
    {"error", LEVEL_ERROR},    {"err", LEVEL_ERROR},    {"fatal", LEVEL_ERROR},
    {"critical", LEVEL_ERROR}, {"severe", LEVEL_ERROR}, {"panic", LEVEL_ERROR},
    {"emerg", LEVEL_ERROR},    {"alert", LEVEL_ERROR},  {"crit", LEVEL_ERROR},
    {"warning", LEVEL_WARN},   {"warn", LEVEL_WARN},    {"info", LEVEL_INFO},
    {"notice", LEVEL_INFO},    {"debug", LEVEL_DEBUG},  {"trace", LEVEL_DEBUG},
    {"verbose", LEVEL_DEBUG},
};

/* A word of a line, with what stands around it. */
struct word {
	const char *text;
	size_t size;
	char before; /* '\0' at the beginning */
	char after;
	bool is_first;
	bool is_named; /* the word before it says that a level follows */
};

/* Of what the shim writes before a line: the instant, and where it is said, the stream. */
static size_t stamp_size(const char *line, size_t size)
{
	static const char mark[] = "[stderr] ";
	bool is_stamped =
	    size >= STAMP_BYTES && line[10] == 'T' && line[23] == 'Z' && line[24] == ' ';
	size_t stamp = is_stamped ? STAMP_BYTES : 0;

	if (size - stamp >= sizeof mark - 1 && memcmp(line + stamp, mark, sizeof mark - 1) == 0)
		stamp += sizeof mark - 1;
	return stamp;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool ends_with(const struct word *word, const char *end)
{
	size_t size = strlen(end);

	return word->size >= size && memcmp(word->text + word->size - size, end, size) == 0;
}

static bool is_upper(const struct word *word)
{
	for (size_t i = 0; i < word->size; i++)
		if (!isupper((unsigned char)word->text[i]))
			return false;
	return true;
}

/* Not a part of a sentence: a mark at the beginning, in brackets, or behind "level". */
static bool is_mark(const struct word *word)
{
	return is_upper(word) || word->is_named || word->before == '[' ||
	       (word->is_first && word->after == ':');
}

static enum log_level level_of_word(const struct word *word)
{
	if (word->after == ':' && (ends_with(word, "Error") || ends_with(word, "Exception")))
		return LEVEL_ERROR;
	if (word->is_first && word->size == 9 && memcmp(word->text, "Traceback", 9) == 0)
		return LEVEL_ERROR;
	if (!is_mark(word))
		return LEVEL_NONE;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].word) == word->size &&
		    strncasecmp(words[i].word, word->text, word->size) == 0)
			return words[i].level;
	return LEVEL_NONE;
}

static bool names_level(const struct word *word)
{
	return (word->size == 5 && strncasecmp(word->text, "level", 5) == 0) ||
	       (word->size == 3 && strncasecmp(word->text, "lvl", 3) == 0) ||
	       (word->size == 8 && strncasecmp(word->text, "severity", 8) == 0);
}

/* Behind the escape that begins at the position: ECMA-48 section 5.4. */
static size_t skip_escape(const char *text, size_t size, size_t at)
{
	at++;
	if (at < size && text[at] == '[')
		for (at++; at < size && !isalpha((unsigned char)text[at]);)
			at++;
	return at < size ? at + 1 : size;
}

/* The next word from *at on, which moves behind it. */
static bool next_word(const char *text, size_t size, size_t *at, struct word *word)
{
	size_t i = *at;

	word->before = i == 0 ? '\0' : text[i - 1];
	while (i < size && !is_word(text[i])) {
		word->before = text[i];
		i = text[i] == '\033' ? skip_escape(text, size, i) : i + 1;
	}
	word->text = text + i;
	*at = i;
	while (*at < size && is_word(text[*at]))
		++*at;
	word->size = *at - i;
	word->after = *at < size ? text[*at] : '\0';
	return word->size > 0;
}

enum log_level level_of(const char *line, size_t size)
{
	size_t stamp = stamp_size(line, size);
	struct word word = {.is_first = true};
	enum log_level level = LEVEL_NONE;
	size_t at = 0;

	line += stamp;
	size -= stamp;
	if (size > HEAD_BYTES)
		size = HEAD_BYTES;
	while (level == LEVEL_NONE && next_word(line, size, &at, &word)) {
		level = level_of_word(&word);
		word.is_named = names_level(&word);
		word.is_first = false;
	}
	return level;
}

bool level_goes_on(const char *line, size_t size)
{
	size_t stamp = stamp_size(line, size);

	return size > stamp && (line[stamp] == ' ' || line[stamp] == '\t');
}

bool level_from_name(const char *name, enum log_level *out)
{
	static const char *const names[] = {NULL, "debug", "info", "warn", "error"};

	for (size_t i = 1; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}
