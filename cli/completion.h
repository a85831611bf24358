/* completion.h - scripts by which bash and zsh complete a command line.
 *
 * Verbs, flags and what stands where come from the tables in verb.c and args.c; ids are asked of
 * the daemon that the line names, quietly and for two seconds at most. Pure. */
#ifndef HEDDLE_CLI_COMPLETION_H
#define HEDDLE_CLI_COMPLETION_H

#include "base/str.h"

void completion_bash(struct str *out);
void completion_zsh(struct str *out);

#endif
