/* fuzz_process_pack.c - any bytes as the packed logs of a run: each part that is found lies within
 * the file, and one that checks can be read to its end. */
#include "executor/process/pack.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Not assert: it must hold in every build. */
static void expect(bool is_so)
{
	if (!is_so)
		abort();
}

static void write_file(const char *path, const uint8_t *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	expect(fd >= 0);
	expect(write(fd, bytes, size) == (ssize_t)size);
	expect(close(fd) == 0);
}

static void check_part(const struct pack *pack, const struct pack_part *part)
{
	struct pack_part found;

	expect(part->kind >= 0 && part->kind < PACK_KIND_COUNT);
	expect(part->at >= 0 && part->size_bytes >= 0);
	expect(part->at <= pack->size_bytes && part->size_bytes <= pack->size_bytes - part->at);
	expect(strnlen(part->incarnation, sizeof part->incarnation) < sizeof part->incarnation);
	if (pack_find(pack, part->incarnation, part->attempt_id, part->kind, &found, NULL) == 0)
		expect(pack_part_order(&found, part) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct pack_part part;
	struct pack pack;
	struct err err;
	char path[64];

	snprintf(path, sizeof path, "%s/fuzz-pack-%d",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
	write_file(path, bytes, size);
	pack_check(path, &err);
	if (pack_open(path, &pack, &err) == 0) {
		for (uint32_t i = 0; i < pack.count; i++)
			if (pack_part_at(&pack, i, &part, &err) == 0)
				check_part(&pack, &part);
		pack_close(&pack);
	}
	unlink(path);
	return 0;
}
