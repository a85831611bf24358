/* cli_stage.h - a verb against a daemon that plays a script. */
#ifndef HEDDLE_TESTS_CLI_STAGE_H
#define HEDDLE_TESTS_CLI_STAGE_H

#include "base/file.h"
#include "cli/cli.h"
#include "cli_capture.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RUN "9f1c6a5b00112233"
#define RUNNING "{\"id\":\"" RUN "\",\"dag\":\"d\",\"state\":\"running\",\"last_fact\":7}"
#define ENDED(state)                                                                 \
	"{\"id\":\"" RUN "\",\"dag\":\"d\",\"state\":\"" state "\",\"last_fact\":9," \
	"\"created_at\":\"2026-11-20T06:00:00.000Z\",\"ended_at\":\"2026-11-20T06:00:02.000Z\"}"
#define PATIENCE_MS 20000 /* for a request that does not come: the test is then red */

/* In place of the first of BY_URL_WORDS words: the verb is told the daemon's URL. */
#define BY_URL "URL"
#define BY_URL_WORDS 4

enum then {
	THEN_KEEP,
	THEN_BREAK,   /* the body is cut off and the connection closed */
	THEN_RESTART, /* likewise, and nobody serves for a moment */
};

struct exchange {
	const char *request; /* beginning of the request; NULL = end of the script */
	int status;
	const char *body; /* one that begins with "Content-" brings headers of its own */
	enum then then;
	const char *has; /* what must stand somewhere in the request; NULL = nothing more */
};

struct stage {
	char home[32];
	char socket_path[64];
	char url[64]; /* a flag that names it, once it listens on a port */
	const struct exchange *script;
	size_t played;
	int listen_fd;
	int fd;
	int end_pipe[2]; /* written when the verb has ended */
	char wrong[512]; /* the request that was not in the script */
	pthread_t thread;
	struct str requests; /* all of them */
	struct capture capture;
};

/* --- the daemon's part ---------------------------------------------------------------------------
 */

static inline void listen_on_port(struct stage *stage)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof address;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	stage->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(stage->listen_fd, (struct sockaddr *)&address, size) != 0 ||
	    listen(stage->listen_fd, 8) != 0 ||
	    getsockname(stage->listen_fd, (struct sockaddr *)&address, &size) != 0)
		abort();
	snprintf(stage->url, sizeof stage->url, "--url=http://127.0.0.1:%u",
		 ntohs(address.sin_port));
}

static inline void start_to_listen(struct stage *stage)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, stage->socket_path, strlen(stage->socket_path) + 1);
	stage->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(stage->listen_fd, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(stage->listen_fd, 8) != 0)
		abort();
}

static inline void stop_to_listen(struct stage *stage)
{
	fd_close(&stage->fd);
	fd_close(&stage->listen_fd);
	unlink(stage->socket_path);
}

/* False when the verb has ended. */
static inline bool wait_for(struct stage *stage, int fd)
{
	struct pollfd fds[2] = {{fd, POLLIN, 0}, {stage->end_pipe[0], POLLIN, 0}};

	return poll(fds, 2, PATIENCE_MS) > 0 && fds[0].revents != 0;
}

static inline bool is_whole(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strcasestr(text, "\r\ncontent-length:");

	if (end == NULL)
		return false;
	return length == NULL ||
	       strlen(end + 4) >= strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
}

/* Reads one request, on a new connection when there is none. False when the verb has ended. */
static inline bool take_request(struct stage *stage, struct str *request)
{
	char buffer[4096];
	ssize_t got = 0;

	str_clear(request);
	while (!is_whole(str_text(request))) {
		if (stage->fd < 0) {
			if (!wait_for(stage, stage->listen_fd))
				return false;
			stage->fd = accept(stage->listen_fd, NULL, NULL);
		}
		if (!wait_for(stage, stage->fd))
			return false;
		got = read(stage->fd, buffer, sizeof buffer);
		if (got <= 0)
			fd_close(&stage->fd);
		else
			str_append_bytes(request, buffer, (size_t)got);
	}
	return true;
}

/* A broken answer is chunked, and its last chunk never comes. */
static inline void answer(struct stage *stage, const struct exchange *exchange)
{
	const char *end = strstr(exchange->body, "\r\n\r\n");
	bool has_headers = str_starts_with(exchange->body, "Content-") && end != NULL;
	const char *body = has_headers ? end + 4 : exchange->body;
	size_t length = strlen(body);
	struct str text = STR_INIT;

	str_printf(&text, "HTTP/1.1 %d X\r\n", exchange->status);
	if (has_headers)
		str_append_bytes(&text, exchange->body, (size_t)(end + 2 - exchange->body));
	if (exchange->then == THEN_KEEP)
		str_printf(&text, "Content-Length: %zu\r\n\r\n%s", length, body);
	else if (length > 0)
		str_printf(&text, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n", length, body);
	if (exchange->then != THEN_KEEP && exchange->status == 0)
		str_clear(&text);
	if (write(stage->fd, str_text(&text), text.size) != (ssize_t)text.size)
		abort();
	str_close(&text);
}

static inline void *play(void *context)
{
	struct stage *stage = context;
	struct str request = STR_INIT;

	while (take_request(stage, &request)) {
		const struct exchange *exchange = &stage->script[stage->played];

		if (exchange->request == NULL ||
		    !str_starts_with(str_text(&request), exchange->request) ||
		    (exchange->has != NULL && strstr(str_text(&request), exchange->has) == NULL)) {
			snprintf(stage->wrong, sizeof stage->wrong, "%s", str_text(&request));
			break;
		}
		stage->played++;
		str_append(&stage->requests, str_text(&request));
		answer(stage, exchange);
		if (exchange->then == THEN_BREAK)
			fd_close(&stage->fd);
		if (exchange->then == THEN_RESTART) {
			stop_to_listen(stage);
			poll(NULL, 0, 150);
			start_to_listen(stage);
		}
	}
	stop_to_listen(stage);
	str_close(&request);
	return NULL;
}

/* --- the verb's part -----------------------------------------------------------------------------
 */

/* Plays the whole script against the verb. */
static inline void perform(struct stage *stage, const struct exchange *script, char *const words[])
{
	char *by_url[BY_URL_WORDS + 1];
	size_t count = 0;

	memset(stage, 0, sizeof *stage);
	stage->fd = -1;
	stage->listen_fd = -1;
	stage->script = script;
	snprintf(stage->home, sizeof stage->home, "/tmp/heddle-cli-XXXXXX");
	assert_non_null(mkdtemp(stage->home));
	snprintf(stage->socket_path, sizeof stage->socket_path, "%s/heddle.sock", stage->home);
	assert_int_equal(pipe(stage->end_pipe), 0);
	if (script != NULL) {
		if (strcmp(words[0], BY_URL) == 0)
			listen_on_port(stage);
		else
			start_to_listen(stage);
		assert_int_equal(pthread_create(&stage->thread, NULL, play, stage), 0);
	}
	if (strcmp(words[0], BY_URL) == 0) {
		memcpy(by_url, words, sizeof by_url);
		by_url[0] = stage->url;
		words = by_url;
	}
	capture_run(&stage->capture, stage->home, words);
	assert_int_equal(write(stage->end_pipe[1], "", 1), 1);
	if (script != NULL) {
		pthread_join(stage->thread, NULL);
		while (script[count].request != NULL)
			count++;
		if (stage->wrong[0] != '\0')
			fail_msg("exchange %zu: unexpected request: %s", stage->played,
				 stage->wrong);
		assert_int_equal(stage->played, count);
	}
}

static inline void leave(struct stage *stage)
{
	close(stage->end_pipe[0]);
	close(stage->end_pipe[1]);
	rmdir(stage->home);
	str_close(&stage->requests);
	capture_close(&stage->capture);
}

static inline void expect(const struct stage *stage, int code, const char *out)
{
	capture_expect(&stage->capture, code, out);
}

/* Refused without asking anybody. */
static inline void expect_usage(char *const words[], const char *told)
{
	struct stage stage;

	perform(&stage, NULL, words);
	expect(&stage, CODE_USAGE, "");
	if (strstr(str_text(&stage.capture.err), told) == NULL)
		fail_msg("stderr: %s", str_text(&stage.capture.err));
	leave(&stage);
}

#endif
