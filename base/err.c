/* err.c - fixed-size error texts; see err.h. */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	return code;
}

static int code_of_errno(int errno_value)
{
	switch (errno_value) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_FULL;
	case ENOENT:
		return ERR_NOT_FOUND;
	case EEXIST:
		return ERR_EXISTS;
	case EACCES:
	case EPERM:
		return ERR_REFUSED;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return ERR_LIMIT;
	case EAGAIN:
		return ERR_AGAIN;
	default:
		return ERR_IO;
	}
}

int err_errno(struct err *err, int errno_value, const char *format, ...)
{
	int code = code_of_errno(errno_value);
	char text[128];
	const char *reason;
	va_list args;
	size_t used;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	used = strlen(err->message);
	reason = strerror_r(errno_value, text, sizeof text); /* the GNU one: thread-safe */
	snprintf(err->message + used, sizeof err->message - used, ": %s", reason);
	return code;
}

void err_wrap(struct err *err, const char *format, ...)
{
	char inner[ERR_MESSAGE_MAX];
	va_list args;
	size_t used;

	if (err == NULL)
		return;
	memcpy(inner, err->message, sizeof inner);
	va_start(args, format);
	vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	used = strlen(err->message);
	snprintf(err->message + used, sizeof err->message - used, ": %.*s",
		 (int)(sizeof err->message - used), inner);
}
