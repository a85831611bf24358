/* range.h - the Range header of a log (RFC 9110 section 14.2): one range of bytes. Pure. */
#ifndef HEDDLE_WEB_RANGE_H
#define HEDDLE_WEB_RANGE_H

#include <stdint.h>

enum range_result {
	RANGE_WHOLE,         /* no range, or one that is to be ignored: the whole is served */
	RANGE_PART,          /* *first to *end - 1 */
	RANGE_UNSATISFIABLE, /* it begins behind the end */
};

/* header NULL = none. Of several ranges none is served: a log is read on, not picked from. */
enum range_result range_parse(const char *header, int64_t size_bytes, int64_t *first, int64_t *end);

#endif
