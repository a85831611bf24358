/* feed.c - facts as events; see feed.h and, for the form of events, source.c. */
#include "web/feed.h"

#include "base/mem.h"
#include "store/read_page.h"
#include "web/server.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#define FACTS_AT_ONCE 100u
/* Facts that are left out, looked at before somebody else gets the worker. */
#define FACTS_LEFT_OUT_MAX 2000u

struct feed {
	struct stream_source source;
	char run_id[RUN_ID_SIZE];
	char topics[QUERY_TOPICS_MAX + 1]; /* "" = all facts */
	int64_t since;                     /* the last fact that was looked at */
	uint64_t changes;                  /* of the folder, when its errors were counted last */
	struct dag_error_mark mark;
	bool errors_are_told;
	bool is_ahead; /* the client is to be told where it stands */
};

/* What one look at the database yields. */
struct piece {
	struct feed *feed;
	struct str *out;
	uint32_t seen;
	uint32_t told;
};

static bool is_topic(const char *topics, const char *word, size_t length)
{
	for (const char *at = topics; *at != '\0'; at += strspn(at, ",")) {
		size_t size = strcspn(at, ",");

		if (size == length && memcmp(at, word, length) == 0)
			return true;
		at += size;
	}
	return false;
}

static bool wants_kind(const struct feed *feed, const char *kind)
{
	return feed->topics[0] == '\0' || is_topic(feed->topics, kind, strcspn(kind, "."));
}

static bool put_fact(void *context, const struct fact_view *view)
{
	struct piece *piece = context;
	struct compose compose;

	piece->seen++;
	piece->feed->since = view->fact_no;
	if (!wants_kind(piece->feed, view->kind))
		return true;
	piece->told++;
	str_printf(piece->out, "id: %" PRId64 "\nevent: %s\ndata: ", view->fact_no, view->kind);
	compose_init(&compose, piece->out);
	compose_open(&compose, '{');
	api_write_fact(&compose, view);
	compose_close(&compose, '}');
	str_append(piece->out, "\n\n");
	return true;
}

/* Until there is something to tell, nothing more to see, or enough was left out. */
static int put_facts(struct piece *piece, struct store_reader *reader, struct err *err)
{
	const struct feed *feed = piece->feed;
	uint32_t before;
	int rc;

	do {
		before = piece->seen;
		rc = read_facts(reader, feed->run_id[0] == '\0' ? NULL : feed->run_id, feed->since,
				FACTS_AT_ONCE, put_fact, piece, err);
	} while (rc == 0 && piece->told == 0 && piece->seen == before + FACTS_AT_ONCE &&
		 piece->seen < FACTS_LEFT_OUT_MAX);
	if (rc == 0 && piece->told == 0 && piece->seen > 0)
		str_printf(piece->out, "id: %" PRId64 "\n\n", feed->since);
	return rc;
}

/* Errors are counted only when something that belongs to no run has changed. They are of the whole
 * folder, and so nothing for a task. */
static int put_errors(struct feed *feed, struct web *web, struct store_reader *reader,
		      struct str *out, struct err *err)
{
	uint64_t changes = atomic_load(&web->changes);
	struct dag_error_mark mark;
	int rc;

	if (feed->source.attempt_id != 0 || !is_topic(feed->topics, "errors", strlen("errors")) ||
	    (feed->errors_are_told && feed->changes == changes))
		return 0;
	rc = read_dag_error_mark(reader, &mark, err);
	if (rc != 0)
		return rc;
	if (!feed->errors_are_told || memcmp(&mark, &feed->mark, sizeof mark) != 0)
		str_printf(out, "event: errors\ndata: {\"total\":%" PRId64 "}\n\n", mark.count);
	feed->changes = changes;
	feed->mark = mark;
	feed->errors_are_told = true;
	return 0;
}

static enum stream_turn fill(struct stream_source *source, struct web *web, struct str *out)
{
	struct feed *feed = (struct feed *)source;
	struct piece piece = {.feed = feed, .out = out};
	struct store_reader *reader;
	struct err err;
	int rc = readers_take(&web->readers, web->db_path, &reader, &err);

	if (rc != 0)
		return STREAM_FAILED;
	if (feed->is_ahead)
		str_printf(out, "id: %" PRId64 "\n\n", feed->since);
	feed->is_ahead = false;
	rc = put_facts(&piece, reader, &err);
	if (rc == 0)
		rc = put_errors(feed, web, reader, out, &err);
	readers_give(&web->readers, reader, rc != 0);
	if (rc != 0)
		return STREAM_FAILED;
	return out->size > 0 ? STREAM_FILLED : STREAM_IDLE;
}

static void close_feed(struct stream_source *source, struct web *web)
{
	web->feed_count--;
	mem_free(source);
}

struct stream_source *feed_open(struct web *web, struct call *call)
{
	struct feed *feed = mem_alloc(sizeof *feed);
	const char *topics = call->query.topics;

	web->feed_count++;
	call->feed.is_open = false;
	feed->since = call->feed.since;
	feed->is_ahead = call->feed.is_ahead;
	memcpy(feed->run_id, call->run_id, sizeof feed->run_id);
	if (topics != NULL)
		memcpy(feed->topics, topics, strlen(topics) + 1);
	feed->source = (struct stream_source){
	    .fill = fill, .close = close_feed, .run_id = feed->run_id, .is_events = true};
	return &feed->source;
}
