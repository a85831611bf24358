/* progress.h - how far a task says it is: lines "42 text" that it writes to $HEDDLE_PROGRESS. */
#ifndef HEDDLE_MODEL_PROGRESS_H
#define HEDDLE_MODEL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_TEXT_BYTES 200 /* more of a line is not kept */

struct progress {
	uint32_t percent;                   /* 0 to 100 */
	char text[PROGRESS_TEXT_BYTES + 1]; /* UTF-8, "" when the line says no more */
};

/* The last line that says so; others are passed over. False when there is none. */
bool progress_read(const char *text, size_t size, struct progress *out);

#endif
