/* validate.c - `heddle validate`: checks DAG files without a daemon. */
#include "cli/cli.h"
#include "cli/text.h"
#include "cli/verbs/verbs.h"
#include "daemon/folder.h"
#include "daemon/verdict.h"
#include "model/render.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* Files of a folder are named as it was named, so that a message leads to the file from here. */
static int add_paths(struct cli *cli, struct folder *folder, struct err *err)
{
	const struct args *args = cli->args;
	int rc = 0;

	if (args->operand_count == 0)
		return folder_add(folder, cli->dags, cli->dags, err);
	for (size_t i = 0; rc == 0 && i < args->operand_count; i++)
		rc = folder_add(folder, args->operands[i], args->operands[i], err);
	return rc;
}

/* --- as text ------------------------------------------------------------------------------------
 */

static void print_errors(const struct folder *folder)
{
	bool caret = isatty(STDOUT_FILENO);
	struct str text = STR_INIT;
	struct str clean = STR_INIT;

	for (size_t i = 0; i < folder->errors.count; i++)
		dag_error_format(&folder->errors.items[i], caret, &text);
	text_clean_lines(&clean, str_text(&text));
	cli_print_str(&clean);
	str_close(&clean);
	str_close(&text);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* An empty folder is not invalid, but "all good" would hide a path that was mistyped. */
static void print_nothing_found(const struct cli *cli)
{
	const struct args *args = cli->args;
	FILE *file = cli->json ? stderr : stdout;
	struct str line = STR_INIT;

	str_append(&line, "no *.yaml in ");
	if (args->operand_count == 0)
		text_clean(&line, cli->dags);
	for (size_t i = 0; i < args->operand_count; i++) {
		str_append(&line, i == 0 ? "" : ", ");
		text_clean(&line, args->operands[i]);
	}
	fprintf(file, "%s\n", str_text(&line));
	str_close(&line);
}

static void print_summary(const struct folder *folder)
{
	fprintf(stderr, "%zu file%s, %zu DAG%s: ", folder->dag_file_count,
		plural(folder->dag_file_count), folder->dag_count, plural(folder->dag_count));
	if (folder->errors.count == 0)
		fputs("all good\n", stderr);
	else
		fprintf(stderr, "%zu error%s\n", folder->errors.count,
			plural(folder->errors.count));
}

/* --- as JSON ------------------------------------------------------------------------------------
 */

static void print_json(const struct folder *folder)
{
	struct str text = STR_INIT;

	verdict_write(folder, &text);
	str_append_char(&text, '\n');
	cli_print_str(&text);
	str_close(&text);
}

int run_verb_validate(struct cli *cli)
{
	struct folder folder;
	struct err err = {0};
	int code = CODE_OK;

	folder_init(&folder);
	if (add_paths(cli, &folder, &err) != 0) {
		code = cli_fail_err(&err);
	} else {
		folder_judge(&folder);
		if (cli->json)
			print_json(&folder);
		else
			print_errors(&folder);
		if (folder.dag_file_count == 0)
			print_nothing_found(cli);
		else
			print_summary(&folder);
		if (folder.errors.count > 0)
			code = CODE_INVALID;
	}
	folder_close(&folder);
	return code;
}
