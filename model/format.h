/* format.h - the canonical form of a DAG file or a heddle.yaml (`heddle fmt`).
 *
 * Keys of the dag, of its tasks and of `defaults` stand in the order of the table in keys.c, what
 * is not in it behind them in its own order. Two spaces a level, also for a list below its key; LF;
 * no blanks at line ends; at most one blank line between entries and none before the first one.
 * Comments stay: those above an entry move with it, and those indented deeper than the entry before
 * them stay with that one. The comment at the top of a file that a blank line separates from the
 * first entry stays at the top. Quotes, brackets and block scalars stay as they are written. A
 * document with anchors, aliases or "<<" keeps its order, because an alias must not come before its
 * anchor. A map in braces is put in order when it stands on one line. A document in a rare form of
 * YAML ("? key", a value behind "---", tags on a line of their own) is left as it is, but for its
 * line ends. */
#ifndef HEDDLE_MODEL_FORMAT_H
#define HEDDLE_MODEL_FORMAT_H

#include "base/str.h"
#include "model/dag.h"

#include <stddef.h>

/* Appends the canonical form of the text to *out. source names it in messages; that of a
 * heddle.yaml makes it one. Keys need not be known or supported. Fails with ERR_SYNTAX or
 * ERR_INVALID when the text is no sound YAML, which *errors tells, or with ERR_BUG when the
 * result would not mean the same (it is parsed again, and compared); *out is then untouched. Safe
 * on any thread. */
int format_text(const char *source, const char *text, size_t size, struct str *out,
		struct dag_errors *errors);

#endif
