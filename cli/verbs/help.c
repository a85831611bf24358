/* help.c - `heddle help` and `heddle version`. */
#include "cli/cli.h"
#include "cli/manual.h"
#include "cli/verb.h"
#include "cli/verbs/verbs.h"

#include <stdio.h>

int help_print(const struct verb *verb, FILE *file)
{
	struct str text = STR_INIT;

	if (verb == NULL)
		verb_help_all(&text);
	else
		verb_help(verb, &text);
	fputs(str_text(&text), file);
	str_close(&text);
	return CODE_OK;
}

static int print_manual(void)
{
	struct str text = STR_INIT;

	manual_write(&text);
	cli_print_str(&text);
	str_close(&text);
	return CODE_OK;
}

int run_verb_help(struct cli *cli)
{
	const struct verb *verb = NULL;
	struct err err = {0};

	if (cli->args->operand_count > 0) {
		verb = verb_find(cli->args->operands[0]);
		if (verb == NULL && verb_refuse_unknown(cli->args->operands[0], &err) != 0)
			return cli_fail_err(&err);
	}
	if (args_has(cli->args, FLAG_MAN))
		return print_manual();
	if (cli->json)
		return cli_print_json(verb == NULL ? verb_json_all() : verb_json(verb));
	return help_print(verb, stdout);
}

int run_verb_version(struct cli *cli)
{
	if (cli->json)
		puts("{\"version\":\"" HEDDLE_VERSION "\"}");
	else
		puts("heddle " HEDDLE_VERSION);
	return CODE_OK;
}
