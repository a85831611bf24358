/* ask.h - asks the daemon: over the socket of its home, or by --url with a token.
 *
 * Every call returns an exit code. When it is not CODE_OK, stderr was told why. */
#ifndef HEDDLE_CLI_ASK_H
#define HEDDLE_CLI_ASK_H

#include "base/str.h"
#include "cli/cli.h"
#include "net/http.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define ASK_TIMEOUT_MS 10000      /* for an answer, beyond what the daemon was asked to wait */
#define ASK_PATIENCE_MS 60000     /* for a daemon that went away to come back */
#define ASK_WAIT_MS 30000         /* of one long poll */
#define ASK_BODY_MAX (256u << 20) /* bytes of one answer */

struct question {
	const char *method;
	const char *path;
	const char *body;           /* NULL = none */
	const char *const *headers; /* NULL = none */
	int64_t wait_ms;            /* how long the daemon was asked to wait before it answers */
	/* The question may be asked again: a daemon that was there and went away is waited for. */
	bool patient;
	bool is_text;        /* the answer is text, not JSON */
	bool may_miss;       /* 404 is told to nobody: CODE_NOT_FOUND says enough */
	bool may_be_refused; /* likewise 403 and CODE_REFUSED */
	bool may_collide;    /* likewise 409 */
	http_piece_fn piece; /* of a stream, which has no end of its own; NULL = gather the body */
	void *context;
};

struct reply {
	int status;
	bool timed_out; /* no answer came, or not all of it, in the time there was */
	struct str body;
	char content_location[HTTP_LOCATION_SIZE]; /* as in struct http_response */
	json_t *json; /* of a 2xx answer that was gathered; NULL otherwise */
};

/* Asks, and parses the answer. An answer that is not 2xx is told as its problem. The reply may be
 * used anew; reply_close is due in any case. */
int ask(struct cli *cli, const struct question *question, struct reply *reply);
/* ask with GET, patiently. */
int ask_get(struct cli *cli, const char *path, struct reply *reply);
/* Whether a daemon is there and takes all it is asked for; tells nothing. *why: the words of one
 * that is there and does not, else "". */
bool ask_is_ready(struct cli *cli, struct str *why);
/* Wants something done, patiently: asks with a key of its own, so that a question that has to be
 * asked again because the connection broke is not done twice; a body with an "id" has such a key
 * already. body NULL or {} = none; it is let go of. */
int ask_to_do(struct cli *cli, const char *method, const char *path, json_t *body,
	      struct reply *reply);
/* Prints the body as it came, ended by one line feed. */
void reply_print(struct reply *reply);
void reply_close(struct reply *reply);

/* One request of a stream: asks once and tells nothing. *status 0 = no answer. Returns
 * http_request's codes; on an answer that is not 2xx, *reply holds it. */
int ask_once(struct cli *cli, const struct question *question, struct reply *reply,
	     struct err *err);
/* Tells the problem of an answer that is not 2xx and returns its exit code. */
int ask_tell_problem(const struct reply *reply);
/* Tells why there was no answer. */
int ask_tell_failure(const struct cli *cli, const struct err *err);
void ask_pause(int64_t pause_ms);

/* What a problem (RFC 9457) says, in one line; pure. */
void ask_problem_text(int status, const char *body, size_t size, struct str *out);

/* The whole id of the run that the operand or flag RUN means: itself when it is whole, else asked
 * for. With run NULL: the newest run of --dag. What can be no
 * id is CODE_NOT_FOUND, an empty one CODE_USAGE. */
int ask_run_id(struct cli *cli, const char *run, char run_id[17]);

/* CODE_OK when the word can be a dag's id. Else tells that there is no such dag, as a daemon would,
 * which only says of such an address that nothing is served there: CODE_NOT_FOUND. */
int ask_check_dag(struct cli *cli, const char *dag);

/* The run that RUN means, as the API gives it: by its whole id or the beginning of it. Fails as
 * ask_run_id does. */
int ask_run(struct cli *cli, const char *run, struct reply *reply);
/* Puts a word of the command line into a body; NULL is left out. False, after having told that
 * what (the value of '--reason', TEXT) is not UTF-8. */
bool ask_put_text(json_t *body, const char *key, const char *what, const char *text);
/* Likewise the value of a flag. */
bool ask_put_flag(json_t *body, const char *key, const struct args *args, enum flag_id id);

/* A member's text, "" when it is missing, null or no text. */
const char *reply_text(const json_t *object, const char *key);
/* A member's number, 0 when it is missing, null or no number. */
int64_t reply_number(const json_t *object, const char *key);
/* A member's instant, 0 when it is missing or null. */
int64_t reply_instant(const json_t *object, const char *key);

#endif
