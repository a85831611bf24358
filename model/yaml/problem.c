/* problem.c - says libyaml's errors plainly; see problem.h.
 *
 * libyaml tells a problem and where it noticed it, and the context and where that began. Often the
 * beginning is what a reader must mend: the quote never closed, the key without a colon. */
#include "model/yaml/problem.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *context; /* part of libyaml's words; NULL = any */
	const char *problem;
	const char *message; /* what is wrong and what would be right */
	bool is_at_context;  /* the place to mend is where the context began */
} problems[] = {
    {"quoted scalar", "found unexpected end of stream",
     "the quoted text that begins here is never closed", true},
    {"quoted scalar", "found unexpected document indicator",
     "the quoted text that begins here is never closed", true},
    {NULL, "found unknown escape character",
     "unknown escape in double quotes: write \\\\ for a backslash, or use single quotes", false},
    {NULL, "did not find expected hexdecimal number",
     "incomplete escape in double quotes: write \\\\ for a backslash, or use single quotes", false},
    {NULL, "found invalid Unicode character escape code", "the escape names no Unicode character",
     false},
    {"simple key", "could not find expected ':'",
     "expected 'key: value': there is no ':' behind this", true},
    {NULL, "mapping values are not allowed",
     "a ':' cannot stand here: quote the text that holds it, or begin the key on a line of its own",
     false},
    {NULL, "mapping keys are not allowed",
     "a '?' cannot stand here: quote the text that begins with it", false},
    {NULL, "block sequence entries are not allowed",
     "a list cannot begin here: put '-' on a line of its own below the key", false},
    {"block mapping", "did not find expected key",
     "this does not fit the map it stands in: check the indentation and the quotes", false},
    {"block collection", "did not find expected '-'",
     "this does not fit the list it stands in: check the indentation, begin each item with '-'",
     false},
    {"flow sequence", "did not find expected ',' or ']'",
     "expected ',' or ']' here, in the list that was begun with '['", false},
    {"flow mapping", "did not find expected ',' or '}'",
     "expected ',' or '}' here, in the map that was begun with '{'", false},
    {NULL, "did not find expected node content",
     "expected a value here: quote it if it begins with one of , ] } |", false},
    {NULL, "found unexpected ':'",
     "a ':' cannot stand here: quote the text that holds it, or put a space behind it", false},
    {"an alias", "did not find expected alphabetic",
     "'*' begins an alias: quote the text if it begins with '*'", true},
    {"an anchor", "did not find expected alphabetic",
     "'&' begins an anchor: quote the text if it begins with '&'", true},
    {"a tag", NULL, "'!' begins a tag: quote the text if it begins with '!'", true},
    {"parsing a node", "found undefined tag handle",
     "unknown tag: only the core ones are known (!!str !!int !!float !!bool !!null !!map !!seq)",
     false},
    {"block scalar", "found a tab character", "a tab in the indentation: indent with spaces",
     false},
    {"plain scalar", "found a tab character", "a tab in the indentation: indent with spaces",
     false},
    {"block scalar", NULL,
     "expected '|' or '>' (with '-', '+' or a digit behind it) and then the end of the line",
     false},
    {NULL, "did not find expected <document start>",
     "nothing can follow here: begin another document with '---', and a directive needs one",
     false},
    {NULL, "found incompatible YAML document",
     "unknown YAML version: write '%YAML 1.2', or leave it out", false},
    {NULL, "duplicate %YAML directive", "a second %YAML directive", false},
    {"directive", NULL, "this directive cannot be read: write '%YAML 1.2', or leave it out", true},
};

static bool matches(const char *text, const char *part)
{
	return part == NULL || (text != NULL && strstr(text, part) != NULL);
}

static struct place place_of(yaml_mark_t mark, const struct document *document,
			     const struct source *source)
{
	return source_place(source, document->line, mark.line, mark.column);
}

/* Finds a tab in the white space before the place on its line. */
static bool find_tab(const struct source *source, struct place *place)
{
	size_t length;
	const char *line = source_line(source, place->line, &length);

	for (uint32_t i = 0; i < length && i < place->column && strchr(" \t-", line[i]); i++)
		if (line[i] == '\t') {
			place->column = i + 1;
			return true;
		}
	return false;
}

/* Answers what a table cannot: it depends on the character at the place. */
static bool report_character(struct place place, struct report *report)
{
	char c = source_byte(report->source, place);

	if (find_tab(report->source, &place))
		report_syntax(report, place, "a tab in the indentation: indent with spaces");
	else if (c == '@' || c == '`' || c == '%')
		report_syntax(report, place,
			      "a value cannot begin with '%c': quote the text that begins with it",
			      c);
	else if (c == '|' || c == '>')
		report_syntax(
		    report, place,
		    "a block text ('%c') cannot stand between brackets: quote the text, or "
		    "write its map or list in lines of their own",
		    c);
	else
		return false;
	return true;
}

/* A ':' where no key can be, behind the first words of a line: the line goes on with the value of
 * the one above, because it is indented deeper than the keys that it should stand beside. */
static bool report_indentation(struct place place, struct report *report)
{
	size_t length;
	const char *line = source_line(report->source, place.line, &length);
	size_t before = place.column - 1 < length ? place.column - 1 : length;

	if (memchr(line, ':', before) != NULL || memchr(line, '#', before) != NULL)
		return false;
	place.column = 1 + (uint32_t)strspn(line, " -");
	report_syntax(report, place,
		      "this key is indented deeper than the one above: line them up, or quote the "
		      "text if the ':' belongs to it");
	return true;
}

/* "{{ ds }} text" without quotes is a map with text behind it. That is told as what it is meant to
 * be, in the words that a template gets anywhere. */
static bool report_bare_template(struct place at, struct report *report)
{
	struct place place = {.line = at.line, .column = 1};
	const struct source *source = report->source;
	size_t length;
	size_t begin = (size_t)(source_line(source, at.line, &length) - source->text);
	size_t start;

	if (!source_find(source, "{{", begin, begin + length, &place) || place.column > at.column)
		return false;
	start = source_offset(source, place);
	report->is_syntax = true;
	report_template(report, place, NULL, source->text + start, begin + length - start);
	return true;
}

/* What was opened with a bracket and lasts to the end of the document is told at the bracket. */
static bool is_unclosed(const yaml_parser_t *parser, const struct document *document,
			const struct source *source)
{
	struct place place = place_of(parser->problem_mark, document, source);

	return matches(parser->context, "parsing a flow") &&
	       source_offset(source, place) >= document->end;
}

void problem_report(const yaml_parser_t *parser, const struct document *document,
		    const struct node *open, struct report *report)
{
	struct place at = place_of(parser->problem_mark, document, report->source);
	struct place begin = place_of(parser->context_mark, document, report->source);

	if (report_bare_template(at, report))
		return;
	if (open != NULL && is_unclosed(parser, document, report->source)) {
		report_syntax(report, open->place, "%s that begins here is never closed with '%c'",
			      open->type == NODE_LIST ? "the list" : "the map",
			      open->type == NODE_LIST ? ']' : '}');
		return;
	}
	if (matches(parser->problem, "cannot start any token") ||
	    matches(parser->problem, "values are not allowed"))
		if (report_character(at, report))
			return;
	if (matches(parser->problem, "mapping values are not allowed") &&
	    report_indentation(at, report))
		return;
	for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++)
		if (matches(parser->context, problems[i].context) &&
		    matches(parser->problem, problems[i].problem)) {
			report_syntax(report, problems[i].is_at_context ? begin : at, "%s",
				      problems[i].message);
			return;
		}
	report_syntax(report, at, "this is not YAML: %s",
		      parser->problem == NULL ? "it cannot be read" : parser->problem);
}
