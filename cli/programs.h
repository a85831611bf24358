/* programs.h - where this program and its helper are. */
#ifndef HEDDLE_CLI_PROGRAMS_H
#define HEDDLE_CLI_PROGRAMS_H

#include "base/err.h"
#include "base/str.h"

#include <limits.h>

/* The file of the program that runs. */
int programs_self(char path[PATH_MAX], struct err *err);
/* Appends that of heddle-shim: $HEDDLE_SHIM, else beside the program (a build tree), else where
 * `cmake --install` puts it. The last one is named even when it is missing, so that it can be said
 * what is lacking. */
void programs_shim(const char *self, struct str *out);

#endif
