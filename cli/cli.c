/* cli.c - from argv to a verb and its exit code; see cli.h. */
#include "cli/cli.h"

#include "base/mem.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "cli/verbs/verbs.h"
#include "net/http.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_clean(FILE *file, const char *before, const char *text)
{
	struct str line = STR_INIT;

	str_append(&line, before);
	text_clean(&line, text);
	str_append_char(&line, '\n');
	fputs(str_text(&line), file);
	str_close(&line);
}

static void tell(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

static void tell(const char *format, va_list args)
{
	va_list again;
	int length;
	char *text;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = mem_alloc((size_t)length + 1);
	(void)vsnprintf(text, (size_t)length + 1, format, args);
	print_clean(stderr, "heddle: ", text);
	mem_free(text);
}

int cli_fail(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(format, args);
	va_end(args);
	return code;
}

void cli_tell(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(format, args);
	va_end(args);
}

void cli_print_line(const char *text)
{
	print_clean(stdout, "", text);
	fflush(stdout);
}

int cli_fail_err(const struct err *err)
{
	return cli_fail(exit_code_of_err(err->code), "%s", err->message);
}

bool cli_print(const char *text, size_t count)
{
	return fwrite(text, 1, count, stdout) == count && fflush(stdout) == 0;
}

int cli_print_json(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	cli_print(text, strlen(text));
	cli_print("\n", 1);
	free(text); /* jansson's own */
	json_decref(json);
	return CODE_OK;
}

bool cli_print_str(const struct str *text)
{
	return cli_print(str_text(text), text->size);
}

/* --- where the daemon lives ---------------------------------------------------------------------
 */

static int set_path(char path[PATH_MAX], struct err *err, const char *above, const char *below)
{
	int length = snprintf(path, PATH_MAX, "%s%s", above, below);

	if (length < 0 || length >= PATH_MAX)
		return err_set(err, ERR_USAGE, "path '%.64s...' is too long", above);
	return 0;
}

/* Unset and empty are the same: "". */
static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value == NULL ? "" : value;
}

/* $HOME, else what the user database says, as a shell's ~ does; "" = nowhere. */
static const char *user_folder(char buffer[PATH_MAX])
{
	const char *folder = setting("HOME");
	struct passwd entry;
	struct passwd *found = NULL;

	if (folder[0] != '\0')
		return folder;
	if (getpwuid_r(getuid(), &entry, buffer, PATH_MAX, &found) != 0 || found == NULL)
		return "";
	return found->pw_dir;
}

int cli_find_home(const char *flag, char home[PATH_MAX], struct err *err)
{
	const char *state = setting("XDG_STATE_HOME");
	char buffer[PATH_MAX];
	const char *folder;

	if (flag == NULL)
		flag = setting("HEDDLE_HOME");
	if (flag[0] != '\0')
		return set_path(home, err, flag, "");
	/* "All paths set in these environment variables must be absolute. If [it is] relative ...
	 * ignore it." (XDG Base Directory Specification, section 2) */
	if (state[0] == '/')
		return set_path(home, err, state, "/heddle");
	folder = user_folder(buffer);
	if (folder[0] == '\0')
		return err_set(err, ERR_USAGE,
			       "no home folder: name one with --home or $HEDDLE_HOME");
	return set_path(home, err, folder, "/.local/state/heddle");
}

int cli_find_dags(const char *flag, const char *home, char dags[PATH_MAX], struct err *err)
{
	if (flag != NULL)
		return set_path(dags, err, flag, "");
	return set_path(dags, err, home, "/dags");
}

/* --- one command line ---------------------------------------------------------------------------
 */

/* https://no-color.org: any value that is not empty. */
static bool wants_colour(void)
{
	const char *terminal = setting("TERM");

	return isatty(STDOUT_FILENO) && setting("NO_COLOR")[0] == '\0' && terminal[0] != '\0' &&
	       strcmp(terminal, "dumb") != 0;
}

/* --url, else what a task is given ($HEDDLE_URL), unless a home is named: a task may well have one
 * of its own. */
static const char *find_url(const struct args *args)
{
	const char *url = setting("HEDDLE_URL");

	if (args_has(args, FLAG_URL))
		return args->values[FLAG_URL];
	if (args_has(args, FLAG_HOME) || setting("HEDDLE_HOME")[0] != '\0' || url[0] == '\0')
		return NULL;
	return url;
}

static int open_cli(struct cli *cli, const struct args *args, struct err *err)
{
	int rc;

	memset(cli, 0, sizeof *cli);
	cli->args = args;
	cli->url = find_url(args);
	cli->json = args_has(args, FLAG_JSON);
	cli->colour = wants_colour();
	rc = cli_find_home(args->values[FLAG_HOME], cli->home, err);
	if (rc == 0)
		rc = cli_find_dags(args->values[FLAG_DAGS], cli->home, cli->dags, err);
	return rc;
}

/* "POLLERR: ... set for a file descriptor referring to the write end of a pipe when the read end
 * has been closed" (poll(2)). */
static bool reader_went_away(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
}

/* What was buffered may not have reached a full disk. A reader that went away wants no words. */
static int close_stdout(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (!reader_went_away())
		cli_fail(CODE_FAILED, "stdout cannot be written: what was printed is not whole");
	return code == CODE_OK ? CODE_FAILED : code;
}

static int run_verb(const struct verb *verb, const struct args *args)
{
	struct err err = {0};
	struct cli cli;
	int code;

	if (verb_check(verb, args, &err) != 0) {
		code = cli_fail_err(&err);
		fprintf(stderr, "see: heddle %s --help\n", verb->name);
		return code;
	}
	if (open_cli(&cli, args, &err) != 0)
		return cli_fail_err(&err);
	code = verb->run(&cli);
	http_client_destroy(cli.client);
	return close_stdout(code);
}

static int print_help(const struct verb *verb, const struct args *args)
{
	if (!args_has(args, FLAG_JSON))
		return help_print(verb, stdout);
	return cli_print_json(verb == NULL ? verb_json_all() : verb_json(verb));
}

static int dispatch(const struct args *args)
{
	const char *name = args->verb;
	struct err err = {0};
	const struct verb *verb;

	if (args_has(args, FLAG_VERSION))
		name = "version";
	if (name == NULL && args_has(args, FLAG_HELP))
		return close_stdout(print_help(NULL, args));
	if (name == NULL) {
		(void)help_print(NULL, stderr);
		return CODE_USAGE;
	}
	verb = verb_find(name);
	if (verb == NULL) {
		(void)verb_refuse_unknown(name, &err);
		return cli_fail_err(&err);
	}
	if (args_has(args, FLAG_HELP))
		return close_stdout(print_help(verb, args));
	return run_verb(verb, args);
}

/* A descriptor that is closed would be taken by the first file that is opened, a socket or the
 * database, and what is printed would go in there. Held open the wrong way around, it takes and
 * gives nothing, as a closed one does. */
static int hold_stdio(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return CODE_FAILED;
	}
	return CODE_OK;
}

int cli_main(int argc, char **argv)
{
	struct args args;
	struct err err = {0};
	int code;

	if (hold_stdio() != CODE_OK)
		return CODE_FAILED;
	signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of the write, like a full disk */
	if (args_parse(argc - 1, (const char *const *)argv + 1, &args, &err) != 0)
		code = cli_fail_err(&err);
	else
		code = dispatch(&args);
	args_close(&args);
	return code;
}
