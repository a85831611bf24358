/* watch.c - inotify(7), gathered into changes; see watch.h.
 *
 * What an event says is not needed: after each change the whole folder is scanned. It only has to
 * be told whether it can matter, since tasks may write their data beside the dags. */
#include "daemon/watch.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST_WAIT_MS 2000
#define LONGEST_LOCK_MS 30000
#define LOOK_EVERY_MS 60000
#define LOOK_EVERY_ON_NETWORK_MS 5000

static void on_time(uv_timer_t *timer);

static void arm(struct watch *watch, uint64_t delay_ms)
{
	if (watch->is_open)
		uv_timer_start(&watch->timer, on_time, delay_ms, 0);
}

/* With nothing under way the timer is off, or looks by the clock. */
static void rest(struct watch *watch)
{
	watch->first_ms = 0;
	if (!watch->is_open)
		return;
	uv_timer_stop(&watch->timer);
	if (watch->look_every_ms > 0)
		arm(watch, (uint64_t)watch->look_every_ms);
}

static uint64_t waited_ms(const struct watch *watch)
{
	return uv_now(watch->loop) - watch->first_ms;
}

static bool is_git_at_work(const struct watch *watch)
{
	return watch->git_lock[0] != '\0' && watch->first_ms != 0 &&
	       waited_ms(watch) < LONGEST_LOCK_MS && access(watch->git_lock, F_OK) == 0;
}

static void on_time(uv_timer_t *timer)
{
	struct watch *watch = timer->data;

	if (is_git_at_work(watch))
		arm(watch, SCAN_QUIET_MS);
	else
		watch->changed(watch->context);
}

static void note_event(struct watch *watch)
{
	uint64_t waited;

	uv_update_time(watch->loop);
	if (watch->first_ms == 0)
		watch->first_ms = uv_now(watch->loop);
	waited = waited_ms(watch);
	arm(watch, waited + SCAN_QUIET_MS <= LONGEST_WAIT_MS ? SCAN_QUIET_MS
		   : waited < LONGEST_WAIT_MS                ? LONGEST_WAIT_MS - waited
							     : 0);
}

uint64_t watch_take_up(struct watch *watch)
{
	uint64_t first_ms = watch->first_ms;

	rest(watch);
	return first_ms;
}

bool watch_wait(struct watch *watch, uint64_t first_ms)
{
	if (first_ms == 0 || uv_now(watch->loop) - first_ms + SCAN_QUIET_MS > LONGEST_WAIT_MS)
		return false;
	watch->first_ms = first_ms;
	arm(watch, SCAN_QUIET_MS);
	return true;
}

void watch_again(struct watch *watch, uint64_t delay_ms)
{
	arm(watch, delay_ms);
}

/* --- what an event is about ----------------------------------------------------------------------
 */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct scan_watch *left = a;
	const struct scan_watch *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

static bool is_listed(const struct watch *watch, const char *name)
{
	return watch->names.count > 0 && bsearch(&name, watch->names.items, watch->names.count,
						 sizeof *watch->names.items, compare_names) != NULL;
}

/* A new link may lead to a folder. */
static bool is_link(const struct watch *watch, int number, const char *name)
{
	struct scan_watch key = {.number = number};
	const struct scan_watch *found = NULL;
	char path[PATH_MAX];
	struct stat status;

	if (watch->watches.count > 0)
		found = bsearch(&key, watch->watches.items, watch->watches.count, sizeof key,
				compare_numbers);
	return found != NULL &&
	       (size_t)snprintf(path, sizeof path, "%s/%s", found->path, name) < sizeof path &&
	       lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

static bool matters(const struct watch *watch, const struct inotify_event *event)
{
	if ((event->mask & IN_IGNORED) != 0)
		return false;
	if ((event->mask & IN_Q_OVERFLOW) != 0 || event->len == 0)
		return true;
	if (is_listed(watch, event->name))
		return true;
	if (event->name[0] == '.')
		return false;
	return (event->mask & IN_ISDIR) != 0 || scan_is_dag_file(event->name) ||
	       ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0 &&
		is_link(watch, event->wd, event->name));
}

/* Reads what is there; the kernel puts whole events into the buffer. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;
	_Alignas(struct inotify_event) char buffer[16384];
	bool any = false;
	ssize_t got;

	(void)status;
	(void)events;
	while ((got = read(watch->fd, buffer, sizeof buffer)) > 0) {
		for (ssize_t at = 0; at < got;) {
			const struct inotify_event *event = (const void *)(buffer + at);

			any = any || matters(watch, event);
			at += (ssize_t)(sizeof *event + event->len);
		}
		if (any)
			break; /* the rest in the next turn: other work goes on between */
	}
	if (any)
		note_event(watch);
}

/* --- places --------------------------------------------------------------------------------------
 */

static void close_lists(struct watch *watch)
{
	for (size_t i = 0; i < watch->watches.count; i++)
		mem_free((char *)(uintptr_t)watch->watches.items[i].path);
	for (size_t i = 0; i < watch->names.count; i++)
		mem_free(watch->names.items[i]);
	vec_close(&watch->watches);
	vec_close(&watch->names);
}

static bool has_number(const struct scan_watch *watches, size_t count, int number)
{
	struct scan_watch key = {.number = number};

	return count > 0 && bsearch(&key, watches, count, sizeof key, compare_numbers) != NULL;
}

static void take_names(struct watch *watch, const struct scan *scan)
{
	size_t kept = 0;

	for (size_t i = 0; i < scan->names.count; i++)
		vec_push(&watch->names, mem_strdup(scan->names.items[i]));
	if (watch->names.count > 1)
		qsort(watch->names.items, watch->names.count, sizeof *watch->names.items,
		      compare_names);
	for (size_t i = 0; i < watch->names.count; i++) {
		if (kept > 0 && strcmp(watch->names.items[kept - 1], watch->names.items[i]) == 0)
			mem_free(watch->names.items[i]);
		else
			watch->names.items[kept++] = watch->names.items[i];
	}
	watch->names.count = kept;
}

/* One folder may have been come by more than once: it has one number. */
static void take_watches(struct watch *watch, const struct scan *scan)
{
	struct scan_watch *sorted = mem_alloc((scan->watches.count + 1) * sizeof *sorted);

	if (scan->watches.count > 0)
		memcpy(sorted, scan->watches.items, scan->watches.count * sizeof *sorted);
	qsort(sorted, scan->watches.count, sizeof *sorted, compare_numbers);
	for (size_t i = 0; i < scan->watches.count; i++) {
		struct scan_watch kept = {sorted[i].number, NULL};

		if (i > 0 && sorted[i - 1].number == kept.number)
			continue;
		kept.path = mem_strdup(sorted[i].path);
		vec_push(&watch->watches, kept);
	}
	mem_free(sorted);
}

void watch_take(struct watch *watch, const struct scan *scan, const char *git_lock,
		bool is_on_network)
{
	struct watch former = *watch;
	bool looks = watch->fd < 0 || scan->is_unwatched || is_on_network;

	memset(&watch->watches, 0, sizeof watch->watches);
	memset(&watch->names, 0, sizeof watch->names);
	take_watches(watch, scan);
	take_names(watch, scan);
	for (size_t i = 0; i < former.watches.count; i++) {
		int number = former.watches.items[i].number;

		if (!has_number(watch->watches.items, watch->watches.count, number))
			(void)inotify_rm_watch(watch->fd, number);
	}
	close_lists(&former);
	snprintf(watch->git_lock, sizeof watch->git_lock, "%s", git_lock);
	watch->look_every_ms = !looks          ? 0
			       : is_on_network ? LOOK_EVERY_ON_NETWORK_MS
					       : LOOK_EVERY_MS;
	if (looks && watch->first_ms == 0)
		arm(watch, (uint64_t)watch->look_every_ms);
	if (looks && former.look_every_ms == 0)
		log_warn("changes of the dag folder are looked for by the clock",
			 "every_ms=%lld cause=%s", (long long)watch->look_every_ms,
			 is_on_network ? "\"network file system\"" : "\"no inotify watches left\"");
}

/* --- life ----------------------------------------------------------------------------------------
 */

void watch_start(struct watch *watch, uv_loop_t *loop, void (*changed)(void *context),
		 void *context)
{
	memset(watch, 0, sizeof *watch);
	watch->loop = loop;
	watch->changed = changed;
	watch->context = context;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd >= 0 && uv_poll_init(loop, &watch->poll, watch->fd) != 0)
		fd_close(&watch->fd);
	uv_timer_init(loop, &watch->timer);
	watch->timer.data = watch;
	watch->poll.data = watch;
	watch->is_open = true;
	if (watch->fd >= 0)
		uv_poll_start(&watch->poll, UV_READABLE, on_readable);
}

void watch_stop(struct watch *watch)
{
	if (!watch->is_open)
		return;
	watch->is_open = false;
	uv_close((uv_handle_t *)&watch->timer, NULL);
	if (watch->fd >= 0)
		uv_close((uv_handle_t *)&watch->poll, NULL);
}

void watch_close(struct watch *watch)
{
	if (watch->loop == NULL)
		return;
	close_lists(watch);
	fd_close(&watch->fd);
}
