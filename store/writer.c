/* writer.c - the thread that commits, and what the loop hears of it; see writer.h.
 *
 *	loop     submit -> queue          on_async: events, in order -> callbacks
 *	                     |                 ^
 *	thread           take all of it -> one commit -> event
 *
 * The thread tells everything through one list of events, so that the loop sees commits, failures
 * and recoveries in the order in which they happened. A group that fails stays as it is: what comes
 * meanwhile waits for the next one. */
#include "store/writer.h"

#include "base/mem.h"
#include "store/core.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

/* Between two tries of a group that fails: doubled from the first to the last. */
#define RETRY_FIRST_MS 10
#define RETRY_LAST_MS 1000

enum event_kind {
	EVENT_COMMITTED,
	EVENT_FAILING,
	EVENT_RECOVERED,
	EVENT_BROKEN,
};

struct event {
	struct event *next;
	enum event_kind kind;
	enum store_failure failure;
	struct store_batch *batches; /* of the group */
	char reason[ERR_MESSAGE_MAX];
};

struct batch_queue {
	struct store_batch *first;
	struct store_batch *last;
};

struct store_writer {
	struct store *store;
	struct store_writer_events events;
	uv_async_t async;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* Under lock. */
	struct batch_queue queue;
	struct event *first_event;
	struct event *last_event;
	bool stopping;
	bool thread_ended;
	/* The thread's alone until it has ended. */
	struct store_batch *unwritten; /* a group that will not be written any more */
	/* The loop's alone. */
	size_t outstanding; /* submitted and not yet reported */
	bool closing;
	void (*stopped)(void *context);
	void *stopped_context;
};

static void queue_add(struct batch_queue *queue, struct store_batch *batch)
{
	batch->next = NULL;
	if (queue->last == NULL)
		queue->first = batch;
	else
		queue->last->next = batch;
	queue->last = batch;
}

static struct store_batch *queue_take_all(struct batch_queue *queue)
{
	struct store_batch *batches = queue->first;

	queue->first = NULL;
	queue->last = NULL;
	return batches;
}

static void destroy_batches(struct store_batch *batches)
{
	while (batches != NULL) {
		struct store_batch *next = batches->next;

		store_batch_destroy(batches);
		batches = next;
	}
}

/* --- the thread
 * --------------------------------------------------------------------------------- */

static void tell(struct store_writer *writer, struct event *event)
{
	pthread_mutex_lock(&writer->lock);
	if (writer->last_event == NULL)
		writer->first_event = event;
	else
		writer->last_event->next = event;
	writer->last_event = event;
	pthread_mutex_unlock(&writer->lock);
	uv_async_send(&writer->async);
}

static struct event *event_create(enum event_kind kind)
{
	struct event *event = mem_alloc(sizeof *event);

	event->kind = kind;
	return event;
}

static void tell_failing(struct store_writer *writer, enum store_failure failure,
			 const char *reason)
{
	struct event *event = event_create(EVENT_FAILING);

	event->failure = failure;
	memcpy(event->reason, reason, sizeof event->reason);
	tell(writer, event);
}

/* Waits for batches and takes all there are. NULL = it is to stop, and nothing is left. */
static struct store_batch *wait_for_group(struct store_writer *writer)
{
	struct store_batch *group;

	pthread_mutex_lock(&writer->lock);
	while (writer->queue.first == NULL && !writer->stopping)
		pthread_cond_wait(&writer->wake, &writer->lock);
	group = queue_take_all(&writer->queue);
	pthread_mutex_unlock(&writer->lock);
	return group;
}

/* Waits before the next try; false when the writer is to stop. */
static bool wait_for_retry(struct store_writer *writer, int64_t delay_ms)
{
	struct timespec until;
	bool go_on;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += delay_ms % 1000 * 1000000;
	until.tv_sec += delay_ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&writer->lock);
	/* A submit wakes it too; that is no reason to try sooner. */
	while (!writer->stopping && rc == 0)
		rc = pthread_cond_timedwait(&writer->wake, &writer->lock, &until);
	go_on = !writer->stopping;
	pthread_mutex_unlock(&writer->lock);
	return go_on;
}

/* Tries a group until it is written. False when it never will be: a bug, or the writer stops. */
static bool try_group(struct store_writer *writer, struct store_batch *group,
		      enum store_failure *failure, struct err *err)
{
	char told[ERR_MESSAGE_MAX] = "";
	int64_t delay_ms = RETRY_FIRST_MS;

	while (store_apply(writer->store, group, failure, err) != 0) {
		if (*failure == STORE_BUG)
			return false;
		if (strcmp(told, err->message) != 0)
			tell_failing(writer, *failure, err->message);
		memcpy(told, err->message, sizeof told);
		if (!wait_for_retry(writer, delay_ms))
			return false;
		delay_ms = delay_ms * 2 > RETRY_LAST_MS ? RETRY_LAST_MS : delay_ms * 2;
	}
	if (told[0] != '\0')
		tell(writer, event_create(EVENT_RECOVERED));
	return true;
}

static bool write_group(struct store_writer *writer, struct store_batch *group,
			struct store_batch *rest);

/* One batch that is refused must not take the others of its group with it: each is written alone,
 * up to the one to blame. */
static bool write_singly(struct store_writer *writer, struct store_batch *group)
{
	while (group != NULL) {
		struct store_batch *rest = group->next;

		group->next = NULL;
		if (!write_group(writer, group, rest))
			return false;
		group = rest;
	}
	return true;
}

/* False when nothing more is to be written. rest follows the group, in the list of the unwritten.
 */
static bool write_group(struct store_writer *writer, struct store_batch *group,
			struct store_batch *rest)
{
	enum store_failure failure = STORE_BUG;
	struct event *event;
	struct err err = {0};

	if (try_group(writer, group, &failure, &err)) {
		event = event_create(EVENT_COMMITTED);
		event->batches = group;
		tell(writer, event);
		return true;
	}
	/* Not after a COMMIT in doubt, which is settled only with the same group. */
	if (failure == STORE_BUG && group->next != NULL && !writer->store->unsettled)
		return write_singly(writer, group);
	writer->unwritten = group;
	if (group->next == NULL)
		group->next = rest;
	event = event_create(EVENT_BROKEN);
	event->failure = failure;
	memcpy(event->reason, err.message, sizeof event->reason);
	tell(writer, event);
	return false;
}

static void *write_all(void *context)
{
	struct store_writer *writer = context;
	struct store_batch *group;

	while ((group = wait_for_group(writer)) != NULL) {
		if (!write_group(writer, group, NULL))
			break;
		/* The effects of the commit are under way by now: nobody waits for this. */
		store_tidy(writer->store);
	}
	pthread_mutex_lock(&writer->lock);
	writer->thread_ended = true;
	pthread_mutex_unlock(&writer->lock);
	uv_async_send(&writer->async);
	return NULL;
}

/* --- the loop
 * ----------------------------------------------------------------------------------- */

/* An idle writer does not keep the loop alive; one with results to come does. */
static void note_outstanding(struct store_writer *writer)
{
	if (writer->outstanding > 0 || writer->stopped != NULL)
		uv_ref((uv_handle_t *)&writer->async);
	else
		uv_unref((uv_handle_t *)&writer->async);
}

static void report_committed(struct store_writer *writer, struct store_batch *batches)
{
	while (batches != NULL) {
		struct store_batch *next = batches->next;

		batches->next = NULL;
		writer->outstanding--;
		writer->events.committed(writer->events.context, batches);
		batches = next;
	}
}

/* Puts what was queued behind the group that could not be written, so that all is in one list. */
static void gather_unwritten(struct store_writer *writer)
{
	struct store_batch **end = &writer->unwritten;

	while (*end != NULL)
		end = &(*end)->next;
	pthread_mutex_lock(&writer->lock);
	*end = queue_take_all(&writer->queue);
	pthread_mutex_unlock(&writer->lock);
}

static void report(struct store_writer *writer, struct event *event)
{
	switch (event->kind) {
	case EVENT_COMMITTED:
		report_committed(writer, event->batches);
		break;
	case EVENT_FAILING:
		writer->events.failing(writer->events.context, event->failure, event->reason);
		break;
	case EVENT_RECOVERED:
		writer->events.recovered(writer->events.context);
		break;
	case EVENT_BROKEN:
		gather_unwritten(writer);
		/* Stopped while it was failing: that is no bug, and was told before. */
		if (event->failure == STORE_BUG)
			writer->events.broken(writer->events.context, event->reason,
					      writer->unwritten);
		break;
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct store_writer *writer = handle->data;
	void (*stopped)(void *context) = writer->stopped;
	void *context = writer->stopped_context;

	destroy_batches(writer->unwritten);
	pthread_cond_destroy(&writer->wake);
	pthread_mutex_destroy(&writer->lock);
	mem_free(writer);
	stopped(context);
}

static struct event *take_events(struct store_writer *writer, bool *thread_ended)
{
	struct event *events;

	pthread_mutex_lock(&writer->lock);
	events = writer->first_event;
	writer->first_event = NULL;
	writer->last_event = NULL;
	*thread_ended = writer->thread_ended;
	pthread_mutex_unlock(&writer->lock);
	return events;
}

static void on_async(uv_async_t *async)
{
	struct store_writer *writer = async->data;
	bool thread_ended;
	struct event *event = take_events(writer, &thread_ended);

	while (event != NULL) {
		struct event *next = event->next;

		report(writer, event);
		mem_free(event);
		event = next;
	}
	note_outstanding(writer);
	if (thread_ended && writer->stopped != NULL && !writer->closing) {
		writer->closing = true;
		pthread_join(writer->thread, NULL);
		gather_unwritten(writer);
		uv_close((uv_handle_t *)&writer->async, on_closed);
	}
}

static void init_wake(pthread_cond_t *wake)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(wake, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void free_unstarted(uv_handle_t *handle)
{
	struct store_writer *writer = handle->data;

	pthread_cond_destroy(&writer->wake);
	pthread_mutex_destroy(&writer->lock);
	mem_free(writer);
}

int store_writer_start(uv_loop_t *loop, struct store *store,
		       const struct store_writer_events *events, struct store_writer **out,
		       struct err *err)
{
	struct store_writer *writer = mem_alloc(sizeof *writer);
	int rc;

	*out = NULL;
	writer->store = store;
	writer->events = *events;
	rc = uv_async_init(loop, &writer->async, on_async);
	if (rc != 0) {
		mem_free(writer);
		return err_errno(err, -rc, "make the writer's wake-up");
	}
	writer->async.data = writer;
	uv_unref((uv_handle_t *)&writer->async);
	pthread_mutex_init(&writer->lock, NULL);
	init_wake(&writer->wake);
	rc = pthread_create(&writer->thread, NULL, write_all, writer);
	if (rc != 0) {
		uv_close((uv_handle_t *)&writer->async, free_unstarted);
		return err_errno(err, rc, "start the writer's thread");
	}
	*out = writer;
	return 0;
}

void store_writer_submit(struct store_writer *writer, struct store_batch *batch)
{
	writer->outstanding++;
	note_outstanding(writer);
	pthread_mutex_lock(&writer->lock);
	queue_add(&writer->queue, batch);
	pthread_mutex_unlock(&writer->lock);
	/* After the unlock: woken before it, the thread would only wait again, for the lock. */
	pthread_cond_signal(&writer->wake);
}

bool store_writer_is_idle(const struct store_writer *writer)
{
	return writer->outstanding == 0;
}

void store_writer_stop(struct store_writer *writer, void (*stopped)(void *context), void *context)
{
	writer->stopped = stopped;
	writer->stopped_context = context;
	note_outstanding(writer);
	pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
	/* The thread may have ended before, of a bug: then nobody else rings. */
	uv_async_send(&writer->async);
}
