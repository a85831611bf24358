/* run_info.c - see run_info.h. Each look goes by a key, so the loop does not wait. */
#include "daemon/run_info.h"

#include <string.h>

static bool take_run(void *context, const struct run_view *view)
{
	struct run_info *info = context;

	info->run_no = view->run_no;
	str_append(&info->kind, view->source);
	str_append(&info->period_id, view->period_id == NULL ? view->key : view->period_id);
	if (view->params != NULL)
		str_append(&info->params, view->params);
	info->launch.period.start_ms = view->period_start_ms;
	info->launch.period.end_ms = view->period_end_ms;
	return true;
}

static bool take_giver(void *context, uint32_t task)
{
	struct run_info *info = context;

	vec_push(&info->givers, task);
	return true;
}

static bool is_giver(const struct run_info *info, uint32_t task)
{
	size_t low = 0;
	size_t high = info->givers.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (info->givers.items[middle] < task)
			low = middle + 1;
		else
			high = middle;
	}
	return low < info->givers.count && info->givers.items[low] == task;
}

/* What cannot be read is missing, and told as that where it is needed. */
static json_t *outputs_of(void *context, uint32_t task)
{
	struct run_info *info = context;
	struct str text = STR_INIT;
	json_t *outputs = NULL;

	if (is_giver(info, task) && read_output(info->reader, info->run_no, task, &text, NULL) == 0)
		outputs = json_loadb(str_text(&text), text.size, 0, NULL);
	str_close(&text);
	return outputs;
}

static enum task_state state_of(void *context, uint32_t task)
{
	struct run_info *info = context;
	enum task_state state = TASK_NONE;

	(void)read_task_state(info->reader, info->run_no, task, &state, NULL);
	return state;
}

int run_info_read(struct run_info *info, struct store_reader *reader, const char *run_id,
		  const char *incarnation, const struct tz *tz, struct err *err)
{
	int rc;

	memset(info, 0, sizeof *info);
	info->reader = reader;
	rc = read_run(reader, run_id, take_run, info, err);
	if (rc == 0)
		rc = read_output_tasks(reader, info->run_no, take_giver, info, err);
	info->launch.kind = str_text(&info->kind);
	info->launch.incarnation = incarnation;
	info->launch.tz = tz;
	info->launch.params = info->params.size == 0 ? NULL : str_text(&info->params);
	info->launch.period.id = str_text(&info->period_id);
	info->launch.outputs = outputs_of;
	info->launch.state = state_of;
	info->launch.context = info;
	return rc;
}

void run_info_close(struct run_info *info)
{
	str_close(&info->kind);
	str_close(&info->params);
	str_close(&info->period_id);
	vec_close(&info->givers);
}
