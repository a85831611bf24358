/* programs.c - see programs.h. */
#include "cli/programs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int programs_self(char path[PATH_MAX], struct err *err)
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length < 0)
		return err_errno(err, errno, "read link '/proc/self/exe'");
	path[length] = '\0';
	return 0;
}

void programs_shim(const char *self, struct str *out)
{
	const char *named = getenv("HEDDLE_SHIM");
	const char *slash = strrchr(self, '/');
	int folder_length = slash == NULL ? 0 : (int)(slash - self);

	if (named != NULL && named[0] != '\0') {
		str_append(out, named);
		return;
	}
	str_printf(out, "%.*s/heddle-shim", folder_length, self);
	if (access(str_text(out), X_OK) == 0)
		return;
	str_clear(out);
	str_printf(out, "%.*s/../libexec/heddle/heddle-shim", folder_length, self);
}
