/* clock.h - the two clocks and how instants are written.
 *
 * Wall time (Unix milliseconds UTC) dates things; it may jump. Boot time (milliseconds since the
 * machine started, suspended time included) measures delays; it never jumps, and means nothing
 * after a reboot. */
#ifndef HEDDLE_BASE_CLOCK_H
#define HEDDLE_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct moment {
	int64_t wall_ms;
	int64_t boot_ms;
};

/* In builds with HEDDLE_FAULTS the file that $HEDDLE_FAULT_CLOCK names, if there is one, says by
 * how many milliseconds the wall clock is off. */
struct moment clock_now(void);

#define CLOCK_TEXT_SIZE 32
/* "2026-11-20T06:00:00.123Z" in UTC. Returns buffer. */
char *clock_format_utc(int64_t at_ms, char buffer[CLOCK_TEXT_SIZE]);
/* "2026-11-20" in UTC. Returns buffer. */
char *clock_format_day(int64_t at_ms, char buffer[CLOCK_TEXT_SIZE]);

#endif
