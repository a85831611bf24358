/* show_dag.c - `heddle show`: a dag's text, or the values in force with where they came from. Reads
 * the files, and needs no daemon. */
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "cli/verbs/verbs.h"
#include "daemon/folder.h"
#include "model/render.h"
#include "model/resolved.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A dag's id holds no slash and may end as a file does; then the file is meant. */
static bool is_path(const char *name)
{
	return strchr(name, '/') != NULL || str_ends_with(name, ".yaml") ||
	       str_ends_with(name, ".yml");
}

static void tell_errors(const struct folder *folder)
{
	struct str text = STR_INIT;
	struct str clean = STR_INIT;

	for (size_t i = 0; i < folder->errors.count; i++)
		dag_error_format(&folder->errors.items[i], isatty(STDERR_FILENO), &text);
	text_clean_lines(&clean, str_text(&text));
	fputs(str_text(&clean), stderr);
	str_close(&clean);
	str_close(&text);
}

static int tell_unknown(const struct folder *folder, const char *id)
{
	const char **names = mem_alloc((folder->dag_count + 1) * sizeof *names);
	const char *hint =
	    folder->errors.count == 0 ? "" : "; some files do not check: heddle validate";
	const char *nearest;
	int code;

	for (size_t i = 0; i < folder->dag_count; i++)
		names[i] = folder->dags[i].dag->id;
	names[folder->dag_count] = NULL;
	nearest = str_nearest(id, names);
	if (nearest != NULL)
		code = cli_fail(CODE_NOT_FOUND, "no dag '%s' (did you mean '%s'?)%s", id, nearest,
				hint);
	else
		code = cli_fail(CODE_NOT_FOUND, "no dag '%s' in the folder%s", id, hint);
	mem_free(names);
	return code;
}

static json_t *dag_json(const struct cli *cli, const struct folder_dag *dag)
{
	if (args_has(cli->args, FLAG_RESOLVED))
		return resolved_make(dag->dag);
	return json_pack("{s:s, s:s, s:i, s:s%}", "id", dag->dag->id, "file", dag->dag->source,
			 "line", (int)dag->dag->line, "text", dag->dag->text, dag->dag->text_bytes);
}

static void print_dag(const struct cli *cli, const struct folder_dag *dag)
{
	json_t *json = dag_json(cli, dag);
	struct str text = STR_INIT;

	if (cli->json) {
		char *line = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));

		str_append(&text, line);
		str_append_char(&text, '\n');
		free(line); /* jansson's own */
	} else if (args_has(cli->args, FLAG_RESOLVED)) {
		resolved_text(json, &text);
	} else {
		text_clean_lines(&text, dag->dag->text);
	}
	cli_print_str(&text);
	str_close(&text);
	json_decref(json);
}

/* All dags of a file, or the one of that id in the folder. */
static int show(const struct cli *cli, struct folder *folder, const char *name)
{
	const struct folder_dag *dag;

	folder_judge(folder);
	if (is_path(name)) {
		tell_errors(folder);
		for (size_t i = 0; i < folder->dag_count; i++) {
			if (i > 0 && !cli->json && args_has(cli->args, FLAG_RESOLVED))
				cli_print("---\n", 4);
			print_dag(cli, &folder->dags[i]);
		}
		return folder->errors.count > 0 ? CODE_INVALID : CODE_OK;
	}
	folder_sort(folder);
	dag = folder_find(folder, name);
	if (dag == NULL)
		return tell_unknown(folder, name);
	print_dag(cli, dag);
	return CODE_OK;
}

int run_verb_show(struct cli *cli)
{
	const char *name = cli->args->operands[0];
	const char *path = is_path(name) ? name : cli->dags;
	struct folder folder;
	struct err err = {0};
	int code;

	folder_init(&folder);
	if (folder_add(&folder, path, is_path(name) ? path : NULL, &err) != 0)
		code = cli_fail_err(&err);
	else
		code = show(cli, &folder, name);
	folder_close(&folder);
	return code;
}
