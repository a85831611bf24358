/* sql.c - `heddle sql`: a question to the home's database, read-only, with or without a daemon. */
#include "cli/local.h"
#include "cli/rows.h"
#include "cli/verbs/verbs.h"
#include "daemon/stored.h"
#include "model/duration.h"

#include <stdio.h>
#include <unistd.h>

#define LIMIT_MS 5000 /* unless --timeout says more: what is read holds the log back */

static int read_limit(const struct args *args, int64_t *limit_ms, struct err *err)
{
	*limit_ms = LIMIT_MS;
	if (args->values[FLAG_TIMEOUT] == NULL)
		return 0;
	if (duration_parse(args->values[FLAG_TIMEOUT], limit_ms, err) == 0)
		return 0;
	err_wrap(err, "--timeout");
	err->code = ERR_USAGE;
	return ERR_USAGE;
}

static int check(const struct cli *cli, int64_t *limit_ms, struct err *err)
{
	const uint64_t forms = FLAG_BIT(FLAG_JSON) | FLAG_BIT(FLAG_CSV);
	int rc = local_check(cli, "sql", err);

	if (rc == 0)
		rc = args_check_one_of(cli->args, forms, err);
	return rc == 0 ? read_limit(cli->args, limit_ms, err) : rc;
}

static enum rows_form form_of(const struct cli *cli)
{
	if (args_has(cli->args, FLAG_CSV))
		return ROWS_CSV;
	return cli->json ? ROWS_JSON : ROWS_TABLE;
}

int run_verb_sql(struct cli *cli)
{
	struct rows rows;
	struct sql_events events = {&rows, rows_take_columns, rows_take};
	struct str text = STR_INIT;
	struct err err = {0};
	char path[PATH_MAX];
	int64_t limit_ms = 0;
	int rc = check(cli, &limit_ms, &err);

	rows_init(&rows, form_of(cli), isatty(STDOUT_FILENO));
	if (rc == 0)
		rc = local_db_path(cli, path, &err);
	if (rc == 0)
		rc = sql_ask(path, cli->args->operands[0], limit_ms, &events, &err);
	/* All of it or nothing: half an answer looks like a whole one. */
	if (rc == 0) {
		rows_print(&rows, &text);
		cli_print_str(&text);
	}
	str_close(&text);
	rows_close(&rows);
	return rc == 0 ? CODE_OK : cli_fail_err(&err);
}
