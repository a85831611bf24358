/* manual.h - the manual page heddle(1), of the same tables as the help. Pure. */
#ifndef HEDDLE_CLI_MANUAL_H
#define HEDDLE_CLI_MANUAL_H

#include "base/str.h"

/* Appends its source, in the macros of man(7). */
void manual_write(struct str *out);

#endif
