/* fuzz_base_tz.c - any bytes as a zone, and any text as an instant.
 *
 * Held to: what a clock reads at an instant, it reads then; readings come in order; a text that was
 * written is read as the same instant. */
#include "base/mem.h"
#include "base/tz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Not assert: it must hold in every build. */
static void expect(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_instant(const struct tz *tz, int64_t at_ms)
{
	const char *abbreviation = NULL;
	int32_t offset_s = tz_offset_s(tz, at_ms, &abbreviation);
	struct civil civil;
	char text[40];
	int64_t found_ms[2];
	enum tz_reading reading;

	expect(abbreviation != NULL && strlen(abbreviation) < 256);
	expect(offset_s > -100000 && offset_s < 100000);
	tz_format_rfc3339(tz, at_ms, text);
	expect(strlen(text) < sizeof text);
	tz_to_civil(tz, at_ms, &civil);
	expect(civil.month >= 1 && civil.month <= 12 && civil.day >= 1 && civil.day <= 31);
	if (civil.year < -TZ_YEAR_MAX || civil.year > TZ_YEAR_MAX)
		return;
	reading = tz_from_civil(tz, &civil, found_ms);
	expect(reading != TZ_NEVER && found_ms[0] <= at_ms && at_ms <= found_ms[1]);
	expect(reading == TZ_TWICE || found_ms[0] == found_ms[1]);
	if (civil.year < 0 || civil.year > 9999)
		return;
	expect(tz_parse_instant(tz, text, &found_ms[0]) && found_ms[0] == at_ms);
}

static void check_text(const char *bytes, size_t size)
{
	char *text = mem_strndup(bytes, size);
	struct tz *utc = NULL;
	int64_t at_ms;

	expect(tz_load("UTC", &utc, NULL) == 0);
	if (tz_parse_instant(utc, text, &at_ms))
		check_instant(utc, at_ms);
	tz_destroy(utc);
	mem_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct tz *tz = NULL;
	struct err err = {0};
	int rc = tz_parse("Fuzz", bytes, size, &tz, &err);
	int64_t at_ms;

	expect(rc == 0 ? tz != NULL : rc == ERR_CORRUPT && tz == NULL && err.message[0] != '\0');
	if (rc != 0) {
		check_text((const char *)bytes, size);
		return 0;
	}
	/* The bytes hold the transitions: so their neighbourhood is looked at. */
	for (size_t i = 44; i + 8 <= size && i < 2000; i += 4) {
		uint64_t number = 0;

		for (size_t k = 0; k < 8; k++)
			number = number << 8 | bytes[i + k];
		at_ms = (int64_t)number;
		check_instant(tz, at_ms);
		check_instant(tz, (int32_t)(number >> 32) * INT64_C(1000));
		if (at_ms > INT64_MIN / 2000 && at_ms < INT64_MAX / 2000)
			check_instant(tz, at_ms * 1000 - 1);
	}
	check_instant(tz, INT64_MIN);
	check_instant(tz, INT64_MAX);
	tz_destroy(tz);
	return 0;
}
