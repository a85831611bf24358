/* run_side.c - why it is so, the attempt in numbers, notes, what people did; see run_parts.h. */
#include "web/page/run_parts.h"

#include "executor/process/artifacts_read.h"
#include "model/attempt.h"
#include "web/attempt_progress.h"
#include "web/page/shape.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define LINKS_SHOWN 12u
#define HOLDERS_SHOWN 8u
#define DEEDS_SHOWN 12u
#define ARTIFACTS_SHOWN 50u

/* --- why ----------------------------------------------------------------------------------------
 */

/* What the scheduler said when the page was asked for, or what the database tells of what is past;
 * NULL when neither says anything. */
static json_t *take_why(struct page *page, const struct run_whole *whole)
{
	struct call call = {.log.log.fd = -1};
	json_t *json;

	if (page->call->told_result == WEB_DONE && page->call->told.size > 0)
		return json_loadb(str_text(&page->call->told), page->call->told.size, 0, NULL);
	snprintf(call.run_id, sizeof call.run_id, "%s", whole->run.run_id);
	call.names.task = page->call->names.task;
	(void)api_why(&call, page->reader);
	json = json_loadb(str_text(&call.answer.body), call.answer.body.size, 0, NULL);
	call_close(&call);
	return json;
}

/* The state that a link of the chain looks like: the scheduler's kinds say what is in the way,
 * those of the database are states themselves. */
static const char *look_of(const char *kind)
{
	static const struct {
		const char *kind;
		const char *state;
	} looks[] = {
	    {"run_queue", "queued"}, {"pause", "waiting"},    {"held", "waiting"},
	    {"pool", "queued"},      {"turn", "queued"},      {"limit", "queued"},
	    {"rule", "waiting"},     {"upstream", "waiting"}, {"retry", "up_for_retry"},
	    {"grace", "running"},    {"stuck", "late"},       {"timeout", "late"},
	    {"hook", "running"},     {"done", "success"},     {"script", "waiting"},
	};

	for (size_t i = 0; kind != NULL && i < sizeof looks / sizeof *looks; i++)
		if (strcmp(looks[i].kind, kind) == 0)
			return looks[i].state;
	return kind;
}

static const char *member(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Ids come back through JSON, and go into addresses only as holes. */
static void write_link(struct html *html, const json_t *link, size_t number)
{
	const char *run = member(link, "run");
	const char *task = member(link, "task");

	html_put(html, "<li data-key=\"%zu\">", number);
	shape_state(html, look_of(member(link, "kind")), false);
	html_put(html, "<b>%s</b>", member(link, "text"));
	if (run != NULL && task != NULL)
		html_put(html, "<span><a class=\"t\" href=\"/runs/%s?task=%s\">%s</a></span>", run,
			 task, task);
	else if (run != NULL && number > 0)
		html_put(html, "<span><a class=\"t\" href=\"/runs/%s\">%s</a></span>", run, run);
	html_put(html, "</li>");
}

static void write_holders(struct html *html, const json_t *why)
{
	const json_t *holders = json_object_get(why, "holders");
	size_t count = json_array_size(holders);

	for (size_t i = 0; i < count && i < HOLDERS_SHOWN; i++) {
		const json_t *holder = json_array_get(holders, i);
		const char *task = member(holder, "task");

		html_put(html, "<li data-key=\"h%zu\">", i);
		shape_state(html, "running", false);
		html_put(html,
			 "<b>held by %s</b><span><a class=\"t\" href=\"/runs/%s?task=%s\">%s"
			 "</a></span></li>",
			 task, member(holder, "run"), task, member(holder, "dag"));
	}
}

/* What there is to be explained, in words. */
static const char *past_of(const char *state)
{
	static const struct {
		const char *state;
		const char *words;
	} pasts[] = {
	    {"none", "has not run"},        {"queued", "waits"},
	    {"running", "is running"},      {"ending", "is ending"},
	    {"cancelling", "is stopping"},  {"up_for_retry", "waits"},
	    {"success", "succeeded"},       {"failed", "failed"},
	    {"skipped", "was skipped"},     {"upstream_failed", "did not run"},
	    {"cancelled", "was cancelled"}, {"removed", "was removed"},
	};

	for (size_t i = 0; i < sizeof pasts / sizeof *pasts; i++)
		if (strcmp(pasts[i].state, state) == 0)
			return pasts[i].words;
	return "is so";
}

void run_write_why(struct page *page, const struct run_whole *whole)
{
	struct html *html = &page->html;
	json_t *why = take_why(page, whole);
	const json_t *chain = json_object_get(why, "chain");
	const char *task = page->call->names.task;
	size_t count = json_array_size(chain);

	if (count > 0) {
		html_put(html, "<section class=\"panel why\" aria-labelledby=\"h-why\"><header>");
		shape_state(html, task == NULL ? whole->run.state : whole->task.state, false);
		html_put(html, "<h2 id=\"h-why\" class=\"clip\">Why %s %s</h2></header><ol>",
			 task == NULL ? "the run" : task,
			 past_of(task == NULL ? whole->run.state : whole->task.state));
		for (size_t i = 0; i < count && i < LINKS_SHOWN; i++)
			write_link(html, json_array_get(chain, i), i);
		write_holders(html, why);
		html_put(html, "</ol></section>\n");
	}
	json_decref(why);
}

/* --- the attempt --------------------------------------------------------------------------------
 */

static void write_bytes(struct html *html, const char *term, int64_t bytes)
{
	if (bytes >= 1024 * 1024)
		html_put(html, "<dt>%s</dt><dd class=\"num\">%" PRId64 " MiB</dd>", term,
			 bytes / (1024 * 1024));
	else if (bytes > 0)
		html_put(html, "<dt>%s</dt><dd class=\"num\">%" PRId64 " KiB</dd>", term,
			 (bytes + 1023) / 1024);
}

static void write_moment(struct page *page, const char *term, int64_t at_ms)
{
	if (at_ms == 0)
		return;
	html_put(&page->html, "<dt>%s</dt><dd class=\"num\">", term);
	shape_time(&page->html, at_ms, TIME_CLOCK, page->now_ms);
	html_put(&page->html, "</dd>");
}

static void write_artifact(struct html *html, const struct run_whole *whole,
			   const struct artifact *artifact)
{
	html_put(
	    html,
	    "<li><a class=\"t\" href=\"/api/v1/runs/%s/tasks/%s/attempts/%u/artifacts/%s\">%s</a>",
	    whole->run.run_id, whole->task.task_id, whole->attempt.number, artifact->name,
	    artifact->name);
	if (artifact->bytes < 1024)
		html_put(html, " <span class=\"faint num\">%" PRId64 " B</span></li>",
			 artifact->bytes);
	else
		html_put(html, " <span class=\"faint num\">%" PRId64 " KiB</span></li>",
			 (artifact->bytes + 1023) / 1024);
}

/* Those of an attempt that has ended: before, nothing bounds them, and any may still go. */
static void write_artifacts(struct page *page, const struct run_whole *whole)
{
	const struct attempt_view *attempt = &whole->attempt;
	struct process_ref ref = {attempt->attempt_id, attempt->released_at_ms};
	struct artifact_query query = {.limit = LIMIT_ARTIFACTS_FILES,
				       .is_good = route_artifact_is_good};
	struct html *html = &page->html;
	struct artifact_list list;

	(void)artifacts_list(page->call->home, attempt->incarnation, ref, &query, &list, NULL);
	if (list.items.count > 0)
		html_put(html, "<dt>Artifacts</dt><dd><ul>");
	for (size_t i = 0; i < list.items.count && i < ARTIFACTS_SHOWN; i++)
		write_artifact(html, whole, &list.items.items[i]);
	if (list.items.count > ARTIFACTS_SHOWN)
		html_put(html, "<li>and %zu more</li>", list.items.count - ARTIFACTS_SHOWN);
	if (list.items.count > 0)
		html_put(html, "</ul></dd>");
	artifacts_close(&list);
}

static void write_end(struct html *html, const struct attempt_view *attempt)
{
	char text[SHAPE_DURATION_SIZE];

	html_put(html, "<dt>Took</dt><dd class=\"num\">%s</dd>",
		 shape_duration(attempt->duration_ms, text));
	if (strcmp(attempt->state, "exit_code") == 0)
		html_put(html, "<dt>Exit code</dt><dd class=\"num\">%d</dd>", attempt->exit_code);
	if (attempt->signal != 0)
		html_put(html, "<dt>Signal</dt><dd class=\"num\">%d</dd>", attempt->signal);
	html_put(html, "<dt>Processor</dt><dd class=\"num\">%s</dd>",
		 shape_duration((attempt->cpu_user_us + attempt->cpu_system_us) / 1000, text));
	write_bytes(html, "Memory", attempt->max_rss_bytes);
	if (attempt->log_dropped_lines > 0)
		html_put(html,
			 "<dt>Log</dt><dd class=\"t-late\">%" PRId64 " lines were dropped</dd>",
			 attempt->log_dropped_lines);
}

/* A trouble that is known now says more than a reason of the past. */
static const char *reason_of(const struct page *page, const struct run_whole *whole)
{
	const char *trouble = whole->attempt.ended_at_ms == 0
				  ? troubles_find(&page->call->troubles, whole->attempt.attempt_id)
				  : NULL;

	if (trouble != NULL)
		return trouble;
	return whole->attempt.reason != NULL ? whole->attempt.reason : whole->task.reason;
}

static void write_act(struct page *page, const struct run_whole *whole)
{
	struct html *html = &page->html;
	const char *run = whole->run.run_id;
	const char *task = whole->task.task_id;

	html_put(html,
		 "<div class=\"foot\"><a class=\"btn small\" "
		 "href=\"/runs/%s/rerun?mode=from&amp;task=%s\" "
		 "data-dialog=\"rerun\" data-run=\"%s\" data-task=\"%s\">",
		 run, task, run, task);
	shape_icon(html, "redo");
	html_put(html,
		 "Rerun from here…</a><a class=\"btn small\" href=\"/runs/%s/tasks/%s/mark\" "
		 "data-dialog=\"mark\" data-run=\"%s\" data-task=\"%s\">Mark…</a>",
		 run, task, run, task);
	html_put(html,
		 "<a class=\"btn quiet small\" href=\"/runs/%s/note?task=%s\" data-dialog=\"note\" "
		 "data-run=\"%s\" data-task=\"%s\">",
		 run, task, run, task);
	shape_icon(html, "note");
	html_put(html, "Note</a></div>");
}

void run_write_attempt(struct page *page, const struct run_whole *whole)
{
	const struct attempt_view *attempt = &whole->attempt;
	const char *reason = reason_of(page, whole);
	struct html *html = &page->html;
	struct progress progress;

	if (!whole->has_task)
		return;
	html_put(html, "<section class=\"panel\" aria-label=\"Task\"><header><h2 class=\"clip\">%s",
		 whole->task.task_id);
	if (attempt->attempt_id != 0)
		html_put(html, ", attempt %u", attempt->number);
	html_put(html, "</h2></header><dl class=\"facts\"><dt>State</dt><dd>");
	shape_pill(html, whole->task.state, NULL);
	html_put(html, "</dd>");
	if (reason != NULL)
		html_put(html, "<dt>Because</dt><dd>%s</dd>", reason);
	write_moment(page, "Next try", whole->task.retry_at_ms);
	write_moment(page, "Released", attempt->released_at_ms);
	write_moment(page, "Started", attempt->started_at_ms);
	write_moment(page, "Ended", attempt->ended_at_ms);
	if (attempt->ended_at_ms != 0) {
		write_end(html, attempt);
		write_artifacts(page, whole);
	} else if (attempt->attempt_id != 0 &&
		   attempt_progress(page->call->home, attempt, &progress)) {
		html_put(html, "<dt>Progress</dt><dd><span class=\"num\">%u %%</span> %s</dd>",
			 progress.percent, progress.text);
	}
	html_put(html, "</dl>");
	write_act(page, whole);
	html_put(html, "</section>\n");
}

/* --- what people wrote and did ------------------------------------------------------------------
 */

struct story {
	struct page *page;
	uint32_t count;
};

static bool write_note(void *context, const struct note_view *view)
{
	struct story *story = context;
	struct html *html = &story->page->html;

	if (story->count++ == 0)
		html_put(html, "<section class=\"panel\"><header><h2>Notes</h2></header>"
			       "<dl class=\"facts\">");
	html_put(html, "<dt>");
	shape_time(html, view->at_ms, TIME_CLOCK, story->page->now_ms);
	html_put(html, "</dt><dd>");
	if (view->task_id != NULL)
		html_put(html, "<b class=\"strong\">%s</b>: ", view->task_id);
	html_put(html, "%s <span class=\"faint\">%s</span></dd>", view->text, view->actor);
	return true;
}

static void write_what(struct html *html, const struct deed_view *deed)
{
	const struct fact_view *fact = &deed->fact;

	if (strcmp(fact->kind, "run.new") == 0) {
		html_put(html, "made the run");
		return;
	}
	if (fact->task_id != NULL)
		html_put(html, "<b class=\"strong\">%s</b> ", fact->task_id);
	if (fact->from != NULL)
		html_put(html, "%s to %s", shape_words(fact->from), shape_words(fact->to));
	else
		html_put(html, "%s", shape_words(fact->to));
	if (deed->count > 1)
		html_put(html, ", and %u more with it", deed->count - 1);
}

static bool write_deed(void *context, const struct deed_view *deed)
{
	const struct fact_view *fact = &deed->fact;
	struct story *story = context;
	struct html *html = &story->page->html;

	if (story->count++ == 0)
		html_put(html, "<section class=\"panel\"><header><h2>Done by people</h2></header>"
			       "<dl class=\"facts\">");
	html_put(html, "<dt>");
	shape_time(html, fact->at_ms, TIME_CLOCK, story->page->now_ms);
	html_put(html, "</dt><dd>");
	write_what(html, deed);
	html_put(html, " <span class=\"faint\">%s%s%s</span></dd>", fact->actor,
		 fact->why == NULL ? "" : ": ", fact->why);
	return true;
}

int run_write_story(struct page *page, const struct run_whole *whole, struct err *err)
{
	struct story notes = {.page = page};
	struct story deeds = {.page = page};
	int rc = read_notes(page->reader, whole->run.run_no, write_note, &notes, err);

	if (notes.count > 0)
		html_put(&page->html, "</dl></section>\n");
	if (rc == 0)
		rc = read_deeds(page->reader, whole->run.run_no, DEEDS_SHOWN, write_deed, &deeds,
				err);
	if (deeds.count > 0)
		html_put(&page->html, "</dl></section>\n");
	return rc;
}
