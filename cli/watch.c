/* watch.c - see watch.h. */
#include "cli/watch.h"

#include "cli/ask.h"
#include "model/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE 1000 /* facts asked for at once */

/* A run that was ended and begun again is not over: the newest state counts. */
static void note_state(struct watch *watch, const json_t *fact)
{
	const char *to = reply_text(fact, "to");
	enum run_state state;

	if (strcmp(reply_text(fact, "kind"), "run.state") == 0 && run_state_from_name(to, &state))
		snprintf(watch->end, sizeof watch->end, "%s", run_state_is_done(state) ? to : "");
}

int watch_look(struct watch *watch, int64_t wait_ms)
{
	struct question question = {.method = "GET", .patient = true};
	struct reply reply = {0};
	const json_t *facts;
	char path[128];
	int code;

	question.wait_ms = watch->end[0] == '\0' ? wait_ms : 0;
	snprintf(path, sizeof path,
		 "/api/v1/facts?run=%s&since=%" PRId64 "&limit=%d&wait=%" PRId64 "ms",
		 watch->run_id, watch->since, PAGE, question.wait_ms);
	question.path = path;
	code = ask(watch->cli, &question, &reply);
	facts = json_object_get(reply.json, "items");
	watch->more = json_array_size(facts) == PAGE;
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);

		watch->take(watch, fact);
		note_state(watch, fact);
		watch->since = reply_number(fact, "fact");
	}
	if (code == CODE_OK && json_array_size(facts) == 0)
		ask_pause(50); /* a daemon that stops answers early */
	reply_close(&reply);
	return code;
}

bool watch_is_over(const struct watch *watch)
{
	return watch->end[0] != '\0' && !watch->more;
}
