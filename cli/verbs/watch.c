/* watch.c - `heddle watch`: the facts of a run as they are committed, until it has ended. */
#include "cli/ask.h"
#include "cli/render.h"
#include "cli/verbs/verbs.h"
#include "model/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 1000 /* facts asked for at once */

struct watch {
	struct cli *cli;
	char run_id[17];
	int64_t since; /* number of the newest fact printed */
	char end[16];  /* the state in which the run has ended; "" = it has not */
};

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

/* A run that was ended and begun again is not over: the newest state counts. */
static void note_state(struct watch *watch, const json_t *fact)
{
	const char *to = reply_text(fact, "to");
	enum run_state state;

	if (strcmp(reply_text(fact, "kind"), "run.state") == 0 && run_state_from_name(to, &state))
		snprintf(watch->end, sizeof watch->end, "%s", run_state_is_done(state) ? to : "");
}

static void take(struct watch *watch, const json_t *facts)
{
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);

		if (watch->cli->json)
			print_json(fact);
		else
			print_text(watch, fact);
		note_state(watch, fact);
		watch->since = reply_number(fact, "fact");
	}
	fflush(stdout);
}

/* Waits for the next facts only while there can be some. */
static int take_page(struct watch *watch, struct reply *reply, size_t *count)
{
	struct question question = {.method = "GET", .patient = true};
	const json_t *facts;
	char path[128];
	int code;

	question.wait_ms = watch->end[0] == '\0' ? ASK_WAIT_MS : 0;
	snprintf(path, sizeof path,
		 "/api/v1/facts?run=%s&since=%" PRId64 "&limit=%d&wait=%" PRId64 "ms",
		 watch->run_id, watch->since, PAGE, question.wait_ms);
	question.path = path;
	code = ask(watch->cli, &question, reply);
	facts = json_object_get(reply->json, "items");
	*count = json_array_size(facts);
	if (code == CODE_OK)
		take(watch, facts);
	return code;
}

int run_verb_watch(struct cli *cli)
{
	struct watch watch = {.cli = cli};
	struct reply reply = {0};
	size_t count = PAGE;
	int code = ask_run_id(cli, cli->args->operands[0], watch.run_id);

	while (code == CODE_OK && (watch.end[0] == '\0' || count == PAGE) && !ferror(stdout)) {
		code = take_page(&watch, &reply, &count);
		if (code == CODE_OK && count == 0)
			ask_pause(50); /* a daemon that stops answers early */
	}
	reply_close(&reply);
	return code == CODE_OK ? exit_code_of_run(watch.end) : code;
}
