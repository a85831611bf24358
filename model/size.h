/* size.h - numbers of bytes as people write them: 64Ki 512Mi 2Gi. */
#ifndef HEDDLE_MODEL_SIZE_H
#define HEDDLE_MODEL_SIZE_H

#include "base/err.h"

#include <stdint.h>

/* One whole number with Ki, Mi, Gi or Ti (powers of 1024), or a number of bytes alone. Fails with
 * ERR_SYNTAX (no size; "1G", which is a power of 1000 to some and of 1024 to others) or ERR_LIMIT
 * (more than 1 PiB); *out_bytes is then untouched, and err tells what
 * would be right, as the end of a sentence about the text. */
int size_parse(const char *text, uint64_t *out_bytes, struct err *err);

#endif
