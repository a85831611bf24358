/* scratch.c - removes what runs left below runs/; see scratch.h.
 *
 *	worker   list some names ---.   .--> remove those judged so, list the next
 *	loop                        '-> judge each */
#include "daemon/scratch.h"

#include "base/mem.h"
#include "model/change.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STEP_NAMES 256

struct sweep {
	uv_work_t request;
	enum scratch_verdict (*judge)(void *context, const char *run_id);
	void *context;
	char path[PATH_MAX];
	DIR *folder; /* the worker's; NULL = not open yet, or done */
	char names[STEP_NAMES][RUN_ID_SIZE];
	size_t count;
};

/* What has another name than a run was not made here. */
static bool is_run_id(const char *name)
{
	return strlen(name) == RUN_ID_SIZE - 1 &&
	       strspn(name, "0123456789abcdef") == RUN_ID_SIZE - 1;
}

static void remove_judged(const struct sweep *sweep)
{
	for (size_t i = 0; i < sweep->count; i++)
		(void)unlinkat(dirfd(sweep->folder), sweep->names[i], AT_REMOVEDIR);
}

static void list_next(struct sweep *sweep)
{
	const struct dirent *entry;

	sweep->count = 0;
	while (sweep->count < STEP_NAMES && (entry = readdir(sweep->folder)) != NULL)
		if (is_run_id(entry->d_name))
			memcpy(sweep->names[sweep->count++], entry->d_name, RUN_ID_SIZE);
}

static void work(uv_work_t *request)
{
	struct sweep *sweep = request->data;

	if (sweep->folder != NULL)
		remove_judged(sweep);
	else
		sweep->folder = opendir(sweep->path);
	sweep->count = 0;
	if (sweep->folder != NULL)
		list_next(sweep);
}

/* Keeps the names of those to be removed; false = look no further. */
static bool judge_names(struct sweep *sweep)
{
	size_t kept = 0;

	for (size_t i = 0; i < sweep->count; i++) {
		enum scratch_verdict verdict = sweep->judge(sweep->context, sweep->names[i]);

		if (verdict == SCRATCH_STOP)
			return false;
		if (verdict == SCRATCH_REMOVE && kept++ != i)
			memcpy(sweep->names[kept - 1], sweep->names[i], RUN_ID_SIZE);
	}
	sweep->count = kept;
	return true;
}

static void finish(struct sweep *sweep)
{
	if (sweep->folder != NULL)
		closedir(sweep->folder);
	mem_free(sweep);
}

static void worked(uv_work_t *request, int status)
{
	struct sweep *sweep = request->data;
	bool go_on = status == 0 && sweep->count > 0 && judge_names(sweep);

	if (!go_on || uv_queue_work(request->loop, request, work, worked) != 0)
		finish(sweep);
}

void scratch_sweep(uv_loop_t *loop, const char *home,
		   enum scratch_verdict (*judge)(void *context, const char *run_id), void *context)
{
	struct sweep *sweep = mem_alloc(sizeof *sweep);

	sweep->request.data = sweep;
	sweep->judge = judge;
	sweep->context = context;
	if ((size_t)snprintf(sweep->path, sizeof sweep->path, "%s/runs", home) >=
		sizeof sweep->path ||
	    uv_queue_work(loop, &sweep->request, work, worked) != 0)
		finish(sweep);
}
