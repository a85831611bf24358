/* signed_out.h - the sessions that were ended before their time, on disk: HOME/signed-out.
 *
 *	UNTIL_MS HASH\n     when it would have ended by itself at the latest, and the hash of its
 *cookie
 *
 * A line is written before the session counts as ended (session.h), so it stays ended whatever
 * happens to the daemon. At a start the lines whose time is over go. */
#ifndef HEDDLE_WEB_SIGNED_OUT_H
#define HEDDLE_WEB_SIGNED_OUT_H

#include "base/err.h"
#include "web/session.h"

#include <stdint.h>

/* On disk when it returns 0. On any thread. */
int signed_out_note(const char *home, const char *cookie, int64_t now_wall_ms, struct err *err);
/* Ends what the file names. At a start, as it may write the file anew. */
int signed_out_load(const char *home, struct sessions *sessions, int64_t now_wall_ms,
		    struct err *err);

#endif
