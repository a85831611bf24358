/* words.c - see words.h. */
#include "store/words.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KEY_SIZE 24u
#define BIT(name) (1u << WORDS_##name)

struct key {
	const char *name;
	unsigned texts;
};

/* Names that mean the same stand behind the one that is told; the last row is a word without any.
 */
static const struct key of_dags[] = {
    {"name", BIT(NAME)},     {"owner", BIT(OWNER)},
    {"domain", BIT(DOMAIN)}, {"tag", BIT(TAG)},
    {"state", BIT(STATE)},   {"id", BIT(NAME)},
    {"dag", BIT(NAME)},      {NULL, BIT(NAME) | BIT(DESCRIPTION) | BIT(OWNER) | BIT(TAG)},
};
static const struct key of_runs[] = {
    {"dag", BIT(NAME)},      {"id", BIT(ID)},
    {"state", BIT(STATE)},   {"by", BIT(BY)},
    {"period", BIT(PERIOD)}, {"owner", BIT(OWNER)},
    {"domain", BIT(DOMAIN)}, {"tag", BIT(TAG)},
    {"name", BIT(NAME)},     {"run", BIT(ID)},
    {"source", BIT(BY)},     {NULL, BIT(NAME) | BIT(ID) | BIT(REASON) | BIT(PERIOD)},
};

static const struct {
	const struct key *keys;
	size_t told; /* of them, to who looks for one */
} kinds[] = {
    [WORDS_OF_DAGS] = {of_dags, 5},
    [WORDS_OF_RUNS] = {of_runs, 8},
};

/* --- as it is typed -----------------------------------------------------------------------------
 */

/* Letters up to a colon that something follows; at the colon then. "" = it is no key. */
static const char *take_key(const char *word, char key[KEY_SIZE])
{
	size_t size = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	key[0] = '\0';
	if (size == 0 || size >= KEY_SIZE || word[size] != ':')
		return word;
	memcpy(key, word, size);
	key[size] = '\0';
	return word + size + 1;
}

/* key "" = none. NULL: there is none such. */
static const struct key *find_key(const struct key *keys, const char *key)
{
	while (keys->name != NULL && strcasecmp(keys->name, key) != 0)
		keys++;
	return keys->name == NULL && key[0] != '\0' ? NULL : keys;
}

static int refuse(enum words_of of, const char *key, struct err *err)
{
	const char *names[sizeof of_runs / sizeof *of_runs + 1] = {NULL};
	struct str list = STR_INIT;
	const char *nearest;
	int rc;

	for (size_t i = 0; i < kinds[of].told; i++) {
		names[i] = kinds[of].keys[i].name;
		str_printf(&list, " %s:", names[i]);
	}
	nearest = str_nearest(key, names);
	if (nearest != NULL)
		rc = err_set(err, ERR_INVALID, "no filter '%s:' (did you mean '%s:'?)", key,
			     nearest);
	else
		rc =
		    err_set(err, ERR_INVALID, "no filter '%s:': there are%s", key, str_text(&list));
	str_close(&list);
	return rc;
}

/* The bytes of a value from text on; *end is behind it. A quote that nothing closes goes on to the
 * end. */
static size_t value_size(const char **text, const char **end)
{
	const char *from = *text;
	size_t size;

	if (*from != '"') {
		size = strcspn(from, " \t");
		*end = from + size;
		return size;
	}
	*text = ++from;
	size = strcspn(from, "\"");
	*end = from + size + (from[size] == '"');
	return size;
}

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* What has no "*" may stand anywhere in a text, a name or an id; an owner, a tag ... is meant as a
 * whole. */
static void add_pattern(struct words *words, unsigned texts, const char *value, size_t size)
{
	static const unsigned in_part = BIT(NAME) | BIT(DESCRIPTION) | BIT(ID) | BIT(REASON);
	bool is_pattern = memchr(value, '*', size) != NULL;
	bool is_part = !is_pattern && (texts & in_part) != 0;
	struct str pattern = STR_INIT;
	struct word word = {.texts = texts, .is_pattern = is_pattern};

	if (is_part)
		str_append_char(&pattern, '*');
	for (size_t i = 0; i < size; i++)
		str_append_char(&pattern, small(value[i]));
	if (is_part)
		str_append_char(&pattern, '*');
	word.is_pattern = is_pattern || is_part;
	word.pattern = mem_strdup(str_text(&pattern));
	vec_push(&words->list, word);
	words->texts |= texts;
	str_close(&pattern);
}

/* The word at *text, which moves behind it. A key that nothing follows yet asks for nothing. */
static int add_word(struct words *words, enum words_of of, const char **text, struct err *err)
{
	char name[KEY_SIZE];
	const char *value = take_key(*text, name);
	const struct key *key = find_key(kinds[of].keys, name);
	const char *end;
	size_t size = value_size(&value, &end);

	*text = end;
	if (key == NULL)
		return refuse(of, name, err);
	if (size > 0)
		add_pattern(words, key->texts, value, size);
	return 0;
}

int words_parse(struct words *words, enum words_of of, const char *text, struct err *err)
{
	int rc = 0;

	for (text += strspn(text, " \t"); rc == 0 && *text != '\0'; text += strspn(text, " \t"))
		rc = add_word(words, of, &text, err);
	return rc;
}

void words_close(struct words *words)
{
	for (size_t i = 0; i < words->list.count; i++)
		mem_free(words->list.items[i].pattern);
	vec_close(&words->list);
}

const char *words_state(const struct words *words)
{
	for (size_t i = 0; i < words->list.count; i++) {
		const struct word *word = &words->list.items[i];

		if (word->texts == BIT(STATE) && !word->is_pattern)
			return word->pattern;
	}
	return NULL;
}

/* --- what it fits -------------------------------------------------------------------------------
 */

/* Goes back to the last "*" alone: an earlier one can take nothing that this one cannot, so the
 * work is bounded by the product of both lengths. */
static bool is_like(const char *text, size_t size, const char *pattern)
{
	const char *end = text + size;
	const char *star = NULL;
	const char *from = NULL;

	while (text < end) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern == small(*text)) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

static size_t put_utf8(unsigned code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | code >> 12);
	out[1] = (char)(0x80 | (code >> 6 & 0x3f));
	out[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

/* The character behind a backslash (RFC 8259 section 7). Only control characters are written as \u
 * where we write JSON, so a pair of surrogates needs not be known. */
static const char *take_escape(const char *at, char *out, size_t *size)
{
	static const char names[] = "bfnrt";
	static const char means[] = "\b\f\n\r\t";
	const char *found = strchr(names, *at);
	unsigned code;

	if (*at == 'u' && sscanf(at + 1, "%4x", &code) == 1) {
		*size = put_utf8(code, out);
		return at + strnlen(at, 5);
	}
	*out = found == NULL || *at == '\0' ? *at : means[found - names];
	*size = 1;
	return *at == '\0' ? at : at + 1;
}

/* The next text of a JSON list, NULL = no more; *list moves behind it. It stands in the list, or in
 * *room when something in it is escaped. */
static const char *next_text(const char **list, struct str *room, size_t *size)
{
	const char *begin = strchr(*list, '"');
	const char *at;

	if (begin == NULL)
		return NULL;
	begin++;
	at = begin + strcspn(begin, "\"\\");
	*size = (size_t)(at - begin);
	if (*at == '\\') {
		str_clear(room);
		str_append_bytes(room, begin, *size);
		while (*at != '"' && *at != '\0') {
			char bytes[4] = {*at};
			size_t count = 1;

			at = *at == '\\' ? take_escape(at + 1, bytes, &count) : at + 1;
			str_append_bytes(room, bytes, count);
		}
		begin = str_text(room);
		*size = room->size;
	}
	*list = *at == '"' ? at + 1 : at;
	return begin;
}

static bool is_one_like(const char *list, const char *pattern)
{
	struct str room = STR_INIT;
	const char *text;
	bool fits = false;
	size_t size;

	while (!fits && (text = next_text(&list, &room, &size)) != NULL)
		fits = is_like(text, size, pattern);
	str_close(&room);
	return fits;
}

static bool word_fits(const struct word *word, const char *const *texts)
{
	for (unsigned i = 0; i < WORDS_TEXT_COUNT; i++) {
		const char *text = texts[i] == NULL ? "" : texts[i];

		if ((word->texts >> i & 1u) == 0)
			continue;
		if (i == WORDS_TAG || (i == WORDS_STATE && text[0] == '[')
			? is_one_like(text, word->pattern)
			: is_like(text, strlen(text), word->pattern))
			return true;
	}
	return false;
}

bool words_fit(const struct words *words, const char *const *texts)
{
	for (size_t i = 0; i < words->list.count; i++)
		if (!word_fits(&words->list.items[i], texts))
			return false;
	return true;
}
