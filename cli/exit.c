/* exit.c - exit codes; see exit.h. */
#include "cli/exit.h"

#include "base/err.h"

#include <string.h>

int exit_code_of_err(int err_code)
{
	switch (err_code) {
	case 0:
		return CODE_OK;
	case ERR_USAGE:
		return CODE_USAGE;
	case ERR_INVALID:
	case ERR_SYNTAX:
		return CODE_INVALID;
	case ERR_NOT_FOUND:
	case ERR_GONE:
		return CODE_NOT_FOUND;
	case ERR_REFUSED:
		return CODE_REFUSED;
	default:
		return CODE_FAILED;
	}
}

static const struct {
	int status;
	int code;
} statuses[] = {
    {400, CODE_USAGE},   {401, CODE_REFUSED},   {403, CODE_REFUSED}, {404, CODE_NOT_FOUND},
    {409, CODE_REFUSED}, {410, CODE_NOT_FOUND}, {413, CODE_USAGE},   {422, CODE_USAGE},
    {429, CODE_REFUSED}, {503, CODE_REFUSED},
};

int exit_code_of_status(int status)
{
	if (status >= 200 && status <= 299)
		return CODE_OK;
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i].status == status)
			return statuses[i].code;
	return CODE_FAILED;
}

int exit_code_of_run(const char *state)
{
	return strcmp(state, "success") == 0 ? CODE_OK : CODE_FAILED;
}
