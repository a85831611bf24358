/* serve.c - `heddle daemon`: finds the parts that belong to this program and runs the daemon. */
#include "base/str.h"
#include "cli/address.h"
#include "cli/cli.h"
#include "cli/programs.h"
#include "cli/verbs/verbs.h"
#include "daemon/daemon.h"

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
		rc = programs_self(program, &err);
	if (rc == 0) {
		programs_shim(program, &shim);
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
