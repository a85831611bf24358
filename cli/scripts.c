/* scripts.c - see scripts.h. */
#include "cli/scripts.h"

#include "cli/ask.h"

#include <stdio.h>

static void tell_changed(const json_t *script, void (*tell)(const char *line))
{
	struct str line = STR_INIT;

	str_printf(&line, "script '%s' of task '%s' has changed since try %lld",
		   reply_text(script, "path"), reply_text(script, "task"),
		   (long long)reply_number(script, "attempt"));
	tell(str_text(&line));
	str_close(&line);
}

int scripts_tell(struct cli *cli, const char *run_id, const json_t *tasks,
		 void (*tell)(const char *line))
{
	char path[64];
	struct question question = {
	    .method = "GET", .path = path, .patient = true, .may_miss = true};
	struct reply reply = {0};
	const json_t *script;
	size_t i;
	int code;

	snprintf(path, sizeof path, "/api/v1/runs/%s/scripts", run_id);
	code = ask(cli, &question, &reply);
	json_array_foreach(json_object_get(reply.json, "items"), i, script)
	{
		if (json_is_true(json_object_get(script, "differs")) &&
		    (tasks == NULL || json_object_get(tasks, reply_text(script, "task")) != NULL))
			tell_changed(script, tell);
	}
	reply_close(&reply);
	return code == CODE_NOT_FOUND ? CODE_OK : code;
}
