/* scripts.c - see scripts.h. It is done at the launch and not when the start is told, because most
 * scripts are over before that. */
#include "daemon/scripts.h"

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/dispatch_core.h"
#include "model/limits.h"
#include "model/scripts.h"

#include <jansson.h>

struct look {
	uv_work_t request;
	struct dispatch *dispatch;
	int64_t run_no;
	int64_t attempt_id;
	uint32_t task;
	uint32_t count;
	struct {
		char *path; /* as the command names it */
		char *file; /* where that is */
	} scripts[LIMIT_SCRIPTS];
	char *found; /* a JSON list; NULL = none can be read */
};

/* What is no UTF-8 (a folder's name may be so) is left out, too. */
static json_t *look_at(const char *path, const char *file)
{
	struct err err;
	char hash[33];

	if (script_hash(file, hash, &err) != 0)
		return NULL;
	return json_pack("{ss ss ss}", "path", path, "file", file, "hash", hash);
}

static void work(uv_work_t *request)
{
	struct look *look = request->data;
	json_t *list = json_array();

	for (uint32_t i = 0; i < look->count; i++) {
		json_t *script = look_at(look->scripts[i].path, look->scripts[i].file);

		if (script != NULL)
			json_array_append_new(list, script);
	}
	if (json_array_size(list) > 0)
		look->found = json_dumps(list, JSON_COMPACT);
	json_decref(list);
}

static void submit(const struct look *look)
{
	struct change_list *changes = &dispatch_batch(look->dispatch)->changes;
	struct change *change = change_list_add(changes, CHANGE_SCRIPTS);

	change->run_no = look->run_no;
	change->task = look->task;
	change->at_ms = clock_now().wall_ms;
	change->actor = "executor";
	change->scripts.attempt_id = look->attempt_id;
	change->scripts.json = arena_strdup(&changes->arena, look->found);
}

static void worked(uv_work_t *request, int status)
{
	struct look *look = request->data;

	if (status == 0 && look->found != NULL && !look->dispatch->stopping)
		submit(look);
	for (uint32_t i = 0; i < look->count; i++) {
		mem_free(look->scripts[i].path);
		mem_free(look->scripts[i].file);
	}
	mem_free(look->found);
	mem_free(look);
}

static char *file_of(const char *cwd, const char *path)
{
	struct str file = STR_INIT;

	if (path[0] != '/')
		str_printf(&file, "%s/", cwd);
	/* "./load.sh" is told as it is written, but need not be found so. */
	str_append(&file, path[0] == '.' && path[1] == '/' ? path + 2 : path);
	return str_take(&file);
}

static void start_look(struct dispatch *dispatch, const struct effect *attempt, const char *cwd,
		       const char *const *path)
{
	struct look *look = mem_alloc(sizeof *look);

	look->request.data = look;
	look->dispatch = dispatch;
	look->run_no = attempt->run_no;
	look->attempt_id = attempt->attempt_id;
	look->task = attempt->task;
	for (; *path != NULL && look->count < LIMIT_SCRIPTS; path++) {
		look->scripts[look->count].path = mem_strdup(*path);
		look->scripts[look->count++].file = file_of(cwd, *path);
	}
	/* Fails only for a missing callback. */
	(void)uv_queue_work(dispatch->loop, &look->request, work, worked);
}

void scripts_record(struct dispatch *dispatch, const struct effect *attempt, const char *cwd)
{
	struct arena arena;
	const char *const *paths;

	arena_init(&arena);
	paths = scripts_of(&attempt->dag->tasks[attempt->task], &arena);
	if (paths != NULL)
		start_look(dispatch, attempt, cwd, paths);
	arena_close(&arena);
}
