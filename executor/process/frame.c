/* frame.c - frames between daemon and launcher; see frame.h. */
#include "executor/process/frame.h"

#include <string.h>

struct frame_head frame_head(enum frame_type type, size_t size)
{
	uint8_t version = type == FRAME_LAUNCH ? FRAME_VERSION_LAUNCH : FRAME_VERSION;
	struct frame_head head = {(uint32_t)size, version, (uint8_t)type, 0};

	return head;
}

static bool is_known(const struct frame_head *head)
{
	return head->version == FRAME_VERSION ||
	       (head->version == FRAME_VERSION_LAUNCH && head->type == FRAME_LAUNCH);
}

long frame_size(const void *bytes, size_t count)
{
	struct frame_head head;

	if (count < sizeof head)
		return 0;
	memcpy(&head, bytes, sizeof head);
	if (!is_known(&head) || head.size < sizeof head || head.size > FRAME_MAX_BYTES)
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
	struct frame_launch_more more = {.memory_bytes = launch->memory_bytes,
					 .cpus_milli = launch->cpus_milli,
					 .pids = launch->pids,
					 .has_stdin = launch->stdin_text != NULL,
					 .keep_stdout = launch->keep_stdout,
					 .want_artifacts = launch->want_artifacts};

	str_append_bytes(frame, &fixed, sizeof fixed);
	str_append_bytes(frame, &more, sizeof more);
	put_text(frame, launch->name);
	put_text(frame, launch->day);
	put_text(frame, launch->cwd);
	put_text(frame, launch->run_dir);
	put_text(frame, launch->stdin_text == NULL ? "" : launch->stdin_text);
}

bool frame_launch_end(struct str *frame, const struct frame_launch *launch)
{
	uint32_t size = (uint32_t)frame->size;
	size_t stdin_bytes = launch->stdin_text == NULL ? 0 : strlen(launch->stdin_text);

	if (stdin_bytes > FRAME_STDIN_MAX_BYTES ||
	    frame->size - stdin_bytes > FRAME_PLAIN_MAX_BYTES)
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

/* The part that every version begins with. */
static bool take_fixed(const char **at, const char *end, struct frame_head *head,
		       struct frame_launch *out)
{
	struct frame_launch_fixed fixed;

	if ((size_t)(end - *at) < sizeof fixed)
		return false;
	memcpy(&fixed, *at, sizeof fixed);
	*at += sizeof fixed;
	*head = fixed.head;
	out->attempt_id = fixed.attempt_id;
	out->timeout_ms = fixed.timeout_ms;
	out->grace_ms = fixed.grace_ms;
	out->log_limit_bytes = fixed.log_limit_bytes;
	out->without_cgroup = fixed.without_cgroup != 0;
	out->argc = fixed.argc;
	out->envc = fixed.envc;
	return true;
}

static bool take_more(const char **at, const char *end, bool *has_stdin, struct frame_launch *out)
{
	struct frame_launch_more more;

	if ((size_t)(end - *at) < sizeof more)
		return false;
	memcpy(&more, *at, sizeof more);
	*at += sizeof more;
	*has_stdin = more.has_stdin != 0;
	out->memory_bytes = more.memory_bytes;
	out->cpus_milli = more.cpus_milli;
	out->pids = more.pids;
	out->keep_stdout = more.keep_stdout != 0;
	out->want_artifacts = more.want_artifacts != 0;
	return true;
}

static bool take_texts(const char **at, const char *end, struct frame_launch *out)
{
	out->name = take_text(at, end, 96);
	out->day = out->name == NULL ? NULL : take_text(at, end, 32);
	out->cwd = out->day == NULL ? NULL : take_text(at, end, 4096);
	out->run_dir = out->cwd == NULL ? NULL : take_text(at, end, 4096);
	return out->run_dir != NULL;
}

bool frame_launch_decode(const void *bytes, size_t count, struct frame_launch *out)
{
	struct frame_head head;
	const char *at = bytes;
	const char *end = at + count;
	bool has_stdin = false;
	const char *text = NULL;

	memset(out, 0, sizeof *out);
	if (!take_fixed(&at, end, &head, out) || head.size != count)
		return false;
	if (head.version >= FRAME_VERSION_LAUNCH && !take_more(&at, end, &has_stdin, out))
		return false;
	if (!take_texts(&at, end, out))
		return false;
	if (head.version >= FRAME_VERSION_LAUNCH &&
	    (text = take_text(&at, end, FRAME_STDIN_MAX_BYTES + 1)) == NULL)
		return false;
	out->stdin_text = has_stdin ? text : NULL;
	out->strings = at;
	out->strings_bytes = (size_t)(end - at);
	return strings_are_whole(out);
}
