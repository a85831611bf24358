/* versions.c - the texts that a dag has had; see api.h. */
#include "web/api/api.h"

#include <microhttpd.h>

struct version_page {
	struct compose compose;
	uint32_t left;
	int64_t last;
	bool more;
};

static bool write_version(void *context, const struct version_view *view)
{
	struct version_page *page = context;
	struct compose *compose = &page->compose;

	page->more = page->left == 0;
	if (page->more)
		return false;
	compose_open(compose, '{');
	compose_member_text(compose, "hash", view->hash);
	compose_member_text(compose, "file", view->file);
	compose_member_time(compose, "since", view->since_ms);
	compose_key(compose, "in_force");
	compose_bool(compose, view->is_in_force);
	compose_member_int(compose, "tasks", view->task_count);
	compose_member_int(compose, "bytes", view->text_bytes);
	compose_close(compose, '}');
	page->last = view->version_no;
	page->left--;
	return true;
}

enum call_outcome api_versions(struct call *call, struct store_reader *reader)
{
	struct version_page page = {.left = call->query.limit};
	int64_t before = api_cursor_number(call);
	struct err err;

	compose_init(&page.compose, &call->answer.body);
	compose_open(&page.compose, '{');
	compose_member_open(&page.compose, "items", '[');
	if (read_versions(reader, call->names.dag, before, call->query.limit + 1, write_version,
			  &page, &err) != 0)
		return api_fail(call, &err);
	if (page.last == 0 && before == 0) {
		err_set(&err, ERR_NOT_FOUND, "there is no dag '%.128s'", call->names.dag);
		api_suggest_dag(reader, call->names.dag, &err);
		return api_fail(call, &err);
	}
	api_write_next(&page.compose, page.more, page.last);
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}

static void write_text(void *context, const struct version_text *view)
{
	struct answer *answer = context;

	str_append_bytes(&answer->body, view->text, view->bytes);
	answer_header(answer, "Heddle-Version", "%s", view->hash);
}

enum call_outcome api_source(struct call *call, struct store_reader *reader)
{
	struct err err;
	int rc = read_version_text(reader, call->names.dag, call->query.version, write_text,
				   &call->answer, &err);

	if (rc == ERR_NOT_FOUND && call->query.version == NULL)
		api_suggest_dag(reader, call->names.dag, &err);
	if (rc != 0)
		return api_fail(call, &err);
	call->answer.content_type = "text/plain; charset=utf-8";
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}
