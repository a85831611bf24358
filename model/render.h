/* render.h - how the errors of a DAG file are shown to people. */
#ifndef HEDDLE_MODEL_RENDER_H
#define HEDDLE_MODEL_RENDER_H

#include "base/str.h"
#include "model/dag.h"

#include <stdbool.h>

/* Appends one error:
 *
 *	nightly.yaml:4:5: unknown key 'comand' (did you mean 'command'?)
 *	    comand: ./load.sh
 *	    ^
 *
 * The two lines below the first come with caret, where the source line is to be had. Tabs of the
 * source stand in the caret's line too, so that it lines up whatever a tab is wide. Control
 *characters and those that turn the direction of text are escaped in the name of the file and in
 *the line. */
void dag_error_format(const struct dag_error *error, bool caret, struct str *out);

#endif
