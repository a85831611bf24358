/* identity.h - by what a task shows who it is: HEDDLE_TOKEN, and where it is good: HEDDLE_URL.
 *
 *	hdt1.ATTEMPT_ID.MAC   MAC: 64 hex digits, a keyed hash of the attempt's name
 *
 * A token follows from the key of the home (task.key, 0600), the incarnation and the attempt's
 * number. So nothing is kept of it, a daemon that starts again knows it, and one of before a
 * restore, whose numbers are given out anew, is worth nothing. Whether the attempt still runs is
 * asked for each time. */
#ifndef HEDDLE_DAEMON_IDENTITY_H
#define HEDDLE_DAEMON_IDENTITY_H

#include "base/err.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define IDENTITY_KEY_BYTES 32
#define IDENTITY_TOKEN_SIZE 96 /* with its NUL */
#define IDENTITY_URL_SIZE (PATH_MAX + 16)

struct identity {
	unsigned char key[IDENTITY_KEY_BYTES];
	const char *incarnation;     /* of the home; the store's */
	char url[IDENTITY_URL_SIZE]; /* http://..., or unix:PATH without TCP; "" = not known yet */
};

/* Reads HOME/task.key, which is made when it is missing. Fails with ERR_INVALID (it holds no key),
 * ERR_REFUSED (others can read it), else I/O codes. */
int identity_open(struct identity *identity, const char *home, const char *incarnation,
		  struct err *err);
void identity_close(struct identity *identity); /* wipes the key */

void identity_token(const struct identity *identity, int64_t attempt_id,
		    char token[IDENTITY_TOKEN_SIZE]);
/* The attempt that a token was made for; false when it is none of this home. */
bool identity_read_token(const struct identity *identity, const char *token, int64_t *attempt_id);

/* Where a task on this machine reaches the daemon: what it listens on, or 127.0.0.1 or [::1] when
 * that is all addresses; host NULL = the socket. */
void identity_set_url(struct identity *identity, const char *host, uint16_t port,
		      const char *socket_path);

#endif
