/* verb.c - the verbs; see verb.h. */
#include "cli/verb.h"

#include "cli/exit.h"
#include "cli/verbs/verbs.h"

#include <stdio.h>
#include <string.h>

#define BIT(name) FLAG_BIT(FLAG_##name)

/* clang-format off */
static const struct verb verbs[] = {
	{"daemon", "", 0, 0, BIT(LISTEN) | BIT(PORT), BIT(TLS_CERT) | BIT(TLS_KEY),
	 "Run scheduler and API in the foreground, one daemon a home.",
	 "heddle daemon\n"
	 "heddle daemon --home /var/lib/heddle --dags /srv/dags --port 8088\n"
	 "heddle daemon --listen none\n", run_verb_daemon},
	{"run", "FILE", 1, 1, 
	 BIT(DAG) | BIT(DRY_RUN) | BIT(FROM) | BIT(ONLY) | BIT(PARAM) | BIT(PERIOD), 0,
	 "Run one DAG to its end, here, without a daemon. Exits as the run does.",
	 "heddle run nightly.yaml\n"
	 "heddle run nightly.yaml --param region=eu --period 2026-11-20\n"
	 "heddle run nightly.yaml --from load --dry-run\n"
	 "heddle run nightly.yaml --only report\n"
	 "heddle run nightly.yaml --home /tmp/nightly --json\n", run_verb_run},
	{"validate", "[PATH...]", 0, VERB_OPERANDS_ANY, BIT(STRICT), BIT(STRICT_MWAAS),
	 "Check DAG files and folders (default: --dags), without a daemon. Prints all errors.",
	 "heddle validate nightly.yaml\n"
	 "heddle validate dags/ --json\n", run_verb_validate},
	{"fmt", "[FILE...]", 0, VERB_OPERANDS_ANY, BIT(CHECK) | BIT(WRITE), 0,
	 "Print the canonical form of a DAG file (default: of stdin): order of keys, indentation, blanks.",
	 "heddle fmt nightly.yaml\n"
	 "heddle fmt --write dags/*.yaml\n"
	 "heddle fmt --check dags/*.yaml\n", run_verb_fmt},
	{"show", "DAG|FILE", 1, 1, BIT(RESOLVED), 0,
	 "Print a DAG as it is written, or the values in force. Reads the files, needs no daemon.",
	 "heddle show nightly\n"
	 "heddle show nightly --resolved\n"
	 "heddle show dags/nightly.yaml --resolved --json\n", run_verb_show},
	{"schema", "", 0, 0, BIT(FOLDER), 0,
	 "Print the JSON Schema of a DAG file, for editors that check while one types.",
	 "heddle schema > heddle.schema.json\n"
	 "heddle schema --folder > heddle-folder.schema.json\n", run_verb_schema},
	{"ls", "dags|runs|tasks|pools|errors", 1, 1,
	 BIT(DAG) | BIT(DOMAIN) | BIT(LATEST) | BIT(LIMIT) | BIT(RUN) | BIT(SINCE) | BIT(STATE) |
	     BIT(WATCH),
	 0,
	 "List what there is.",
	 "heddle ls dags\n"
	 "heddle ls runs --state failed --since 24h\n"
	 "heddle ls runs --domain finance --limit 500\n"
	 "heddle ls runs --state queued\n"
	 "heddle ls tasks --dag flights --latest --watch\n"
	 "heddle ls errors --json\n", run_verb_ls},
	{"trigger", "DAG", 1, 1, BIT(AT) | BIT(FORCE) | BIT(ID) | BIT(PARAM) | BIT(PERIOD) | BIT(REASON) | BIT(WAIT), 0,
	 "Start a run of a DAG and print its id.",
	 "heddle trigger flights\n"
	 "heddle trigger flights --param region=eu --param 'columns=[\"day\",\"carrier\"]'\n"
	 "heddle trigger flights --period 2026-11-20\n"
	 "heddle trigger flights --id 2026-11-20 --wait\n"
	 "heddle trigger flights --at 2026-11-20T06:00:00+01:00\n"
	 "heddle trigger flights --force --reason 'the report is due'\n"
	 "heddle trigger flights --wait=10m --json\n", run_verb_trigger},
	{"page", "", 0, 0, 0, 0,
	 "Print a link to the page of the daemon, good once and for ten minutes.",
	 "heddle page\n"
	 "heddle page --home /var/lib/heddle\n", run_verb_page},
	{"runs", "show RUN", 1, 2, BIT(DAG) | BIT(LATEST), 0,
	 "Show a run and its tasks.",
	 "heddle runs show 9f1c\n"
	 "heddle runs show --dag flights --latest --json\n", run_verb_runs},
	{"watch", "RUN", 1, 1, 0, 0,
	 "Print what happens to a run, a line each, until it has ended. Exits as the run does.",
	 "heddle watch 9f1c\n"
	 "heddle watch \"$(heddle trigger flights)\"\n", run_verb_watch},
	{"logs", "RUN [TASK]", 1, 2, BIT(ATTEMPT) | BIT(FOLLOW), 0,
	 "Print the log of a task, or of all tasks of a run in the order of their start.",
	 "heddle logs 9f1c\n"
	 "heddle logs 9f1c extract -f\n"
	 "heddle logs 9f1c extract --attempt 1\n", run_verb_logs},
	{"why", "TARGET [TASK]", 1, 2, BIT(AT), 0,
	 "Say why a run, a task or a DAG (RUN, RUN/TASK, DAG, DAG@PERIOD) is where it is, and what it waits for.",
	 "heddle why 9f1c\n"
	 "heddle why 9f1c/load\n"
	 "heddle why flights\n"
	 "heddle why 9f1c/load --at 2026-11-20T06:30:00+01:00\n"
	 "heddle why flights@2026-11-20 load --json\n", run_verb_why},
	{"cancel", "RUN", 1, 1, BIT(REASON) | BIT(WAIT), 0,
	 "End a run: its tasks get SIGTERM, and SIGKILL after their grace.",
	 "heddle cancel 9f1c --reason 'wrong input'\n"
	 "heddle cancel 9f1c --wait=1m\n", run_verb_cancel},
	{"rerun", "RUN", 1, 1,
	 BIT(FAILED) | BIT(FROM) | BIT(ONLY) | BIT(LATEST) | BIT(PINNED) | BIT(PARAM) | BIT(REASON) |
	     BIT(WAIT),
	 BIT(RESET_BOOKMARK) | BIT(NO_PUBLISH),
	 "Let tasks of a run run again: says which, and keeps what succeeded.",
	 "heddle rerun 9f1c\n"
	 "heddle rerun 9f1c --from load --reason 'the source was corrected' --wait\n"
	 "heddle rerun 9f1c --only report --param region=eu --latest\n", run_verb_rerun},
	{"mark", "RUN TASK success|failed|skipped", 3, 3, BIT(REASON), 0,
	 "Make a task what you say it is; what follows from it is judged anew.",
	 "heddle mark 9f1c load success --reason 'loaded by hand'\n", run_verb_mark},
	{"note", "RUN [TASK] TEXT", 2, 3, 0, 0,
	 "Leave a note at a run or a task, for those who look later.",
	 "heddle note 9f1c 'the source was late'\n"
	 "heddle note 9f1c load 'two rows were wrong: see the ticket'\n", run_verb_note},
	{"pause", "[DAG...]", 0, VERB_OPERANDS_ANY, BIT(ALL) | BIT(DRAIN) | BIT(REASON) | BIT(WAIT), 0,
	 "Let DAGs, or all of them, start nothing new. What runs goes on to its end; --drain waits for that.",
	 "heddle pause flights --reason 'the source moves'\n"
	 "heddle pause --all\n"
	 "heddle pause --all --drain --wait=10m --reason 'new disks'\n", run_verb_pause},
	{"resume", "[DAG...]", 0, VERB_OPERANDS_ANY, BIT(ALL) | BIT(REASON), 0,
	 "Let paused DAGs go on.",
	 "heddle resume flights\n"
	 "heddle resume --all\n", run_verb_resume},
	{"backup", "", 0, 0, BIT(TO) | BIT(EVERY) | BIT(KEEP), 0,
	 "Copy the database of the home whole, checked, while the daemon works or without one.",
	 "heddle backup\n"
	 "heddle backup --to /mnt/backups --keep 30\n"
	 "heddle backup --every 15m --to /mnt/backups --keep 96\n", run_verb_backup},
	{"restore", "FILE", 1, 1, BIT(FORCE), 0,
	 "Put a backup into a home. It starts nothing until 'heddle resume --all'; says what is uncertain.",
	 "heddle restore /mnt/backups/heddle-20261121T061500.123Z-9f1c0a2b.db --home /var/lib/heddle\n"
	 "heddle restore backup.db --force\n", run_verb_restore},
	{"doctor", "", 0, 0, 0, 0,
	 "Look the home over, with or without its daemon: what is wrong, where, and what helps. Exits 1 then.",
	 "heddle doctor\n"
	 "heddle doctor --home /var/lib/heddle --json\n", run_verb_doctor},
	{"sql", "QUERY", 1, 1, BIT(CSV) | BIT(TIMEOUT), 0,
	 "Ask the database of the home in SQL, read-only, with or without a daemon.",
	 "heddle sql 'select dag_id, state, count(*) from run group by 1, 2'\n"
	 "heddle sql 'select name, sql from sqlite_schema' --json\n"
	 "heddle sql 'select * from fact' --csv --timeout 1m > facts.csv\n", run_verb_sql},
	{"gc", "", 0, 0, BIT(BACKUPS) | BIT(DRY_RUN), 0,
	 "Pack the logs of ended runs, prune what is past retention, remove what belongs to nothing: now.",
	 "heddle gc --dry-run\n"
	 "heddle gc --json\n"
	 "heddle gc --backups\n", run_verb_gc},
	{"completion", "bash|zsh", 1, 1, 0, 0,
	 "Print a script that completes verbs, flags and ids on the command line.",
	 "heddle completion bash > ~/.local/share/bash-completion/completions/heddle\n"
	 "source <(heddle completion bash)\n"
	 "heddle completion zsh > ~/.zfunc/_heddle\n", run_verb_completion},
	{"debug",
	 "trigger-rule RULE [success|failed|upstream_failed|skipped|removed|unfinished...]", 2,
	 VERB_OPERANDS_ANY, 0, 0,
	 "Ask the scheduler's rules: would a task run whose upstream tasks stand like this?",
	 "heddle debug trigger-rule all_success success unfinished\n"
	 "heddle debug trigger-rule none_failed success skipped --json\n", run_verb_debug},
	{"version", "", 0, 0, 0, 0, "Print the version.", "heddle version --json\n",
	 run_verb_version},
	{"help", "[VERB]", 0, 1, BIT(MAN), 0, "Show what a verb does.",
	 "heddle help trigger\n"
	 "heddle help --man > heddle.1\n", run_verb_help},
};
/* clang-format on */

#define VERB_COUNT (sizeof verbs / sizeof *verbs)

static const struct {
	enum exit_code code;
	const char *means;
} exits[] = {
    {CODE_OK, "ok"},
    {CODE_FAILED, "the run (or check) failed"},
    {CODE_USAGE, "usage"},
    {CODE_INVALID, "definition invalid"},
    {CODE_NOT_FOUND, "not found"},
    {CODE_REFUSED, "refused"},
    {CODE_NO_DAEMON, "no daemon"},
    {CODE_TIMED_OUT, "--wait timed out"},
};

#define EXIT_COUNT (sizeof exits / sizeof *exits)
#define EXITS_OF_A_LINE 5

/* Verbs that are to come. */
static const char *const later[] = {
    "plan",     "import",   "approve",  "reject",      "backfill", "next",   "cron",
    "forecast", "simulate", "products", "impact",      "event",    "events", "exceptions",
    "outbox",   "dq",       "secrets",  "connections", "grants",   "tokens", "pools",
    "replay",   "audit",    "stats",    "init",        "test",
};

#define LATER_COUNT (sizeof later / sizeof *later)

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

const char *verb_exit_at(size_t position, int *code)
{
	if (position >= EXIT_COUNT)
		return NULL;
	*code = (int)exits[position].code;
	return exits[position].means;
}

const struct verb *verb_at(size_t position)
{
	return position < VERB_COUNT ? &verbs[position] : NULL;
}

int verb_refuse_unknown(const char *name, struct err *err)
{
	const char *names[VERB_COUNT + 1] = {NULL};
	const char *nearest;

	for (size_t i = 0; i < LATER_COUNT; i++)
		if (strcmp(later[i], name) == 0)
			return err_set(err, ERR_USAGE, "verb '%s' is not supported yet", name);
	for (size_t i = 0; i < VERB_COUNT; i++)
		names[i] = verbs[i].name;
	nearest = str_nearest(name, names);
	if (nearest != NULL)
		return err_set(err, ERR_USAGE, "unknown verb '%s' (did you mean '%s'?)", name,
			       nearest);
	return err_set(err, ERR_USAGE, "unknown verb '%s'; 'heddle help' lists all", name);
}

int verb_check(const struct verb *verb, const struct args *args, struct err *err)
{
	const char *space = verb->operands[0] == '\0' ? "" : " ";

	if (args->operand_count < verb->operands_min)
		return err_set(err, ERR_USAGE, "'%s' needs more: heddle %s%s%s", verb->name,
			       verb->name, space, verb->operands);
	if (args->operand_count > verb->operands_max)
		return err_set(err, ERR_USAGE, "'%s' is one word too many: heddle %s%s%s",
			       args->operands[verb->operands_max], verb->name, space,
			       verb->operands);
	return args_check_flags(args, verb->name, verb->flags, verb->later, err);
}

/* --- help ---------------------------------------------------------------------------------------
 */

static void help_flag(const struct flag *flag, struct str *out)
{
	struct str left = STR_INIT;

	if (flag->letter != 0)
		str_printf(&left, "-%c, ", flag->letter);
	str_printf(&left, "--%s", flag->name);
	if (flag->value == VALUE_REQUIRED)
		str_printf(&left, " %s", flag->value_name);
	else if (flag->value == VALUE_OPTIONAL)
		str_printf(&left, "[=%s]", flag->value_name);
	str_printf(out, "  %-22s %s\n", str_text(&left), flag->help);
	str_close(&left);
}

static void help_flags(const char *title, uint64_t set, struct str *out)
{
	if (set == 0)
		return;
	str_printf(out, "\n%s\n", title);
	for (int i = 0; i < FLAG_COUNT; i++)
		if ((set & FLAG_BIT(i)) != 0)
			help_flag(args_flag((enum flag_id)i), out);
}

/* Puts two spaces before each line. */
static void help_lines(const char *lines, struct str *out)
{
	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");

		str_printf(out, "  %.*s\n", (int)length, lines);
		lines += length + (lines[length] == '\n');
	}
}

void verb_help(const struct verb *verb, struct str *out)
{
	str_printf(out, "usage: heddle %s%s%s%s\n\n%s\n", verb->name,
		   verb->operands[0] == '\0' ? "" : " ", verb->operands,
		   verb->flags == 0 ? "" : " [flags]", verb->summary);
	help_flags("Flags:", verb->flags, out);
	help_flags("Everywhere:", FLAGS_GLOBAL & ~BIT(VERSION), out);
	str_append(out, "\nExamples:\n");
	help_lines(verb->examples, out);
}

void verb_help_all(struct str *out)
{
	str_append(out, "usage: heddle VERB ... [flags]\n\nVerbs:\n");
	for (size_t i = 0; i < VERB_COUNT; i++)
		str_printf(out, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
	help_flags("Everywhere:", FLAGS_GLOBAL, out);
	str_append(out, "\nExit codes: ");
	for (size_t i = 0; i < EXIT_COUNT; i++)
		str_printf(out, "%d %s%s", exits[i].code, exits[i].means,
			   i + 1 == EXIT_COUNT        ? ".\n"
			   : i + 1 == EXITS_OF_A_LINE ? ";\n"
						      : "; ");
	str_append(out, "\n'heddle VERB --help' shows a verb's flags and examples.\n");
}

/* --- help for programs --------------------------------------------------------------------------
 */

static json_t *flags_json(uint64_t set)
{
	static const char *const values[] = {"none", "required", "optional"};
	json_t *out = json_array();

	for (int i = 0; i < FLAG_COUNT; i++) {
		const struct flag *flag = args_flag((enum flag_id)i);
		char letter[2] = {flag->letter, '\0'};

		if ((set & FLAG_BIT(i)) != 0)
			json_array_append_new(
			    out, json_pack("{s:s,s:s?,s:s,s:s?,s:s}", "name", flag->name, "letter",
					   letter[0] == '\0' ? NULL : letter, "value",
					   values[flag->value], "value_name", flag->value_name,
					   "help", flag->help));
	}
	return out;
}

static json_t *lines_json(const char *lines)
{
	json_t *out = json_array();

	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");

		json_array_append_new(out, json_stringn(lines, length));
		lines += length + (lines[length] == '\n');
	}
	return out;
}

static json_t *exit_codes_json(void)
{
	json_t *out = json_object();
	char code[16];

	for (size_t i = 0; i < EXIT_COUNT; i++) {
		snprintf(code, sizeof code, "%d", exits[i].code);
		json_object_set_new(out, code, json_string(exits[i].means));
	}
	return out;
}

json_t *verb_json(const struct verb *verb)
{
	return json_pack("{s:s,s:s,s:s,s:o,s:o}", "name", verb->name, "operands", verb->operands,
			 "summary", verb->summary, "flags", flags_json(verb->flags), "examples",
			 lines_json(verb->examples));
}

json_t *verb_json_all(void)
{
	json_t *all = json_array();

	for (size_t i = 0; i < VERB_COUNT; i++)
		json_array_append_new(all, verb_json(&verbs[i]));
	return json_pack("{s:o,s:o,s:o}", "verbs", all, "flags", flags_json(FLAGS_GLOBAL),
			 "exit_codes", exit_codes_json());
}
