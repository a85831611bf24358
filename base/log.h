/* log.h - the daemon's own log: one line is one fact, key=value, on stderr.
 *
 *	log_info("run ended", "run=%s state=%s", run->id, state);
 *	ts=2026-11-20T06:00:00.123Z level=info msg="run ended" run=9f1c state=success
 *
 * Values that may hold spaces or come from outside are written with log_quote. */
#ifndef HEDDLE_BASE_LOG_H
#define HEDDLE_BASE_LOG_H

#include <stddef.h>

void log_info(const char *message, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const char *message, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_error(const char *message, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes text as "quoted", with quotes, backslashes and control characters escaped, cut to fit.
 * Returns buffer. */
char *log_quote(const char *text, char *buffer, size_t size);

#endif
