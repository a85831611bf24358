/* mask.c - see mask.h. */
#include "executor/process/mask.h"

#include <string.h>

void mask_init(struct mask *mask, const char *secret)
{
	memset(mask, 0, sizeof *mask);
	if (secret == NULL || strlen(secret) <= MASK_SHOWN_BYTES ||
	    strchr(secret + 1, secret[0]) != NULL)
		return;
	mask->secret = secret;
	mask->length = strlen(secret);
}

static void emit_some(const char *bytes, size_t count, mask_emit emit, void *context)
{
	if (count > 0)
		emit(context, bytes, count);
}

/* It was not the secret after all: what was held back is what the secret begins with. */
static void give_back(struct mask *mask, mask_emit emit, void *context)
{
	if (mask->matched > MASK_SHOWN_BYTES)
		emit_some(mask->secret + MASK_SHOWN_BYTES, mask->matched - MASK_SHOWN_BYTES, emit,
			  context);
	mask->matched = 0;
}

/* How many bytes of these, from the first on, go on with the secret. */
static size_t go_on(const struct mask *mask, const char *bytes, size_t count)
{
	size_t left = mask->length - mask->matched;
	size_t same = 0;

	while (same < count && same < left && bytes[same] == mask->secret[mask->matched + same])
		same++;
	return same;
}

/* Passes on what of these matching bytes belongs to the part that is shown. */
static void show(const struct mask *mask, const char *bytes, size_t same, mask_emit emit,
		 void *context)
{
	size_t room = mask->matched < MASK_SHOWN_BYTES ? MASK_SHOWN_BYTES - mask->matched : 0;

	emit_some(bytes, same < room ? same : room, emit, context);
}

/* Where the secret may begin in these bytes: its kind stands there, or they end in a part of it. */
static size_t find_start(const struct mask *mask, const char *bytes, size_t count)
{
	const char *kind;
	size_t tail = count < MASK_SHOWN_BYTES - 1 ? count : MASK_SHOWN_BYTES - 1;

	if (mask->secret == NULL)
		return count;
	kind = memmem(bytes, count, mask->secret, MASK_SHOWN_BYTES);
	if (kind != NULL)
		return (size_t)(kind - bytes);
	while (tail > 0 && memcmp(bytes + count - tail, mask->secret, tail) != 0)
		tail--;
	return count - tail;
}

void mask_pass(struct mask *mask, const char *bytes, size_t count, mask_emit emit, void *context)
{
	while (count > 0) {
		size_t plain = mask->matched == 0 ? find_start(mask, bytes, count) : 0;
		size_t same;

		emit_some(bytes, plain, emit, context);
		bytes += plain;
		count -= plain;
		same = count == 0 ? 0 : go_on(mask, bytes, count);
		show(mask, bytes, same, emit, context);
		mask->matched += same;
		bytes += same;
		count -= same;
		if (mask->matched > 0 && mask->matched == mask->length) {
			emit_some(MASK_TEXT, strlen(MASK_TEXT), emit, context);
			mask->matched = 0;
		} else if (count > 0) {
			give_back(mask, emit, context);
		}
	}
}

void mask_end(struct mask *mask, mask_emit emit, void *context)
{
	give_back(mask, emit, context);
}
