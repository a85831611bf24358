/* words.c - see words.h. */
#include "store/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KEY_SIZE 24u

static const struct {
	const char *key;
	const char *means;
} keys[] = {
    {"name", "name"},     {"id", "name"}, {"dag", "name"},    {"owner", "owner"},
    {"domain", "domain"}, {"tag", "tag"}, {"state", "state"},
};

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

static const char *meaning(const char *key)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcasecmp(keys[i].key, key) == 0)
			return keys[i].means;
	return NULL;
}

static int refuse(const char *key, struct err *err)
{
	static const char *const names[] = {"name", "owner", "domain", "tag", "state", NULL};
	const char *nearest = str_nearest(key, names);

	if (nearest != NULL)
		return err_set(err, ERR_INVALID, "no filter '%s:' (did you mean '%s:'?)", key,
			       nearest);
	return err_set(err, ERR_INVALID,
		       "no filter '%s:': there are name: owner: domain: tag: state:", key);
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

/* One byte of a pattern, within a text of JSON (RFC 8259 section 7). */
static void add_byte(struct str *json, char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c | 0x20);
	if (c == '?' || c == '[')
		str_printf(json, "[%c]", c);
	else if (c == '"' || c == '\\')
		str_printf(json, "\\%c", c);
	else if ((unsigned char)c < 0x20)
		str_printf(json, "\\u%04x", (unsigned)c);
	else
		str_append_char(json, c);
}

/* What has no "*" may stand anywhere in a text or a name; an owner, a tag ... is meant as a whole.
 */
static void add_pattern(struct str *json, const char *key, const char *value, size_t size)
{
	bool is_part = memchr(value, '*', size) == NULL &&
		       (strcmp(key, "any") == 0 || strcmp(key, "name") == 0);

	str_printf(json, "%s{\"k\":\"%s\",\"p\":\"%s", json->size > 1 ? "," : "", key,
		   is_part ? "*" : "");
	for (size_t i = 0; i < size; i++)
		add_byte(json, value[i]);
	str_append(json, is_part ? "*\"}" : "\"}");
}

/* The word at *text, which moves behind it. A key that nothing follows yet asks for nothing. */
static int add_word(const char **text, struct str *json, struct err *err)
{
	char key[KEY_SIZE];
	const char *value = take_key(*text, key);
	const char *means = key[0] == '\0' ? "any" : meaning(key);
	const char *end;
	size_t size = value_size(&value, &end);

	*text = end;
	if (means == NULL)
		return refuse(key, err);
	if (size > 0)
		add_pattern(json, means, value, size);
	return 0;
}

int words_parse(const char *text, struct str *json, struct err *err)
{
	int rc = 0;

	str_append_char(json, '[');
	for (text += strspn(text, " \t"); rc == 0 && *text != '\0'; text += strspn(text, " \t"))
		rc = add_word(&text, json, err);
	str_append_char(json, ']');
	return rc;
}
