/* trigger.c - starting a run by hand: its params, each with its type and default. See page.h. */
#include "web/page/form_parts.h"

#include "base/file.h"
#include "base/mem.h"
#include "model/dag.h"
#include "model/param.h"
#include "web/page/version.h"

#include <jansson.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the form -----------------------------------------------------------------------------------
 */

/* A text param's default without its quotes; others as JSON. */
static void write_fallback(struct html *html, const struct param *param)
{
	json_t *value =
	    param->fallback == NULL ? NULL : json_loads(param->fallback, JSON_DECODE_ANY, NULL);
	struct str text = STR_INIT;

	if (value != NULL && !json_is_null(value))
		param_value_text(value, &text);
	html_put(html, "%s", str_text(&text));
	str_close(&text);
	json_decref(value);
}

static void write_param(struct html *html, const struct param *param)
{
	html_put(html,
		 "<label>%s <span class=\"faint\">%s%s</span><span class=\"field\">"
		 "<input name=\"param-%s\" autocomplete=\"off\" value=\"",
		 param->name, param_type_name(param->type), param->is_required ? ", required" : "",
		 param->name);
	write_fallback(html, param);
	html_put(html, "\"");
	if (param->is_required)
		html_put(html, " required");
	html_put(html, "></span>");
	if (param->description != NULL)
		html_put(html, "<small class=\"dim\">%s</small>", param->description);
	if (param->choices != NULL)
		html_put(html, "<small class=\"dim\">one of <code>%s</code></small>",
			 param->choices);
	html_put(html, "</label>");
}

static void write_trigger(struct page *page, const struct dag *dag)
{
	struct html *html = &page->html;
	char key[17];

	/* Sent twice, it is still one run. */
	random_hex(key, sizeof key - 1);
	key[sizeof key - 1] = '\0';
	html_put(html, "<input type=\"hidden\" name=\"id\" value=\"page-%s\">", key);
	html_put(html,
		 "<p>A new run of the version in force, with %u tasks.</p><div class=\"form\">",
		 dag->task_count);
	for (uint32_t i = 0; i < dag->param_count; i++)
		write_param(html, &dag->params[i]);
	html_put(
	    html,
	    "<label>Period <span class=\"faint\">an instant or a date; empty = now</span>"
	    "<span class=\"field\"><input name=\"period\" autocomplete=\"off\"></span></label>");
	html_put(html, "</div>");
	ask_reason(page, false);
}

enum call_outcome page_trigger(struct call *call, struct store_reader *reader)
{
	struct ask_form form = {.title = "Start a run",
				.subtitle = call->names.dag,
				.dag_id = call->names.dag,
				.button = "Start the run"};
	struct dag *dag = NULL;
	struct page page;
	struct err err;
	char action[160];
	char back[128];
	int rc = page_begin(&page, call, reader, &err);

	if (rc == 0)
		rc = version_read(reader, call->names.dag, NULL, &dag, &err);
	if (rc == ERR_NOT_FOUND)
		return page_missing_dag(&page, call->names.dag);
	if (rc != 0)
		return page_fail(&page, &err);
	snprintf(action, sizeof action, "/dags/%s/trigger", call->names.dag);
	snprintf(back, sizeof back, "/dags/%s", call->names.dag);
	form.action = action;
	form.back = back;
	ask_open(&page, &form);
	write_trigger(&page, dag);
	ask_close(&page, &form);
	dag_unref(dag);
	return page_end(&page, MHD_HTTP_OK);
}

/* --- what it sends ------------------------------------------------------------------------------
 */

/* A form knows texts alone: the dag says which of them are numbers. */
static int give_types(const struct dag *dag, const json_t *given, json_t *typed, struct err *err)
{
	const char *name;
	const json_t *text;

	json_object_foreach((json_t *)given, name, text)
	{
		const struct param *param = param_find(dag, name);
		json_t *value;

		if (param == NULL)
			return err_set(err, ERR_INVALID, "dag '%s' has no param '%.64s'", dag->id,
				       name);
		value = param_from_text(param, json_string_value(text), err);
		if (value == NULL)
			return err == NULL ? ERR_INVALID : err->code;
		json_object_set_new(typed, name, value);
	}
	return 0;
}

enum call_outcome page_read_params(struct call *call, struct store_reader *reader)
{
	json_t *typed = json_object();
	struct dag *dag = NULL;
	struct err err;
	char *text;
	int rc = 0;

	if (call->given_params != NULL)
		rc = version_read(reader, call->names.dag, NULL, &dag, &err);
	if (rc == 0 && dag != NULL)
		rc = give_types(dag, call->given_params, typed, &err);
	if (rc == 0) {
		text = json_dumps(typed, JSON_COMPACT);
		call->params = mem_strdup(text);
		free(text); /* jansson's own */
	}
	dag_unref(dag);
	json_decref(typed);
	return rc == 0 ? CALL_ANSWERED : api_fail(call, &err);
}
