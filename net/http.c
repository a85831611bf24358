/* http.c - one libcurl handle, set up anew for each request; see http.h. */
#include "net/http.h"

#include "base/mem.h"
#include "net/curl_load.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

struct http_client {
	struct curl_api api;
	CURL *curl;
	bool is_initialised; /* curl_global_init was called */
	char *socket_path;   /* NULL = by url */
	char *base;          /* what a path is appended to */
	char *authorization; /* header line, secret; NULL = none */
	bool no_proxy;
	char message[CURL_ERROR_SIZE];
};

/* One request under way: what the body callback needs. */
struct exchange {
	struct http_client *client;
	const struct http_request *request;
	struct http_response *response;
	bool stopped;  /* by the piece callback */
	bool too_much; /* body over its bound */
};

/* --- the client ---------------------------------------------------------------------------------
 */

/* A proxy of the environment is for the outside world, not for this machine. */
static bool is_loopback(const char *url)
{
	static const char *const hosts[] = {"localhost", "127.", "[::1]", NULL};
	const char *host = strstr(url, "://") + 3;

	for (size_t i = 0; hosts[i] != NULL; i++)
		if (strncasecmp(host, hosts[i], strlen(hosts[i])) == 0)
			return true;
	return false;
}

static int set_url(struct http_client *client, const char *url, struct err *err)
{
	size_t length = strlen(url);

	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
		return err_set(err, ERR_INVALID, "url '%s' must begin with http:// or https://",
			       url);
	while (length > 0 && url[length - 1] == '/')
		length--;
	client->base = mem_strndup(url, length);
	client->no_proxy = is_loopback(url);
	return 0;
}

static int set_socket(struct http_client *client, const char *path, struct err *err)
{
	struct sockaddr_un address;

	if (strlen(path) >= sizeof address.sun_path)
		return err_set(err, ERR_LIMIT, "socket path '%s' is longer than %zu bytes", path,
			       sizeof address.sun_path - 1);
	client->socket_path = mem_strdup(path);
	client->base = mem_strdup("http://localhost");
	client->no_proxy = true;
	return 0;
}

static int open_curl(struct http_client *client, struct err *err)
{
	int rc = curl_load(NULL, &client->api, err);

	if (rc != 0)
		return rc;
	if (client->api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_IO, "libcurl cannot be initialised");
	client->is_initialised = true;
	client->curl = client->api.easy_init();
	if (client->curl == NULL)
		return err_set(err, ERR_IO, "libcurl has no handle to give");
	return 0;
}

static char *bearer(const char *token)
{
	struct str line = STR_INIT;

	if (token == NULL)
		return NULL;
	str_printf(&line, "Authorization: Bearer %s", token);
	return str_take(&line);
}

int http_client_create(const struct http_server *server, struct http_client **out, struct err *err)
{
	struct http_client *client = mem_alloc(sizeof *client);
	int rc;

	rc = server->socket_path != NULL ? set_socket(client, server->socket_path, err)
					 : set_url(client, server->url, err);
	client->authorization = bearer(server->token);
	if (rc == 0)
		rc = open_curl(client, err);
	if (rc == 0)
		*out = client;
	else
		http_client_destroy(client);
	return rc;
}

void http_client_destroy(struct http_client *client)
{
	if (client == NULL)
		return;
	if (client->curl != NULL)
		client->api.easy_cleanup(client->curl);
	if (client->is_initialised)
		client->api.global_cleanup();
	curl_unload(&client->api);
	mem_free(client->socket_path);
	mem_free(client->base);
	if (client->authorization != NULL)
		mem_wipe_free(client->authorization, strlen(client->authorization));
	mem_free(client);
}

/* --- one request --------------------------------------------------------------------------------
 */

static size_t gather(struct exchange *exchange, const char *bytes, size_t count)
{
	struct str *body = &exchange->response->body;

	if (count > exchange->request->max_body_bytes - body->size) {
		exchange->too_much = true;
		return 0;
	}
	str_append_bytes(body, bytes, count);
	return count;
}

/* libcurl's CURLOPT_HEADERFUNCTION: gets each line whole, with its end. */
static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
	static const char name[] = "content-location:";
	struct exchange *exchange = context;
	char *out = exchange->response->content_location;
	size_t from = strlen(name);
	size_t to = size * count;

	if (to < from || strncasecmp(bytes, name, from) != 0)
		return size * count;
	while (to > from && isspace((unsigned char)bytes[to - 1]))
		to--;
	while (from < to && isspace((unsigned char)bytes[from]))
		from++;
	if (to - from < HTTP_LOCATION_SIZE)
		snprintf(out, HTTP_LOCATION_SIZE, "%.*s", (int)(to - from), bytes + from);
	return size * count;
}

/* libcurl's CURLOPT_WRITEFUNCTION: a count other than the one given ends the transfer. */
static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	long status = 0;

	count *= size;
	exchange->client->api.easy_getinfo(exchange->client->curl, CURLINFO_RESPONSE_CODE, &status);
	if (exchange->request->piece == NULL || status < 200 || status > 299)
		return gather(exchange, bytes, count);
	if (exchange->request->piece(exchange->request->context, (int)status, bytes, count))
		return count;
	exchange->stopped = true;
	return 0;
}

/* A failed append keeps the list as it was; only a lack of memory makes one fail. */
static void add_header(struct http_client *client, struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = client->api.slist_append(*list, line);

	if (longer != NULL)
		*list = longer;
}

static struct curl_slist *build_headers(struct http_client *client,
					const struct http_request *request)
{
	struct curl_slist *list = NULL;

	if (client->authorization != NULL)
		add_header(client, &list, client->authorization);
	if (request->body != NULL) {
		add_header(client, &list, "Content-Type: application/json");
		add_header(client, &list, "Expect:"); /* no round trip before a small body */
	}
	for (const char *const *line = request->headers; line != NULL && *line != NULL; line++)
		add_header(client, &list, *line);
	return list;
}

static void set_server(struct http_client *client)
{
	__typeof__(curl_easy_setopt) *set = client->api.easy_setopt;

	if (client->socket_path != NULL)
		set(client->curl, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
	if (client->no_proxy)
		set(client->curl, CURLOPT_PROXY, "");
	set(client->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	set(client->curl, CURLOPT_USERAGENT, "heddle/" HEDDLE_VERSION);
	set(client->curl, CURLOPT_ERRORBUFFER, client->message);
	set(client->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_TIMEOUT_MS);
	/* A stream may be silent for hours; that its peer is gone must show itself all the same. */
	set(client->curl, CURLOPT_TCP_KEEPALIVE, 1L);
	set(client->curl, CURLOPT_TCP_KEEPIDLE, 20L);
	set(client->curl, CURLOPT_TCP_KEEPINTVL, 10L);
}

static void set_request(struct exchange *exchange, const char *url, struct curl_slist *headers)
{
	struct http_client *client = exchange->client;
	const struct http_request *request = exchange->request;
	__typeof__(curl_easy_setopt) *set = client->api.easy_setopt;

	set(client->curl, CURLOPT_URL, url);
	set(client->curl, CURLOPT_HTTPHEADER, headers);
	set(client->curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	set(client->curl, CURLOPT_WRITEFUNCTION, on_body);
	set(client->curl, CURLOPT_WRITEDATA, exchange);
	set(client->curl, CURLOPT_HEADERFUNCTION, on_header);
	set(client->curl, CURLOPT_HEADERDATA, exchange);
	if (request->body != NULL) {
		set(client->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(request->body));
		set(client->curl, CURLOPT_POSTFIELDS, request->body);
	} else if (strcmp(request->method, "POST") == 0) {
		set(client->curl, CURLOPT_POSTFIELDSIZE, 0L);
		set(client->curl, CURLOPT_POSTFIELDS, "");
	} else if (strcmp(request->method, "HEAD") == 0) {
		set(client->curl, CURLOPT_NOBODY, 1L);
	}
	set(client->curl, CURLOPT_CUSTOMREQUEST, request->method);
}

/* --- how it ended -------------------------------------------------------------------------------
 */

static int connect_code(struct http_client *client)
{
	long os_errno = 0;

	client->api.easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &os_errno);
	/* A Unix socket whose queue is full answers EAGAIN, which libcurl takes for a connection
	 * under way and then has no error to tell: somebody listens. */
	if (client->socket_path != NULL && (os_errno == EAGAIN || os_errno == 0))
		return ERR_AGAIN;
	return os_errno == EACCES || os_errno == EPERM ? ERR_REFUSED : ERR_NOT_FOUND;
}

/* A time-out before the connection stood means that nobody serves there. */
static int timeout_code(struct http_client *client)
{
	curl_off_t connected_us = 0;

	client->api.easy_getinfo(client->curl, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
	return connected_us == 0 ? ERR_NOT_FOUND : ERR_AGAIN;
}

static int code_of(struct http_client *client, CURLcode result)
{
	switch (result) {
	case CURLE_COULDNT_CONNECT:
		return connect_code(client);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return ERR_NOT_FOUND;
	case CURLE_PEER_FAILED_VERIFICATION:
		return ERR_REFUSED;
	case CURLE_OPERATION_TIMEDOUT:
		return timeout_code(client);
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return ERR_AGAIN;
	case CURLE_URL_MALFORMAT:
		return ERR_INVALID;
	default:
		return ERR_IO;
	}
}

static int judge(const struct exchange *exchange, CURLcode result, struct err *err)
{
	struct http_client *client = exchange->client;
	const char *message = client->message;

	if (result == CURLE_OK || exchange->stopped)
		return 0;
	if (exchange->too_much)
		return err_set(err, ERR_LIMIT, "answer is larger than %zu bytes",
			       exchange->request->max_body_bytes);
	if (message[0] == '\0')
		message = client->api.easy_strerror(result);
	return err_set(err, code_of(client, result), "%s", message);
}

int http_request(struct http_client *client, const struct http_request *request,
		 struct http_response *response, struct err *err)
{
	struct exchange exchange = {client, request, response, false, false};
	struct curl_slist *headers = build_headers(client, request);
	struct str url = STR_INIT;
	CURLcode result;
	long status = 0;
	int rc;

	response->status = 0;
	response->content_location[0] = '\0';
	str_clear(&response->body);
	client->message[0] = '\0';
	str_printf(&url, "%s%s", client->base, request->path);
	client->api.easy_reset(client->curl); /* forgets options, keeps the connection */
	set_server(client);
	set_request(&exchange, str_text(&url), headers);
	result = client->api.easy_perform(client->curl);
	client->api.easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	response->status = (int)status;
	response->timed_out = result == CURLE_OPERATION_TIMEDOUT;
	rc = judge(&exchange, result, err);
	client->api.slist_free_all(headers);
	str_close(&url);
	return rc;
}

void http_encode(struct str *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 128 && isalnum(c)) || strchr("-._~", c) != NULL)
			str_append_char(out, (char)c);
		else
			str_printf(out, "%%%02X", c);
	}
}
