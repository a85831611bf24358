/* pack_write.c - makes the file of a run's logs, step by step; see pack.h.
 *
 *	look        which files stand by themselves, what the file of before holds
 *	copy        to RUN.pack.new: bodies, then entries and head
 *	finish      sync, rename to RUN.pack, sync the folder
 *	            (the store is told)
 *	clear       remove the files that were copied, the claim of an attempt last
 *
 * Killed before the rename: nothing has changed. After it: the files are there twice, with the same
 * content; what stands by itself is taken again, what is gone from there is taken from the file. */
#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/vec.h"
#include "executor/process/claim.h"
#include "executor/process/codec.h"
#include "executor/process/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES 65536

/* One part of the file to be. */
struct item {
	struct pack_part part;
	bool is_single;   /* copied from a file of its own; else from the file of before */
	uint32_t attempt; /* is_single: its position */
	int64_t old_at;   /* else: where it begins there */
};

struct pack_writer {
	char *home;
	char run_id[PLACE_RUN_ID_SIZE];
	char path[PATH_MAX];
	char aside[PATH_MAX];
	struct pack_attempt *attempts;
	size_t attempt_count;
	struct pack old; /* fd -1 = there is none */
	VEC(struct item) items;
	size_t single_count; /* among them */
	bool is_partial;
	int64_t size_bytes;   /* of the file to be; 0 = none */
	int fd;               /* of aside; -1 = not begun, or done */
	int source_fd;        /* of the item being copied, when it stands by itself */
	size_t next;          /* the item being copied; then the one to be removed */
	int64_t copied_bytes; /* of it */
	uint32_t crc;         /* of those */
	bool is_written;
	char buffer[COPY_BYTES];
};

/* --- looking ------------------------------------------------------------------------------------
 */

static void set_incarnation(struct pack_part *part, const char *incarnation)
{
	snprintf(part->incarnation, sizeof part->incarnation, "%s", incarnation);
}

/* The sizes of what the attempt left, -1 = no such regular file. Returns their sum. */
static int64_t measure(const struct pack_writer *writer, const struct pack_attempt *attempt,
		       int64_t sizes[PACK_KIND_COUNT])
{
	char path[PATH_MAX];
	struct stat status;
	int64_t sum = 0;

	for (int kind = 0; kind < PACK_KIND_COUNT; kind++) {
		pack_single_path(writer->home, attempt, (enum pack_kind)kind, path);
		sizes[kind] = -1;
		if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode))
			continue;
		sizes[kind] = status.st_size;
		sum += status.st_size;
	}
	return sum;
}

/* Its shim lives, whatever the store says of it. */
static bool is_held(const struct pack_writer *writer, const struct pack_attempt *attempt)
{
	struct claim_file file;
	char path[PATH_MAX];
	bool held = false;

	pack_single_path(writer->home, attempt, PACK_CLAIM, path);
	return claim_file_read(path, &file, &held) == 0 && held;
}

static void add_attempt(struct pack_writer *writer, uint32_t position)
{
	const struct pack_attempt *attempt = &writer->attempts[position];
	int64_t sizes[PACK_KIND_COUNT];

	if (measure(writer, attempt, sizes) > PACK_LARGE_BYTES)
		return;
	if (sizes[PACK_CLAIM] >= 0 && is_held(writer, attempt)) {
		writer->is_partial = true;
		return;
	}
	for (int kind = 0; kind < PACK_KIND_COUNT; kind++) {
		struct item item = {.is_single = true, .attempt = position};

		if (sizes[kind] < 0)
			continue;
		item.part.attempt_id = attempt->ref.attempt_id;
		item.part.kind = (enum pack_kind)kind;
		item.part.size_bytes = sizes[kind];
		set_incarnation(&item.part, attempt->incarnation);
		vec_push(&writer->items, item);
		writer->single_count++;
	}
}

static int add_old(struct pack_writer *writer, struct err *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && writer->old.fd >= 0 && i < writer->old.count; i++) {
		struct item item = {.is_single = false};

		rc = pack_part_at(&writer->old, i, &item.part, err);
		item.old_at = item.part.at;
		vec_push(&writer->items, item);
	}
	return rc;
}

/* A file of its own before the same from the file of before. */
static int by_order(const void *a, const void *b)
{
	const struct item *left = a;
	const struct item *right = b;
	int order = pack_part_order(&left->part, &right->part);

	return order != 0 ? order : (int)right->is_single - (int)left->is_single;
}

static void lay_out(struct pack_writer *writer)
{
	size_t kept = 0;
	int64_t at;

	if (writer->items.count > 0)
		qsort(writer->items.items, writer->items.count, sizeof *writer->items.items,
		      by_order);
	for (size_t i = 0; i < writer->items.count; i++) {
		struct item *items = writer->items.items;

		if (kept > 0 && pack_part_order(&items[kept - 1].part, &items[i].part) == 0)
			continue;
		items[kept++] = items[i];
	}
	writer->items.count = kept;
	at = PACK_HEAD_BYTES + (int64_t)kept * PACK_ENTRY_BYTES;
	for (size_t i = 0; i < kept; i++) {
		writer->items.items[i].part.at = at;
		at += writer->items.items[i].part.size_bytes;
	}
	writer->size_bytes = kept == 0 ? 0 : at;
}

static int look(struct pack_writer *writer, struct err *err)
{
	int rc = pack_open(writer->path, &writer->old, err);

	if (rc != 0)
		writer->old.fd = -1;
	if (rc == ERR_NOT_FOUND)
		rc = 0;
	for (uint32_t i = 0; rc == 0 && i < writer->attempt_count; i++)
		add_attempt(writer, i);
	if (rc == 0)
		rc = add_old(writer, err);
	if (rc == 0)
		lay_out(writer);
	return rc;
}

int pack_writer_open(const char *home, struct pack_run run, const struct pack_attempt *attempts,
		     size_t count, struct pack_writer **out, struct err *err)
{
	struct pack_writer *writer = mem_alloc(sizeof *writer);
	int rc;

	writer->home = mem_strdup(home);
	writer->fd = writer->source_fd = writer->old.fd = -1;
	snprintf(writer->run_id, sizeof writer->run_id, "%s", run.run_id);
	pack_path(home, run, writer->path);
	if ((size_t)snprintf(writer->aside, sizeof writer->aside, "%s.new", writer->path) >=
	    sizeof writer->aside)
		writer->aside[0] = '\0'; /* opening it says so */
	writer->attempt_count = count;
	writer->attempts = mem_alloc((count + 1) * sizeof *attempts);
	if (count > 0)
		memcpy(writer->attempts, attempts, count * sizeof *attempts);
	rc = look(writer, err);
	if (rc != 0) {
		pack_writer_close(writer);
		writer = NULL;
	}
	*out = writer;
	return rc;
}

/* --- copying ------------------------------------------------------------------------------------
 */

static int write_at(const struct pack_writer *writer, const void *bytes, size_t count, int64_t at,
		    struct err *err)
{
	const char *from = bytes;

	while (count > 0) {
		ssize_t written = sys_pwrite(writer->fd, from, count, at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_errno(err, errno, "write '%s'", writer->aside);
		from += written;
		at += written;
		count -= (size_t)written;
	}
	return 0;
}

static int make_folder(const struct pack_writer *writer, struct err *err)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof folder, "%s", writer->path);
	*strrchr(folder, '/') = '\0';
	return file_mkdirs(folder, err);
}

/* One that an earlier try left is overwritten. All the room is asked for at once. */
static int begin(struct pack_writer *writer, struct err *err)
{
	int rc = make_folder(writer, err);

	if (rc != 0)
		return rc;
	writer->fd = sys_open(writer->aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	if (writer->fd < 0)
		return err_errno(err, errno, "create '%s'", writer->aside);
	if (sys_fallocate(writer->fd, writer->size_bytes) != 0 && errno != EOPNOTSUPP)
		return err_errno(err, errno, "make room for '%s'", writer->aside);
	return 0;
}

static int open_source(struct pack_writer *writer, const struct item *item, struct err *err)
{
	char path[PATH_MAX];

	if (!item->is_single || writer->source_fd >= 0)
		return 0;
	pack_single_path(writer->home, &writer->attempts[item->attempt], item->part.kind, path);
	writer->source_fd = sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	return writer->source_fd >= 0 ? 0 : err_errno(err, errno, "open '%s'", path);
}

/* What stands by itself is whole and does not change any more: its task is gone. */
static int check_unchanged(const struct pack_writer *writer, const struct item *item,
			   struct err *err)
{
	struct stat status;

	if (!item->is_single ||
	    (fstat(writer->source_fd, &status) == 0 && status.st_size == item->part.size_bytes))
		return 0;
	return err_set(err, ERR_AGAIN, "a file of attempt %lld changed while it was packed",
		       (long long)item->part.attempt_id);
}

/* The sum of what came from the file of before stays: so that what rotted there is still found. */
static void end_item(struct pack_writer *writer, struct item *item)
{
	if (item->is_single)
		item->part.crc = writer->crc;
	fd_close(&writer->source_fd);
	writer->copied_bytes = 0;
	writer->crc = 0;
	writer->next++;
}

static int copy_piece(struct pack_writer *writer, const struct item *item, size_t count,
		      struct err *err)
{
	int fd = item->is_single ? writer->source_fd : writer->old.fd;
	int64_t from = (item->is_single ? 0 : item->old_at) + writer->copied_bytes;
	ssize_t got = pread(fd, writer->buffer, count, from);
	int rc;

	if (got < 0)
		return err_errno(err, errno, "read what attempt %lld left",
				 (long long)item->part.attempt_id);
	if (got == 0)
		return err_set(err, ERR_AGAIN, "a file of attempt %lld became shorter",
			       (long long)item->part.attempt_id);
	rc = write_at(writer, writer->buffer, (size_t)got, item->part.at + writer->copied_bytes,
		      err);
	writer->crc = checksum_crc32c_more(writer->crc, writer->buffer, (size_t)got);
	writer->copied_bytes += got;
	return rc;
}

/* Copies up to a piece of the next item; *bytes tells how much that cost. */
static int copy_some(struct pack_writer *writer, int64_t *bytes, struct err *err)
{
	struct item *item = &writer->items.items[writer->next];
	int64_t left = item->part.size_bytes - writer->copied_bytes;
	int rc = open_source(writer, item, err);

	*bytes = 4096; /* an empty file has its price too */
	if (rc == 0 && left > 0) {
		*bytes += left < COPY_BYTES ? left : COPY_BYTES;
		rc = copy_piece(writer, item, left < COPY_BYTES ? (size_t)left : COPY_BYTES, err);
	}
	if (rc != 0 || writer->copied_bytes < item->part.size_bytes)
		return rc;
	rc = check_unchanged(writer, item, err);
	if (rc == 0)
		end_item(writer, item);
	return rc;
}

/* --- finishing ----------------------------------------------------------------------------------
 */

static int write_head(struct pack_writer *writer, uint32_t entries_crc, struct err *err)
{
	static const char magic[4] = {'H', 'd', 'P', 'k'};
	unsigned char head[PACK_HEAD_BYTES] = {0};

	codec_put(head + 16, writer->items.count, 4);
	codec_put(head + 20, PACK_ENTRY_BYTES, 4);
	codec_put(head + 24, (uint64_t)writer->size_bytes, 8);
	memcpy(head + 40, writer->run_id, strlen(writer->run_id));
	codec_put(head + 56, entries_crc, 4);
	codec_seal(head, magic, 1, sizeof head);
	return write_at(writer, head, sizeof head, 0, err);
}

static int write_entries(struct pack_writer *writer, uint32_t *crc, struct err *err)
{
	int rc = 0;

	*crc = 0;
	for (size_t i = 0; rc == 0 && i < writer->items.count; i++) {
		unsigned char bytes[PACK_ENTRY_BYTES];

		pack_encode_entry(&writer->items.items[i].part, bytes);
		*crc = checksum_crc32c_more(*crc, bytes, sizeof bytes);
		rc = write_at(writer, bytes, sizeof bytes,
			      PACK_HEAD_BYTES + (int64_t)i * PACK_ENTRY_BYTES, err);
	}
	return rc;
}

static int put_in_place(struct pack_writer *writer, struct err *err)
{
	char folder[PATH_MAX];

	if (sys_fsync(writer->fd) != 0)
		return err_errno(err, errno, "sync '%s'", writer->aside);
	fd_close(&writer->fd);
	if (sys_rename(writer->aside, writer->path) != 0)
		return err_errno(err, errno, "rename '%s'", writer->aside);
	writer->is_written = true;
	snprintf(folder, sizeof folder, "%s", writer->path);
	*strrchr(folder, '/') = '\0';
	return file_sync_folder(folder, err);
}

static int finish(struct pack_writer *writer, struct err *err)
{
	uint32_t entries_crc;
	int rc = write_entries(writer, &entries_crc, err);

	if (rc == 0)
		rc = write_head(writer, entries_crc, err);
	if (rc == 0)
		rc = put_in_place(writer, err);
	writer->next = 0;
	return rc;
}

int pack_writer_step(struct pack_writer *writer, int64_t max_bytes, bool *done, struct err *err)
{
	int rc = 0;

	*done = writer->single_count == 0 || writer->is_written;
	if (*done)
		return 0;
	if (writer->fd < 0)
		rc = begin(writer, err);
	while (rc == 0 && max_bytes > 0 && writer->next < writer->items.count) {
		int64_t bytes = 0;

		rc = copy_some(writer, &bytes, err);
		max_bytes -= bytes;
	}
	if (rc == 0 && writer->next == writer->items.count) {
		rc = finish(writer, err);
		*done = rc == 0;
	} else if (rc == 0 && sys_fdatasync(writer->fd) != 0) {
		/* What is not on the disk yet stays as little as a step. */
		rc = err_errno(err, errno, "sync '%s'", writer->aside);
	}
	return rc;
}

int pack_writer_clear(struct pack_writer *writer, size_t max_files, bool *done, struct err *err)
{
	char path[PATH_MAX];

	*done = false;
	for (; writer->is_written && writer->next < writer->items.count; writer->next++) {
		const struct item *item = &writer->items.items[writer->next];

		if (!item->is_single)
			continue;
		if (max_files-- == 0)
			return 0;
		pack_single_path(writer->home, &writer->attempts[item->attempt], item->part.kind,
				 path);
		if (sys_unlink(path) != 0 && errno != ENOENT)
			return err_errno(err, errno, "remove '%s'", path);
	}
	*done = true;
	return 0;
}

int64_t pack_writer_bytes(const struct pack_writer *writer)
{
	return writer->size_bytes;
}

bool pack_writer_is_partial(const struct pack_writer *writer)
{
	return writer->is_partial;
}

void pack_writer_close(struct pack_writer *writer)
{
	if (writer == NULL)
		return;
	if (writer->fd >= 0)
		sys_unlink(writer->aside); /* half a file is of no use */
	fd_close(&writer->fd);
	fd_close(&writer->source_fd);
	pack_close(&writer->old);
	vec_close(&writer->items);
	mem_free(writer->attempts);
	mem_free(writer->home);
	mem_free(writer);
}
