/* rehearsal.c - what a command would change, as a list and as a token; see rehearsal.h. */
#include "daemon/rehearsal.h"

#include "base/mem.h"
#include "base/vec.h"
#include "daemon/dispatch_core.h"
#include "daemon/restore.h"
#include "scheduler/rehearse.h"

#include <assert.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 1000         /* of a list; the total tells of the rest */
#define LINES_BYTES_MAX 65536u /* a longer list is not kept */

/* One thing that would change. Texts live as long as the scratch scheduler's output, or for ever.
 */
struct deed {
	const char *kind; /* "run" "task" "version" "params" "dag" "hold" "note" */
	const char *task; /* NULL = none */
	const char *from; /* likewise */
	const char *to;
	const char *what; /* in words */
};

/* What became of one task so far. */
struct moved {
	bool is_moved;
	bool is_new; /* in the version that the run goes on with */
	enum task_state from;
	enum task_state to;
	enum cancel_aim aim;
};

struct list {
	VEC(struct deed) deeds;
	struct dag *dag; /* whose positions the changes name now */
	struct moved *moved;
	bool run_is_moved;
	enum run_state run_from;
	enum run_state run_to;
};

/* --- what changes amount to ---------------------------------------------------------------------
 */

/* A task that is reset is queued as soon as it can be: it runs again, that is all. */
static enum task_state settled(enum task_state state)
{
	return state == TASK_QUEUED ? TASK_NONE : state;
}

static const char *words_for(const struct moved *moved)
{
	static const char *const states[TASK_STATE_COUNT] = {
	    [TASK_NONE] = "runs again",
	    [TASK_SUCCESS] = "counts as success",
	    [TASK_FAILED] = "counts as failed",
	    [TASK_SKIPPED] = "is skipped",
	    [TASK_UPSTREAM_FAILED] = "cannot run",
	    [TASK_CANCELLED] = "is cancelled",
	    [TASK_REMOVED] = "is not in the version any more",
	    [TASK_UP_FOR_RETRY] = "waits for its retry",
	};
	static const char *const aims[AIM_COUNT] = {
	    [AIM_CANCELLED] = "is ended",
	    [AIM_RERUN] = "is ended, then runs again",
	    [AIM_SUCCESS] = "is ended, then counts as success",
	    [AIM_FAILED] = "is ended, then counts as failed",
	    [AIM_SKIPPED] = "is ended, then counts as skipped",
	};

	return moved->to == TASK_CANCELLING ? aims[moved->aim] : states[moved->to];
}

static void add_deed(struct list *list, const char *kind, const char *task, const char *from,
		     const char *to, const char *what)
{
	vec_push(&list->deeds, ((struct deed){kind, task, from, to, what}));
}

/* By position: what the tasks of the present version came to. */
static void add_tasks(struct list *list)
{
	for (uint32_t i = 0; list->dag != NULL && i < list->dag->task_count; i++) {
		struct moved *moved = &list->moved[i];

		moved->to = settled(moved->to);
		if (moved->is_new)
			add_deed(list, "task", list->dag->tasks[i].id, NULL,
				 task_state_name(TASK_NONE), "is new in the version");
		else if (moved->is_moved &&
			 (settled(moved->from) != moved->to || moved->to == TASK_CANCELLING))
			add_deed(list, "task", list->dag->tasks[i].id, task_state_name(moved->from),
				 task_state_name(moved->to), words_for(moved));
		*moved = (struct moved){.is_moved = false};
	}
}

static void take_version(struct list *list, struct dag *dag)
{
	mem_free(list->moved);
	list->dag = dag;
	list->moved = dag == NULL ? NULL : mem_alloc((dag->task_count + 1) * sizeof *list->moved);
}

/* No change tells of a task that was not there before until it is queued. */
static void take_next_version(struct list *list, struct dag *dag)
{
	json_t *known = json_object(); /* a set: there may be thousands */

	assert(list->dag != NULL); /* a run has had a version before */
	for (uint32_t i = 0; i < list->dag->task_count; i++)
		json_object_set_new(known, list->dag->tasks[i].id, json_true());
	take_version(list, dag);
	for (uint32_t i = 0; i < dag->task_count; i++)
		list->moved[i].is_new = json_object_get(known, dag->tasks[i].id) == NULL;
	json_decref(known);
}

static void take_task(struct list *list, const struct change *change)
{
	struct moved *moved;

	assert(list->moved != NULL); /* the run's version was told before */
	moved = &list->moved[change->task];
	if (!moved->is_moved)
		moved->from = change->task_state.from;
	moved->is_moved = true;
	moved->to = change->task_state.to;
	moved->aim = change->task_state.aim;
}

static void take_run_state(struct list *list, const struct change *change)
{
	if (!list->run_is_moved)
		list->run_from = change->run_state.from;
	list->run_is_moved = true;
	list->run_to = change->run_state.to;
}

static void take_change(struct list *list, const struct change *change)
{
	switch (change->kind) {
	case CHANGE_RUN_STATE:
		take_run_state(list, change);
		break;
	case CHANGE_TASK_STATE:
		take_task(list, change);
		break;
	case CHANGE_RUN_VERSION:
		add_tasks(list);
		add_deed(list, "version", NULL, list->dag->hash, change->run_version.dag->hash,
			 "goes on with this version");
		take_next_version(list, change->run_version.dag);
		break;
	case CHANGE_RUN_PARAMS:
		add_deed(list, "params", NULL, NULL, change->run_params,
			 "goes on with these params");
		break;
	case CHANGE_DAG_PAUSE:
		add_deed(list, "dag", NULL, change->dag_pause.is_paused ? "active" : "paused",
			 change->dag_pause.is_paused ? "paused" : "active",
			 change->dag_pause.is_paused ? "starts nothing" : "goes on");
		break;
	case CHANGE_HOLD:
		add_deed(list, "hold", NULL, change->hold.name, "over", "does not hold any more");
		break;
	case CHANGE_CLOCK:
		if (!change->clock.is_on)
			add_deed(list, "hold", NULL, change->clock.hold, "over",
				 "does not hold any more");
		break;
	default: /* attempts, outputs: they follow from what is told */
		break;
	}
}

/* Whether a run that goes on waits for others is not a matter of the command. */
static void add_run(struct list *list)
{
	enum run_state to = list->run_to == RUN_QUEUED ? RUN_RUNNING : list->run_to;

	if (!list->run_is_moved || list->run_from == to)
		return;
	add_deed(list, "run", NULL, run_state_name(list->run_from), run_state_name(to),
		 to == RUN_RUNNING ? "goes on" : NULL);
}

static void take_changes(struct list *list, const struct sched_output *output)
{
	for (const struct change *change = output->changes.first; change != NULL;
	     change = change->next)
		take_change(list, change);
	add_tasks(list);
	add_run(list);
}

static void list_close(struct list *list)
{
	vec_close(&list->deeds);
	mem_free(list->moved);
}

/* --- the list as lines, the token ---------------------------------------------------------------
 */

static const char *or_nothing(const char *text)
{
	return text == NULL ? "-" : text;
}

static void print_lines(const struct list *list, struct str *out)
{
	for (size_t i = 0; i < list->deeds.count; i++) {
		const struct deed *deed = &list->deeds.items[i];

		str_printf(out, "%s %s from %s to %s\n", deed->kind, or_nothing(deed->task),
			   or_nothing(deed->from), or_nothing(deed->to));
	}
}

/* A NUL ends each text, so that no two commands look alike. */
static void add_text(crypto_generichash_state *hash, const char *text)
{
	const char *given = text == NULL ? "\1" : text;

	crypto_generichash_update(hash, (const unsigned char *)given, strlen(given) + 1);
}

/* The reason and the key may still change. */
static void make_token(const struct web_command *command, const struct str *lines,
		       char token[REHEARSAL_TOKEN_SIZE])
{
	const char *const texts[] = {command->dag_id,
				     command->run_id,
				     command->params,
				     command->period,
				     command->mode,
				     command->latest ? "1" : "0",
				     command->task,
				     command->state,
				     command->text,
				     command->at,
				     command->force ? "1" : "0"};
	unsigned char bytes[(REHEARSAL_TOKEN_SIZE - 1) / 2];
	crypto_generichash_state hash;
	char kind[16];

	snprintf(kind, sizeof kind, "%d", command->kind);
	crypto_generichash_init(&hash, NULL, 0, sizeof bytes);
	add_text(&hash, kind);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		add_text(&hash, texts[i]);
	for (size_t i = 0; i < command->task_count; i++)
		add_text(&hash, command->tasks[i]);
	add_text(&hash, str_text(lines));
	crypto_generichash_final(&hash, bytes, sizeof bytes);
	sodium_bin2hex(token, REHEARSAL_TOKEN_SIZE, bytes, sizeof bytes);
}

/* --- what was shown before ----------------------------------------------------------------------
 */

static void keep(struct rehearsals *rehearsals, const char *token, const struct str *lines)
{
	struct rehearsal_kept *kept = &rehearsals->kept[rehearsals->next];

	if (lines->size > LINES_BYTES_MAX)
		return;
	rehearsals->next = (rehearsals->next + 1) % REHEARSALS_MAX;
	snprintf(kept->token, sizeof kept->token, "%s", token);
	mem_free(kept->lines);
	kept->lines = mem_strdup(str_text(lines));
}

static const char *find_kept(const struct rehearsals *rehearsals, const char *token)
{
	for (size_t i = 0; i < REHEARSALS_MAX; i++)
		if (rehearsals->kept[i].lines != NULL &&
		    strcmp(rehearsals->kept[i].token, token) == 0)
			return rehearsals->kept[i].lines;
	return NULL;
}

void rehearsals_close(struct rehearsals *rehearsals)
{
	for (size_t i = 0; i < REHEARSALS_MAX; i++)
		mem_free(rehearsals->kept[i].lines);
	memset(rehearsals, 0, sizeof *rehearsals);
}

/* The first line in which the two differ. */
static void tell_difference(const char *before, const char *now, char message[512])
{
	while (*before != '\0' && *now != '\0') {
		size_t length = strcspn(before, "\n");

		if (strncmp(before, now, length + 1) != 0)
			break;
		before += length + 1;
		now += length + 1;
	}
	snprintf(message, 512,
		 "it would not do any more what was shown: then '%.*s', now '%.*s'; ask again with "
		 "dry_run=1",
		 *before == '\0' ? 7 : (int)strcspn(before, "\n"),
		 *before == '\0' ? "nothing" : before, *now == '\0' ? 7 : (int)strcspn(now, "\n"),
		 *now == '\0' ? "nothing" : now);
}

static void refuse_changed(struct dispatch *dispatch, const char *given, const struct str *lines,
			   uint64_t token)
{
	const char *before = find_kept(&dispatch->rehearsals, given);
	char message[512] =
	    "it would not do any more what was shown, or the token is of another command: ask "
	    "again with dry_run=1";

	if (before != NULL && strcmp(before, str_text(lines)) != 0)
		tell_difference(before, str_text(lines), message);
	dispatch_answer(dispatch, token, WEB_REFUSED, NULL, message);
}

/* --- the answer ---------------------------------------------------------------------------------
 */

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text == NULL ? json_null() : json_string(text));
}

static json_t *deed_json(const struct deed *deed)
{
	json_t *object = json_object();

	set_text(object, "kind", deed->kind);
	set_text(object, "task", deed->task);
	set_text(object, "from", deed->from);
	set_text(object, "to", deed->to);
	set_text(object, "what", deed->what);
	return object;
}

static void answer_list(struct dispatch *dispatch, const struct list *list, const char *message,
			const char *shown_token, uint64_t token)
{
	json_t *root = json_object();
	json_t *changes = json_array();
	char *text;

	for (size_t i = 0; i < list->deeds.count && i < SHOWN_MAX; i++)
		json_array_append_new(changes, deed_json(&list->deeds.items[i]));
	set_text(root, "token", shown_token);
	json_object_set_new(root, "changes", changes);
	json_object_set_new(root, "total", json_integer((json_int_t)list->deeds.count));
	set_text(root, "message", message);
	text = json_dumps(root, JSON_COMPACT);
	dispatch_answer(dispatch, token, WEB_DONE, NULL, text);
	json_decref(root);
	mem_free(text);
}

/* Given by whoever asks, of any length. */
static bool is_token(const char *given, const char *shown)
{
	size_t length = strlen(shown);

	return strlen(given) == length && sodium_memcmp(given, shown, length) == 0;
}

/* True: the command is answered. */
static bool conclude(struct dispatch *dispatch, const struct web_command *command,
		     const struct list *list, const char *message, uint64_t token)
{
	char shown_token[REHEARSAL_TOKEN_SIZE];
	struct str lines = STR_INIT;
	bool is_answered = true;

	print_lines(list, &lines);
	make_token(command, &lines, shown_token);
	if (command->dry_run) {
		keep(&dispatch->rehearsals, shown_token, &lines);
		answer_list(dispatch, list, message, shown_token, token);
	} else if (!is_token(command->token, shown_token)) {
		refuse_changed(dispatch, command->token, &lines, token);
	} else {
		is_answered = false;
	}
	str_close(&lines);
	return is_answered;
}

static bool is_wanted(const struct web_command *command)
{
	return command->dry_run || command->token != NULL;
}

/* What was refused in the rehearsal would be refused: the sentence is the same. */
static bool conclude_step(struct dispatch *dispatch, const struct web_command *command,
			  struct list *list, const struct sched_output *output, uint64_t token)
{
	bool is_refused = output->answer == ANSWER_REFUSED || output->answer == ANSWER_NOT_FOUND;

	if (is_refused) {
		dispatch_answer(dispatch, token,
				output->answer == ANSWER_REFUSED ? WEB_REFUSED : WEB_NOT_FOUND,
				NULL, output->message);
		return true;
	}
	take_changes(list, output);
	return conclude(dispatch, command, list, output->message, token);
}

/* --- commands -----------------------------------------------------------------------------------
 */

bool rehearsal_run(struct dispatch *dispatch, const struct rehearsal_run *run, uint64_t token)
{
	struct list list = {.moved = NULL};
	struct moment now = clock_now();
	struct sched_output output;
	struct err err = {0};
	struct sched *copy;
	bool is_answered = true;
	int rc = 0;

	if (!is_wanted(run->command))
		return false;
	sched_output_init(&output);
	take_version(&list,
		     run->kept != NULL ? run->kept : rehearse_dag(dispatch->sched, run->run_no));
	copy = rehearse_run(dispatch->sched, run->kept != NULL ? 0 : run->run_no, now);
	if (run->kept != NULL)
		rc = restore_ended_run(dispatch->reader, copy, run->command->run_id, run->kept,
				       &err);
	if (rc == 0) {
		sched_step(copy, run->input, now, &output);
		is_answered = conclude_step(dispatch, run->command, &list, &output, token);
	} else {
		dispatch_answer(dispatch, token, WEB_REFUSED, NULL, err.message);
	}
	list_close(&list);
	sched_output_close(&output);
	sched_destroy(copy);
	return is_answered;
}

bool rehearsal_pause(struct dispatch *dispatch, const struct web_command *command,
		     const struct input *input, uint64_t token)
{
	struct list list = {.moved = NULL};
	struct sched_output output;
	struct sched *copy;
	bool is_answered;

	if (!is_wanted(command))
		return false;
	sched_output_init(&output);
	copy = rehearse_pauses(dispatch->sched);
	sched_step(copy, input, clock_now(), &output);
	is_answered = conclude_step(dispatch, command, &list, &output, token);
	list_close(&list);
	sched_output_close(&output);
	sched_destroy(copy);
	return is_answered;
}

bool rehearsal_trigger(struct dispatch *dispatch, const struct web_command *command,
		       const struct input *input, uint64_t token)
{
	struct list list = {.moved = NULL};
	struct sched_output output;
	enum run_state state;
	char what[64];
	bool is_answered;

	if (!is_wanted(command))
		return false;
	sched_output_init(&output);
	rehearse_trigger(dispatch->sched, input, clock_now(), &output, &state);
	snprintf(what, sizeof what, "%s with %u tasks",
		 state == RUN_RUNNING ? "begins" : "waits, then begins",
		 input->trigger.dag->task_count);
	if (output.answer == ANSWER_DONE) {
		add_deed(&list, "run", NULL, NULL, run_state_name(state), what);
		add_deed(&list, "version", NULL, NULL, input->trigger.dag->hash,
			 "is the version it keeps");
	}
	if (output.answer == ANSWER_DONE && input->trigger.params != NULL)
		add_deed(&list, "params", NULL, NULL, input->trigger.params, "are its params");
	is_answered = conclude_step(dispatch, command, &list, &output, token);
	list_close(&list);
	sched_output_close(&output);
	return is_answered;
}

bool rehearsal_note(struct dispatch *dispatch, const struct web_command *command, uint64_t token)
{
	struct list list = {.moved = NULL};
	bool is_answered;

	if (!is_wanted(command))
		return false;
	add_deed(&list, "note", command->task, NULL, command->text, "is noted");
	is_answered = conclude(dispatch, command, &list, NULL, token);
	list_close(&list);
	return is_answered;
}

bool rehearsal_nothing(struct dispatch *dispatch, const struct web_command *command,
		       const char *why, uint64_t token)
{
	struct list list = {.moved = NULL};
	bool is_answered;

	if (!is_wanted(command))
		return false;
	is_answered = conclude(dispatch, command, &list, why, token);
	list_close(&list);
	return is_answered;
}
