/* args.h - the words of a command line: one verb, its operands, and flags before or after them.
 *
 *	heddle --home H trigger flights --id nightly-1 --wait=5m
 *
 * A flag is --name, --name=VALUE or --name VALUE, and some have a letter (-f). A value that may be
 * left out is only taken after "=". "--" ends the flags. Each flag means the same to every verb, so
 * that all can be read before it is known which verb they are for. Pure. */
#ifndef HEDDLE_CLI_ARGS_H
#define HEDDLE_CLI_ARGS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum flag_id {
	FLAG_HOME,
	FLAG_DAGS,
	FLAG_JSON,
	FLAG_URL,
	FLAG_TOKEN_FILE,
	FLAG_HELP,
	FLAG_VERSION,
	FLAG_ALL,
	FLAG_ATTEMPT,
	FLAG_CHECK,
	FLAG_CSV,
	FLAG_DAG,
	FLAG_DRY_RUN,
	FLAG_EVERY,
	FLAG_FAILED,
	FLAG_FOLDER,
	FLAG_FOLLOW,
	FLAG_FORCE,
	FLAG_FROM,
	FLAG_ID,
	FLAG_KEEP,
	FLAG_LATEST,
	FLAG_LIMIT,
	FLAG_LISTEN,
	FLAG_ONLY,
	FLAG_PARAM,
	FLAG_PERIOD,
	FLAG_PINNED,
	FLAG_PORT,
	FLAG_REASON,
	FLAG_RESOLVED,
	FLAG_RUN,
	FLAG_SINCE,
	FLAG_STATE,
	FLAG_STRICT,
	FLAG_TIMEOUT,
	FLAG_TO,
	FLAG_WAIT,
	FLAG_WATCH,
	FLAG_WRITE,
	FLAG_AT,
	FLAG_DOMAIN,
	FLAG_DRAIN,
	FLAG_NO_PUBLISH,
	FLAG_RESET_BOOKMARK,
	FLAG_STRICT_MWAAS,
	FLAG_TLS_CERT,
	FLAG_TLS_KEY,
	FLAG_BACKUPS,
	FLAG_MAN,
	FLAG_COUNT,
};

#define FLAG_BIT(id) (1ull << (id))
/* What every verb takes. */
#define FLAGS_GLOBAL                                                                            \
	(FLAG_BIT(FLAG_HOME) | FLAG_BIT(FLAG_DAGS) | FLAG_BIT(FLAG_JSON) | FLAG_BIT(FLAG_URL) | \
	 FLAG_BIT(FLAG_TOKEN_FILE) | FLAG_BIT(FLAG_HELP) | FLAG_BIT(FLAG_VERSION))

enum flag_value {
	VALUE_NONE,
	VALUE_REQUIRED,
	VALUE_OPTIONAL, /* only after "=" */
};

struct flag {
	const char *name; /* without its dashes */
	char letter;      /* 0 = none */
	enum flag_value value;
	const char *value_name;
	const char *help;
};

/* One flag as it was given. */
struct args_given {
	enum flag_id id;
	const char *value; /* NULL = none */
};

/* Texts are those of argv. */
struct args {
	const char *verb; /* NULL = none */
	const char **operands;
	size_t operand_count;
	uint64_t given;                 /* of FLAG_BIT */
	const char *values[FLAG_COUNT]; /* NULL = none; of a repeated flag, the last */
	struct args_given *each;        /* all flags in the order in which they were given */
	size_t each_count;
};

/* argv without the program's name. Fails with ERR_USAGE: an unknown flag (the nearest known one is
 * named), a value missing or too much. args_close is due in either case. */
int args_parse(int argc, const char *const argv[], struct args *out, struct err *err);
void args_close(struct args *args);

static inline bool args_has(const struct args *args, enum flag_id id)
{
	return (args->given & FLAG_BIT(id)) != 0;
}

/* The values of a flag that may be repeated, one a call, from *at = 0 on; NULL behind the last. */
const char *args_next(const struct args *args, enum flag_id id, size_t *at);
size_t args_count(const struct args *args, enum flag_id id); /* how often it was given */

/* Fails with ERR_USAGE when two or more of these flags were given. */
int args_check_one_of(const struct args *args, uint64_t set, struct err *err);
/* Fails with ERR_USAGE when a flag was given that is neither in taken nor global; one that is in
 * later is said to be not supported yet. who: the verb, for the message. */
int args_check_flags(const struct args *args, const char *who, uint64_t taken, uint64_t later,
		     struct err *err);
/* The number given with a flag, else otherwise. Fails with ERR_USAGE outside min to max. */
int args_number(const struct args *args, enum flag_id id, int64_t min, int64_t max,
		int64_t otherwise, int64_t *out, struct err *err);

const struct flag *args_flag(enum flag_id id);

#endif
