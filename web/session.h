/* session.h - how the page is signed in: a one-time link, and the cookie that it is spent for.
 *
 *	link     printed for whoever started the daemon; good once, for ten minutes
 *	cookie   good for twelve hours, over restarts of the daemon too; over TCP only, as the Unix
 *	         socket tells who is there
 *	CSRF     follows from the cookie; a page must send it with what changes something, so that
 *	         a cookie alone, which browsers add by themselves, changes nothing
 *
 * Secrets are 32 bytes in hex. A link is random; only its hash is kept, in memory, until a time of
 * the boot clock, which nobody sets. A cookie is kept nowhere: it holds its end (wall time, which
 * outlives a boot) and a signature made with what follows from the home's token. A new token ends
 * all sessions. Of one that its user has ended the hash is kept until its time is over, here and on
 * disk (signed_out.h).
 *
 *	cookie = end in ms (8 bytes, big endian) | random (8) | signature of both (16) */
#ifndef HEDDLE_WEB_SESSION_H
#define HEDDLE_WEB_SESSION_H

#include "base/clock.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_SECRET_SIZE 65 /* with its NUL */
#define SESSION_LINK_MS (10 * 60 * 1000)
#define SESSION_MS (12 * 60 * 60 * 1000)
/* A cookie may still be good for so long: the clock may have been set back since it was made. */
#define SESSION_LONGEST_MS (SESSION_MS + 5 * 60 * 1000)
#define SESSION_LINKS_MAX 8 /* the oldest makes room */
#define SESSION_HASH_BYTES 32
#define SESSION_KEY_BYTES 32
#define SESSION_NAME_SIZE 24

struct session_entry {
	unsigned char hash[SESSION_HASH_BYTES];
	int64_t until_boot_ms; /* 0 = free */
};

/* A session that was ended. */
struct session_ended {
	unsigned char hash[SESSION_HASH_BYTES]; /* of its cookie */
	int64_t until_wall_ms;                  /* when it would have ended by itself */
};

struct sessions {
	unsigned char key[SESSION_KEY_BYTES]; /* cookies are signed with it */
	struct session_entry links[SESSION_LINKS_MAX];
	VEC(struct session_ended) ended;
};

/* token NULL: the sessions last as long as the daemon. */
void session_init(struct sessions *sessions, const char *token);
void session_close(struct sessions *sessions);
void session_make_link(struct sessions *sessions, int64_t now_boot_ms,
		       char secret[SESSION_SECRET_SIZE]);
/* The address of a link on the daemon at host (an IPv6 address without brackets) and port. */
#define SESSION_URL_SIZE 420
void session_link_url(const char *host, uint16_t port, const char *secret,
		      char url[SESSION_URL_SIZE]);
/* Spends a link. False: it is none, was spent, or its time is over. */
bool session_spend_link(struct sessions *sessions, const char *secret, struct moment now,
			char cookie[SESSION_SECRET_SIZE]);
/* When the session of the cookie ends; 0 = there is none. Wall time. */
int64_t session_until(const struct sessions *sessions, const char *cookie, int64_t now_wall_ms);
/* From now on there is none. */
void session_end(struct sessions *sessions, const char *cookie, int64_t now_wall_ms);
void session_end_hash(struct sessions *sessions, const unsigned char hash[SESSION_HASH_BYTES],
		      int64_t until_wall_ms);
void session_hash(const char *cookie, unsigned char hash[SESSION_HASH_BYTES]);
/* What a page must send beside the cookie. */
void session_csrf(const char *cookie, char csrf[SESSION_SECRET_SIZE]);
bool session_csrf_matches(const char *cookie, const char *given); /* given NULL = none */

/* The name of the cookie of the daemon on this port. */
void session_cookie_name(uint16_t port, char name[SESSION_NAME_SIZE]);
/* Finds the next cookie by name in a Cookie header (RFC 6265 section 4.2.1), from *header on, which
 * moves behind it. False when there is none any more that is a secret. Another server on the host
 * can set one of the same name, and a browser then sends both. */
bool session_find_cookie(const char **header, const char *name, char cookie[SESSION_SECRET_SIZE]);

#endif
