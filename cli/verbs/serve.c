/* serve.c - `heddle daemon`: finds the parts that belong to this program and runs the daemon. */
#include "base/str.h"
#include "cli/address.h"
#include "cli/cli.h"
#include "cli/verbs/verbs.h"
#include "daemon/daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int find_program(char path[PATH_MAX], struct err *err)
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length < 0)
		return err_errno(err, errno, "read link '/proc/self/exe'");
	path[length] = '\0';
	return 0;
}

/* $HEDDLE_SHIM, else beside the program (a build tree), else where `cmake --install` puts it. The
 * last one is named even when it is missing, so that the daemon can say what it lacks. */
static void find_shim(const char *program, struct str *out)
{
	const char *named = getenv("HEDDLE_SHIM");
	const char *slash = strrchr(program, '/');
	int folder_length = slash == NULL ? 0 : (int)(slash - program);

	if (named != NULL && named[0] != '\0') {
		str_append(out, named);
		return;
	}
	str_printf(out, "%.*s/heddle-shim", folder_length, program);
	if (access(str_text(out), X_OK) == 0)
		return;
	str_clear(out);
	str_printf(out, "%.*s/../libexec/heddle/heddle-shim", folder_length, program);
}

static int read_address(const struct args *args, struct address *address, struct err *err)
{
	int64_t port = 0;
	int rc = address_parse(args->values[FLAG_LISTEN], address, err);

	if (rc == 0)
		rc = args_number(args, FLAG_PORT, 0, UINT16_MAX, address->port, &port, err);
	if (rc == 0 && address->host[0] == '\0' && args_has(args, FLAG_PORT))
		rc = err_set(err, ERR_USAGE, "'--port' has no meaning with '--listen none'");
	address->port = (uint16_t)port;
	return rc;
}

int run_verb_daemon(struct cli *cli)
{
	struct daemon_options options = {.home = cli->home};
	struct address address;
	struct str shim = STR_INIT;
	struct err err = {0};
	char program[PATH_MAX];
	int rc;

	rc = read_address(cli->args, &address, &err);
	if (rc == 0)
		rc = find_program(program, &err);
	if (rc == 0) {
		find_shim(program, &shim);
		options.dags = cli->args->values[FLAG_DAGS];
		options.listen_host = address.host[0] == '\0' ? NULL : address.host;
		options.listen_port = address.port;
		options.shim_path = str_text(&shim);
		options.program_path = program;
		rc = daemon_run(&options, &err);
	}
	str_close(&shim);
	return rc == 0 ? CODE_OK : cli_fail_err(&err);
}
