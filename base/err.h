/* err.h - what went wrong, as a code and one line of text.
 *
 * A call that can fail returns 0 or a negative ERR_ code and fills *err. The text lives in a fixed
 * buffer, so that reporting never allocates. The innermost call says what failed; a caller may
 * err_wrap what it was doing: "start 'extract' attempt 2: create log: no space left on device".
 * err may be NULL wherever a caller does not want the text. */
#ifndef HEDDLE_BASE_ERR_H
#define HEDDLE_BASE_ERR_H

#include <stdarg.h>

#define ERR_MESSAGE_MAX 1024

enum err_code {
	ERR_SYNTAX = -1,    /* not in the language it should be in */
	ERR_INVALID = -2,   /* readable, but against a rule */
	ERR_NOT_FOUND = -3, /* no such thing */
	ERR_EXISTS = -4,    /* there already */
	ERR_REFUSED = -5,   /* not in this state, or not allowed */
	ERR_IO = -6,        /* a file, socket or device failed */
	ERR_FULL = -7,      /* no space, no quota, file too large */
	ERR_LIMIT = -8,   /* beyond a bound in model/limits.h, or out of processes or descriptors */
	ERR_CORRUPT = -9, /* stored bytes are not what was stored */
	ERR_AGAIN = -10,  /* not now; the same call may pass later */
	ERR_USAGE = -11,  /* the command line is wrong */
	ERR_BUG = -12,    /* must not happen */
	ERR_GONE = -13,   /* it was there, and was let go of for good */
};

struct err {
	int code;
	char message[ERR_MESSAGE_MAX];
};

/* Each returns the code, so that "return err_set(err, ERR_INVALID, ...)" reads as one thought. */
int err_set(struct err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The text of errno_value is appended; ENOSPC, EDQUOT and EFBIG become ERR_FULL, ENOENT
 * ERR_NOT_FOUND, EEXIST ERR_EXISTS, EACCES and EPERM ERR_REFUSED, EMFILE, ENFILE and ENOMEM
 * ERR_LIMIT, EAGAIN ERR_AGAIN, all others ERR_IO. */
int err_errno(struct err *err, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "what: " before the message and keeps the code. */
void err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
