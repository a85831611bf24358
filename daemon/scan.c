/* scan.c - walks a dag folder; see scan.h. */
#include "daemon/scan.h"

#include "base/str.h"
#include "daemon/follow.h"
#include "model/defaults.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEPTH_MAX 64
/* Below one folder of the top. A link to / or folders full of links to each other have no end that
 * anyone would wait for. */
#define FOLDERS_MAX 65536

/* Without IN_MODIFY: a task may write its data beside the dags, and each write would wake us. A
 * file that is still being written is told by its stamp (is_restless), and by its close. */
#define EVENTS                                                                              \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB | \
	 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

/* The folders from the top down to where the walk stands: a link back to one of them is a loop. */
struct trail {
	const struct trail *above;
	dev_t device;
	ino_t inode;
	unsigned depth;
	const struct scan_defaults *defaults; /* the nearest here or above */
};

void scan_init(struct scan *scan)
{
	struct timespec now;

	memset(scan, 0, sizeof *scan);
	arena_init(&scan->arena);
	scan->inotify_fd = -1;
	clock_gettime(CLOCK_REALTIME, &now);
	scan->now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void scan_close(struct scan *scan)
{
	vec_close(&scan->files);
	vec_close(&scan->defaults);
	vec_close(&scan->watches);
	vec_close(&scan->names);
	arena_close(&scan->arena);
}

bool scan_is_dag_file(const char *name)
{
	return str_ends_with(name, ".yaml") || str_ends_with(name, ".yml");
}

static int64_t nanoseconds(const struct timespec *at)
{
	return (int64_t)at->tv_sec * 1000000000 + at->tv_nsec;
}

static struct scan_stamp stamp_of(const struct stat *status)
{
	return (struct scan_stamp){.device = (int64_t)status->st_dev,
				   .inode = (int64_t)status->st_ino,
				   .size = status->st_size,
				   .mtime_ns = nanoseconds(&status->st_mtim),
				   .ctime_ns = nanoseconds(&status->st_ctim)};
}

struct scan_stamp scan_stamp_of(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return (struct scan_stamp){0};
	return stamp_of(&status);
}

bool scan_stamp_equal(const struct scan_stamp *a, const struct scan_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

/* --- what is watched -----------------------------------------------------------------------------
 */

static void watch(struct scan *scan, const char *path)
{
	struct scan_watch watch = {.path = arena_strdup(&scan->arena, path)};

	if (scan->inotify_fd < 0)
		return;
	watch.number = inotify_add_watch(scan->inotify_fd, path, EVENTS);
	if (watch.number >= 0)
		vec_push(&scan->watches, watch);
	else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
		scan->is_unwatched = true;
}

static void watch_place(void *context, const char *folder, const char *name)
{
	struct scan *scan = context;

	watch(scan, folder);
	vec_push(&scan->names, arena_strdup(&scan->arena, name));
}

void scan_watch_file(struct scan *scan, const char *path)
{
	if (scan->inotify_fd >= 0)
		follow_path(path, watch_place, scan);
}

/* --- what is found -------------------------------------------------------------------------------
 */

static bool is_fresh(struct scan *scan, const struct scan_stamp *stamp)
{
	int64_t edge_ns = scan->now_ns - SCAN_QUIET_MS * 1000000LL;
	bool fresh = stamp->ctime_ns > edge_ns;

	scan->is_restless |= fresh;
	return fresh;
}

static struct scan_file *add_file(struct scan *scan, const char *path, const char *name,
				  const struct stat *status, const struct scan_defaults *defaults)
{
	struct scan_file file = {.path = arena_strdup(&scan->arena, path),
				 .name = arena_strdup(&scan->arena, name),
				 .defaults = defaults};

	if (status != NULL) {
		file.stamp = stamp_of(status);
		file.is_fresh = is_fresh(scan, &file.stamp);
	}
	vec_push(&scan->files, file);
	return &scan->files.items[scan->files.count - 1];
}

static const struct scan_defaults *add_defaults(struct scan *scan, const char *path,
						const char *name, const struct stat *status,
						const struct scan_defaults *above)
{
	struct scan_defaults *defaults = arena_alloc(&scan->arena, sizeof *defaults);

	defaults->path = arena_strdup(&scan->arena, path);
	defaults->name = arena_strdup(&scan->arena, name);
	defaults->stamp = stamp_of(status);
	defaults->is_fresh = is_fresh(scan, &defaults->stamp);
	defaults->above = above;
	vec_push(&scan->defaults, defaults);
	return defaults;
}

static bool is_on_trail(const struct trail *trail, const struct stat *status)
{
	for (; trail != NULL; trail = trail->above)
		if (trail->device == status->st_dev && trail->inode == status->st_ino)
			return true;
	return false;
}

static int walk(struct scan *scan, const char *path, const char *shown, const struct trail *above,
		struct err *err);

/* What is there but cannot be reached may hold what is in force. A name that went since the folder
 * was listed holds nothing. */
static void add_fault(struct scan *scan, const char *path, const char *shown, const char *what,
		      const char *why)
{
	struct stat status;

	if (lstat(path, &status) != 0 && errno == ENOENT)
		return;
	add_file(scan, path, shown, NULL, NULL)->fault =
	    arena_printf(&scan->arena, "%scannot be read: %s", what, why);
}

static void join(char out[PATH_MAX], const char *shown, const char *name)
{
	bool plain = shown == NULL || str_ends_with(shown, "/");

	snprintf(out, PATH_MAX, "%s%s%s", shown == NULL ? "" : shown, plain ? "" : "/", name);
}

/* A link that leads nowhere, say. */
static void visit_unreachable(struct scan *scan, const char *path, const char *shown, int error)
{
	if (scan_is_dag_file(shown) ||
	    (scan->is_known != NULL && scan->is_known(scan->context, shown)))
		add_fault(scan, path, shown, "", strerror(error));
}

static bool is_link(const struct dirent *entry, const char *path)
{
	struct stat status;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_LNK;
	return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

static bool is_full(const struct scan *scan)
{
	return scan->folder_count > FOLDERS_MAX;
}

/* What has no end is told once, of the folder of the top that holds it. */
static void visit_folder(struct scan *scan, const char *path, const char *shown,
			 const struct trail *trail)
{
	bool is_top = trail->depth == 1;
	struct err err = {0};

	if (is_top)
		scan->folder_count = 0;
	if (walk(scan, path, shown, trail, &err) != 0 && (is_top || !is_full(scan)))
		add_fault(scan, path, shown, "folder ", err.message);
}

static void visit(struct scan *scan, const char *path, const char *shown,
		  const struct dirent *entry, const struct trail *trail)
{
	char below[PATH_MAX];
	char below_shown[PATH_MAX];
	struct stat status;

	if ((size_t)snprintf(below, sizeof below, "%s/%s", path, entry->d_name) >= sizeof below)
		return; /* no program could open it either */
	join(below_shown, shown, entry->d_name);
	if (is_link(entry, below))
		scan_watch_file(scan, below);
	if (stat(below, &status) != 0) {
		visit_unreachable(scan, below, below_shown, errno);
	} else if (S_ISDIR(status.st_mode)) {
		visit_folder(scan, below, below_shown, trail);
	} else if (scan_is_dag_file(entry->d_name) && !defaults_is_name(entry->d_name)) {
		add_file(scan, below, below_shown, &status, trail->defaults);
	}
}

/* The heddle.yaml of a folder comes before all that it holds for. One that is there but cannot be
 * reached is told when it is read. */
static const struct scan_defaults *find_defaults(struct scan *scan, const char *path,
						 const char *shown,
						 const struct scan_defaults *above)
{
	static const char *const names[] = {"heddle.yaml", "heddle.yml"};
	const struct scan_defaults *found = above;
	char below[PATH_MAX];
	char below_shown[PATH_MAX];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct stat status;

		if ((size_t)snprintf(below, sizeof below, "%s/%s", path, names[i]) >= sizeof below)
			continue;
		if (lstat(below, &status) != 0)
			continue;
		if (S_ISLNK(status.st_mode))
			(void)stat(below, &status);
		if (S_ISDIR(status.st_mode))
			continue;
		join(below_shown, shown, names[i]);
		found = add_defaults(scan, below, below_shown, &status, found);
	}
	return found;
}

static int is_wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk(struct scan *scan, const char *path, const char *shown, const struct trail *above,
		struct err *err)
{
	struct trail here = {.above = above, .depth = above == NULL ? 1 : above->depth + 1};
	struct dirent **entries = NULL;
	struct stat status;
	int count;

	if (stat(path, &status) != 0)
		return err_errno(err, errno, "open '%s'", path);
	if (is_on_trail(above, &status))
		return 0;
	if (here.depth > DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "more than %u folders in each other", DEPTH_MAX);
	here.device = status.st_dev;
	here.inode = status.st_ino;
	watch(scan, path);
	count = scandir(path, &entries, is_wanted, by_name);
	if (count < 0)
		return err_errno(err, errno, "list '%s'", path);
	here.defaults = find_defaults(scan, path, shown, above == NULL ? NULL : above->defaults);
	scan->folder_count++;
	for (int i = 0; i < count; i++) {
		if (!is_full(scan) || above == NULL)
			visit(scan, path, shown, entries[i], &here);
		mem_free(entries[i]);
	}
	mem_free(entries);
	if (is_full(scan) && above != NULL)
		return err_set(err, ERR_LIMIT,
			       "more than %d folders: does a link in it lead to them?",
			       FOLDERS_MAX);
	return 0;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct scan_file *)a)->name, ((const struct scan_file *)b)->name);
}

int scan_folder(struct scan *scan, const char *path, const char *shown, struct err *err)
{
	int rc;

	/* The folder itself may be swapped: by a link to it, or removed and made anew. */
	scan_watch_file(scan, path);
	rc = walk(scan, path, shown, NULL, err);
	if (scan->files.count > 1)
		qsort(scan->files.items, scan->files.count, sizeof *scan->files.items,
		      compare_files);
	return rc;
}

/* --- one file ------------------------------------------------------------------------------------
 */

static bool has_entry(const char *folder, const char *name)
{
	char path[PATH_MAX];

	return (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path &&
	       access(path, F_OK) == 0;
}

static bool is_top(const char *folder)
{
	return strcmp(folder, "/") == 0 || has_entry(folder, ".git") ||
	       has_entry(folder, "heddle.db");
}

/* A folder below the present one is named from there, as its files are. */
static const char *shown_folder(const char *folder)
{
	char here[PATH_MAX];
	size_t length;

	if (getcwd(here, sizeof here) == NULL)
		return folder;
	length = strlen(here);
	if (strcmp(folder, here) == 0)
		return NULL;
	if (strncmp(folder, here, length) == 0 && folder[length] == '/')
		return folder + length + 1;
	return folder;
}

/* From the top down, so that each finds the one above it. */
static const struct scan_defaults *defaults_up_to(struct scan *scan, const char *folder)
{
	const struct scan_defaults *above = NULL;
	char parent[PATH_MAX];
	char *slash;

	snprintf(parent, sizeof parent, "%s", folder);
	slash = strrchr(parent, '/');
	if (!is_top(folder) && slash != NULL) {
		slash[slash == parent ? 1 : 0] = '\0';
		above = defaults_up_to(scan, parent);
	}
	return find_defaults(scan, folder, shown_folder(folder), above);
}

int scan_single(struct scan *scan, const char *path, const char *shown, struct err *err)
{
	const struct scan_defaults *defaults = NULL;
	char whole[PATH_MAX];
	struct stat status;
	char *slash;

	if (stat(path, &status) != 0)
		return err_errno(err, errno, "open '%s'", path);
	if (realpath(path, whole) == NULL)
		return err_errno(err, errno, "open '%s'", path);
	slash = strrchr(whole, '/');
	slash[slash == whole ? 1 : 0] = '\0';
	if (!defaults_is_name(path))
		defaults = defaults_up_to(scan, whole);
	add_file(scan, path, shown, &status, defaults);
	return 0;
}

void scan_unwritten(struct scan *scan, const char *folder, const char *name)
{
	const struct scan_defaults *nearest = NULL;
	char path[PATH_MAX];

	if (!defaults_is_name(name))
		nearest = find_defaults(scan, folder, NULL, NULL);
	for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		char shown[PATH_MAX];

		snprintf(shown, sizeof shown, "%.*s", (int)(slash - name), name);
		if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, shown) >= sizeof path)
			return; /* no program could write it there */
		if (!defaults_is_name(name))
			nearest = find_defaults(scan, path, shown, nearest);
	}
	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path)
		add_file(scan, path, name, NULL, nearest);
}
