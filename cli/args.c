/* args.c - the table of flags and how a command line is read; see args.h. */
#include "cli/args.h"

#include "base/mem.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct flag flags[FLAG_COUNT] = {
	[FLAG_HOME] = {"home", 0, VALUE_REQUIRED, "DIR",
		"state of the daemon (default: $HEDDLE_HOME, else the user's state folder)"},
	[FLAG_DAGS] = {"dags", 0, VALUE_REQUIRED, "DIR", "folder of DAG files, or one file (default: HOME/dags)"},
	[FLAG_JSON] = {"json", 0, VALUE_NONE, NULL, "print JSON"},
	[FLAG_URL] = {"url", 0, VALUE_REQUIRED, "URL",
		"a daemon elsewhere (default: $HEDDLE_URL without a home), its token in $HEDDLE_TOKEN or --token-file"},
	[FLAG_TOKEN_FILE] = {"token-file", 0, VALUE_REQUIRED, "FILE", "file that holds the token for --url"},
	[FLAG_HELP] = {"help", 'h', VALUE_NONE, NULL, "show this"},
	[FLAG_VERSION] = {"version", 0, VALUE_NONE, NULL, "print the version"},
	[FLAG_ALL] = {"all", 0, VALUE_NONE, NULL, "all DAGs, also those that are to come"},
	[FLAG_ATTEMPT] = {"attempt", 0, VALUE_REQUIRED, "N", "the N-th attempt (default: the newest)"},
	[FLAG_BACKUPS] = {"backups", 0, VALUE_NONE, NULL, "also remove the copies of the database that migrations made"},
	[FLAG_CHECK] = {"check", 0, VALUE_NONE, NULL, "change nothing; list the files that are not canonical, exit 1"},
	[FLAG_CSV] = {"csv", 0, VALUE_NONE, NULL, "print CSV, with the names of the columns first"},
	[FLAG_DAG] = {"dag", 0, VALUE_REQUIRED, "DAG", "of this DAG"},
	[FLAG_DRY_RUN] = {"dry-run", 0, VALUE_NONE, NULL, "change nothing; say what would be done"},
	[FLAG_EVERY] = {"every", 0, VALUE_REQUIRED, "DURATION", "again and again, until it is ended (15m)"},
	[FLAG_FAILED] = {"failed", 0, VALUE_NONE, NULL,
		"tasks that failed, could not run or were cancelled, and all downstream (default)"},
	[FLAG_FOLDER] = {"folder", 0, VALUE_NONE, NULL, "of heddle.yaml, the defaults of a folder"},
	[FLAG_FOLLOW] = {"follow", 'f', VALUE_NONE, NULL, "go on until the end, as it is written"},
	[FLAG_FORCE] = {"force", 0, VALUE_NONE, NULL,
		"of trigger, start although the DAG is paused or has enough runs; of restore, also where the "
		"home holds a database, which is moved aside, or attempts run, which are ended"},
	[FLAG_FROM] = {"from", 0, VALUE_REQUIRED, "TASK", "this task and all downstream; may be repeated"},
	[FLAG_ID] = {"id", 0, VALUE_REQUIRED, "KEY", "name the run: the same KEY never starts a second one"},
	[FLAG_KEEP] = {"keep", 0, VALUE_REQUIRED, "N",
		"remove the oldest backups of this home but for N (default: all stay; with --every, 96)"},
	[FLAG_LATEST] = {"latest", 0, VALUE_NONE, NULL,
		"the newest run of --dag; of rerun, the version of the DAG that is in force now"},
	[FLAG_LIMIT] = {"limit", 0, VALUE_REQUIRED, "N", "at most N"},
	[FLAG_LISTEN] = {"listen", 0, VALUE_REQUIRED, "HOST[:PORT]",
		"address for HTTP (default: 127.0.0.1:8088); 'none' = the Unix socket only"},
	[FLAG_ONLY] = {"only", 0, VALUE_REQUIRED, "TASK", "this task alone; may be repeated"},
	[FLAG_PARAM] = {"param", 0, VALUE_REQUIRED, "NAME=VALUE",
		"a param of the DAG; lists and objects as JSON; may be repeated"},
	[FLAG_PERIOD] = {"period", 0, VALUE_REQUIRED, "PERIOD", "what the run stands for: a date or an instant"},
	[FLAG_PINNED] = {"pinned", 0, VALUE_NONE, NULL, "the version that the run has (default)"},
	[FLAG_PORT] = {"port", 0, VALUE_REQUIRED, "N", "port for HTTP; 0 = any free one"},
	[FLAG_REASON] = {"reason", 0, VALUE_REQUIRED, "TEXT", "why, for those who look later"},
	[FLAG_RESOLVED] = {"resolved", 0, VALUE_NONE, NULL, "the values in force, with the place each came from"},
	[FLAG_RUN] = {"run", 0, VALUE_REQUIRED, "RUN", "of this run"},
	[FLAG_SINCE] = {"since", 0, VALUE_REQUIRED, "T", "from this instant on, or for so long (24h)"},
	[FLAG_STATE] = {"state", 0, VALUE_REQUIRED, "STATE", "in this state"},
	[FLAG_STRICT] = {"strict", 0, VALUE_NONE, NULL, "warnings are errors"},
	[FLAG_TIMEOUT] = {"timeout", 0, VALUE_REQUIRED, "DURATION", "how long it may take (default: 5s)"},
	[FLAG_TO] = {"to", 0, VALUE_REQUIRED, "DIR", "folder for the backups (default: HOME/backups)"},
	[FLAG_WAIT] = {"wait", 0, VALUE_OPTIONAL, "DURATION", "until the run has ended, or for so long"},
	[FLAG_WATCH] = {"watch", 0, VALUE_NONE, NULL, "print again on every change"},
	[FLAG_WRITE] = {"write", 0, VALUE_NONE, NULL, "replace the files by their canonical form"},
	[FLAG_AT] = {"at", 0, VALUE_REQUIRED, "INSTANT",
		"start at this instant (2026-11-20T06:00:00+01:00, or a date); of why, as it was then"},
	[FLAG_DOMAIN] = {"domain", 0, VALUE_REQUIRED, "DOMAIN", "of this domain"},
	[FLAG_DRAIN] = {"drain", 0, VALUE_NONE, NULL, "wait until nothing runs any more"},
	[FLAG_MAN] = {"man", 0, VALUE_NONE, NULL, "the manual page heddle(1) for man, of all verbs"},
	[FLAG_NO_PUBLISH] = {"no-publish", 0, VALUE_NONE, NULL, NULL},
	[FLAG_RESET_BOOKMARK] = {"reset-bookmark", 0, VALUE_NONE, NULL, NULL},
	[FLAG_STRICT_MWAAS] = {"strict-mwaas", 0, VALUE_NONE, NULL, NULL},
	[FLAG_TLS_CERT] = {"tls-cert", 0, VALUE_REQUIRED, "FILE", NULL},
	[FLAG_TLS_KEY] = {"tls-key", 0, VALUE_REQUIRED, "FILE", NULL},
};
/* clang-format on */

/* Where the reading stands. */
struct reader {
	int argc;
	const char *const *argv;
	int at;
	struct args *out;
	struct err *err;
};

const struct flag *args_flag(enum flag_id id)
{
	return &flags[id];
}

static int refuse_unknown(const char *name, size_t length, struct err *err)
{
	const char *names[FLAG_COUNT + 1] = {NULL};
	char *word = mem_strndup(name, length);
	const char *nearest;
	int rc;

	for (size_t i = 0; i < FLAG_COUNT; i++)
		names[i] = flags[i].name;
	nearest = str_nearest(word, names);
	if (nearest != NULL)
		rc = err_set(err, ERR_USAGE, "unknown flag '--%s' (did you mean '--%s'?)", word,
			     nearest);
	else
		rc = err_set(err, ERR_USAGE, "unknown flag '--%s'", word);
	mem_free(word);
	return rc;
}

/* Takes a flag whose value, when it came with "=", is attached. */
static int take_flag(struct reader *reader, enum flag_id id, const char *attached)
{
	const struct flag *flag = &flags[id];
	const char *value = attached;

	if (flag->value == VALUE_NONE && attached != NULL)
		return err_set(reader->err, ERR_USAGE, "flag '--%s' takes no value", flag->name);
	if (flag->value == VALUE_REQUIRED && attached == NULL) {
		value = reader->at < reader->argc ? reader->argv[reader->at] : NULL;
		if (value == NULL || str_starts_with(value, "--"))
			return err_set(reader->err, ERR_USAGE, "flag '--%s' needs a value: --%s %s",
				       flag->name, flag->name, flag->value_name);
		reader->at++;
	}
	if (value != NULL && value[0] == '\0')
		return err_set(reader->err, ERR_USAGE, "flag '--%s' has an empty value: --%s %s",
			       flag->name, flag->name, flag->value_name);
	reader->out->given |= FLAG_BIT(id);
	reader->out->values[id] = value;
	reader->out->each[reader->out->each_count++] = (struct args_given){id, value};
	return 0;
}

static int take_long(struct reader *reader, const char *name)
{
	const char *equals = strchr(name, '=');
	size_t length = equals == NULL ? strlen(name) : (size_t)(equals - name);

	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (strlen(flags[i].name) == length && memcmp(flags[i].name, name, length) == 0)
			return take_flag(reader, (enum flag_id)i,
					 equals == NULL ? NULL : equals + 1);
	return refuse_unknown(name, length, reader->err);
}

static int take_letter(struct reader *reader, const char *word)
{
	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (flags[i].letter == word[1] && word[2] == '\0')
			return take_flag(reader, (enum flag_id)i, NULL);
	return err_set(reader->err, ERR_USAGE, "unknown flag '%s'", word);
}

static void take_word(struct args *args, const char *word)
{
	if (args->verb == NULL)
		args->verb = word;
	else
		args->operands[args->operand_count++] = word;
}

int args_parse(int argc, const char *const argv[], struct args *out, struct err *err)
{
	struct reader reader = {argc, argv, 0, out, err};
	bool flags_ended = false;
	int rc = 0;

	memset(out, 0, sizeof *out);
	out->operands = mem_alloc(((size_t)argc + 1) * sizeof *out->operands);
	out->each = mem_alloc(((size_t)argc + 1) * sizeof *out->each);
	while (rc == 0 && reader.at < argc) {
		const char *word = argv[reader.at++];

		if (flags_ended || word[0] != '-' || word[1] == '\0')
			take_word(out, word);
		else if (strcmp(word, "--") == 0)
			flags_ended = true;
		else if (word[1] == '-')
			rc = take_long(&reader, word + 2);
		else
			rc = take_letter(&reader, word);
	}
	return rc;
}

void args_close(struct args *args)
{
	mem_free(args->operands);
	mem_free(args->each);
	memset(args, 0, sizeof *args);
}

const char *args_next(const struct args *args, enum flag_id id, size_t *at)
{
	while (*at < args->each_count) {
		const struct args_given *given = &args->each[(*at)++];

		if (given->id == id)
			return given->value;
	}
	return NULL;
}

size_t args_count(const struct args *args, enum flag_id id)
{
	size_t count = 0;

	for (size_t i = 0; i < args->each_count; i++)
		count += args->each[i].id == id;
	return count;
}

int args_check_one_of(const struct args *args, uint64_t set, struct err *err)
{
	const struct flag *first = NULL;

	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if ((args->given & set & FLAG_BIT(i)) == 0)
			continue;
		if (first != NULL)
			return err_set(err, ERR_USAGE, "'--%s' and '--%s' exclude each other",
				       first->name, flags[i].name);
		first = &flags[i];
	}
	return 0;
}

int args_check_flags(const struct args *args, const char *who, uint64_t taken, uint64_t later,
		     struct err *err)
{
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if ((args->given & ~(taken | FLAGS_GLOBAL) & FLAG_BIT(i)) == 0)
			continue;
		if ((later & FLAG_BIT(i)) != 0)
			return err_set(err, ERR_USAGE, "flag '--%s' of '%s' is not supported yet",
				       flags[i].name, who);
		return err_set(err, ERR_USAGE, "'%s' has no flag '--%s'", who, flags[i].name);
	}
	return 0;
}

int args_number(const struct args *args, enum flag_id id, int64_t min, int64_t max,
		int64_t otherwise, int64_t *out, struct err *err)
{
	const char *text = args->values[id];
	size_t length = text == NULL ? 0 : strlen(text);

	*out = otherwise;
	if (text == NULL)
		return 0;
	if (length <= 18 && strspn(text, "0123456789") == length)
		*out = strtoll(text, NULL, 10);
	else
		*out = -1;
	if (*out < min || *out > max)
		return err_set(err, ERR_USAGE,
			       "flag '--%s' is '%s': it must be a number from %" PRId64
			       " to %" PRId64,
			       flags[id].name, text, min, max);
	return 0;
}
