/* limits.h - the bound of every input, checked before memory is taken for it. */
#ifndef HEDDLE_MODEL_LIMITS_H
#define HEDDLE_MODEL_LIMITS_H

#define LIMIT_DAG_FILE_BYTES (8u * 1024 * 1024)
#define LIMIT_YAML_DEPTH 64u
#define LIMIT_YAML_NODES 2000000u             /* of one file, aliases not counted */
#define LIMIT_ALIAS_NODES 100000u             /* that aliases of one file may expand to */
#define LIMIT_ALIAS_BYTES (16u * 1024 * 1024) /* of text, that they may expand to */
#define LIMIT_DOCUMENTS 10000u                /* of one file, empty ones too */
#define LIMIT_TASKS 20000u                    /* of one dag */
#define LIMIT_EDGES 2000000u                  /* depends_on entries of one dag */
#define LIMIT_ID_BYTES 100u
#define LIMIT_DESCRIPTION_BYTES 65536u
#define LIMIT_WORD_BYTES 1000u           /* an owner, a tag, a group, a zone */
#define LIMIT_PATTERN_BYTES 4096u        /* a regular expression */
#define LIMIT_PARAMS 1000u               /* params of a dag, outputs that one task names */
#define LIMIT_PARAMS_BYTES (64u * 1024)  /* of one run, as JSON */
#define LIMIT_OUTPUT_BYTES (256u * 1024) /* of one task, names and values */
#define LIMIT_QUERY_BYTES (1024u * 1024)
#define LIMIT_NAMED_FILE_BYTES (1024u * 1024) /* a file that a dag names */
#define LIMIT_SCRIPTS 8u                      /* that one command starts and are told apart */
#define LIMIT_SCRIPT_BYTES (8u * 1024 * 1024) /* a larger one is not looked at */
#define LIMIT_SEARCH_STEPS 20000000u          /* edges followed to tell what is upstream of what */
#define LIMIT_PRIORITY 1000000
#define LIMIT_RETRY_BACKOFF 100
#define LIMIT_ERRORS 1000u /* reported of one file; one more line tells of the rest */
#define LIMIT_POOL_SLOTS 100000
#define LIMIT_RETRIES 10000
#define LIMIT_DURATION_MS (3660LL * 24 * 3600 * 1000)

/* Linux refuses one argument or environment string of 128 KiB or more (MAX_ARG_STRLEN, execve(2)).
 */
#define LIMIT_ARGUMENT_BYTES 131071u
#define LIMIT_LAUNCH_BYTES (1024u * 1024) /* all arguments and environment of one attempt */

#define LIMIT_BODY_BYTES (1024u * 1024) /* of an HTTP request */
#define LIMIT_RUN_KEY_BYTES 200u        /* --id, Idempotency-Key */
#define LIMIT_NOTE_BYTES 4000u
#define LIMIT_REASON_BYTES 500u /* why an attempt ended, as text */

#define LIMIT_LOG_BYTES \
	(256ull * 1024 * 1024)      /* of one attempt; then lines are dropped and counted */
#define LIMIT_LOG_LINE_BYTES 65536u /* a longer line is broken in pieces */

#define DEFAULT_RETRY_DELAY_MS 30000
#define DEFAULT_RETRY_MAX_DELAY_MS 3600000
#define DEFAULT_RETRY_JITTER 0.1
#define DEFAULT_MAX_ACTIVE_TASKS 16
#define DEFAULT_MAX_ACTIVE_RUNS 1
#define DEFAULT_QUEUE_MAX 100
#define DEFAULT_RETENTION_MS (90LL * 24 * 3600 * 1000)
#define DEFAULT_GRACE_MS 10000 /* between SIGTERM and SIGKILL */

#endif
