/* cli.h - the command line: one verb, run to its end.
 *
 * stdout is data, stderr is talk. */
#ifndef HEDDLE_CLI_CLI_H
#define HEDDLE_CLI_CLI_H

#include "base/err.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/exit.h"

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>

struct http_client;

/* What every verb is given. */
struct cli {
	const struct args *args;
	char home[PATH_MAX];
	char dags[PATH_MAX];
	/* The daemon's address, http(s)://... or unix:PATH; NULL = the socket in home. */
	const char *url;
	bool json;
	bool colour;                /* stdout is a terminal that wants colours */
	struct http_client *client; /* made by the first request */
	bool was_answered;          /* a daemon was there: it may come back */
};

/* Runs the verb that the command line names and returns the process's exit code. */
int cli_main(int argc, char **argv);

/* Prints "heddle: ..." to stderr, in one line that cannot steer a terminal. */
void cli_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Likewise, and returns the code. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Likewise for an err: its message, and the exit code that belongs to its code. */
int cli_fail_err(const struct err *err);
/* Prints text to stdout as one line that cannot steer a terminal, and flushes it. */
void cli_print_line(const char *text);
/* Prints a value as JSON, in one line, and lets go of it. */
int cli_print_json(json_t *json);
/* Prints text to stdout and flushes it. False when stdout takes no more. */
bool cli_print(const char *text, size_t count);
bool cli_print_str(const struct str *text);

/* The folder of state: flag, else $HEDDLE_HOME, else $XDG_STATE_HOME/heddle, else
 * ~/.local/state/heddle. Fails with ERR_USAGE when none of them is known, or too long. */
int cli_find_home(const char *flag, char home[PATH_MAX], struct err *err);
/* The folder of DAG files: flag, else HOME/dags. Fails with ERR_USAGE when too long. */
int cli_find_dags(const char *flag, const char *home, char dags[PATH_MAX], struct err *err);

#endif
