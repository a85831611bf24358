/* spawn.c - starting a program; see spawn.h.
 *
 * The child shares the caller's memory until its exec (CLONE_VM and CLONE_VFORK: the caller waits),
 * which spares the copying of page tables, a tenth of what an attempt costs. clone3 can put the
 * child into its cgroup at birth, where moving it later would stall the whole machine for
 * milliseconds; the C library does not wrap it, so the few instructions stand here. Where they are
 * not written for the processor, and under sanitizers, the child is a plain fork. */
#include "executor/process/spawn.h"

#include "base/file.h"
#include "base/sys.h"

#include <errno.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SPAWN_SHARES_MEMORY 1
#else
#define SPAWN_SHARES_MEMORY 0
#endif

#define CHILD_STACK_BYTES 65536
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* What parent and child both see, in memory that even a plain fork shares. */
struct shared {
	const struct spawn_task *task;
	pid_t parent;
	bool is_in_cgroup;
	const char *failed; /* the call that failed; NULL = none */
	int error;
	_Alignas(16) char stack[CHILD_STACK_BYTES];
};

static const char *path_of(char *const *envp)
{
	for (; *envp != NULL; envp++)
		if (strncmp(*envp, "PATH=", 5) == 0)
			return *envp + 5;
	return DEFAULT_PATH;
}

/* As execvpe(3), but with the PATH that the program itself will see. Returns the errno value that
 * tells most: a program that may not be run is told before one that is not there. */
static int exec_on_path(char *const *argv, char *const *envp)
{
	const char *path = path_of(envp);
	int error = ENOENT;

	while (path != NULL) {
		const char *colon = strchrnul(path, ':');
		char file[PATH_MAX];
		int length = snprintf(file, sizeof file, "%.*s%s%s", (int)(colon - path), path,
				      colon == path ? "" : "/", argv[0]);

		if (length < (int)sizeof file) {
			execve(file, argv, envp);
			if (errno != ENOENT && errno != ENOTDIR)
				error = errno;
		}
		path = *colon == '\0' ? NULL : colon + 1;
	}
	return error;
}

static int exec_program(const struct spawn_task *task)
{
	if (task->argv[0][0] == '\0')
		return ENOENT;
	if (strchr(task->argv[0], '/') == NULL)
		return exec_on_path(task->argv, task->envp);
	execve(task->argv[0], task->argv, task->envp);
	return errno;
}

__attribute__((noreturn)) static void fail(struct shared *shared, const char *what, int error)
{
	shared->failed = what;
	shared->error = error;
	_exit(127);
}

/* The memory of one process can be limited only as its address space. What is asked for beyond a
 * limit that the caller has itself is no failure: the lower one holds. */
static void limit_memory(const struct shared *shared)
{
	const struct spawn_task *task = shared->task;
	struct rlimit limit;

	if (task->memory_bytes == 0 || (shared->is_in_cgroup && task->cgroup_limits_memory) ||
	    getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_max < task->memory_bytes)
		return;
	limit.rlim_cur = limit.rlim_max = (rlim_t)task->memory_bytes;
	setrlimit(RLIMIT_AS, &limit);
}

/* The child, between birth and exec. It may share the parent's memory: nothing here may allocate or
 * change what the parent still needs. */
__attribute__((noreturn)) static void child(struct shared *shared)
{
	const struct spawn_task *task = shared->task;
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != shared->parent) /* the shim died before the line above */
		_exit(127);
	setsid();
	umask(022); /* the daemon's own keeps its home private; a task's files are the user's affair
		     */
	if (task->input_fd >= 0 && dup2(task->input_fd, STDIN_FILENO) < 0)
		fail(shared, "redirect input", errno);
	if (dup2(task->output_fd, STDOUT_FILENO) < 0 || dup2(task->error_fd, STDERR_FILENO) < 0)
		fail(shared, "redirect output", errno);
	if (chdir(task->cwd) != 0)
		fail(shared, "chdir", errno);
	syscall(SYS_close_range, 3u, ~0u, 0u);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	limit_memory(shared);
	fail(shared, "exec", exec_program(task));
}

#if SPAWN_SHARES_MEMORY
/* clone3(2) whose child calls child(shared) on the stack that args names. All registers but rax,
 * rcx and r11 are kept over the call, in parent and child. */
static long clone_child(struct clone_args *args, struct shared *shared)
{
	long pid;

	args->flags |= CLONE_VM;
	args->stack = (uintptr_t)shared->stack;
	args->stack_size = CHILD_STACK_BYTES;
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %[shared], %%rdi\n\t"
			 "call *%[child]\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(pid)
			 : "a"(SYS_clone3), "D"(args),
			   "S"(sizeof *args), [shared] "r"(shared), [child] "r"(child)
			 : "rcx", "r11", "memory", "cc");
	if (pid < 0) {
		errno = (int)-pid;
		return -1;
	}
	return pid;
}
#else
static long clone_child(struct clone_args *args, struct shared *shared)
{
	long pid = syscall(SYS_clone3, args, sizeof *args);

	if (pid == 0)
		child(shared);
	return pid;
}
#endif

static pid_t start_child(struct shared *shared, int cgroup_fd)
{
	struct clone_args args = {.flags = (__u64)CLONE_VFORK, .exit_signal = SIGCHLD};
	long pid;

	if (sys_fault(SYS_CALL_FORK))
		return -1;
	shared->is_in_cgroup = cgroup_fd >= 0;
	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (__u64)(unsigned)cgroup_fd;
	}
	pid = clone_child(&args, shared);
	/* Kernels before 5.3 and some sandboxes have no clone3. */
	if (pid < 0 && cgroup_fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		pid = syscall(SYS_clone, (unsigned long)(CLONE_VFORK | SIGCHLD), 0, 0, 0, 0);
		if (pid == 0)
			child(shared);
	}
	return (pid_t)pid;
}

static void tell_failure(const struct shared *shared, struct spawn_result *result)
{
	const struct spawn_task *task = shared->task;
	const char *subject = strcmp(shared->failed, "exec") == 0 ? task->argv[0] : task->cwd;

	snprintf(result->reason, sizeof result->reason, "%s '%.380s': %s", shared->failed, subject,
		 strerror(shared->error));
}

static bool run(struct shared *shared, struct spawn_result *result)
{
	int cgroup_fd = shared->task->cgroup_fd;

	result->pid = start_child(shared, cgroup_fd);
	result->is_in_cgroup = result->pid > 0 && cgroup_fd >= 0;
	/* The group may be full, gone or of a kind that takes no processes: then without it. */
	if (result->pid < 0 && cgroup_fd >= 0 && errno != EAGAIN && errno != ENOMEM)
		result->pid = start_child(shared, -1);
	if (result->pid < 0) {
		snprintf(result->reason, sizeof result->reason, "fork: %s", strerror(errno));
		return false;
	}
	if (shared->failed == NULL)
		return true;
	waitpid(result->pid, NULL, 0);
	tell_failure(shared, result);
	return false;
}

bool spawn_task(const struct spawn_task *task, struct spawn_result *result)
{
	struct shared *shared =
	    mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool started;

	memset(result, 0, sizeof *result);
	if (shared == MAP_FAILED) {
		snprintf(result->reason, sizeof result->reason, "fork: %s", strerror(errno));
		return false;
	}
	shared->task = task;
	shared->parent = getpid();
	started = run(shared, result);
	munmap(shared, sizeof *shared);
	return started;
}
