/* frame.c - frames between daemon and launcher; see frame.h. */
#include "executor/process/frame.h"

#include <string.h>

struct frame_head frame_head(enum frame_type type, size_t size)
{
	struct frame_head head = {(uint32_t)size, FRAME_VERSION, (uint8_t)type, 0};

	return head;
}

long frame_size(const void *bytes, size_t count)
{
	struct frame_head head;

	if (count < sizeof head)
		return 0;
	memcpy(&head, bytes, sizeof head);
	if (head.version != FRAME_VERSION || head.size < sizeof head || head.size > FRAME_MAX_BYTES)
		return -1;
	return (long)head.size;
}

static void put_text(struct str *frame, const char *text)
{
	str_append_bytes(frame, text, strlen(text) + 1);
}

void frame_launch_begin(struct str *frame, const struct frame_launch *launch)
{
	struct frame_launch_fixed fixed = {.head = frame_head(FRAME_LAUNCH, sizeof fixed),
					   .attempt_id = launch->attempt_id,
					   .timeout_ms = launch->timeout_ms,
					   .grace_ms = launch->grace_ms,
					   .log_limit_bytes = launch->log_limit_bytes,
					   .argc = launch->argc,
					   .envc = launch->envc,
					   .without_cgroup = launch->without_cgroup};

	str_append_bytes(frame, &fixed, sizeof fixed);
	put_text(frame, launch->name);
	put_text(frame, launch->day);
	put_text(frame, launch->cwd);
	put_text(frame, launch->run_dir);
}

bool frame_launch_end(struct str *frame)
{
	uint32_t size = (uint32_t)frame->size;

	if (frame->size > FRAME_MAX_BYTES)
		return false;
	memcpy(frame->data + offsetof(struct frame_head, size), &size, sizeof size);
	return true;
}

const char *frame_next(const char *text)
{
	return text + strlen(text) + 1;
}

/* Takes one text of at most limit bytes with its NUL; NULL when there is none. */
static const char *take_text(const char **at, const char *end, size_t limit)
{
	const char *text = *at;
	size_t left = (size_t)(end - text);
	const char *nul = memchr(text, '\0', left < limit ? left : limit);

	if (nul == NULL)
		return NULL;
	*at = nul + 1;
	return text;
}

static bool strings_are_whole(const struct frame_launch *launch)
{
	const char *at = launch->strings;
	const char *end = at + launch->strings_bytes;

	if (launch->argc == 0 || launch->argc > FRAME_STRINGS_MAX ||
	    launch->envc > FRAME_STRINGS_MAX)
		return false;
	for (uint32_t i = 0; i < launch->argc + launch->envc; i++)
		if (take_text(&at, end, FRAME_MAX_BYTES) == NULL)
			return false;
	return at == end;
}

bool frame_launch_decode(const void *bytes, size_t count, struct frame_launch *out)
{
	struct frame_launch_fixed fixed;
	const char *at = (const char *)bytes + sizeof fixed;
	const char *end = (const char *)bytes + count;

	if (count < sizeof fixed)
		return false;
	memcpy(&fixed, bytes, sizeof fixed);
	out->attempt_id = fixed.attempt_id;
	out->timeout_ms = fixed.timeout_ms;
	out->grace_ms = fixed.grace_ms;
	out->log_limit_bytes = fixed.log_limit_bytes;
	out->without_cgroup = fixed.without_cgroup != 0;
	out->argc = fixed.argc;
	out->envc = fixed.envc;
	out->name = take_text(&at, end, 96);
	out->day = out->name == NULL ? NULL : take_text(&at, end, 32);
	out->cwd = out->day == NULL ? NULL : take_text(&at, end, 4096);
	out->run_dir = out->cwd == NULL ? NULL : take_text(&at, end, 4096);
	if (out->run_dir == NULL || fixed.head.size != count)
		return false;
	out->strings = at;
	out->strings_bytes = (size_t)(end - at);
	return strings_are_whole(out);
}
