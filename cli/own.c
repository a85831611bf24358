/* own.c - see own.h. */
#include "cli/own.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"
#include "cli/ask.h"
#include "daemon/home.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_MS 60000
#define SETTLE_MS 3000
#define STOP_MS 20000
#define LOOK_MS 10
#define LOG_BYTES_MAX (1u << 20)
#define REMOVE_TRIES 3

/* --- its home -----------------------------------------------------------------------------------
 */

static int open_home(struct own *own, struct cli *cli, struct err *err)
{
	const char *above = getenv("TMPDIR");
	int rc = 0;

	if (args_has(cli->args, FLAG_HOME)) {
		rc = file_mkdirs(cli->home, err);
		if (rc == 0)
			rc = home_check_owner(cli->home, err);
	} else {
		snprintf(cli->home, sizeof cli->home, "%.*s/heddle-run-XXXXXX", PATH_MAX - 32,
			 above == NULL || above[0] == '\0' ? "/tmp" : above);
		own->is_temporary = mkdtemp(cli->home) != NULL;
		if (!own->is_temporary)
			rc = err_errno(err, errno, "make a folder '%s'", cli->home);
	}
	str_printf(&own->log, "%s/run.log", cli->home);
	return rc;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	(void)remove(path); /* what stays is told by the folder above, which then stays, too */
	return 0;
}

/* A last process of the run may still write into it while it is removed. */
static void remove_home(const char *path)
{
	for (int i = 0; i < REMOVE_TRIES && access(path, F_OK) == 0; i++) {
		if (i > 0)
			ask_pause(LOOK_MS * 10);
		nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	}
	if (access(path, F_OK) == 0)
		cli_tell("the temporary home '%s' cannot be removed", path);
}

/* --- its process --------------------------------------------------------------------------------
 */

/* In the child: a session of its own keeps an interrupt of the terminal from it, and nobody is left
 * to end it when its parent dies. */
static void become_daemon(const struct cli *cli, const struct own *own, const char *file,
			  pid_t parent)
{
	sigset_t none;
	int log_fd =
	    open(str_text(&own->log), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	sigemptyset(&none);
	if (log_fd < 0 || null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(log_fd, STDOUT_FILENO) < 0 || dup2(log_fd, STDERR_FILENO) < 0 || setsid() < 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) != 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 ||
	    getppid() != parent)
		_exit(CODE_FAILED);
	execl("/proc/self/exe", "heddle", "daemon", "--home", cli->home, "--dags", file, "--listen",
	      "none", (char *)NULL);
	_exit(CODE_FAILED);
}

/* What it said before it ended is why. */
static int tell_end(struct own *own, int status)
{
	struct str text = STR_INIT;
	int code =
	    WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : CODE_FAILED;

	own->pid = 0;
	if (file_read(str_text(&own->log), LOG_BYTES_MAX, &text, NULL) == 0)
		fputs(str_text(&text), stderr);
	str_close(&text);
	return cli_fail(code, "the daemon for this run did not start");
}

/* Another daemon may have the home, and answer: the one that started here is then about to end. */
static bool has_home(const struct own *own, const struct cli *cli)
{
	char path[PATH_MAX + 16];
	struct str text = STR_INIT;
	bool ours;

	snprintf(path, sizeof path, "%s/heddle.lock", cli->home);
	ours = file_read(path, LOG_BYTES_MAX, &text, NULL) == 0 &&
	       strtol(str_text(&text), NULL, 10) == own->pid;
	str_close(&text);
	return ours;
}

/* Why it never will be ready, or has not been yet: a home that is held, a disk that is full. */
static int tell_unready(const struct str *why)
{
	if (why->size > 0)
		return cli_fail(CODE_REFUSED, "the daemon for this run is not ready: %s",
				str_text(why));
	return cli_fail(CODE_FAILED, "the daemon for this run is not ready within %d s",
			START_MS / 1000);
}

/* What it says of itself may be over in a moment, so it is given one. */
static int wait_until_ready(struct own *own, struct cli *cli)
{
	int64_t until_ms = clock_now().boot_ms + START_MS;
	struct str why = STR_INIT;
	int code = -1;

	while (code < 0) {
		int64_t now_ms = clock_now().boot_ms;
		int status;

		if (waitpid(own->pid, &status, WNOHANG) == own->pid)
			code = tell_end(own, status);
		else if (has_home(own, cli) && ask_is_ready(cli, &why))
			code = CODE_OK;
		else if (now_ms >= until_ms)
			code = tell_unready(&why);
		else if (why.size > 0 && until_ms > now_ms + SETTLE_MS)
			until_ms = now_ms + SETTLE_MS;
		ask_pause(code < 0 ? LOOK_MS : 0);
	}
	str_close(&why);
	return code;
}

int own_start(struct own *own, struct cli *cli, const char *file)
{
	pid_t parent = getpid();
	struct err err = {0};

	memset(own, 0, sizeof *own);
	cli->url = NULL; /* also in a task, whose daemon is another one */
	if (open_home(own, cli, &err) != 0)
		return cli_fail_err(&err);
	fflush(NULL);
	own->pid = sys_fork();
	if (own->pid < 0) {
		own->pid = 0;
		err_errno(&err, errno, "start a daemon");
		return cli_fail_err(&err);
	}
	if (own->pid == 0)
		become_daemon(cli, own, file, parent);
	return wait_until_ready(own, cli);
}

static void end_process(pid_t pid)
{
	int64_t until_ms = clock_now().boot_ms + STOP_MS;

	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_now().boot_ms >= until_ms)
			kill(pid, SIGKILL);
		ask_pause(LOOK_MS);
	}
}

void own_stop(struct own *own, struct cli *cli)
{
	if (own->pid > 0)
		end_process(own->pid);
	own->pid = 0;
	if (own->is_temporary)
		remove_home(cli->home);
	str_close(&own->log);
}
