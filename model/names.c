/* names.c - open addressing over a list of items; see names.h. Most sets are the keys of one small
 * map, which are compared one by one: only a larger set gets slots. */
#include "model/names.h"

#include "base/mem.h"
#include "base/vec.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define SMALL 16 /* items compared one by one */

_Static_assert(sizeof((struct names){0}).key == crypto_shorthash_KEYBYTES, "the key fits");

static uint32_t hash_text(const struct names *names, const char *text)
{
	unsigned char hash[crypto_shorthash_BYTES];
	uint32_t low;

	(void)crypto_shorthash(hash, (const unsigned char *)text, strlen(text), names->key);
	memcpy(&low, hash, sizeof low);
	return low;
}

void names_close(struct names *names)
{
	mem_free(names->items);
	mem_free(names->slots);
	memset(names, 0, sizeof *names);
}

void names_clear(struct names *names)
{
	names->count = 0;
	mem_free(names->slots);
	names->slots = NULL;
	names->slot_count = 0;
}

static bool item_is(const struct names_item *item, const char *text, uint32_t hash)
{
	return item->hash == hash && strcmp(item->text, text) == 0;
}

/* The slot that holds the text, or the free one where it belongs. At least half of the slots are
 * free, so the walk ends. */
static uint32_t *find_slot(const struct names *names, const char *text, uint32_t hash)
{
	size_t slot = hash & (names->slot_count - 1);

	while (names->slots[slot] != 0 &&
	       !item_is(&names->items[names->slots[slot] - 1], text, hash))
		slot = (slot + 1) & (names->slot_count - 1);
	return &names->slots[slot];
}

static struct names_item *find_item(const struct names *names, const char *text, uint32_t hash)
{
	uint32_t place;

	if (names->slot_count > 0) {
		place = *find_slot(names, text, hash);
		return place == 0 ? NULL : &names->items[place - 1];
	}
	for (size_t i = 0; i < names->count; i++)
		if (item_is(&names->items[i], text, hash))
			return &names->items[i];
	return NULL;
}

/* Nobody can choose names that all fall into one slot. Small sets have none: they need no key. */
static void make_key(struct names *names)
{
	randombytes_buf(names->key, sizeof names->key);
	names->is_keyed = true;
	for (size_t i = 0; i < names->count; i++)
		names->items[i].hash = hash_text(names, names->items[i].text);
}

static void grow_slots(struct names *names)
{
	size_t wanted = names->slot_count == 0 ? 4 * SMALL : names->slot_count * 2;

	if (!names->is_keyed)
		make_key(names);
	mem_free(names->slots);
	names->slots = mem_alloc(wanted * sizeof *names->slots);
	names->slot_count = wanted;
	for (size_t i = 0; i < names->count; i++)
		*find_slot(names, names->items[i].text, names->items[i].hash) = (uint32_t)i + 1;
}

uint32_t names_find(const struct names *names, const char *text)
{
	const struct names_item *item;

	if (names->count == 0)
		return NAMES_NONE;
	item = find_item(names, text, hash_text(names, text));
	return item == NULL ? NAMES_NONE : item->number;
}

uint32_t names_add(struct names *names, const char *text, uint32_t number)
{
	struct names_item item = {.text = text, .number = number};
	const struct names_item *there;

	item.hash = hash_text(names, text);
	there = find_item(names, text, item.hash);
	if (there != NULL)
		return there->number;
	assert(names->count < NAMES_NONE && (names->capacity == 0 || names->items != NULL));
	vec_push(names, item);
	if (names->slot_count > 0)
		*find_slot(names, text, item.hash) = (uint32_t)names->count;
	if (names->count > SMALL && names->count * 2 > names->slot_count)
		grow_slots(names);
	return NAMES_NONE;
}

void names_set(struct names *names, const char *text, uint32_t number)
{
	struct names_item *there = find_item(names, text, hash_text(names, text));

	if (there != NULL)
		there->number = number;
	else
		(void)names_add(names, text, number);
}
