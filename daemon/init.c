/* init.c - see init.h.
 *
 * A zombie that is still there a while after it was first seen is nobody's: libuv waits for its own
 * in the turn of the loop in which SIGCHLD comes. */
#include "daemon/init.h"

#include "base/err.h"
#include "executor/process/procfs.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 200

bool init_is_needed(void)
{
	return getpid() == 1;
}

static bool was_seen(const struct init *init, pid_t pid, uint64_t start)
{
	for (size_t i = 0; i < init->seen_count; i++)
		if (init->seen[i].pid == pid && init->seen[i].start == start)
			return true;
	return false;
}

/* Waits for those of the round before, and remembers the others. */
static void look(struct init *init)
{
	struct init_seen fresh[INIT_SEEN_MAX];
	struct pids children = {0};
	struct procfs_stat stat;
	size_t count = 0;

	procfs_children(getpid(), &children);
	for (size_t i = 0; i < children.count; i++) {
		pid_t pid = children.items[i];

		if (!procfs_read_stat(pid, &stat) || stat.state != 'Z')
			continue;
		if (was_seen(init, pid, stat.start))
			(void)waitpid(pid, NULL, WNOHANG);
		else if (count < INIT_SEEN_MAX)
			fresh[count++] = (struct init_seen){pid, stat.start};
	}
	vec_close(&children);
	for (size_t i = 0; i < count; i++)
		init->seen[i] = fresh[i];
	init->seen_count = count;
}

static void on_look(uv_timer_t *timer)
{
	struct init *init = timer->data;

	look(init);
	if (init->seen_count > 0)
		uv_timer_start(timer, on_look, LOOK_MS, 0);
}

static void on_child(uv_signal_t *handle, int number)
{
	struct init *init = handle->data;

	(void)number;
	if (!uv_is_active((const uv_handle_t *)&init->look))
		uv_timer_start(&init->look, on_look, LOOK_MS, 0);
}

int init_start(struct init *init, uv_loop_t *loop, struct err *err)
{
	if (uv_signal_init(loop, &init->child) != 0)
		return err_set(err, ERR_IO, "signal handlers cannot be installed");
	uv_timer_init(loop, &init->look);
	init->child.data = init;
	init->look.data = init;
	init->seen_count = 0;
	init->is_open = true;
	uv_signal_start(&init->child, on_child, SIGCHLD);
	return 0;
}

void init_stop(struct init *init)
{
	if (!init->is_open)
		return;
	init->is_open = false;
	uv_close((uv_handle_t *)&init->child, NULL);
	uv_close((uv_handle_t *)&init->look, NULL);
}
