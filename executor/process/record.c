/* record.c - writing and reading exit records; see record.h. */
#include "executor/process/record.h"

#include "executor/process/codec.h"

#include <string.h>

#define RECORD_FIXED_BYTES 112
#define RECORD_VERSION 1

static const char magic[4] = {'H', 'd', 'E', 'x'};

/* The numbers of the format. They stay what they are when the program's enumeration changes. */
static const unsigned char cause_codes[CAUSE_COUNT] = {
    [CAUSE_SUCCESS] = 1,     [CAUSE_SKIPPED] = 2, [CAUSE_EXIT_CODE] = 3,
    [CAUSE_SIGNAL] = 4,      [CAUSE_TIMEOUT] = 6, [CAUSE_OUT_OF_MEMORY] = 5,
    [CAUSE_CANCELLED] = 7,   [CAUSE_LOST] = 8,    [CAUSE_COULD_NOT_START] = 9,
    [CAUSE_BAD_OUTPUT] = 10,
};

static bool cause_from_code(uint64_t code, enum attempt_cause *cause)
{
	for (int i = 0; i < CAUSE_COUNT; i++) {
		if (cause_codes[i] == code && code != 0) {
			*cause = (enum attempt_cause)i;
			return true;
		}
	}
	return false;
}

size_t record_encode(const struct attempt_end *end, unsigned char buffer[RECORD_MAX_BYTES])
{
	size_t reason = strnlen(end->reason, LIMIT_REASON_BYTES);
	const uint64_t numbers[9] = {(uint64_t)end->started_at_ms,
				     (uint64_t)end->ended_at_ms,
				     (uint64_t)end->duration_ms,
				     (uint64_t)end->max_rss_bytes,
				     (uint64_t)end->cpu_user_us,
				     (uint64_t)end->cpu_system_us,
				     end->log_bytes,
				     end->log_dropped_bytes,
				     end->log_dropped_lines};

	codec_put(buffer + 16, (uint64_t)end->attempt_id, 8);
	codec_put(buffer + 24, cause_codes[end->cause], 4);
	codec_put(buffer + 28, (uint32_t)end->exit_code, 4);
	codec_put(buffer + 32, (uint32_t)end->signal, 4);
	codec_put(buffer + 36, reason, 4);
	for (size_t i = 0; i < 9; i++)
		codec_put(buffer + 40 + 8 * i, numbers[i], 8);
	memcpy(buffer + RECORD_FIXED_BYTES, end->reason, reason);
	codec_seal(buffer, magic, RECORD_VERSION, RECORD_FIXED_BYTES + reason);
	return RECORD_FIXED_BYTES + reason;
}

static void read_numbers(const unsigned char *at, struct attempt_end *end)
{
	end->started_at_ms = (int64_t)codec_get(at, 8);
	end->ended_at_ms = (int64_t)codec_get(at + 8, 8);
	end->duration_ms = (int64_t)codec_get(at + 16, 8);
	end->max_rss_bytes = (int64_t)codec_get(at + 24, 8);
	end->cpu_user_us = (int64_t)codec_get(at + 32, 8);
	end->cpu_system_us = (int64_t)codec_get(at + 40, 8);
	end->log_bytes = codec_get(at + 48, 8);
	end->log_dropped_bytes = codec_get(at + 56, 8);
	end->log_dropped_lines = codec_get(at + 64, 8);
}

bool record_decode(const void *bytes, size_t count, struct attempt_end *end)
{
	const unsigned char *at = bytes;
	size_t length = codec_check(at, count, magic, RECORD_VERSION, RECORD_FIXED_BYTES);
	struct attempt_end read;
	size_t reason;

	if (length == 0)
		return false;
	memset(&read, 0, sizeof read);
	reason = (size_t)codec_get(at + 36, 4);
	if (reason > LIMIT_REASON_BYTES || RECORD_FIXED_BYTES + reason != length ||
	    !cause_from_code(codec_get(at + 24, 4), &read.cause))
		return false;
	read.attempt_id = (int64_t)codec_get(at + 16, 8);
	read.exit_code = (int32_t)codec_get(at + 28, 4);
	read.signal = (int32_t)codec_get(at + 32, 4);
	read_numbers(at + 40, &read);
	memcpy(read.reason, at + RECORD_FIXED_BYTES, reason);
	*end = read;
	return true;
}

bool record_is_newer(const void *bytes, size_t count)
{
	return codec_is_newer(bytes, count, magic, RECORD_VERSION);
}
