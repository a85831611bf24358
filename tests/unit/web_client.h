/* web_client.h - the other end of the wire: requests as bytes, answers taken apart. */
#ifndef HEDDLE_TESTS_UNIT_WEB_CLIENT_H
#define HEDDLE_TESTS_UNIT_WEB_CLIENT_H

#include "tests/unit/web_kit.h"

#define ASK_HEALTH "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define POST_RUN "POST /api/v1/dags/nightly.etl/runs HTTP/1.1\r\nHost: localhost\r\n"

static inline int connected(int fd, const struct sockaddr *address, socklen_t size)
{
	struct timeval patience = {20, 0};

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
	if (connect(fd, address, size) != 0)
		fail_msg("connect: %s", strerror(errno));
	return fd;
}

static inline int connect_tcp(const struct server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(server->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return connected(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
			 (const struct sockaddr *)&address, sizeof address);
}

static inline int connect_unix(const struct server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof address.sun_path, "%s", server->socket_path);
	return connected(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
			 (const struct sockaddr *)&address, sizeof address);
}

static inline void send_bytes(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* refused and closed: what it said is still to be read */
		bytes += sent;
		size -= (size_t)sent;
	}
}

static inline void send_text(int fd, const char *text)
{
	send_bytes(fd, text, strlen(text));
}

/* A connection and what came over it and was not yet taken. */
struct client {
	struct str in;
	size_t taken;
	int fd;
	bool closed;
};

struct reply {
	int status; /* 0 = the connection was closed without one */
	char head[2048];
	struct str body;
	bool cut; /* closed in the middle of the body */
};

static inline void close_reply(struct reply *reply)
{
	str_close(&reply->body);
}

static inline void hang_up(struct client *client)
{
	close(client->fd);
	str_close(&client->in);
}

static inline bool receive(struct client *client)
{
	char buffer[65536];
	ssize_t got = recv(client->fd, buffer, sizeof buffer, 0);

	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		fail_msg("no answer within 20 s; so far: %s",
			 str_text(&client->in) + client->taken);
	if (got <= 0) {
		client->closed = true;
		return false;
	}
	str_append_bytes(&client->in, buffer, (size_t)got);
	return true;
}

static const char *rest(const struct client *client)
{
	return str_text(&client->in) + client->taken;
}

static inline size_t rest_size(const struct client *client)
{
	return client->in.size - client->taken;
}

/* The value of a header in *reply, or NULL. */
static const char *header(const struct reply *reply, const char *name)
{
	static char value[256];
	size_t length = strlen(name);

	for (const char *line = reply->head; (line = strstr(line, "\r\n")) != NULL;) {
		line += 2;
		if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
			snprintf(value, sizeof value, "%.*s", (int)strcspn(line + length + 2, "\r"),
				 line + length + 2);
			return value;
		}
	}
	return NULL;
}

static inline bool read_head(struct client *client, struct reply *reply)
{
	const char *end;

	while ((end = strstr(rest(client), "\r\n\r\n")) == NULL)
		if (!receive(client))
			return false;
	snprintf(reply->head, sizeof reply->head, "%.*s", (int)(end + 2 - rest(client)),
		 rest(client));
	client->taken += (size_t)(end + 4 - rest(client));
	assert_true(str_starts_with(reply->head, "HTTP/1."));
	reply->status = (int)strtol(reply->head + strlen("HTTP/1.1 "), NULL, 10);
	return true;
}

static inline void read_counted(struct client *client, struct reply *reply, size_t size)
{
	while (rest_size(client) < size && receive(client))
		;
	reply->cut = rest_size(client) < size;
	if (reply->cut)
		size = rest_size(client);
	str_append_bytes(&reply->body, rest(client), size);
	client->taken += size;
}

/* One chunk; false after the last one. */
static inline bool read_chunk(struct client *client, struct reply *reply)
{
	const char *end;
	size_t size;

	while ((end = strstr(rest(client), "\r\n")) == NULL)
		if (!receive(client)) {
			reply->cut = true;
			return false;
		}
	size = strtoul(rest(client), NULL, 16);
	client->taken += (size_t)(end + 2 - rest(client));
	read_counted(client, reply, size);
	while (!reply->cut && rest_size(client) < 2 && receive(client))
		;
	client->taken += 2;
	return size > 0 && !reply->cut;
}

static inline void read_body(struct client *client, struct reply *reply, bool is_head)
{
	const char *length = header(reply, "Content-Length");

	if (is_head || reply->status == 304 || reply->status == 204 || reply->status < 200)
		return;
	if (length != NULL) {
		read_counted(client, reply, strtoul(length, NULL, 10));
		return;
	}
	if (header(reply, "Transfer-Encoding") != NULL) {
		while (read_chunk(client, reply))
			;
		return;
	}
	while (receive(client))
		;
	read_counted(client, reply, rest_size(client));
}

/* The next answer of the connection. */
static inline struct reply next_reply(struct client *client, bool is_head)
{
	struct reply reply = {0};

	if (read_head(client, &reply))
		read_body(client, &reply, is_head);
	return reply;
}

static inline struct client over_unix(const struct server *server)
{
	return (struct client){.fd = connect_unix(server)};
}

static inline struct client over_tcp(const struct server *server)
{
	return (struct client){.fd = connect_tcp(server)};
}

static inline void send_request(struct client *client, const char *method, const char *path,
				const char *headers, const char *body)
{
	struct str text = STR_INIT;

	str_printf(&text, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s", method, path, headers);
	if (body != NULL)
		str_printf(&text, "Content-Length: %zu\r\n", strlen(body));
	str_printf(&text, "\r\n%s", body == NULL ? "" : body);
	send_bytes(client->fd, text.data, text.size);
	str_close(&text);
}

/* One request on a connection of its own, over the Unix socket. */
static inline struct reply ask(const struct server *server, const char *method, const char *path,
			       const char *headers, const char *body)
{
	struct client client = over_unix(server);
	struct reply reply;

	send_request(&client, method, path, headers, body);
	reply = next_reply(&client, strcmp(method, "HEAD") == 0);
	hang_up(&client);
	return reply;
}

static inline struct reply get(const struct server *server, const char *path)
{
	return ask(server, "GET", path, "", NULL);
}

static inline struct reply send_raw(const struct server *server, const char *text)
{
	struct client client = over_unix(server);
	struct reply reply;

	send_text(client.fd, text);
	reply = next_reply(&client, false);
	hang_up(&client);
	return reply;
}

static inline json_t *body_of(const struct reply *reply)
{
	json_error_t error;
	json_t *body = json_loadb(str_text(&reply->body), reply->body.size, 0, &error);

	if (body == NULL)
		fail_msg("%s in: %s", error.text, str_text(&reply->body));
	return body;
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "(none)" : text;
}

static inline void expect_status(const struct reply *reply, int status)
{
	if (reply->status != status)
		fail_msg("status %d, not %d: %s", reply->status, status, str_text(&reply->body));
}

/* A problem with this status whose detail says so. */
static inline void expect_problem(struct reply *reply, int status, const char *says)
{
	json_t *problem;

	expect_status(reply, status);
	assert_string_equal(header(reply, "Content-Type"), "application/problem+json");
	problem = body_of(reply);
	assert_int_equal(json_integer_value(json_object_get(problem, "status")), status);
	assert_string_equal(text_at(problem, "type"), "about:blank");
	if (strstr(text_at(problem, "detail"), says) == NULL)
		fail_msg("'%s' does not say '%s'", text_at(problem, "detail"), says);
	json_decref(problem);
	close_reply(reply);
}

static inline void read_until(struct client *client, struct reply *reply, size_t size)
{
	while (reply->body.size < size)
		assert_true(read_chunk(client, reply));
}

static inline size_t count_items(const struct server *server, const char *path)
{
	struct reply reply = get(server, path);
	json_t *page;
	size_t count;

	expect_status(&reply, 200);
	page = body_of(&reply);
	count = json_array_size(json_object_get(page, "items"));
	json_decref(page);
	close_reply(&reply);
	return count;
}

/* What the log of a run's first attempt answers; the caller's (json_decref). */
static inline json_t *ask_log(struct server *server, const struct run *run, const char *query)
{
	struct reply reply;
	char rest[80];
	char path[160];
	json_t *page;

	snprintf(rest, sizeof rest, "1/log?%s", query);
	log_path_of(run, rest, path);
	reply = get(server, path);
	expect_status(&reply, 200);
	page = json_loadb(reply.body.data, reply.body.size, 0, NULL);
	assert_non_null(page);
	close_reply(&reply);
	return page;
}

#endif
