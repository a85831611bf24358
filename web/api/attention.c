/* attention.c - what needs somebody, as a list; see api.h. */
#include "web/attention.h"

#include "web/api/api.h"
#include "web/compose.h"

#include <microhttpd.h>

static void write_action(struct compose *compose, const struct attention_item *item)
{
	compose_member_open(compose, "action", '{');
	compose_member_text(compose, "label", item->action);
	compose_member_text(compose, "method", item->method);
	compose_member_text(compose, "path", item->path);
	compose_key(compose, "body");
	if (item->body == NULL)
		compose_text(compose, NULL);
	else
		compose_json(compose, item->body);
	compose_close(compose, '}');
}

static void write_item(struct compose *compose, const struct attention_item *item)
{
	compose_open(compose, '{');
	compose_member_text(compose, "kind", attention_kind_name(item->kind));
	compose_member_text(compose, "title", item->title);
	compose_member_text(compose, "cause", item->cause);
	compose_member_time(compose, "since", item->since_ms);
	compose_member_text(compose, "dag", item->dag_id);
	compose_member_text(compose, "run", item->run_id);
	compose_member_text(compose, "task", item->task_id);
	compose_member_text(compose, "file", item->file);
	compose_member_int(compose, "count", item->count);
	write_action(compose, item);
	compose_close(compose, '}');
}

/* The cursor of a page says how many came before. */
static void write_list(struct call *call, const struct attention *attention)
{
	size_t first = (size_t)api_cursor_number(call);
	size_t end = first + call->query.limit;
	struct compose compose;

	if (end > attention->items.count)
		end = attention->items.count;
	compose_init(&compose, &call->answer.body);
	compose_open(&compose, '{');
	compose_member_open(&compose, "items", '[');
	for (size_t i = first; i < end; i++)
		write_item(&compose, &attention->items.items[i]);
	compose_close(&compose, ']');
	api_write_total(&compose, attention->more ? -1 : (int64_t)attention->items.count);
	api_write_next_number(&compose, end < attention->items.count, (int64_t)end);
	compose_close(&compose, '}');
	call->answer.status = MHD_HTTP_OK;
}

enum call_outcome api_attention(struct call *call, struct store_reader *reader)
{
	struct attention_source source = {.reader = reader,
					  .troubles = &call->troubles,
					  .not_ready = call->not_ready,
					  .warning = call->warning,
					  .since_ms = call->query.since_ms,
					  .first = (size_t)api_cursor_number(call),
					  .limit = call->query.limit};
	struct attention attention;
	struct err err;
	int rc;

	if ((call->query.given & QUERY_SINCE_TIME) == 0)
		source.since_ms = clock_now().wall_ms - ATTENTION_SINCE_MS;
	rc = attention_read(&source, &attention, &err);
	if (rc == 0)
		write_list(call, &attention);
	attention_close(&attention);
	return rc == 0 ? CALL_ANSWERED : api_fail(call, &err);
}
