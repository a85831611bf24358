/* format.c - see format.h. */
#include "model/format.h"

#include "base/vec.h"
#include "model/defaults.h"
#include "model/format_piece.h"
#include "model/limits.h"
#include "model/node_json.h"
#include "model/parse_text.h"

/* What each document of a text means; NULL = nothing. */
struct meaning {
	VEC(json_t *) documents;
};

static void meaning_close(struct meaning *meaning)
{
	for (size_t i = 0; i < meaning->documents.count; i++)
		json_decref(meaning->documents.items[i]);
	vec_close(&meaning->documents);
}

static void read_document(const struct document *document, struct tree_use *use,
			  struct report *report, struct meaning *meaning)
{
	const struct node *root = NULL;
	struct arena arena;
	struct place place;
	json_t *json = NULL;

	arena_init(&arena);
	if (source_odd_directive(report->source, document, &place))
		report_syntax(report, place,
			      "unknown directive: only %%YAML 1.2 may stand before '---'");
	else if (tree_read(document, &arena, use, report, &root) && root != NULL &&
		 report->count == 0)
		json = node_to_json(root);
	vec_push(&meaning->documents, json);
	arena_close(&arena);
}

/* Returns 0 when the text is sound YAML. */
static int read_meaning(const struct source *source, size_t size, struct meaning *meaning,
			struct dag_errors *errors)
{
	struct tree_use use = {0};
	struct document document;
	struct report report;
	uint32_t line = 1;
	int rc;

	report_init(&report, source);
	if (parse_check_text(&report, size))
		while (!report_is_full(&report) && source_next_document(source, &line, &document)) {
			if (meaning->documents.count >= LIMIT_DOCUMENTS) {
				report_syntax(
				    &report, (struct place){.line = document.line, .column = 1},
				    "more than %u documents in one file", LIMIT_DOCUMENTS);
				break;
			}
			read_document(&document, &use, &report, meaning);
		}
	rc = report_deliver(&report, errors);
	report_close(&report);
	return rc;
}

static bool is_same(const struct meaning *a, const struct meaning *b)
{
	if (a->documents.count != b->documents.count)
		return false;
	for (size_t i = 0; i < a->documents.count; i++) {
		json_t *left = a->documents.items[i];
		json_t *right = b->documents.items[i];

		if (left != right && (left == NULL || right == NULL || !json_equal(left, right)))
			return false;
	}
	return true;
}

static void write_documents(const struct source *source, enum key_level level, struct str *out)
{
	struct document document;
	uint32_t line = 1;

	while (source_next_document(source, &line, &document)) {
		struct sheet sheet = {.source = source, .document = document};
		struct arena arena;

		arena_init(&arena);
		sheet.arena = &arena;
		sheet_read(&sheet);
		sheet_sort(&sheet, level);
		sheet_write(&sheet, out);
		sheet_close(&sheet);
		arena_close(&arena);
	}
}

/* The last thing before a file is replaced: what was written is read again. */
static int check_meaning(const char *name, const struct str *text, const struct meaning *wanted,
			 struct dag_errors *errors)
{
	struct meaning meaning = {0};
	struct dag_errors ignored;
	struct source source;
	bool is_sound;

	source_init(&source, name, str_text(text), text->size);
	dag_errors_init(&ignored);
	is_sound =
	    read_meaning(&source, text->size, &meaning, &ignored) == 0 && is_same(&meaning, wanted);
	dag_errors_close(&ignored);
	meaning_close(&meaning);
	source_close(&source);
	if (is_sound)
		return 0;
	dag_errors_add(errors, name, 1, 1, NULL,
		       "the canonical form would not mean the same: the text is left as it is");
	return ERR_BUG;
}

int format_text(const char *name, const char *text, size_t size, struct str *out,
		struct dag_errors *errors)
{
	enum key_level level = defaults_is_name(name) ? LEVEL_FOLDER : LEVEL_DAG;
	struct meaning meaning = {0};
	struct str formatted = STR_INIT;
	struct str copy = STR_INIT; /* ends with a NUL: pieces are looked at as texts */
	struct source source;
	int rc;

	if (size <= LIMIT_DAG_FILE_BYTES)
		str_append_bytes(&copy, text, size);
	source_init(&source, name, str_text(&copy), copy.size);
	rc = read_meaning(&source, size, &meaning, errors);
	if (rc == 0) {
		write_documents(&source, level, &formatted);
		rc = check_meaning(name, &formatted, &meaning, errors);
	}
	if (rc == 0)
		str_append_bytes(out, str_text(&formatted), formatted.size);
	str_close(&formatted);
	meaning_close(&meaning);
	source_close(&source);
	str_close(&copy);
	return rc;
}
