/* parse_text.c - a text before anything is read from it; see parse_text.h. */
#include "model/parse_text.h"

#include "base/mem.h"
#include "model/limits.h"

#include <sodium.h>
#include <string.h>

#define HASH_BYTES 16

void parse_hash(const char *bytes, size_t size, char out[33])
{
	unsigned char hash[HASH_BYTES];

	crypto_generichash(hash, sizeof hash, (const unsigned char *)bytes, size, NULL, 0);
	sodium_bin2hex(out, 33, hash, sizeof hash);
}

struct dag *parse_dag_create(const char *source, const char *text, size_t size, uint32_t line)
{
	struct dag *dag = mem_alloc(sizeof *dag);

	atomic_init(&dag->references, 1);
	arena_init(&dag->arena);
	dag->source = arena_strdup(&dag->arena, source);
	dag->text_bytes = size;
	dag->text = arena_strndup(&dag->arena, text, size);
	dag->line = line;
	return dag;
}

bool parse_check_text(struct report *report, size_t size)
{
	struct place place = {.line = 1, .column = 1};
	const char *fault = NULL;

	if (size > LIMIT_DAG_FILE_BYTES)
		report_syntax(report, place, "the file has %zu bytes: at most %u (8 MiB)", size,
			      LIMIT_DAG_FILE_BYTES);
	else if (sodium_init() < 0)
		report_add(report, place, "the text cannot be hashed: libsodium does not start");
	else
		fault = source_check(report->source, &place);
	if (fault != NULL)
		report_syntax(report, place, "%s", fault);
	report->is_unprintable = report->count > 0;
	return report->count == 0;
}
