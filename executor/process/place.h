/* place.h - the names of an attempt's files, relative to the home.
 *
 *	NAME                  INCARNATION-ATTEMPT_ID
 *	logs/DAY/NAME.log     its log
 *	logs/DAY/NAME.claim   its claim, with room for its exit record (claim.h)
 *	logs/DAY/NAME.stdout  its stdout, where that is kept aside (kept.h)
 *	logs/DAY/NAME.output, NAME.progress, NAME.artifacts/
 *	                      what the task itself writes
 *	logs/DAY/RUN.pack     what the ended attempts of a run left, in one file (pack.h); DAY is
 *	                      that on which the run was made; RUN.pack.new while it is written
 *	spool/exit/NAME       a second name of the claim, once it holds the exit record
 *
 * Launcher and shims work in the home, so that a home may be moved and paths stay short. */
#ifndef HEDDLE_EXECUTOR_PROCESS_PLACE_H
#define HEDDLE_EXECUTOR_PROCESS_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#define PLACE_INCARNATION_MAX 64
#define PLACE_NAME_SIZE 96 /* an incarnation, a dash, the digits of an int64_t, NUL */
#define PLACE_DAY_SIZE 32
#define PLACE_PATH_SIZE 192

#define PLACE_RUN_ID_SIZE 17 /* 16 hex digits, NUL */

#define PLACE_LOGS "logs"
#define PLACE_SPOOL "spool"
#define PLACE_EXIT_NAME "exit"
#define PLACE_EXIT PLACE_SPOOL "/" PLACE_EXIT_NAME
#define PLACE_TORN "spool/torn"
#define PLACE_LOCK "spool/launcher.lock"

/* True for what may stand in a file name: letters, digits, dot (not first), dash, underscore. */
bool place_incarnation_is_good(const char *incarnation);
/* Returns buffer. */
const char *place_name(const char *incarnation, int64_t attempt_id, char buffer[PLACE_NAME_SIZE]);
/* The attempt that a name means; false when it is no name of this incarnation. */
bool place_attempt(const char *name, const char *incarnation, int64_t *attempt_id);

/* Each returns buffer. */
const char *place_log(const char *day, const char *name, char buffer[PLACE_PATH_SIZE]);
const char *place_claim(const char *day, const char *name, char buffer[PLACE_PATH_SIZE]);
const char *place_stdout(const char *day, const char *name, char buffer[PLACE_PATH_SIZE]);
const char *place_output(const char *day, const char *name, char buffer[PLACE_PATH_SIZE]);
const char *place_progress(const char *day, const char *name, char buffer[PLACE_PATH_SIZE]);
const char *place_artifacts(const char *day, const char *name, char buffer[PLACE_PATH_SIZE]);
const char *place_pack(const char *day, const char *run_id, char buffer[PLACE_PATH_SIZE]);
const char *place_record(const char *name, char buffer[PLACE_PATH_SIZE]);

#endif
