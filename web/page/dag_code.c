/* dag_code.c - the text of a dag, and the texts it had; see dag_parts.h. */
#include "web/page/dag_parts.h"

#include "web/page/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_SHOWN 350u
#define VERSIONS_SHOWN 50u

/* --- the text -----------------------------------------------------------------------------------
 */

/* Where the key of a line of YAML ends ("  - id:" up to its colon); 0 = it has none. */
static size_t key_end(const char *line, size_t size)
{
	size_t at = 0;
	size_t begin;

	while (at < size && (line[at] == ' ' || line[at] == '-'))
		at++;
	begin = at;
	while (at < size && line[at] != ':' && line[at] != ' ' && line[at] != '#' &&
	       line[at] != '"' && line[at] != '{' && line[at] != '[')
		at++;
	return at < size && at > begin && line[at] == ':' ? at : 0;
}

static void write_line(struct html *html, uint32_t number, const char *line, size_t size)
{
	size_t key = key_end(line, size);

	html_put(html, "<span class=\"cl\"><a id=\"L%u\" href=\"#L%u\">%u</a>", number, number,
		 number);
	if (key > 0) {
		html_put(html, "<span class=\"k\">");
		html_bytes(html, line, key);
		html_put(html, "</span>");
	}
	html_bytes(html, line + key, size - key);
	html_put(html, "\n</span>");
}

struct code {
	struct page *page;
	const char *dag_id;
	int64_t version_no;
	struct str text;
};

static uint32_t write_lines(struct html *html, const char *text)
{
	uint32_t count = 0;

	while (*text != '\0') {
		size_t size = strcspn(text, "\n");

		if (++count <= LINES_SHOWN)
			write_line(html, count, text, size);
		text += size;
		text += *text == '\n';
	}
	return count;
}

static void write_text(void *context, const struct version_text *view)
{
	struct code *code = context;
	struct html *html = &code->page->html;
	uint32_t count;

	html_put(html,
		 "<section class=\"panel mb\"><header><h2 class=\"clip\">%s</h2><span "
		 "class=\"faint mono\">"
		 "%.8s</span><span class=\"sp\"></span><a class=\"btn quiet small\" "
		 "href=\"/dags/%s?view=history\">Versions</a><a class=\"btn quiet small\" "
		 "href=\"/api/v1/dags/%s/source?version=%s\">Plain text</a></header>"
		 "<pre class=\"body code\" tabindex=\"0\" aria-label=\"Text of the DAG\">",
		 view->file, view->hash, code->dag_id, code->dag_id, view->hash);
	count = write_lines(html, view->text);
	html_put(html, "</pre>");
	if (count > LINES_SHOWN)
		html_put(html,
			 "<div class=\"foot faint\">showing %u of %u lines; Plain text has all"
			 "</div>",
			 LINES_SHOWN, count);
	html_put(html, "</section>\n");
	code->version_no = view->version_no;
	str_append(&code->text, view->text);
}

int dag_write_code(struct page *page, const char *dag_id, struct err *err)
{
	struct code code = {.page = page, .dag_id = dag_id};
	const char *hash = page->call->ask.text[ASK_VERSION];
	int rc;

	if (hash != NULL && strlen(hash) != 32)
		return err_set(err, ERR_INVALID, "'version' is the hash of a version");
	rc = read_version_text(page->reader, dag_id, hash, write_text, &code, err);
	if (rc == 0)
		rc = dag_write_change(page, dag_id, code.version_no, str_text(&code.text), err);
	str_close(&code.text);
	return rc;
}

/* --- the versions -------------------------------------------------------------------------------
 */

struct history {
	struct page *page;
	const char *dag_id;
	uint32_t shown;
	bool more;
	int64_t last;
};

static bool write_version(void *context, const struct version_view *view)
{
	struct history *history = context;
	struct html *html = &history->page->html;

	history->more = history->shown == VERSIONS_SHOWN;
	if (history->more)
		return false;
	history->shown++;
	history->last = view->version_no;
	html_put(html,
		 "<tr data-key=\"%s\"><td><a class=\"strong mono\" "
		 "href=\"/dags/%s?view=code&amp;version=%s\">%.8s</a></td><td>",
		 view->hash, history->dag_id, view->hash, view->hash);
	if (view->is_in_force)
		shape_pill(html, "success", "in force");
	html_put(html,
		 "</td><td class=\"dim\">%s</td><td class=\"right num dim\">%u</td>"
		 "<td class=\"right num dim\">%" PRId64 "</td><td class=\"dim nowrap\">",
		 view->file, view->task_count, view->text_bytes);
	shape_time(html, view->since_ms, TIME_FULL, history->page->now_ms);
	html_put(html, "</td></tr>\n");
	return true;
}

int dag_write_history(struct page *page, const char *dag_id, struct err *err)
{
	const char *cursor = page->call->ask.text[ASK_CURSOR];
	struct history history = {.page = page, .dag_id = dag_id};
	struct html *html = &page->html;
	char number[24];
	int rc;

	html_put(html,
		 "<div class=\"panel\"><table class=\"cards\"><thead><tr><th>Version</th><th></th>"
		 "<th>File</th><th class=\"right\">Tasks</th><th class=\"right\">Bytes</th>"
		 "<th>In force since</th></tr></thead><tbody>\n");
	rc = read_versions(page->reader, dag_id, cursor == NULL ? 0 : strtoll(cursor, NULL, 10),
			   VERSIONS_SHOWN + 1, write_version, &history, err);
	html_put(html, "</tbody></table></div>");
	if (history.more) {
		snprintf(number, sizeof number, "%" PRId64, history.last);
		html_put(html, "<nav class=\"more\"><a class=\"btn small\" rel=\"next\" href=\"");
		page_query(page, ASK_CURSOR, number);
		html_put(html, "\">Older</a></nav>");
	}
	return rc;
}
