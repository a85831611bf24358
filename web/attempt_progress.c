/* attempt_progress.c - see attempt_progress.h. */
#include "web/attempt_progress.h"

#include "base/str.h"
#include "executor/process/process.h"

bool attempt_progress(const char *home, const struct attempt_view *view, struct progress *out)
{
	struct process_ref ref = {view->attempt_id, view->released_at_ms};
	struct str text = STR_INIT;
	struct err err;
	char path[PATH_MAX];
	bool found;

	(void)process_progress_path(home, view->incarnation, ref, path);
	found = process_read_progress(path, &text, &err) == 0 &&
		progress_read(str_text(&text), text.size, out);
	str_close(&text);
	return found;
}
