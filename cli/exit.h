/* exit.h - how a verb ended, for scripts: the exit codes, and what becomes which of them. */
#ifndef HEDDLE_CLI_EXIT_H
#define HEDDLE_CLI_EXIT_H

enum exit_code {
	CODE_OK = 0,
	CODE_FAILED = 1, /* the run (or check) failed, and all that has no code of its own */
	CODE_USAGE = 2,
	CODE_INVALID = 3, /* a definition does not check */
	CODE_NOT_FOUND = 4,
	CODE_REFUSED = 5, /* state or permission */
	CODE_NO_DAEMON = 6,
	CODE_TIMED_OUT = 124, /* --wait, as timeout(1) has it */
};

/* Of an ERR_ code met on this machine; 0 is CODE_OK. */
int exit_code_of_err(int err_code);
/* Of an HTTP status of the daemon. 400 and 422 are CODE_USAGE: what was sent came from the flags.
 */
int exit_code_of_status(int status);
/* Of a run in this state: success is CODE_OK, any other end CODE_FAILED. */
int exit_code_of_run(const char *state);

#endif
