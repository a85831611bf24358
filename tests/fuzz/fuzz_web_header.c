/* fuzz_web_header.c - what stands in headers and times: lines of "Name: value", each taken in, then
 * judged as one request; each value also read as a range, an instant and a duration.
 *
 * Held to: a request passes only with sound framing, a range lies inside the log, and whoever gets
 * in over TCP has named our host and the token. */
#include "base/mem.h"
#include "model/duration.h"
#include "model/limits.h"
#include "web/guard.h"
#include "web/instant.h"
#include "web/range.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define TOKEN "0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_times(const char *value)
{
	int64_t ms = -1;

	if (instant_parse(value, &ms))
		assert(ms >= 0);
	if (duration_parse(value, &ms, NULL) == 0)
		assert(ms >= 0 && ms <= LIMIT_DURATION_MS);
}

static void read_range(const char *value)
{
	static const int64_t sizes[] = {0, 1, 1000};

	for (size_t i = 0; i < 3; i++) {
		int64_t first = -1;
		int64_t end = -1;

		if (range_parse(value, sizes[i], &first, &end) == RANGE_PART)
			assert(first >= 0 && first < end && end <= sizes[i]);
	}
}

static void take_line(char *line, struct guard_headers *headers)
{
	char *value = line;
	char *name = strsep(&value, ":");

	guard_take(headers, name, value);
	if (value == NULL)
		return;
	read_times(value);
	read_range(value);
}

static void judge(const struct guard_headers *headers)
{
	struct answer refusal = {0};

	if (guard_framing(headers, &refusal)) {
		assert(headers->host != NULL && headers->doubled == NULL);
		assert(!headers->has_bad_name && !headers->has_bad_value);
		assert(headers->content_length == NULL || headers->transfer_encoding == NULL);
		if (guard_host(headers->host, "127.0.0.1", "node7", &refusal))
			assert(strncasecmp(headers->host, "localhost", 9) == 0 ||
			       strncmp(headers->host, "127.0.0.1", 9) == 0 ||
			       strncmp(headers->host, "[::1]", 5) == 0);
		(void)guard_origin(headers, &refusal);
		if (guard_bearer(headers->authorization, TOKEN, &refusal))
			assert(strstr(headers->authorization, TOKEN) != NULL);
	} else {
		assert(refusal.status == 400 && refusal.close);
	}
	answer_close(&refusal);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct guard_headers headers = {0};
	char *text = mem_strndup((const char *)bytes, size);
	char *rest = text;
	char *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		take_line(line, &headers);
	judge(&headers);
	mem_free(text);
	return 0;
}
