/* parse_value.c - typed values and what is said of wrong ones; see parse_value.h. */
#include "model/parse_value.h"

#include "base/str.h"
#include "model/dag.h"
#include "model/duration.h"
#include "model/limits.h"
#include "model/size.h"

#include <string.h>

bool value_mismatch(struct report *report, const char *name, const struct node *node,
		    const char *wanted)
{
	if (node->is_faulty)
		return false;
	if (node->type == NODE_NULL)
		report_add(report, node->place, "'%s' must be %s: it has no value", name, wanted);
	else
		report_add(report, node->place, "'%s' must be %s, not %s", name, wanted,
			   node_describe(report, node));
	return false;
}

/* Ids, numbers and durations are short: more of a text is not looked at. */
#define WORD_BYTES (2 * LIMIT_ID_BYTES)

/* Templates are refused unless the key takes them. The place told is that of the braces, unless an
 * escape or a fold hides them. */
static bool check_template(struct report *report, const char *name, const struct node *node,
			   size_t size)
{
	const char *template = memmem(node->text, size, "{{", 2);
	struct place place = node->place;

	if (template == NULL)
		return true;
	if (report_is_full(report))
		return false;
	(void)source_find(report->source, "{{", node->start, node->end, &place);
	report_template(report, place, name, template, (size_t)(node->text + size - template));
	return false;
}

static bool check_word(struct report *report, const char *name, const struct node *node)
{
	return check_template(report, name, node, strnlen(node->text, WORD_BYTES));
}

static bool check_size(struct report *report, const char *name, const struct node *node,
		       size_t max_bytes)
{
	size_t size = strlen(node->text);

	if (size > max_bytes) {
		report_add(report, node->place, "'%s' is %zu bytes long: at most %zu", name, size,
			   max_bytes);
		return false;
	}
	return true;
}

static bool check_text(struct report *report, const char *name, const struct node *node,
		       size_t max_bytes)
{
	return check_size(report, name, node, max_bytes) &&
	       check_template(report, name, node, strlen(node->text));
}

/* True for text that is text in YAML, too. */
static bool check_type(struct report *report, const char *name, const struct node *node)
{
	bool is_other_scalar =
	    node->type == NODE_BOOL || node->type == NODE_INTEGER || node->type == NODE_FLOAT;

	if (node->is_faulty)
		return false;
	if (is_other_scalar) {
		report_add(report, node->place, "'%s' must be text, not %s: quote it", name,
			   node_describe(report, node));
		return false;
	}
	return node->type == NODE_TEXT || value_mismatch(report, name, node, "text");
}

bool value_text(struct report *report, const char *name, const struct node *node, size_t max_bytes,
		const char **out)
{
	if (!check_type(report, name, node) || !check_text(report, name, node, max_bytes))
		return false;
	*out = node->text;
	return true;
}

static bool check_not_blank(struct report *report, const char *name, const struct node *node)
{
	if (node->text[strspn(node->text, " \t\n")] != '\0')
		return true;
	report_add(report, node->place, "'%s' is empty", name);
	return false;
}

bool value_word(struct report *report, const char *name, const struct node *node, size_t max_bytes,
		const char **out)
{
	const char *text;

	if (!value_text(report, name, node, max_bytes, &text) ||
	    !check_not_blank(report, name, node))
		return false;
	*out = text;
	return true;
}

bool value_templated(struct report *report, const char *name, const struct node *node,
		     size_t max_bytes, const char **out)
{
	if (!check_type(report, name, node) || !check_size(report, name, node, max_bytes) ||
	    !check_not_blank(report, name, node))
		return false;
	*out = node->text;
	return true;
}

/* Any scalar that has a value. */
static bool check_scalar(struct report *report, const char *name, const struct node *node)
{
	if (node->is_faulty)
		return false;
	if (node->type == NODE_NULL) {
		report_add(report, node->place, "'%s' has no value: write \"\" for empty text",
			   name);
		return false;
	}
	return node->text != NULL || value_mismatch(report, name, node, "text");
}

bool value_scalar(struct report *report, const char *name, const struct node *node,
		  size_t max_bytes, const char **out)
{
	if (!check_scalar(report, name, node) || !check_text(report, name, node, max_bytes))
		return false;
	*out = node->text;
	return true;
}

bool value_templated_scalar(struct report *report, const char *name, const struct node *node,
			    size_t max_bytes, const char **out)
{
	if (!check_scalar(report, name, node) || !check_size(report, name, node, max_bytes))
		return false;
	*out = node->text;
	return true;
}

bool value_name(struct report *report, const char *name, const struct node *node, const char **out)
{
	if (!check_type(report, name, node) || !check_word(report, name, node))
		return false;
	*out = node->text;
	return true;
}

bool value_id(struct report *report, const char *name, const struct node *node, bool dots_allowed,
	      const char **out)
{
	const char *text;

	if (!value_name(report, name, node, &text))
		return false;
	if (!id_is_valid(text, dots_allowed)) {
		report_add(report, node->place,
			   "%s is no valid %s: a letter or '_', then letters, digits, '_'%s or "
			   "'-', at most 100 in all",
			   report_quote(report, text), name, dots_allowed ? ", '.'" : "");
		return false;
	}
	*out = text;
	return true;
}

bool value_integer(struct report *report, const char *name, const struct node *node, int64_t least,
		   int64_t most, int64_t *out)
{
	int64_t value;

	if (node->is_faulty)
		return false;
	if (node->type == NODE_TEXT && !check_word(report, name, node))
		return false;
	if (node->type == NODE_TEXT && node->bytes <= WORD_BYTES &&
	    scalar_type(node->text) == NODE_INTEGER)
		return value_mismatch(report, name, node, "an integer without quotes");
	if (node->type != NODE_INTEGER)
		return value_mismatch(report, name, node, "an integer");
	value = scalar_integer(node->text);
	if (value < least || value > most) {
		report_add(report, node->place, "'%s' must be from %lld to %lld, not %s", name,
			   (long long)least, (long long)most, report_quote(report, node->text));
		return false;
	}
	*out = value;
	return true;
}

bool value_duration(struct report *report, const char *name, const struct node *node,
		    int64_t *out_ms)
{
	struct err err;

	if (node->is_faulty)
		return false;
	if (node->type != NODE_TEXT && node->type != NODE_INTEGER && node->type != NODE_FLOAT)
		return value_mismatch(report, name, node, "a duration (250ms, 90s, 5m, 2h, 1d)");
	if (!check_word(report, name, node))
		return false;
	if (duration_parse(node->text, out_ms, &err) == 0)
		return true;
	report_add(report, node->place, "'%s': %s", name, err.message);
	return false;
}

bool value_span(struct report *report, const char *name, const struct node *node, int64_t *out_ms)
{
	int64_t span_ms;

	if (!value_duration(report, name, node, &span_ms))
		return false;
	if (span_ms == 0) {
		report_add(report, node->place, "'%s' must be longer than 0: leave it out for none",
			   name);
		return false;
	}
	*out_ms = span_ms;
	return true;
}

bool value_number(struct report *report, const char *name, const struct node *node, double least,
		  double most, double *out)
{
	double value;

	if (node->is_faulty)
		return false;
	if (node->type == NODE_TEXT && !check_word(report, name, node))
		return false;
	if (node->type != NODE_INTEGER && node->type != NODE_FLOAT)
		return value_mismatch(report, name, node, "a number");
	value = scalar_number(node->text);
	if (!(value >= least && value <= most)) {
		report_add(report, node->place, "'%s' must be from %g to %g, not %s", name, least,
			   most, report_quote(report, node->text));
		return false;
	}
	*out = value;
	return true;
}

bool value_bool(struct report *report, const char *name, const struct node *node, bool *out)
{
	if (node->is_faulty)
		return false;
	if (node->type == NODE_TEXT && !check_word(report, name, node))
		return false;
	if (node->type != NODE_BOOL)
		return value_mismatch(report, name, node, "true or false");
	*out = node->text[0] == 't' || node->text[0] == 'T';
	return true;
}

bool value_size(struct report *report, const char *name, const struct node *node, uint64_t least,
		uint64_t *out_bytes)
{
	struct err err;
	uint64_t bytes;

	if (node->is_faulty)
		return false;
	if (node->type != NODE_TEXT && node->type != NODE_INTEGER)
		return value_mismatch(report, name, node, "a size (64Ki, 512Mi, 2Gi)");
	if (!check_word(report, name, node))
		return false;
	if (size_parse(node->text, &bytes, &err) != 0) {
		report_add(report, node->place, "'%s': %s %s", name,
			   report_quote(report, node->text), err.message);
		return false;
	}
	if (bytes < least) {
		report_add(report, node->place, "'%s' must be at least %llu bytes, not %s", name,
			   (unsigned long long)least, report_quote(report, node->text));
		return false;
	}
	*out_bytes = bytes;
	return true;
}

static void report_choice(struct report *report, const char *name, const struct node *node,
			  const char *const *words, size_t count)
{
	const char *nearest = report_nearest(report, node->text, words, count);
	struct str all = STR_INIT;

	for (size_t i = 0; i < count; i++)
		str_printf(&all, " %s", words[i]);
	if (nearest != NULL)
		report_add(report, node->place, "'%s': unknown word %s (did you mean '%s'?)", name,
			   report_quote(report, node->text), nearest);
	else
		report_add(report, node->place, "'%s': unknown word %s (known:%s)", name,
			   report_quote(report, node->text), str_text(&all));
	str_close(&all);
}

bool value_choice(struct report *report, const char *name, const struct node *node,
		  const char *const *words, unsigned *out)
{
	size_t count = 0;
	const char *text;

	if (!value_name(report, name, node, &text))
		return false;
	for (; words[count] != NULL; count++)
		if (strcmp(words[count], text) == 0) {
			*out = (unsigned)count;
			return true;
		}
	report_choice(report, name, node, words, count);
	return false;
}

bool value_is_map(struct report *report, const char *name, const struct node *node)
{
	return node->type == NODE_MAP ? !node->is_faulty || node->count > 0
				      : value_mismatch(report, name, node, "a map");
}
