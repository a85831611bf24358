/* fuzz_process_record.c - any bytes as a claim with its exit record, and as a frame to the
 * launcher: what is read is bounded, and a record that is taken is the same one again. */
#include "executor/process/claim.h"
#include "executor/process/frame.h"
#include "executor/process/record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Not assert: it must hold in every build. */
static void expect(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_record(const struct attempt_end *end)
{
	unsigned char bytes[RECORD_MAX_BYTES];
	struct attempt_end again;

	expect(end->cause >= 0 && end->cause < CAUSE_COUNT);
	expect(strnlen(end->reason, sizeof end->reason) < sizeof end->reason);
	expect(record_decode(bytes, record_encode(end, bytes), &again));
	expect(again.attempt_id == end->attempt_id && again.cause == end->cause);
	expect(strcmp(again.reason, end->reason) == 0);
}

static void check_claim(const struct claim *claim)
{
	expect(strnlen(claim->name, sizeof claim->name) < sizeof claim->name);
	expect(strnlen(claim->boot_id, sizeof claim->boot_id) < sizeof claim->boot_id);
	expect(strnlen(claim->cgroup, sizeof claim->cgroup) < sizeof claim->cgroup);
}

static void check_launch(const struct frame_launch *launch)
{
	const char *at = launch->strings;

	expect(launch->argc > 0);
	for (uint32_t i = 0; i < launch->argc + launch->envc; i++)
		at = frame_next(at);
	expect(at == launch->strings + launch->strings_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct claim_file file;
	struct frame_launch launch;
	struct attempt_end end;

	claim_file_decode(bytes, size, &file);
	if (file.is_claim)
		check_claim(&file.claim);
	if (file.is_record)
		check_record(&file.end);
	if (record_decode(bytes, size, &end))
		check_record(&end);
	expect(frame_size(bytes, size) <= (long)FRAME_MAX_BYTES);
	if (frame_launch_decode(bytes, size, &launch))
		check_launch(&launch);
	return 0;
}
