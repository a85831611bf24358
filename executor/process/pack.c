/* pack.c - reading a run's file of logs; see pack.h. */
#include "executor/process/pack.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"
#include "executor/process/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[4] = {'H', 'd', 'P', 'k'};

const char *pack_path(const char *home, struct pack_run run, char buffer[PATH_MAX])
{
	char day[CLOCK_TEXT_SIZE];
	char path[PLACE_PATH_SIZE];

	place_pack(clock_format_day(run.created_at_ms, day), run.run_id, path);
	if (snprintf(buffer, PATH_MAX, "%s/%s", home, path) >= PATH_MAX)
		buffer[0] = '\0';
	return buffer;
}

const char *pack_single_path(const char *home, const struct pack_attempt *attempt,
			     enum pack_kind kind, char buffer[PATH_MAX])
{
	static const char *(*const paths[PACK_KIND_COUNT])(const char *, const char *,
							   struct process_ref, char[PATH_MAX]) = {
	    [PACK_LOG] = process_log_path,           [PACK_STDOUT] = process_stdout_path,
	    [PACK_OUTPUT] = process_output_path,     [PACK_CLAIM] = process_claim_path,
	    [PACK_PROGRESS] = process_progress_path,
	};

	return paths[kind](home, attempt->incarnation, attempt->ref, buffer);
}

static int read_all(int fd, void *bytes, size_t count, int64_t at, struct err *err)
{
	char *to = bytes;

	while (count > 0) {
		ssize_t got = pread(fd, to, count, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, "read");
		if (got == 0)
			return err_set(err, ERR_CORRUPT, "it is cut short");
		to += got;
		at += got;
		count -= (size_t)got;
	}
	return 0;
}

/* --- head ---------------------------------------------------------------------------------------
 */

static int decode_head(const unsigned char *bytes, int64_t size_bytes, struct pack *pack,
		       struct err *err)
{
	if (memcmp(bytes, magic, sizeof magic) != 0)
		return err_set(err, ERR_CORRUPT, "it is no file of packed logs");
	if (codec_get(bytes + 4, 4) != 1)
		return err_set(err, ERR_CORRUPT, "it is of version %u, and this program reads 1",
			       (unsigned)codec_get(bytes + 4, 4));
	if (codec_check(bytes, PACK_HEAD_BYTES, magic, 1, PACK_HEAD_BYTES) == 0 ||
	    codec_get(bytes + 20, 4) != PACK_ENTRY_BYTES)
		return err_set(err, ERR_CORRUPT, "its head does not match its checksum");
	pack->count = (uint32_t)codec_get(bytes + 16, 4);
	pack->size_bytes = (int64_t)codec_get(bytes + 24, 8);
	pack->entries_crc = (uint32_t)codec_get(bytes + 56, 4);
	if (size_bytes != pack->size_bytes)
		return err_set(err, ERR_CORRUPT, "it is torn: %lld of %lld bytes are there",
			       (long long)size_bytes, (long long)pack->size_bytes);
	if (pack->size_bytes < PACK_HEAD_BYTES + (int64_t)pack->count * PACK_ENTRY_BYTES)
		return err_set(err, ERR_CORRUPT, "its head makes no sense");
	return 0;
}

static int open_and_read_head(const char *path, struct pack *pack, struct err *err)
{
	unsigned char bytes[PACK_HEAD_BYTES];
	struct stat status;
	int rc;

	pack->fd = sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (pack->fd < 0 || fstat(pack->fd, &status) != 0)
		return err_errno(err, errno, "open");
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_CORRUPT, "it is no regular file");
	rc = read_all(pack->fd, bytes, sizeof bytes, 0, err);
	return rc == 0 ? decode_head(bytes, status.st_size, pack, err) : rc;
}

int pack_open(const char *path, struct pack *pack, struct err *err)
{
	int rc;

	memset(pack, 0, sizeof *pack);
	rc = open_and_read_head(path, pack, err);
	if (rc == 0)
		return 0;
	fd_close(&pack->fd);
	err_wrap(err, "packed logs '%s'", path);
	return rc;
}

void pack_close(struct pack *pack)
{
	fd_close(&pack->fd);
}

/* --- entries ------------------------------------------------------------------------------------
 */

void pack_encode_entry(const struct pack_part *part, unsigned char bytes[PACK_ENTRY_BYTES])
{
	memset(bytes, 0, PACK_ENTRY_BYTES);
	codec_put(bytes, (uint64_t)part->attempt_id, 8);
	codec_put(bytes + 8, part->kind, 4);
	codec_put(bytes + 12, part->crc, 4);
	codec_put(bytes + 16, (uint64_t)part->at, 8);
	codec_put(bytes + 24, (uint64_t)part->size_bytes, 8);
	memcpy(bytes + 32, part->incarnation, strlen(part->incarnation));
	codec_put(bytes + 92, checksum_crc32c(bytes, 92), 4);
}

static bool decode_entry(const unsigned char *bytes, const struct pack *pack,
			 struct pack_part *part)
{
	if (codec_get(bytes + 92, 4) != checksum_crc32c(bytes, 92) ||
	    bytes[32 + PACK_INCARNATION_SIZE - 1] != '\0' ||
	    codec_get(bytes + 8, 4) >= PACK_KIND_COUNT)
		return false;
	part->attempt_id = (int64_t)codec_get(bytes, 8);
	part->kind = (enum pack_kind)codec_get(bytes + 8, 4);
	part->crc = (uint32_t)codec_get(bytes + 12, 4);
	part->at = (int64_t)codec_get(bytes + 16, 8);
	part->size_bytes = (int64_t)codec_get(bytes + 24, 8);
	memcpy(part->incarnation, bytes + 32, PACK_INCARNATION_SIZE);
	return part->at >= PACK_HEAD_BYTES && part->size_bytes >= 0 &&
	       part->at <= pack->size_bytes && part->size_bytes <= pack->size_bytes - part->at;
}

int pack_part_at(const struct pack *pack, uint32_t position, struct pack_part *part,
		 struct err *err)
{
	unsigned char bytes[PACK_ENTRY_BYTES];
	int64_t at = PACK_HEAD_BYTES + (int64_t)position * PACK_ENTRY_BYTES;
	int rc = read_all(pack->fd, bytes, sizeof bytes, at, err);

	if (rc == 0 && !decode_entry(bytes, pack, part))
		rc = err_set(err, ERR_CORRUPT,
			     "entry %u of the packed logs does not match its checksum", position);
	return rc;
}

int pack_part_order(const struct pack_part *left, const struct pack_part *right)
{
	int order;

	if (left->attempt_id != right->attempt_id)
		return left->attempt_id < right->attempt_id ? -1 : 1;
	order = strcmp(left->incarnation, right->incarnation);
	return order != 0 ? order : (int)left->kind - (int)right->kind;
}

int pack_find(const struct pack *pack, const char *incarnation, int64_t attempt_id,
	      enum pack_kind kind, struct pack_part *part, struct err *err)
{
	struct pack_part wanted = {.attempt_id = attempt_id, .kind = kind};
	uint32_t low = 0;
	uint32_t high = pack->count;

	snprintf(wanted.incarnation, sizeof wanted.incarnation, "%s", incarnation);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int rc = pack_part_at(pack, middle, part, err);
		int order;

		if (rc != 0)
			return rc;
		order = pack_part_order(&wanted, part);
		if (order == 0)
			return 0;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return err_set(err, ERR_NOT_FOUND, "the packed logs hold nothing of attempt %lld",
		       (long long)attempt_id);
}

/* --- checking -----------------------------------------------------------------------------------
 */

static int sum_of(int fd, int64_t at, int64_t size_bytes, uint32_t *crc, struct err *err)
{
	char buffer[16384];
	int rc = 0;

	*crc = 0;
	while (rc == 0 && size_bytes > 0) {
		size_t want =
		    size_bytes < (int64_t)sizeof buffer ? (size_t)size_bytes : sizeof buffer;

		rc = read_all(fd, buffer, want, at, err);
		*crc = checksum_crc32c_more(*crc, buffer, want);
		at += (int64_t)want;
		size_bytes -= (int64_t)want;
	}
	return rc;
}

static int check_parts(const struct pack *pack, struct err *err)
{
	struct pack_part part = {.at = 0};
	uint32_t crc;
	int rc =
	    sum_of(pack->fd, PACK_HEAD_BYTES, (int64_t)pack->count * PACK_ENTRY_BYTES, &crc, err);

	if (rc == 0 && crc != pack->entries_crc)
		rc = err_set(err, ERR_CORRUPT, "its entries do not match their checksum");
	for (uint32_t i = 0; rc == 0 && i < pack->count; i++) {
		rc = pack_part_at(pack, i, &part, err);
		if (rc == 0)
			rc = sum_of(pack->fd, part.at, part.size_bytes, &crc, err);
		if (rc == 0 && crc != part.crc)
			rc = err_set(err, ERR_CORRUPT,
				     "what attempt %lld left does not match its checksum",
				     (long long)part.attempt_id);
	}
	return rc;
}

int pack_check(const char *path, struct err *err)
{
	struct pack pack;
	int rc = pack_open(path, &pack, err);

	if (rc != 0)
		return rc;
	rc = check_parts(&pack, err);
	pack_close(&pack);
	if (rc != 0)
		err_wrap(err, "packed logs '%s'", path);
	return rc;
}
