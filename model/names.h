/* names.h - a set of texts, each with a number, found by content in constant time.
 *
 * The texts are not copied: they outlive the set. */
#ifndef HEDDLE_MODEL_NAMES_H
#define HEDDLE_MODEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_NONE UINT32_MAX /* no number: the text is not in the set */

struct names_item {
	const char *text;
	uint32_t hash;
	uint32_t number;
};

/* All zero = empty. Hashes are keyed, so that nobody can write a file whose texts all fall on one
 * slot. */
struct names {
	struct names_item *items; /* in the order they were added */
	size_t count;
	size_t capacity;
	uint32_t *slots; /* place in items + 1, 0 = free; none while the set is small */
	size_t slot_count;
	unsigned char key[16]; /* of the hash: random, made with the slots */
	bool is_keyed;
};

void names_close(struct names *names);
void names_clear(struct names *names); /* keeps the memory for reuse */
uint32_t names_find(const struct names *names, const char *text);
/* Adds the text with its number unless it is there already. Returns the number that was there
 * before, NAMES_NONE when the text is new. */
uint32_t names_add(struct names *names, const char *text, uint32_t number);
/* As names_add, but the new number replaces an older one. */
void names_set(struct names *names, const char *text, uint32_t number);

#endif
