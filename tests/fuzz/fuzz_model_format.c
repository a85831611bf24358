/* fuzz_model_format.c - any bytes to be put in canonical form: an error, or a text that means the
 * same (format_text compares) and is canonical. */
#include "base/str.h"
#include "model/format.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Not assert: it must hold in every build. */
static void expect(bool is_so)
{
	if (!is_so)
		abort();
}

static int format(const char *text, size_t size, struct str *out)
{
	struct dag_errors errors;
	int rc;

	dag_errors_init(&errors);
	rc = format_text("fuzz.yaml", text, size, out, &errors);
	expect((rc == 0) == (errors.count == 0));
	dag_errors_close(&errors);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str once = STR_INIT;
	struct str twice = STR_INIT;
	int rc = format((const char *)bytes, size, &once);

	/* ERR_BUG is a text that would have come out with another meaning: it is refused then. */
	if (rc == 0) {
		expect(format(str_text(&once), once.size, &twice) == 0);
		expect(strcmp(str_text(&once), str_text(&twice)) == 0);
	}
	str_close(&once);
	str_close(&twice);
	return 0;
}
