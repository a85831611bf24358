/* watch.c - `heddle watch`: prints what happens to a run, a line each. */
#include "cli/watch.h"

#include "cli/ask.h"
#include "cli/render.h"
#include "cli/verbs/verbs.h"

#include <stdio.h>
#include <stdlib.h>

static void print_json(const json_t *fact)
{
	char *text = json_dumps(fact, JSON_COMPACT);

	if (text != NULL)
		puts(text);
	free(text); /* jansson's own */
}

static void print_text(const struct watch *watch, const json_t *fact)
{
	struct str line = STR_INIT;

	render_fact(fact, watch->cli->colour, &line);
	fputs(str_text(&line), stdout);
	str_close(&line);
}

static void print(struct watch *watch, const json_t *fact)
{
	if (watch->cli->json)
		print_json(fact);
	else
		print_text(watch, fact);
}

int run_verb_watch(struct cli *cli)
{
	struct watch watch = {.cli = cli, .take = print};
	int code = ask_run_id(cli, cli->args->operands[0], watch.run_id);

	while (code == CODE_OK && !watch_is_over(&watch) && !ferror(stdout)) {
		code = watch_look(&watch, ASK_WAIT_MS);
		fflush(stdout);
	}
	return code == CODE_OK ? exit_code_of_run(watch.end) : code;
}
