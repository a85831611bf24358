/* forms.c - what changes something, asked for first: pause, cancel, note, mark. Trigger and rerun
 * have files of their own. See page.h.
 *
 * Each form says what it will do, asks why, and posts to its own address; what it answers leads
 * back to the page that shows what came of it. */
#include "web/page/form_parts.h"

#include "web/page/changes.h"
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
			      .above_title = form->dag_id,
			      .dag_id = form->dag_id,
			      .run_id = form->run_id,
			      .task_id = form->task_id};
	struct html *html = &page->html;
	char short_id[9];

	if (form->run_id != NULL) {
		snprintf(short_id, sizeof short_id, "%.8s", form->run_id);
		shell.above_title = short_id;
	}
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
	html_put(html, "\">Leave it</a>");
	if (form->button != NULL)
		html_put(html, "<button class=\"btn primary\">%s</button>", form->button);
	html_put(html, "</footer></form>");
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

void ask_open_run(struct page *page, struct ask_form *form, struct ask_run *run, const char *deed)
{
	const struct call *call = page->call;

	snprintf(run->action, sizeof run->action, "/runs/%s/%s", call->run_id, deed);
	form->action = run->action;
	form->back = run->back;
	form->dag_id = run->dag_id;
	form->run_id = call->run_id;
	form->task_id = call->names.task;
	form->subtitle = call->names.task == NULL ? run->dag_id : call->names.task;
	ask_open(page, form);
}

/* --- cancel -------------------------------------------------------------------------------------
 */

enum call_outcome page_cancel(struct call *call, struct store_reader *reader)
{
	struct ask_form form = {.title = "Stop the run"};
	struct ask_run run;
	struct page page;
	struct err err;
	int rc = page_begin(&page, call, reader, &err);

	if (rc == 0)
		rc = ask_read_run(&page, &run, &err);
	if (rc == 0 && run.is_done)
		rc = err_set(&err, ERR_REFUSED, "the run has ended already: it is %s", run.state);
	if (rc != 0)
		return page_fail(&page, &err);
	ask_open_run(&page, &form, &run, "cancel");
	html_put(&page.html, "<p>What runs gets TERM, and KILL after its grace. What has not begun "
			     "does not begin.</p>");
	if (changes_write(&page)) {
		form.button = "Stop the run";
		ask_reason(&page, true);
	}
	ask_close(&page, &form);
	return page_end(&page, MHD_HTTP_OK);
}

/* --- note ---------------------------------------------------------------------------------------
 */

enum call_outcome page_note(struct call *call, struct store_reader *reader)
{
	struct ask_form form = {.title = "Write a note", .button = "Keep the note"};
	struct ask_run run;
	struct page page;
	struct err err;
	int rc = page_begin(&page, call, reader, &err);

	if (rc == 0)
		rc = ask_read_run(&page, &run, &err);
	if (rc != 0)
		return page_fail(&page, &err);
	ask_open_run(&page, &form, &run, "note");
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

static const char *marked_as(const struct call *call)
{
	return call->ask.text[ASK_MARK] == NULL ? "success" : call->ask.text[ASK_MARK];
}

static void write_choice(struct page *page, const char *state, const char *words)
{
	struct html *html = &page->html;

	html_put(html, "<a class=\"chip\" href=\"");
	page_query(page, ASK_MARK, state);
	html_put(html, "\"");
	if (strcmp(state, marked_as(page->call)) == 0)
		html_put(html, " aria-current=\"true\"");
	html_put(html, ">");
	shape_state(html, state, false);
	html_put(html, "%s: %s</a>", state, words);
}

static bool write_mark(struct page *page, const struct marked *marked)
{
	struct html *html = &page->html;

	html_put(html, "<p>It is %s now%s.</p>", shape_words(marked->state),
		 strcmp(marked->state, "running") == 0 ? "; it is ended first" : "");
	html_put(html, "<div class=\"bar\" role=\"group\" aria-label=\"What it came to\">");
	write_choice(page, "success", "what waits for it goes on");
	write_choice(page, "failed", "what needs it does not run");
	write_choice(page, "skipped", "what follows is judged by its rule");
	html_put(html, "</div>");
	if (!changes_write(page))
		return false;
	html_put(html, "<input type=\"hidden\" name=\"state\" value=\"%s\">",
		 marked_as(page->call));
	ask_reason(page, true);
	return true;
}

enum call_outcome page_mark(struct call *call, struct store_reader *reader)
{
	struct ask_form form = {.title = "Say what the task came to"};
	struct marked marked = {.task_id = call->names.task};
	struct ask_run run;
	struct page page;
	struct err err;
	char deed[128];
	int rc = page_begin(&page, call, reader, &err);

	if (rc == 0)
		rc = ask_read_run(&page, &run, &err);
	if (rc == 0)
		rc = read_tasks(reader, run.run_no, NULL, find_task, &marked, &err);
	if (rc == 0 && marked.state[0] == '\0')
		return page_missing_task(&page, run.run_no, marked.task_id);
	if (rc != 0)
		return page_fail(&page, &err);
	snprintf(deed, sizeof deed, "tasks/%s/mark", marked.task_id);
	ask_open_run(&page, &form, &run, deed);
	if (write_mark(&page, &marked))
		form.button = "Mark it";
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
