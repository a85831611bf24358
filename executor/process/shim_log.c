/* shim_log.c - the log of an attempt; see shim_log.h.
 *
 * The way of a byte: add breaks the stream into pieces of lines; put decides between file and tail;
 * write_out tries the file and counts what it does not take. */
#include "executor/process/shim_log.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define MARK_BYTES 256

void shim_log_init(struct shim_log *log, const char *path, uint64_t limit_bytes)
{
	memset(log, 0, offsetof(struct shim_log, out));
	log->path = path;
	log->fd = -1;
	log->limit_bytes = limit_bytes;
	log->stamp_ms = INT64_MIN;
}

static void count_loss(struct shim_log_loss *loss, const char *bytes, size_t count)
{
	const char *end = bytes + count;

	if (count == 0)
		return;
	loss->bytes += count;
	for (const char *at = bytes; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
		loss->lines++;
	loss->is_midline = end[-1] != '\n';
}

/* A line that was begun and not ended is a line, too. */
static uint64_t loss_lines(const struct shim_log_loss *loss)
{
	return loss->lines + (loss->is_midline ? 1 : 0);
}

static bool has_file(struct shim_log *log)
{
	if (log->fd < 0)
		log->fd = sys_open(log->path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (log->fd < 0)
		log->gap_errno = errno;
	return log->fd >= 0;
}

/* Writes to the file; returns how many bytes it took. */
static size_t write_some(struct shim_log *log, const char *bytes, size_t count)
{
	size_t done = 0;

	while (done < count && has_file(log)) {
		ssize_t written = sys_write(log->fd, bytes + done, count - done);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			log->gap_errno = written < 0 ? errno : ENOSPC;
			break;
		}
		done += (size_t)written;
	}
	if (done > 0)
		log->ends_midline = bytes[done - 1] != '\n';
	log->written_bytes += done;
	return done;
}

/* One line of Heddle's own, on a line of its own. All of it or nothing that is counted: a mark cut
 * by a full disk is followed by another one. */
static bool write_mark(struct shim_log *log, int64_t now_ms, const char *text)
{
	char line[MARK_BYTES + 64];
	char time[CLOCK_TEXT_SIZE];
	int length = snprintf(line, sizeof line, "%s%s [heddle] %s\n",
			      log->ends_midline ? "\n" : "", clock_format_utc(now_ms, time), text);

	return write_some(log, line, (size_t)length) == (size_t)length;
}

/* Tells of the gap when there is one. False while the file takes nothing. */
static bool close_gap(struct shim_log *log, int64_t now_ms)
{
	char text[MARK_BYTES];

	if (log->gap.bytes == 0)
		return true;
	snprintf(text, sizeof text, "%llu lines, %llu bytes lost: %s",
		 (unsigned long long)loss_lines(&log->gap), (unsigned long long)log->gap.bytes,
		 strerror(log->gap_errno));
	if (!write_mark(log, now_ms, text))
		return false;
	log->lost.lines += loss_lines(&log->gap);
	log->lost.bytes += log->gap.bytes;
	memset(&log->gap, 0, sizeof log->gap);
	return true;
}

static void write_out(struct shim_log *log, const char *bytes, size_t count, int64_t now_ms)
{
	size_t done = close_gap(log, now_ms) ? write_some(log, bytes, count) : 0;

	count_loss(&log->gap, bytes + done, count - done);
}

void shim_log_flush(struct shim_log *log, int64_t now_ms)
{
	if (log->out_count > 0)
		write_out(log, log->out, log->out_count, now_ms);
	log->out_count = 0;
}

static void put_tail(struct shim_log *log, const char *bytes, size_t count)
{
	count_loss(&log->over, bytes, count);
	while (count > 0) {
		size_t at = log->tail_count % SHIM_LOG_TAIL_BYTES;
		size_t room = SHIM_LOG_TAIL_BYTES - at;
		size_t part = count < room ? count : room;

		memcpy(log->tail + at, bytes, part);
		log->tail_count += part;
		bytes += part;
		count -= part;
	}
}

static void put(struct shim_log *log, const char *bytes, size_t count, int64_t now_ms)
{
	if (!log->is_limited &&
	    log->written_bytes + log->gap.bytes + log->out_count + count > log->limit_bytes) {
		shim_log_flush(log, now_ms);
		log->is_limited = true;
	}
	if (log->is_limited) {
		put_tail(log, bytes, count);
		return;
	}
	while (count > 0) {
		size_t room = SHIM_LOG_OUT_BYTES - log->out_count;
		size_t part = count < room ? count : room;

		memcpy(log->out + log->out_count, bytes, part);
		log->out_count += part;
		bytes += part;
		count -= part;
		if (log->out_count == SHIM_LOG_OUT_BYTES)
			shim_log_flush(log, now_ms);
	}
}

static void put_stamp(struct shim_log *log, int64_t now_ms)
{
	if (log->stamp_ms != now_ms) {
		clock_format_utc(now_ms, log->stamp);
		log->stamp[SHIM_LOG_STAMP_BYTES - 1] = ' ';
		log->stamp_ms = now_ms;
	}
	put(log, log->stamp, SHIM_LOG_STAMP_BYTES, now_ms);
	if (log->is_error)
		put(log, SHIM_LOG_ERROR_MARK, strlen(SHIM_LOG_ERROR_MARK), now_ms);
}

/* Takes one piece of a line, at most up to its end or to the longest line. Returns its size. */
static size_t add_piece(struct shim_log *log, const char *bytes, size_t count, int64_t now_ms)
{
	size_t room = LIMIT_LOG_LINE_BYTES - log->line_bytes;
	size_t look = count < room + 1 ? count : room + 1;
	const char *newline = memchr(bytes, '\n', look);
	size_t size = newline != NULL ? (size_t)(newline + 1 - bytes) : look;

	if (!log->is_midline)
		put_stamp(log, now_ms);
	if (newline == NULL && size > room) {
		put(log, bytes, room, now_ms);
		put(log, "\n", 1, now_ms);
		log->is_midline = false;
		log->line_bytes = 0;
		return room;
	}
	put(log, bytes, size, now_ms);
	log->is_midline = newline == NULL;
	log->line_bytes = newline == NULL ? log->line_bytes + (uint32_t)size : 0;
	return size;
}

/* The next byte begins a line of its stream, whatever came before. */
static void begin_line(struct shim_log *log, bool is_error, int64_t now_ms)
{
	if (log->is_midline)
		put(log, "\n", 1, now_ms);
	log->is_midline = false;
	log->line_bytes = 0;
	log->is_error = is_error;
}

static void add(struct shim_log *log, bool is_error, const char *bytes, size_t count,
		int64_t now_ms)
{
	if (log->is_error != is_error && count > 0)
		begin_line(log, is_error, now_ms);
	while (count > 0) {
		size_t size = add_piece(log, bytes, count, now_ms);

		bytes += size;
		count -= size;
	}
}

/* Where what a mask passes on goes. */
struct way {
	struct shim_log *log;
	bool is_error;
	int64_t now_ms;
};

static void add_passed(void *context, const char *bytes, size_t count)
{
	const struct way *way = context;

	add(way->log, way->is_error, bytes, count, way->now_ms);
}

void shim_log_hide(struct shim_log *log, const char *secret)
{
	mask_init(&log->masks[0], secret);
	mask_init(&log->masks[1], secret);
}

void shim_log_add(struct shim_log *log, const char *bytes, size_t count, int64_t now_ms)
{
	struct way way = {log, false, now_ms};

	mask_pass(&log->masks[0], bytes, count, add_passed, &way);
}

void shim_log_add_error(struct shim_log *log, const char *bytes, size_t count, int64_t now_ms)
{
	struct way way = {log, true, now_ms};

	mask_pass(&log->masks[1], bytes, count, add_passed, &way);
}

static void end_masks(struct shim_log *log, int64_t now_ms)
{
	for (int i = 0; i < 2; i++) {
		struct way way = {log, i == 1, now_ms};

		mask_end(&log->masks[i], add_passed, &way);
	}
}

void shim_log_note(struct shim_log *log, const char *text, int64_t now_ms)
{
	begin_line(log, false, now_ms);
	put_stamp(log, now_ms);
	put(log, "[heddle] ", strlen("[heddle] "), now_ms);
	put(log, text, strlen(text), now_ms);
	put(log, "\n", 1, now_ms);
}

/* How many of the last bytes make whole lines. A tail that never ran over is whole as it is, but
 * for its first piece when the limit struck in the middle of a line. */
static size_t tail_whole(const struct shim_log *log)
{
	size_t kept =
	    log->tail_count < SHIM_LOG_TAIL_BYTES ? (size_t)log->tail_count : SHIM_LOG_TAIL_BYTES;

	if (log->tail_count <= SHIM_LOG_TAIL_BYTES && !log->ends_midline)
		return kept;
	for (size_t left = kept; left > 0; left--)
		if (log->tail[(log->tail_count - left) % SHIM_LOG_TAIL_BYTES] == '\n')
			return left - 1;
	return kept; /* one line longer than the tail: better its end than nothing */
}

/* The ring's last count bytes, in one or two pieces. */
static void each_tail_part(struct shim_log *log, size_t count,
			   void (*use)(struct shim_log *log, const char *bytes, size_t part))
{
	while (count > 0) {
		size_t at = (size_t)((log->tail_count - count) % SHIM_LOG_TAIL_BYTES);
		size_t room = SHIM_LOG_TAIL_BYTES - at;
		size_t part = count < room ? count : room;

		use(log, log->tail + at, part);
		count -= part;
	}
}

static void uncount(struct shim_log *log, const char *bytes, size_t part)
{
	struct shim_log_loss kept = {0};

	count_loss(&kept, bytes, part);
	log->over.lines -= kept.lines;
	log->over.bytes -= kept.bytes;
}

static void write_tail(struct shim_log *log, const char *bytes, size_t part)
{
	write_out(log, bytes, part, log->stamp_ms);
}

static void finish_limited(struct shim_log *log, int64_t now_ms)
{
	char text[MARK_BYTES];
	size_t whole = tail_whole(log);

	each_tail_part(log, whole, uncount);
	if (whole > 0)
		log->over.is_midline = false;
	snprintf(text, sizeof text,
		 "log limit of %llu bytes reached: %llu lines, %llu bytes dropped; the last %zu "
		 "bytes follow",
		 (unsigned long long)log->limit_bytes, (unsigned long long)loss_lines(&log->over),
		 (unsigned long long)log->over.bytes, whole);
	/* Where the mark cannot be written, the tail counts as lost with the gap. */
	if (close_gap(log, now_ms))
		write_mark(log, now_ms, text);
	each_tail_part(log, whole, write_tail);
}

void shim_log_finish(struct shim_log *log, int64_t now_ms)
{
	end_masks(log, now_ms);
	shim_log_flush(log, now_ms);
	if (log->is_limited)
		finish_limited(log, now_ms);
	close_gap(log, now_ms);
	fd_close(&log->fd);
}

struct shim_log_loss shim_log_dropped(const struct shim_log *log)
{
	struct shim_log_loss all = {0};

	all.bytes = log->over.bytes + log->gap.bytes + log->lost.bytes;
	all.lines = loss_lines(&log->over) + loss_lines(&log->gap) + log->lost.lines;
	return all;
}
