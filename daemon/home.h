/* home.h - the folder in which one daemon keeps everything: its layout, its lock, its token.
 *
 *	heddle.lock   locked (flock) while a daemon lives; holds its process id
 *	heddle.db     the store
 *	heddle.sock   the API for those whom the kernel vouches for
 *	token         0600: the bearer token of the API over TCP, made at the first start
 *	task.key      0600: of which tasks' tokens are made (identity.h)
 *	port          the TCP port of a daemon that took any free one
 *	dags/         the dag folder, unless another was named
 *	logs/DAY/     logs and claims of attempts
 *	runs/RUN/     scratch folder of a run
 *	spool/        exit records and the launcher's lock */
#ifndef HEDDLE_DAEMON_HOME_H
#define HEDDLE_DAEMON_HOME_H

#include "base/err.h"

#include <limits.h>
#include <stdint.h>

/* The database of a restore that has begun to replace the old one. */
#define HOME_RESTORING "heddle.db.restoring"

struct home {
	char path[PATH_MAX];         /* absolute, links resolved */
	char dags[PATH_MAX];         /* the dag folder */
	char dag_file[NAME_MAX + 1]; /* the only file of it that counts; "" = all do */
	char db_path[PATH_MAX];
	char socket_path[PATH_MAX];
	char token[65];
	char boot_id[37];
	char user[64]; /* whose process this is, as the system knows him */
	char user_home[PATH_MAX];
	int lock_fd;
};

/* Makes what is missing, closes a folder of ours to other users (0700), and takes the lock. dags
 * NULL = HOME/dags, which is made when missing; another one must exist, or be one file, which then
 * is all that counts of its folder. Fails with ERR_REFUSED when
 * a daemon has the home or root comes to another user's, ERR_NOT_FOUND without the dag folder,
 * ERR_LIMIT when the path is too long for a socket, else I/O codes. */
int home_open(const char *path, const char *dags, struct home *home, struct err *err);
/* Fails with ERR_REFUSED for root in another user's home: a daemon of root's would run that user's
 * tasks as root, and leave logs that he cannot read. */
int home_check_owner(const char *path, struct err *err);
/* Fails with ERR_REFUSED when the database is missing though attempts left their traces: to begin
 * with an empty one would forget runs, and what still runs of them; and when a restore was
 * interrupted. Before the store is opened. */
int home_check_store(const struct home *home, struct err *err);
/* Fails with ERR_REFUSED when an attempt left its claim that the database knows nothing of: it is
 * an older one, or lost the end of its log. To go on would give the same numbers again, and take
 * what those attempts came to for what new ones did. Before the store is opened: that would write
 * to it, and the lost log would not fit any more. What is wrong with the database otherwise is for
 * its opening to tell. */
int home_check_attempts(const struct home *home, struct err *err);
/* Fails with ERR_REFUSED when the home is a copy of one that is still there: what waits in both
 * would run twice, and what still runs there would be taken for the rest of dead attempts, and
 * ended. Before the store is opened. */
int home_check_copy(const struct home *home, struct err *err);
/* The port that a daemon of this home had been given when it asked for any free one; 0 = none. */
uint16_t home_former_port(const struct home *home);
void home_note_port(const struct home *home, uint16_t port); /* a failure is logged */
void home_close(struct home *home);

#endif
