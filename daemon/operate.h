/* operate.h - what people do to runs and dags besides starting runs: cancel, rerun, mark, pause,
 * resume, note. Each is taken, decided and answered by dispatch.c's rules. */
#ifndef HEDDLE_DAEMON_OPERATE_H
#define HEDDLE_DAEMON_OPERATE_H

#include "daemon/dispatch.h"

void operate_cancel(struct dispatch *dispatch, const struct web_command *command, uint64_t token);
void operate_rerun(struct dispatch *dispatch, const struct web_command *command, uint64_t token);
void operate_mark(struct dispatch *dispatch, const struct web_command *command, uint64_t token);
void operate_pause(struct dispatch *dispatch, const struct web_command *command, uint64_t token);
void operate_note(struct dispatch *dispatch, const struct web_command *command, uint64_t token);
/* Changes nothing; still it is answered after the commit of what it saw. */
void operate_why(struct dispatch *dispatch, const struct web_command *command, uint64_t token);

/* The pauses that are on disk, for a scheduler that has not stepped yet. */
int operate_restore_pauses(struct sched *sched, struct store_reader *reader, struct err *err);

#endif
