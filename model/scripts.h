/* scripts.h - the scripts that a command starts, as far as its text tells.
 *
 * A command names a script when its program is given as a path (./load.sh), or is an interpreter
 * (sh, python3 ...) whose first operand is a file. Not seen is what only a shell or a program finds
 * out: words with variables, wildcards or templates, what stands after a `cd` or inside `sh -c`,
 * programs found by PATH. Programs of the system (/bin, /usr/bin ...) are no scripts. */
#ifndef HEDDLE_MODEL_SCRIPTS_H
#define HEDDLE_MODEL_SCRIPTS_H

#include "base/arena.h"
#include "base/err.h"
#include "model/dag.h"

/* The scripts of a task as its command names them, at most LIMIT_SCRIPTS, no doubles. NULL-
 * terminated, in the arena; NULL = it names none. Pure. */
const char *const *scripts_of(const struct task *task, struct arena *arena);

/* What a script is known by: as dag->hash, of the bytes of the file. Reads it, so not for the loop.
 * Fails as file_read does, with ERR_LIMIT beyond LIMIT_SCRIPT_BYTES. */
int script_hash(const char *file, char hash[33], struct err *err);

#endif
