/* completion.c - completion scripts; see completion.h.
 *
 * Both shells get the same functions, which only print what may stand at the cursor, a line each;
 * "@files" and "@folders" stand for what the shell itself knows best. What is there for each verb
 * and flag is written out from the tables as `case`s:
 *
 *	_heddle_words KIND		a kind of words: DAG RUN TASK VERB ...
 *	_heddle_takes_value FLAG	whether the next word belongs to it
 *	_heddle_value FLAG		the words for its value
 *	_heddle_flags VERB
 *	_heddle_operand VERB:N		the words for the N-th word behind the verb
 *
 * A kind is told by its name in capitals, as it stands in the help. */
#include "cli/completion.h"

#include "cli/args.h"
#include "cli/verb.h"
#include "model/state.h"
#include "model/trigger_rule.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char ask[] =
    "# The first column of a list; nothing without a daemon. at: which daemon is meant.\n"
    "_heddle_ask() {\n"
    "\ttimeout 2 heddle \"$@\" \"${at[@]}\" 2>/dev/null | {\n"
    "\t\tread -r _ && while read -r id _; do printf '%s\\n' \"$id\"; done\n"
    "\t}\n"
    "}\n\n";

/* The words before the cursor tell what may stand at it. bash cuts words at "=", so a flag's value
 * may be the second word behind it. */
static const char walk[] =
    "# $1: the word at the cursor; then those before it, without the program's name.\n"
    "_heddle_complete() {\n"
    "\tlocal current=$1 word verb= last= flag= run= count=0\n"
    "\tlocal -a at\n"
    "\tat=()\n"
    "\tshift\n"
    "\tfor word in \"$@\"; do\n"
    "\t\tif [ \"$word\" = '=' ]; then\n"
    "\t\t\tflag=$last\n"
    "\t\telif [ -n \"$flag\" ]; then\n"
    "\t\t\tcase $flag in\n"
    "\t\t\t--home|--url|--token-file) at+=(\"$flag\" \"$word\") ;;\n"
    "\t\t\t--run) run=$word ;;\n"
    "\t\t\tesac\n"
    "\t\t\tflag=\n"
    "\t\telif [ \"${word#-}\" != \"$word\" ]; then\n"
    "\t\t\tcase $word in\n"
    "\t\t\t--home=*|--url=*|--token-file=*) at+=(\"$word\") ;;\n"
    "\t\t\tesac\n"
    "\t\t\tlast=$word\n"
    "\t\t\tif _heddle_takes_value \"$word\"; then flag=$word; fi\n"
    "\t\telif [ -z \"$verb\" ]; then\n"
    "\t\t\tverb=$word\n"
    "\t\telse\n"
    "\t\t\tcount=$((count + 1))\n"
    "\t\t\trun=$word\n"
    "\t\tfi\n"
    "\tdone\n"
    "\tif [ -n \"$flag\" ]; then\n"
    "\t\t_heddle_value \"$flag\"\n"
    "\telif [ \"${current#-}\" != \"$current\" ]; then\n"
    "\t\t_heddle_flags \"$verb\"\n"
    "\telif [ -z \"$verb\" ]; then\n"
    "\t\t_heddle_words VERB\n"
    "\telse\n"
    "\t\t_heddle_operand \"$verb:$((count + 1))\"\n"
    "\tfi\n"
    "}\n\n";

static const char bash_end[] =
    "_heddle() {\n"
    "\tlocal line current=${COMP_WORDS[COMP_CWORD]}\n"
    "\tlocal -a before=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
    "\tCOMPREPLY=()\n"
    "\tif [ \"$current\" = '=' ]; then before+=('=') current=; fi\n"
    "\twhile IFS= read -r line; do\n"
    "\t\tcase $line in\n"
    "\t\t@files|@folders)\n"
    "\t\t\tcompopt -o filenames 2>/dev/null\n"
    "\t\t\tif [ \"$line\" = @files ]; then line=-f; else line=-d; fi\n"
    "\t\t\tmapfile -t COMPREPLY < <(compgen \"$line\" -- \"$current\") ;;\n"
    "\t\t\"$current\"*) COMPREPLY+=(\"$line\") ;;\n"
    "\t\tesac\n"
    "\tdone < <(_heddle_complete \"$current\" \"${before[@]}\")\n"
    "}\n"
    "complete -F _heddle heddle\n";

static const char zsh_end[] =
    "_heddle() {\n"
    "\tlocal line current=${words[CURRENT]}\n"
    "\tlocal -a before\n"
    "\tbefore=(\"${(@)words[2,CURRENT-1]}\")\n"
    "\tif [[ $current == --*=* ]]; then\n"
    "\t\tbefore+=(\"${current%%=*}\" '=')\n"
    "\t\tcurrent=${current#*=}\n"
    "\t\tcompset -P '*='\n"
    "\tfi\n"
    "\tfor line in \"${(@f)$(_heddle_complete \"$current\" \"${(@)before}\")}\"; do\n"
    "\t\tcase $line in\n"
    "\t\t@files) _files ;;\n"
    "\t\t@folders) _files -/ ;;\n"
    "\t\t?*) compadd -- \"$line\" ;;\n"
    "\t\tesac\n"
    "\tdone\n"
    "}\n"
    "if [ \"${funcstack[1]}\" = _heddle ]; then _heddle \"$@\"; else compdef _heddle heddle; fi\n";

/* --- kinds of words -----------------------------------------------------------------------------
 */

static void verb_words(struct str *out)
{
	for (size_t i = 0; verb_at(i) != NULL; i++)
		str_printf(out, " %s", verb_at(i)->name);
}

/* Of runs and tasks; most are states of both. */
static void state_words(struct str *out)
{
	enum run_state run;

	for (int i = 0; i < TASK_STATE_COUNT; i++)
		if (!run_state_from_name(task_state_name((enum task_state)i), &run))
			str_printf(out, " %s", task_state_name((enum task_state)i));
	for (int i = 0; i < RUN_STATE_COUNT; i++)
		str_printf(out, " %s", run_state_name((enum run_state)i));
}

static void rule_words(struct str *out)
{
	for (size_t i = 0; trigger_rule_names[i] != NULL; i++)
		str_printf(out, " %s", trigger_rule_names[i]);
}

static const struct {
	const char *name;
	const char *line; /* NULL = words */
	void (*words)(struct str *out);
} kinds[] = {
    {"DAG", "_heddle_ask ls dags", NULL},
    {"RUN", "_heddle_ask ls runs --limit 20", NULL},
    {"TARGET", "{ _heddle_ask ls runs --limit 20; _heddle_ask ls dags; }", NULL},
    {"TASK", "_heddle_ask ls tasks --run \"$run\"", NULL},
    {"DIR", "printf '%s\\n' @folders", NULL},
    {"FILE", "printf '%s\\n' @files", NULL},
    {"PATH", "printf '%s\\n' @files", NULL},
    {"VERB", NULL, verb_words},
    {"STATE", NULL, state_words},
    {"RULE", NULL, rule_words},
};

static void write_kinds(struct str *out)
{
	str_append(out, "_heddle_words() {\n\tcase $1 in\n");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		str_printf(out, "\t%s) %s", kinds[i].name,
			   kinds[i].line == NULL ? "printf '%s\\n'" : kinds[i].line);
		if (kinds[i].words != NULL)
			kinds[i].words(out);
		str_append(out, " ;;\n");
	}
	str_append(out, "\tesac\n}\n\n");
}

/* --- flags --------------------------------------------------------------------------------------
 */

static bool is_flag_of_any_verb(enum flag_id id)
{
	uint64_t all = FLAGS_GLOBAL;

	for (size_t i = 0; verb_at(i) != NULL; i++)
		all |= verb_at(i)->flags;
	return (all & FLAG_BIT(id)) != 0;
}

static void write_flag_names(uint64_t set, struct str *out)
{
	for (int i = 0; i < FLAG_COUNT; i++)
		if ((set & FLAG_BIT(i)) != 0)
			str_printf(out, " --%s", args_flag((enum flag_id)i)->name);
}

static void write_flags(struct str *out)
{
	str_append(out, "_heddle_flags() {\n\tcase $1 in\n");
	for (size_t i = 0; verb_at(i) != NULL; i++) {
		if (verb_at(i)->flags == 0)
			continue;
		str_printf(out, "\t%s) printf '%%s\\n'", verb_at(i)->name);
		write_flag_names(verb_at(i)->flags, out);
		str_append(out, " ;;\n");
	}
	str_append(out, "\tesac\n\tprintf '%s\\n'");
	write_flag_names(FLAGS_GLOBAL, out);
	str_append(out, "\n}\n\n");
}

static void write_values(struct str *out)
{
	const char *before = "";

	str_append(out, "_heddle_takes_value() {\n\tcase $1 in\n\t");
	for (int i = 0; i < FLAG_COUNT; i++) {
		if (args_flag((enum flag_id)i)->value != VALUE_REQUIRED ||
		    !is_flag_of_any_verb((enum flag_id)i))
			continue;
		str_printf(out, "%s--%s", before, args_flag((enum flag_id)i)->name);
		before = "|";
	}
	str_append(out, ") return 0 ;;\n\tesac\n\treturn 1\n}\n\n"
			"_heddle_value() {\n\tcase $1 in\n");
	for (int i = 0; i < FLAG_COUNT; i++)
		if (args_flag((enum flag_id)i)->value != VALUE_NONE &&
		    is_flag_of_any_verb((enum flag_id)i))
			str_printf(out, "\t--%s) _heddle_words '%s' ;;\n",
				   args_flag((enum flag_id)i)->name,
				   args_flag((enum flag_id)i)->value_name);
	str_append(out, "\tesac\n}\n\n");
}

/* --- operands -----------------------------------------------------------------------------------
 */

/* word: the next of those in "RUN [TASK]", "dags|runs" or "[PATH...]". */
static void write_operand(const struct verb *verb, unsigned position, const char *word,
			  struct str *out)
{
	const char *plain = word[0] == '[' ? word + 1 : word;
	size_t length = strcspn(plain, ".] ");

	if (plain[length] == '.')
		str_printf(out, "\t%s:*) ", verb->name);
	else
		str_printf(out, "\t%s:%u) ", verb->name, position);
	str_append(out, isupper((unsigned char)plain[0]) ? "_heddle_words " : "printf '%s\\n' ");
	for (size_t i = 0; i < length; i++)
		str_append_char(out, plain[i] == '|' ? ' ' : plain[i]);
	str_append(out, " ;;\n");
}

static void write_operands(struct str *out)
{
	str_append(out, "_heddle_operand() {\n\tcase $1 in\n");
	for (size_t i = 0; verb_at(i) != NULL; i++) {
		const char *word = verb_at(i)->operands;

		for (unsigned position = 1; *word != '\0'; position++) {
			size_t length = strcspn(word, " ");

			write_operand(verb_at(i), position, word, out);
			word += length + (word[length] == ' ');
		}
	}
	str_append(out, "\tesac\n}\n\n");
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static void write_common(struct str *out)
{
	str_append(out, ask);
	write_kinds(out);
	write_flags(out);
	write_values(out);
	write_operands(out);
	str_append(out, walk);
}

void completion_bash(struct str *out)
{
	str_append(out, "# Completion of heddle for bash. In each shell from now on:\n"
			"#	heddle completion bash > "
			"~/.local/share/bash-completion/completions/heddle\n\n");
	write_common(out);
	str_append(out, bash_end);
}

void completion_zsh(struct str *out)
{
	str_append(out, "#compdef heddle\n"
			"# Completion of heddle for zsh. In each shell from now on: into a folder "
			"of $fpath as\n"
			"#	heddle completion zsh > FOLDER/_heddle\n\n");
	write_common(out);
	str_append(out, zsh_end);
}
