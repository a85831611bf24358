/* attempt_progress.h - how far an attempt under way says it is. */
#ifndef HEDDLE_WEB_ATTEMPT_PROGRESS_H
#define HEDDLE_WEB_ATTEMPT_PROGRESS_H

#include "model/progress.h"
#include "store/read.h"

/* Reads the end of a file: on a worker alone. False when the task has said nothing. */
bool attempt_progress(const char *home, const struct attempt_view *view, struct progress *out);

#endif
