/* forms.c - what changes something, asked for first: pause, cancel, note, mark. Trigger and rerun
 * have files of their own. See page.h.
 *
 * Each form says what it will do, asks why, and posts to its own address; what it answers leads
 * back to the page that shows what came of it. */
#include "web/page/form_parts.h"

#include "web/page/shape.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

/* --- the frame ----------------------------------------------------------------------------------
 */

void ask_open(struct page *page, const struct ask_form *form)
{
	struct shell shell = {.kind = "form",
			      .title = form->title,
			      .place = form->run_id != NULL ? "/runs" : "/dags",
			      .above = form->back,
			      .above_title = form->run_id != NULL ? form->run_id : form->dag_id,
			      .dag_id = form->dag_id,
			      .run_id = form->run_id,
			      .task_id = form->task_id};
	struct html *html = &page->html;

	shell_open(page, &shell);
	page_form_open(page, form->action, "ask panel");
	html_put(html,
		 "<header><div class=\"sp\"><h1>%s</h1><p class=\"dim\">%s</p></div></header>"
		 "<div class=\"in\">",
		 form->title, form->subtitle);
}

void ask_reason(struct page *page, bool required)
{
	struct html *html = &page->html;

	html_put(html, "<label>Why<span class=\"field\"><input name=\"reason\" maxlength=\"500\" "
		       "placeholder=\"for those who look later\" autocomplete=\"off\"");
	if (required)
		html_put(html, " required");
	html_put(html, "></span></label>");
}

void ask_close(struct page *page, const struct ask_form *form)
{
	struct html *html = &page->html;

	html_put(html, "</div><footer><span class=\"sp\"></span><a class=\"btn\" href=\"");
	html_local(html, form->back);
	html_put(html, "\">Leave it</a><button class=\"btn primary\">%s</button></footer></form>",
		 form->button);
	shell_close(page);
}

/* --- what a run is ------------------------------------------------------------------------------
 */

static bool take_run(void *context, const struct run_view *view)
{
	struct ask_run *run = context;
	enum run_state state;

	snprintf(run->dag_id, sizeof run->dag_id, "%s", view->dag_id);
	snprintf(run->state, sizeof run->state, "%s", view->state);
	run->run_no = view->run_no;
	run->is_done = run_state_from_name(view->state, &state) && run_state_is_done(state);
	return true;
}

int ask_read_run(struct page *page, struct ask_run *run, struct err *err)
{
	struct call *call = page->call;
	int rc = 0;

	if (call->run_id[0] == '\0')
		rc = read_run_id(page->reader, call->names.run, call->run_id, err);
	if (rc == 0)
		rc = read_run(page->reader, call->run_id, take_run, run, err);
	snprintf(run->back, sizeof run->back, "/runs/%s", call->run_id);
	return rc;
}

/* --- cancel -------------------------------------------------------------------------------------
 */

struct active {
	struct page *page;
	uint32_t count;
};

#define ACTIVE_SHOWN 30u

static bool write_active(void *context, const struct task_view *view)
{
	struct active *active = context;
	struct html *html = &active->page->html;
	bool runs = strcmp(view->state, "running") == 0;

	if (!runs && strcmp(view->state, "queued") != 0 && strcmp(view->state, "up_for_retry") != 0)
		return true;
	if (active->count++ >= ACTIVE_SHOWN)
		return true;
	html_put(html, "<li>");
	shape_state(html, view->state, true);
	html_put(html, "<span class=\"t\">%s</span><span class=\"v\">%s</span></li>", view->task_id,
		 runs ? "gets TERM, and KILL after its grace" : "does not start");
	return true;
}

static int write_cancel(struct page *page, const struct ask_run *run, struct err *err)
{
	struct active active = {.page = page};
	struct html *html = &page->html;
	int rc;

	html_put(html, "<ul class=\"mini panel\">");
	rc = read_tasks(page->reader, run->run_no, NULL, write_active, &active, err);
	if (active.count > ACTIVE_SHOWN)
		html_put(html, "<li class=\"faint\">and %u more</li>", active.count - ACTIVE_SHOWN);
	html_put(html,
		 "<li class=\"faint\">Tasks that have not begun are cancelled with the run.</li>"
		 "</ul>");
	ask_reason(page, true);
	return rc;
}

enum call_outcome page_cancel(struct call *call, struct store_reader *reader)
{
	struct ask_form form = {.title = "Stop the run", .button = "Stop the run"};
	struct ask_run run;
	struct page page;
	struct err err;
	char action[64];
	int rc = page_begin(&page, call, reader, &err);

	if (rc == 0)
		rc = ask_read_run(&page, &run, &err);
	if (rc == 0 && run.is_done)
		rc = err_set(&err, ERR_REFUSED, "the run has ended already: it is %s", run.state);
	if (rc != 0)
		return page_fail(&page, &err);
	snprintf(action, sizeof action, "/runs/%s/cancel", call->run_id);
	form.action = action;
	form.back = run.back;
	form.subtitle = form.dag_id = run.dag_id;
	form.run_id = call->run_id;
	ask_open(&page, &form);
	rc = write_cancel(&page, &run, &err);
	ask_close(&page, &form);
	return rc == 0 ? page_end(&page, MHD_HTTP_OK) : page_fail(&page, &err);
}

/* --- note ---------------------------------------------------------------------------------------
 */

enum call_outcome page_note(struct call *call, struct store_reader *reader)
{
	struct ask_form form = {.title = "Write a note", .button = "Keep the note"};
	struct ask_run run;
	struct page page;
	struct err err;
	char action[64];
	int rc = page_begin(&page, call, reader, &err);

	if (rc == 0)
		rc = ask_read_run(&page, &run, &err);
	if (rc != 0)
		return page_fail(&page, &err);
	snprintf(action, sizeof action, "/runs/%s/note", call->run_id);
	form.action = action;
	form.back = run.back;
	form.dag_id = run.dag_id;
	form.run_id = call->run_id;
	form.task_id = call->names.task;
	form.subtitle = call->names.task == NULL ? run.dag_id : call->names.task;
	ask_open(&page, &form);
	if (call->names.task != NULL)
		html_put(&page.html, "<input type=\"hidden\" name=\"task\" value=\"%s\">",
			 call->names.task);
	html_put(&page.html, "<label>Note<textarea name=\"text\" rows=\"4\" maxlength=\"4000\" "
			     "required></textarea></label>");
	ask_close(&page, &form);
	return page_end(&page, MHD_HTTP_OK);
}

/* --- mark ---------------------------------------------------------------------------------------
 */

struct marked {
	const char *task_id;
	char state[24];
};

static bool find_task(void *context, const struct task_view *view)
{
	struct marked *marked = context;

	if (strcmp(view->task_id, marked->task_id) != 0)
		return true;
	snprintf(marked->state, sizeof marked->state, "%s", view->state);
	return false;
}

static void write_choice(struct html *html, const char *value, const char *words, bool on)
{
	html_put(html, "<label><input type=\"radio\" name=\"state\" value=\"%s\" required", value);
	if (on)
		html_put(html, " checked");
	html_put(html, "><b class=\"strong\">%s</b><small>%s</small></label>", value, words);
}

static void write_mark(struct page *page, const struct marked *marked)
{
	const char *as = page->call->ask.text[ASK_MARK];
	struct html *html = &page->html;

	html_put(html, "<ul class=\"mini panel\"><li>");
	shape_state(html, marked->state, true);
	html_put(html, "<span class=\"t\">%s</span><span class=\"v\">is %s now%s</span></li></ul>",
		 marked->task_id, shape_words(marked->state),
		 strcmp(marked->state, "running") == 0 ? "; it is ended first" : "");
	html_put(html, "<div class=\"opts\" role=\"radiogroup\" aria-label=\"What it came to\">");
	write_choice(html, "success", "what waits for it goes on",
		     as == NULL || strcmp(as, "success") == 0);
	write_choice(html, "failed", "what needs it does not run",
		     as != NULL && strcmp(as, "failed") == 0);
	write_choice(html, "skipped", "what follows is judged by its trigger rule",
		     as != NULL && strcmp(as, "skipped") == 0);
	html_put(html, "</div>");
	ask_reason(page, true);
}

enum call_outcome page_mark(struct call *call, struct store_reader *reader)
{
	struct ask_form form = {.title = "Say what the task came to", .button = "Mark it"};
	struct marked marked = {.task_id = call->names.task};
	struct ask_run run;
	struct page page;
	struct err err;
	char action[192];
	int rc = page_begin(&page, call, reader, &err);

	if (rc == 0)
		rc = ask_read_run(&page, &run, &err);
	if (rc == 0)
		rc = read_tasks(reader, run.run_no, NULL, find_task, &marked, &err);
	if (rc == 0 && marked.state[0] == '\0')
		rc = err_set(&err, ERR_NOT_FOUND, "run '%s' has no task '%s'", call->run_id,
			     marked.task_id);
	if (rc != 0)
		return page_fail(&page, &err);
	snprintf(action, sizeof action, "/runs/%s/tasks/%s/mark", call->run_id, marked.task_id);
	form.action = action;
	form.back = run.back;
	form.dag_id = run.dag_id;
	form.run_id = call->run_id;
	form.subtitle = form.task_id = marked.task_id;
	ask_open(&page, &form);
	write_mark(&page, &marked);
	ask_close(&page, &form);
	return page_end(&page, MHD_HTTP_OK);
}

/* --- pause --------------------------------------------------------------------------------------
 */

struct paused {
	bool is_paused;
	bool of_all;
	char by[200];
};

static bool take_pause(void *context, const struct dag_view *view)
{
	struct paused *paused = context;

	paused->is_paused = view->pause_actor != NULL;
	paused->of_all = view->pause_of_all;
	snprintf(paused->by, sizeof paused->by, "%s", paused->is_paused ? view->pause_actor : "");
	return true;
}

enum call_outcome page_pause(struct call *call, struct store_reader *reader)
{
	struct ask_form form = {.subtitle = call->names.dag, .dag_id = call->names.dag};
	struct paused paused;
	struct page page;
	struct err err;
	char action[160];
	char back[128];
	int rc = page_begin(&page, call, reader, &err);

	if (rc == 0)
		rc = read_dag(reader, call->names.dag, take_pause, &paused, &err);
	if (rc == ERR_NOT_FOUND)
		return page_missing_dag(&page, call->names.dag);
	if (rc != 0)
		return page_fail(&page, &err);
	snprintf(action, sizeof action, "/dags/%s/%s", call->names.dag,
		 paused.is_paused ? "resume" : "pause");
	snprintf(back, sizeof back, "/dags/%s", call->names.dag);
	form.action = action;
	form.back = back;
	form.title = paused.is_paused ? "Let the DAG go on" : "Pause the DAG";
	form.button = paused.is_paused ? "Let it go on" : "Pause it";
	ask_open(&page, &form);
	if (paused.is_paused)
		html_put(&page.html, "<p>It was paused by %s. Runs that wait start now.</p>",
			 paused.by);
	else
		html_put(&page.html, "<p>New runs wait. What runs goes on to its end.</p>");
	if (paused.of_all)
		html_put(&page.html, "<p class=\"t-late\">All DAGs are paused: <code>heddle resume "
				     "--all</code> lets them go on.</p>");
	ask_reason(&page, false);
	ask_close(&page, &form);
	return page_end(&page, MHD_HTTP_OK);
}
