/* manual.c - the manual page; see manual.h. */
#include "cli/manual.h"

#include "cli/args.h"
#include "cli/verb.h"

#include <string.h>

/* Text that is what it is: a backslash and a dash mean something to roff, and a dot or a quote
 * where a line begins. */
static void put(struct str *out, const char *text)
{
	if (text[0] == '.' || text[0] == '\'')
		str_append(out, "\\&");
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			str_append(out, "\\e");
		else if (*text == '-')
			str_append(out, "\\-");
		else
			str_append_char(out, *text);
	}
}

/* A line "MACRO before text" of text that is what it is. */
static void put_line(struct str *out, const char *before, const char *text)
{
	str_append(out, before);
	put(out, text);
	str_append_char(out, '\n');
}

static void put_flag(const struct flag *flag, struct str *out)
{
	str_append(out, ".TP\n\\fB");
	if (flag->letter != 0)
		str_printf(out, "\\-%c\\fR, \\fB", flag->letter);
	put(out, "--");
	put(out, flag->name);
	str_append(out, "\\fR");
	if (flag->value == VALUE_REQUIRED)
		str_printf(out, " \\fI%s\\fR", flag->value_name);
	else if (flag->value == VALUE_OPTIONAL)
		str_printf(out, "[=\\fI%s\\fR]", flag->value_name);
	str_append_char(out, '\n');
	put_line(out, "", flag->help);
}

static void put_flags(uint64_t set, struct str *out)
{
	for (int i = 0; i < FLAG_COUNT; i++)
		if ((set & FLAG_BIT(i)) != 0)
			put_flag(args_flag((enum flag_id)i), out);
}

static void put_examples(const char *lines, struct str *out)
{
	str_append(out, ".PP\nExamples:\n.PP\n.EX\n");
	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");
		struct str line = STR_INIT;

		str_append_bytes(&line, lines, length);
		put_line(out, "  ", str_text(&line));
		str_close(&line);
		lines += length + (lines[length] == '\n');
	}
	str_append(out, ".EE\n");
}

static void put_verb(const struct verb *verb, struct str *out)
{
	str_append(out, ".SS \"heddle ");
	put(out, verb->name);
	if (verb->operands[0] != '\0')
		str_append_char(out, ' ');
	put(out, verb->operands);
	str_append(out, "\"\n");
	put_line(out, "", verb->summary);
	put_flags(verb->flags, out);
	put_examples(verb->examples, out);
}

static const struct {
	const char *name;
	const char *text;
} variables[] = {
    {"HEDDLE_HOME", "state of the daemon, where no --home says otherwise"},
    {"HEDDLE_URL", "a daemon elsewhere, where neither --url nor a home says otherwise"},
    {"HEDDLE_TOKEN", "the token for it"},
    {"NO_COLOR", "any value: no colours, also on a terminal"},
    {"TZ", "the zone in which times are shown"},
    {"XDG_STATE_HOME", "above the home where nothing names one: XDG_STATE_HOME/heddle, else "
		       "~/.local/state/heddle"},
};

static void put_variables(struct str *out)
{
	str_append(out, ".SH ENVIRONMENT\n");
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		str_printf(out, ".TP\n.B %s\n", variables[i].name);
		put_line(out, "", variables[i].text);
	}
}

static void put_exits(struct str *out)
{
	const char *means;
	int code;

	str_append(out, ".SH \"EXIT STATUS\"\n");
	for (size_t i = 0; (means = verb_exit_at(i, &code)) != NULL; i++) {
		str_printf(out, ".TP\n.B %d\n", code);
		put_line(out, "", means);
	}
}

void manual_write(struct str *out)
{
	str_append(out,
		   ".TH HEDDLE 1 \"\" \"heddle " HEDDLE_VERSION "\" \"User Commands\"\n"
		   ".SH NAME\nheddle \\- run workflows for data platforms\n"
		   ".SH SYNOPSIS\n.B heddle\n.I VERB\n.RI [ operands ]\n.RI [ flags ]\n"
		   ".SH DESCRIPTION\nOne daemon reads YAML files of DAGs from a folder and runs "
		   "their tasks; all other verbs ask it over a socket in its home, or work "
		   "without it.\nData goes to standard output, talk to standard error.\n"
		   ".SH VERBS\n");
	for (size_t i = 0; verb_at(i) != NULL; i++)
		put_verb(verb_at(i), out);
	str_append(out, ".SH \"FLAGS OF ALL VERBS\"\n");
	put_flags(FLAGS_GLOBAL, out);
	put_exits(out);
	put_variables(out);
	str_append(
	    out,
	    ".SH \"SEE ALSO\"\nThe pages dags.md, operations.md, page.md and api.md, which are "
	    "installed with the program.\n");
}
