/* fmt.c - `heddle fmt`: prints or writes the canonical form of DAG files. */
#include "base/file.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "cli/verbs/verbs.h"
#include "model/format.h"
#include "model/limits.h"
#include "model/render.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STDIN_NAME "stdin"

/* One file: what it holds, and what it should. */
struct job {
	const char *path; /* NULL = stdin */
	const char *name; /* in messages */
	struct str text;
	struct str formatted;
	bool is_canonical;
	bool is_written;
};

static int read_stdin(struct str *out, struct err *err)
{
	char buffer[65536];
	ssize_t got;

	do {
		got = read(STDIN_FILENO, buffer, sizeof buffer);
		if (got > 0)
			str_append_bytes(out, buffer, (size_t)got);
	} while ((got > 0 && out->size <= LIMIT_DAG_FILE_BYTES) || (got < 0 && errno == EINTR));
	return got < 0 ? err_errno(err, errno, "read stdin") : 0;
}

/* The same lines as `validate` prints, but to stderr: stdout is for the canonical form. */
static void print_errors(const struct dag_errors *errors)
{
	bool caret = isatty(STDERR_FILENO);
	struct str text = STR_INIT;
	struct str clean = STR_INIT;

	for (size_t i = 0; i < errors->count; i++)
		dag_error_format(&errors->items[i], caret, &text);
	text_clean_lines(&clean, str_text(&text));
	fputs(str_text(&clean), stderr);
	str_close(&clean);
	str_close(&text);
}

static int format_job(struct job *job)
{
	struct dag_errors errors;
	struct err err = {0};
	int code = CODE_OK;
	int rc;

	rc = job->path == NULL ? read_stdin(&job->text, &err)
			       : file_read(job->path, LIMIT_DAG_FILE_BYTES, &job->text, &err);
	if (rc != 0)
		return cli_fail_err(&err);
	dag_errors_init(&errors);
	rc = format_text(job->name, str_text(&job->text), job->text.size, &job->formatted, &errors);
	print_errors(&errors);
	dag_errors_close(&errors);
	if (rc != 0)
		code = rc == ERR_BUG ? CODE_FAILED : CODE_INVALID;
	job->is_canonical = code == CODE_OK && job->text.size == job->formatted.size &&
			    strcmp(str_text(&job->text), str_text(&job->formatted)) == 0;
	return code;
}

/* Replaces the file itself, not a link that leads to it, and keeps its mode. */
static int write_job(struct job *job)
{
	char path[PATH_MAX];
	struct stat status;
	struct err err = {0};

	if (job->is_canonical)
		return CODE_OK;
	if (realpath(job->path, path) == NULL || stat(path, &status) != 0)
		(void)err_errno(&err, errno, "open '%s'", job->path);
	else
		(void)file_write_durable(path, str_text(&job->formatted), status.st_mode & 0777,
					 &err);
	if (err.code != 0)
		return cli_fail_err(&err);
	job->is_written = true;
	return CODE_OK;
}

static json_t *job_json(const struct cli *cli, const struct job *job)
{
	json_t *json = json_pack("{s:s, s:b, s:b}", "file", job->name, "canonical",
				 job->is_canonical, "written", job->is_written);

	if (!args_has(cli->args, FLAG_CHECK) && !args_has(cli->args, FLAG_WRITE))
		json_object_set_new(json, "text", json_string(str_text(&job->formatted)));
	return json;
}

/* Formats one file as the flags want it, and adds what came of it to told. */
static int run_job(struct cli *cli, const char *path, json_t *told)
{
	struct job job = {.path = path, .name = path == NULL ? STDIN_NAME : path};
	bool is_check = args_has(cli->args, FLAG_CHECK);
	bool is_write = args_has(cli->args, FLAG_WRITE);
	int code = format_job(&job);

	if (code == CODE_OK && is_write)
		code = write_job(&job);
	if (code == CODE_OK && is_check && !job.is_canonical) {
		code = CODE_FAILED;
		if (!cli->json)
			cli_print_line(job.name);
	}
	if (code == CODE_OK && !is_check && !is_write && !cli->json)
		(void)cli_print_str(&job.formatted);
	if (code == CODE_OK || is_check)
		json_array_append_new(told, job_json(cli, &job));
	str_close(&job.text);
	str_close(&job.formatted);
	return code;
}

static int check(const struct args *args, struct err *err)
{
	bool is_check = args_has(args, FLAG_CHECK);
	bool is_write = args_has(args, FLAG_WRITE);

	if (is_check && is_write)
		return err_set(err, ERR_USAGE,
			       "'--check' changes nothing, '--write' does: take one");
	if (is_write && args->operand_count == 0)
		return err_set(err, ERR_USAGE, "'--write' needs files: heddle fmt --write FILE...");
	if (!is_check && !is_write && args->operand_count > 1)
		return err_set(err, ERR_USAGE,
			       "several files need '--write' (in place) or '--check'");
	return 0;
}

static int print_json(json_t *told)
{
	char *text = json_dumps(told, JSON_COMPACT);

	cli_print(text, strlen(text));
	cli_print("\n", 1);
	mem_free(text);
	return CODE_OK;
}

/* A file that is no YAML says more than one that is not canonical. */
static int worse(int a, int b)
{
	return a == CODE_OK || (a == CODE_FAILED && b != CODE_OK) ? b : a;
}

int run_verb_fmt(struct cli *cli)
{
	const struct args *args = cli->args;
	json_t *told = json_array();
	struct err err = {0};
	int code = CODE_OK;

	if (check(args, &err) != 0) {
		code = cli_fail_err(&err);
	} else {
		if (args->operand_count == 0)
			code = run_job(cli, NULL, told);
		for (size_t i = 0; i < args->operand_count; i++)
			code = worse(code, run_job(cli, args->operands[i], told));
		if (cli->json)
			(void)print_json(told);
	}
	json_decref(told);
	return code;
}
