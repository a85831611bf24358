/* git.c - reads HEAD, refs and packed-refs; see git.h.
 *
 * gitrepository-layout(5): HEAD is "ref: refs/heads/NAME" or a commit. A ref is a file of that
 * name, or a line "COMMIT refs/heads/NAME" of packed-refs. In a linked work tree .git is a file
 * "gitdir: PATH"; refs then live in the folder that PATH/commondir names. */
#include "daemon/git.h"

#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GIT_NICE 19
#define POINTER_BYTES_MAX 8192u
#define PACKED_BYTES_MAX (16u * 1024 * 1024)

/* The first line of folder/name, without its end; false when it cannot be read. */
static bool read_line(const char *folder, const char *name, char out[PATH_MAX])
{
	struct str text = STR_INIT;
	char path[PATH_MAX];
	bool ok = (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path &&
		  file_read(path, POINTER_BYTES_MAX, &text, NULL) == 0;

	if (ok)
		snprintf(out, PATH_MAX, "%.*s", (int)strcspn(str_text(&text), "\r\n"),
			 str_text(&text));
	str_close(&text);
	return ok;
}

/* path, from folder unless it is absolute. */
static bool resolve(const char *folder, const char *path, char out[PATH_MAX])
{
	int length = path[0] == '/' ? snprintf(out, PATH_MAX, "%s", path)
				    : snprintf(out, PATH_MAX, "%s/%s", folder, path);

	return length > 0 && length < PATH_MAX;
}

static bool look_for(const char *root, struct git_tree *tree)
{
	char path[PATH_MAX];
	char line[PATH_MAX];
	struct stat status;

	if ((size_t)snprintf(path, sizeof path, "%s/.git", root) >= sizeof path ||
	    stat(path, &status) != 0)
		return false;
	if (S_ISDIR(status.st_mode))
		snprintf(tree->folder, sizeof tree->folder, "%s", path);
	else if (!read_line(root, ".git", line) || !str_starts_with(line, "gitdir: ") ||
		 !resolve(root, line + strlen("gitdir: "), tree->folder))
		return false;
	snprintf(tree->root, sizeof tree->root, "%s", root);
	return true;
}

void git_find(const char *folder, struct git_tree *tree)
{
	char root[PATH_MAX];
	char *slash;

	memset(tree, 0, sizeof *tree);
	tree->dirty = -1;
	snprintf(root, sizeof root, "%s", folder);
	while (!look_for(root, tree) && (slash = strrchr(root, '/')) != NULL && slash != root)
		*slash = '\0';
}

static bool take_commit(struct git_tree *tree, const char *text)
{
	size_t length = strspn(text, "0123456789abcdef");

	if ((length != 40 && length != 64) || (text[length] != '\0' && text[length] != ' '))
		return false;
	memcpy(tree->commit, text, length);
	tree->commit[length] = '\0';
	return true;
}

static void find_packed(struct git_tree *tree, const char *common, const char *ref)
{
	struct str text = STR_INIT;
	char path[PATH_MAX];
	const char *line = NULL;
	size_t length = strlen(ref);

	if ((size_t)snprintf(path, sizeof path, "%s/packed-refs", common) < sizeof path &&
	    file_read(path, PACKED_BYTES_MAX, &text, NULL) == 0)
		line = str_text(&text);
	for (; line != NULL; line = strchr(line, '\n')) {
		const char *space;

		line += *line == '\n';
		space = strchr(line, ' ');
		if (space != NULL && strncmp(space + 1, ref, length) == 0 &&
		    (space[1 + length] == '\n' || space[1 + length] == '\0')) {
			(void)take_commit(tree, line);
			break;
		}
	}
	str_close(&text);
}

void git_read_commit(struct git_tree *tree)
{
	char head[PATH_MAX];
	char line[PATH_MAX];
	char common[PATH_MAX];
	const char *ref = head + strlen("ref: ");

	if (tree->root[0] == '\0' || !read_line(tree->folder, "HEAD", head))
		return;
	if (!str_starts_with(head, "ref: ")) {
		(void)take_commit(tree, head);
		return;
	}
	if (!read_line(tree->folder, "commondir", line) || !resolve(tree->folder, line, common))
		snprintf(common, sizeof common, "%s", tree->folder);
	if (!read_line(common, ref, line) || !take_commit(tree, line))
		find_packed(tree, common, ref);
}

/* --- changes -------------------------------------------------------------------------------------
 */

/* Neither a hook of the repository (fsmonitor) nor the lock of its index: git must only look. The
 * task's own environment has no business here, but what tells git of another repository is left
 * out. */
static pid_t start_status(const char *root, int out_fd)
{
	char in_root[PATH_MAX];
	const char *argv[] = {"git",
			      "-C",
			      in_root,
			      "-c",
			      "core.fsmonitor=false",
			      "--no-optional-locks",
			      "status",
			      "--porcelain",
			      "--untracked-files=normal",
			      "--",
			      ".",
			      NULL};
	const char *path = getenv("PATH");
	char path_var[4096];
	const char *env[] = {path_var, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", NULL, NULL};
	char home_var[PATH_MAX + 8];
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;

	snprintf(in_root, sizeof in_root, "%s", root);
	snprintf(path_var, sizeof path_var, "PATH=%s", path == NULL ? "/usr/bin:/bin" : path);
	if (getenv("HOME") != NULL) { /* safe.directory stands in the user's configuration */
		snprintf(home_var, sizeof home_var, "HOME=%.*s", PATH_MAX, getenv("HOME"));
		env[3] = home_var;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	/* posix_spawnp changes neither list; its types are older than const. */
	if (posix_spawnp(&pid, "git", &actions, NULL, (char *const *)(uintptr_t)argv,
			 (char *const *)(uintptr_t)env) != 0)
		pid = -1;
	/* It reads a whole tree just when the daemon starts, or tasks do: they come first. */
	if (pid > 0)
		(void)setpriority(PRIO_PROCESS, (id_t)pid, GIT_NICE);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/* True when there is output within the time; false at the end of it, or when time is over. */
static bool wait_for_output(int fd, bool *is_late)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	char byte;
	int rc;

	do
		rc = poll(&poll_fd, 1, GIT_WAIT_MS);
	while (rc < 0 && errno == EINTR);
	*is_late = rc <= 0;
	return rc > 0 && read(fd, &byte, 1) == 1;
}

void git_read_dirty(struct git_tree *tree)
{
	int fds[2];
	int status = 0;
	bool is_late = false;
	bool any;
	pid_t pid;

	if (tree->root[0] == '\0' || pipe2(fds, O_CLOEXEC) != 0)
		return;
	pid = start_status(tree->root, fds[1]);
	fd_close(&fds[1]);
	any = pid > 0 && wait_for_output(fds[0], &is_late);
	/* One change is all that is asked for. */
	if (pid > 0 && (any || is_late))
		kill(pid, SIGKILL);
	fd_close(&fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (any)
		tree->dirty = 1;
	else if (pid > 0 && !is_late && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		tree->dirty = 0;
}
