/* frame.h - what daemon and launcher say to each other over their socket.
 *
 * Both are of one machine and start each other, so numbers are in its own order; the version is for
 * a launcher that was installed over the one its daemon was built with. Every frame begins with
 * struct frame_head. A launch carries its texts after its fixed parts, each with its NUL: name,
 * day, cwd, run_dir, then the arguments, then the environment as NAME=VALUE.
 *
 * Each frame says the version that its own layout came with, so that an older daemon understands
 * what it is told. Version 2 is that of a launch in which struct frame_launch_more stands between
 * struct frame_launch_fixed and the texts, and in which the stdin follows run_dir (also when there
 * is none: then it is empty). A launch of version 1 has neither, and is read as one that wants
 * nothing of it. */
#ifndef HEDDLE_EXECUTOR_PROCESS_FRAME_H
#define HEDDLE_EXECUTOR_PROCESS_FRAME_H

#include "base/str.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_VERSION 1        /* of every frame but a launch */
#define FRAME_VERSION_LAUNCH 2 /* of a launch as it is written now */
/* A query, and what is put before it for its engine. */
#define FRAME_STDIN_MAX_BYTES (LIMIT_QUERY_BYTES + 65536u)
#define FRAME_PLAIN_MAX_BYTES                                              \
	(LIMIT_LAUNCH_BYTES + 32768u) /* of a frame, its stdin not counted \
				       */
#define FRAME_MAX_BYTES (FRAME_PLAIN_MAX_BYTES + FRAME_STDIN_MAX_BYTES)
#define FRAME_STRINGS_MAX 65536u /* arguments and environment of one launch */

enum frame_type {
	/* to the launcher */
	FRAME_HELLO,  /* struct frame_hello, with two descriptors: lock, and a pipe whose other end
			 is the daemon's as long as it lives */
	FRAME_LAUNCH, /* struct frame_launch_fixed and texts */
	/* to the daemon */
	FRAME_GONE,    /* struct frame_gone: a shim ended */
	FRAME_ORPHANS, /* struct frame_orphans: how many processes of dead shims are being ended */
	/* to the launcher: are you there? It sends the same frame back, in its turn. */
	FRAME_PING, /* struct frame_head alone */
};

struct frame_head {
	uint32_t size; /* of the whole frame */
	uint8_t version;
	uint8_t type;
	uint16_t zero;
};

struct frame_hello {
	struct frame_head head;
	char boot_id[64];
	char incarnation[72];
};

struct frame_launch_fixed {
	struct frame_head head;
	int64_t attempt_id;
	int64_t timeout_ms;
	int64_t grace_ms;
	uint64_t log_limit_bytes;
	uint32_t argc;
	uint32_t envc;
	uint8_t without_cgroup;
	uint8_t zero[7];
};

/* Since version 2. */
struct frame_launch_more {
	uint64_t memory_bytes;
	uint32_t cpus_milli;
	uint32_t pids;
	uint8_t has_stdin;
	uint8_t keep_stdout;
	uint8_t want_artifacts;
	uint8_t zero[5];
};

struct frame_gone {
	struct frame_head head;
	int64_t attempt_id;
	int32_t status;     /* as of wait(2) */
	int32_t fork_errno; /* not 0: there never was a shim */
};

struct frame_orphans {
	struct frame_head head;
	uint32_t count;
	uint32_t zero;
};

/* How a shim exits, besides 0 (record written) and an errno value (nothing claimed). */
#define SHIM_EXIT_CLAIM_EXISTS 200
#define SHIM_EXIT_UNTOLD 201 /* it ran the attempt and could tell nobody how that ended */

/* A launch as read from a frame. Texts point into it. */
struct frame_launch {
	int64_t attempt_id;
	int64_t timeout_ms;
	int64_t grace_ms;
	uint64_t log_limit_bytes;
	uint64_t memory_bytes; /* 0 = no limit; so are the next two */
	uint32_t cpus_milli;
	uint32_t pids;
	bool without_cgroup;
	bool keep_stdout;
	bool want_artifacts;
	const char *name;
	const char *day;
	const char *cwd;
	const char *run_dir;    /* "" = none */
	const char *stdin_text; /* NULL = none */
	uint32_t argc;
	uint32_t envc;
	const char *strings; /* argc arguments, then envc environment texts */
	size_t strings_bytes;
};

/* The head of a frame of the given type and size. */
struct frame_head frame_head(enum frame_type type, size_t size);
/* Looks at the first bytes of a stream. Returns the size of the frame that begins there, 0 while
 * there are too few bytes to tell, or -1 when it is no frame of a version that is known. */
long frame_size(const void *bytes, size_t count);

/* Appends the head of a launch (texts and counts set, strings NULL) and its first texts; the caller
 * then appends argc + envc texts with their NULs and calls frame_launch_end. */
void frame_launch_begin(struct str *frame, const struct frame_launch *launch);
/* Sets the size. False when the frame is larger than the launcher takes. */
bool frame_launch_end(struct str *frame, const struct frame_launch *launch);
/* Reads a whole frame of type FRAME_LAUNCH, of any version. False for one that does not hold what
 * it says. */
bool frame_launch_decode(const void *bytes, size_t count, struct frame_launch *out);
/* The text after this one, in strings. */
const char *frame_next(const char *text);

#endif
