/* daemon.h - the whole of Heddle in one process: opens a home, loads the dags, runs until told to
 * stop. */
#ifndef HEDDLE_DAEMON_DAEMON_H
#define HEDDLE_DAEMON_DAEMON_H

#include "base/err.h"

#include <stdint.h>

struct daemon_options {
	const char *home;         /* made when missing */
	const char *dags;         /* a folder or one file; NULL = HOME/dags */
	const char *listen_host;  /* NULL = no TCP, only the Unix socket in the home */
	uint16_t listen_port;     /* 0 = any free one */
	const char *shim_path;    /* the heddle-shim program */
	const char *program_path; /* this program, for starting anew after a bug in the store */
};

/* Runs until SIGTERM or SIGINT. Attempts under way go on without it, and the next daemon of the
 * home takes them up. Prints the address it serves on stdout once it serves. Fails with ERR_REFUSED
 * (another daemon has the home; a port is taken), ERR_USAGE (no such host to listen on),
 * ERR_NOT_FOUND (the dag folder or the shim is missing), ERR_CORRUPT or ERR_INVALID (the database),
 * else I/O codes. */
int daemon_run(const struct daemon_options *options, struct err *err);

#endif
