/* newest.h - the newest attempt that left its claim in a home. Any thread; blocks. */
#ifndef HEDDLE_EXECUTOR_PROCESS_NEWEST_H
#define HEDDLE_EXECUTOR_PROCESS_NEWEST_H

#include <limits.h>
#include <stdint.h>

/* The highest attempt of an incarnation that stands in the logs of a day (UTC) and all after it,
 * with the path of its claim; 0 = there is none. Claims that were packed are not looked for: they
 * are nobody's way any more. */
int64_t newest_claim(const char *home, const char *incarnation, int64_t since_ms,
		     char path[PATH_MAX]);

#endif
