/* repeat.c - commands that are sent again; see repeat.h. */
#include "web/repeat.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* The parts are told apart by their NULs, which none of them holds. */
static void hash_command(const char *actor, const char *path, const char *key,
			 unsigned char hash[REPEAT_HASH_BYTES])
{
	const char *const parts[] = {actor, path, key};
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, REPEAT_HASH_BYTES);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		crypto_generichash_update(&state, (const unsigned char *)parts[i],
					  strlen(parts[i]) + 1);
	crypto_generichash_final(&state, hash, REPEAT_HASH_BYTES);
}

void repeat_forget(struct repeats *repeats, struct repeat *repeat)
{
	repeats->bytes -= repeat->answer.size;
	str_close(&repeat->answer);
	memset(repeat, 0, sizeof *repeat);
}

/* One that is under way stays. There are as many places as connections, so one is free of those. */
static struct repeat *take_place(struct repeats *repeats)
{
	struct repeat *place;

	do {
		place = &repeats->ring[repeats->next];
		repeats->next = (repeats->next + 1) % REPEAT_MAX;
	} while (place->is_used && place->status == 0);
	repeat_forget(repeats, place);
	place->is_used = true;
	return place;
}

enum repeat_result repeat_find(struct repeats *repeats, const char *actor, const char *path,
			       const char *key, const struct str *body, struct repeat **found)
{
	unsigned char command[REPEAT_HASH_BYTES];
	unsigned char hash[REPEAT_HASH_BYTES];

	hash_command(actor, path, key, command);
	crypto_generichash(hash, sizeof hash, (const unsigned char *)str_text(body), body->size,
			   NULL, 0);
	for (size_t i = 0; i < REPEAT_MAX; i++) {
		*found = &repeats->ring[i];
		if (!(*found)->is_used || memcmp((*found)->command, command, sizeof command) != 0)
			continue;
		return memcmp((*found)->body, hash, sizeof hash) == 0 ? REPEAT_SAME : REPEAT_OTHER;
	}
	*found = take_place(repeats);
	memcpy((*found)->command, command, sizeof command);
	memcpy((*found)->body, hash, sizeof hash);
	return REPEAT_NEW;
}

/* The oldest answers make room; an answer too large to be kept is told as one that is not there. */
static void make_room(struct repeats *repeats, const struct repeat *keep, size_t bytes)
{
	for (size_t i = 0; i < REPEAT_MAX && repeats->bytes + bytes > REPEAT_BYTES_MAX; i++) {
		struct repeat *old = &repeats->ring[(repeats->next + i) % REPEAT_MAX];

		if (old != keep && old->is_used && old->status != 0)
			repeat_forget(repeats, old);
	}
}

void repeat_keep(struct repeats *repeats, struct repeat *repeat, unsigned status,
		 const struct str *answer, const char *location)
{
	make_room(repeats, repeat, answer->size);
	repeat->status = status;
	str_append_bytes(&repeat->answer, str_text(answer), answer->size);
	repeats->bytes += answer->size;
	snprintf(repeat->location, sizeof repeat->location, "%s", location == NULL ? "" : location);
}

void repeat_close(struct repeats *repeats)
{
	for (size_t i = 0; i < REPEAT_MAX; i++)
		repeat_forget(repeats, &repeats->ring[i]);
}
