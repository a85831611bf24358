/* guard.c - checks of headers; see guard.h. */
#include "web/guard.h"

#include <microhttpd.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	size_t offset;
	const char *when_doubled; /* a list that may stand in several lines counts as this; NULL =
				     to come twice is an error */
} known[] = {
    {"Host", offsetof(struct guard_headers, host), NULL},
    {"Origin", offsetof(struct guard_headers, origin), NULL},
    {"Authorization", offsetof(struct guard_headers, authorization), NULL},
    {"Content-Length", offsetof(struct guard_headers, content_length), NULL},
    {"Transfer-Encoding", offsetof(struct guard_headers, transfer_encoding), NULL},
    {"Idempotency-Key", offsetof(struct guard_headers, idempotency_key), NULL},
    {"Range", offsetof(struct guard_headers, range), NULL},
    {"Accept", offsetof(struct guard_headers, accept), "*/*"},
    {"Accept-Encoding", offsetof(struct guard_headers, accept_encoding), ""},
    {"Content-Type", offsetof(struct guard_headers, content_type), NULL},
    {"Cookie", offsetof(struct guard_headers, cookie), NULL},
    {"X-Heddle-CSRF", offsetof(struct guard_headers, csrf), NULL},
    {"If-Match", offsetof(struct guard_headers, if_match), ""},
    {"If-None-Match", offsetof(struct guard_headers, if_none_match), ""},
    {"Last-Event-ID", offsetof(struct guard_headers, last_event_id), NULL},
};

/* "token = 1*tchar" (RFC 9110 section 5.6.2) */
static bool is_token(const char *text)
{
	static const char tchars[] = "!#$%&'*+-.^_`|~0123456789"
				     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t length = strspn(text, tchars);

	return length > 0 && text[length] == '\0';
}

static bool has_control(const char *value)
{
	for (const char *c = value; *c != '\0'; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return true;
	return false;
}

void guard_take(struct guard_headers *headers, const char *name, const char *value)
{
	if (!is_token(name))
		headers->has_bad_name = true;
	if (value != NULL && has_control(value))
		headers->has_bad_value = true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const char **slot = (const char **)((char *)headers + known[i].offset);

		if (strcasecmp(known[i].name, name) != 0)
			continue;
		if (*slot != NULL && known[i].when_doubled == NULL)
			headers->doubled = known[i].name;
		else if (*slot != NULL)
			value = known[i].when_doubled;
		*slot = value == NULL ? "" : value;
		return;
	}
}

/* A bad length goes no further than this: neither a sign nor a list is one (RFC 9110 section 8.6).
 */
static bool is_length(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= 19 && strspn(text, "0123456789") == length;
}

bool guard_framing(const struct guard_headers *headers, struct answer *refusal)
{
	const char *chunks = headers->transfer_encoding;

	if (headers->has_bad_name)
		answer_problem(refusal, MHD_HTTP_BAD_REQUEST,
			       "a header's name holds what no name may: write 'Name: value' with "
			       "nothing before the colon");
	else if (headers->has_bad_value)
		answer_problem(refusal, MHD_HTTP_BAD_REQUEST,
			       "a header's value holds a control character: no value may");
	else if (headers->doubled != NULL)
		answer_problem(refusal, MHD_HTTP_BAD_REQUEST,
			       "header '%s' is given twice: send it once", headers->doubled);
	else if (headers->host == NULL)
		answer_problem(refusal, MHD_HTTP_BAD_REQUEST,
			       "header 'Host' is missing: HTTP/1.1 requires it");
	else if (chunks != NULL && headers->is_http_1_0)
		answer_problem(refusal, MHD_HTTP_BAD_REQUEST,
			       "'Transfer-Encoding' is given with HTTP/1.0, which has none: send "
			       "'Content-Length'");
	else if (headers->content_length != NULL && chunks != NULL)
		answer_problem(refusal, MHD_HTTP_BAD_REQUEST,
			       "both 'Content-Length' and 'Transfer-Encoding' are given: send one");
	else if (chunks != NULL && strcasecmp(chunks, "chunked") != 0)
		answer_problem(refusal, MHD_HTTP_BAD_REQUEST,
			       "'Transfer-Encoding' is '%.64s': only 'chunked' is understood",
			       chunks);
	else if (headers->content_length != NULL && !is_length(headers->content_length))
		answer_problem(refusal, MHD_HTTP_BAD_REQUEST,
			       "'Content-Length' is '%.64s': it must be a number of bytes",
			       headers->content_length);
	else
		return true;
	refusal->close = true;
	return false;
}

bool guard_tells_length(const struct guard_headers *headers)
{
	return headers->content_length != NULL || headers->transfer_encoding != NULL;
}

/* The bytes of a Host without its port. */
static size_t name_length(const char *host)
{
	const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;

	if (bracket != NULL)
		return (size_t)(bracket - host) + 1;
	return strcspn(host, ":");
}

/* What follows the name must be nothing or a port. */
static bool port_is_sound(const char *rest)
{
	size_t length = strlen(rest);

	return length == 0 ||
	       (rest[0] == ':' && length <= 6 && strspn(rest + 1, "0123456789") == length - 1);
}

static bool is_name(const char *host, size_t length, const char *name)
{
	return name != NULL && strlen(name) == length && strncasecmp(host, name, length) == 0;
}

/* An address of numbers needs no DNS, so that nobody can rebind it. */
static bool is_address(const char *host, size_t length)
{
	return host[0] == '[' || strspn(host, "0123456789.") >= length;
}

static bool listens_everywhere(const char *listen_host)
{
	return strcmp(listen_host, "0.0.0.0") == 0 || strcmp(listen_host, "::") == 0;
}

static bool is_ours(const char *host, size_t length, const char *listen_host, const char *machine)
{
	static const char *const always[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		if (is_name(host, length, always[i]))
			return true;
	if (is_name(host, length, listen_host))
		return true;
	if (host[0] == '[' && length > 2 && is_name(host + 1, length - 2, listen_host))
		return true;
	return listens_everywhere(listen_host) &&
	       (is_address(host, length) || is_name(host, length, machine));
}

bool guard_host(const char *host, const char *listen_host, const char *machine,
		struct answer *refusal)
{
	size_t length = name_length(host);

	if (length > 0 && port_is_sound(host + length) &&
	    is_ours(host, length, listen_host, machine))
		return true;
	answer_problem(refusal, MHD_HTTP_FORBIDDEN,
		       "'Host' is '%.64s', which is not this daemon's name: use localhost or the "
		       "address it listens on",
		       host);
	return false;
}

bool guard_origin(const struct guard_headers *headers, struct answer *refusal)
{
	const char *origin = headers->origin;
	const char *site = origin == NULL ? NULL : strstr(origin, "://");

	if (origin == NULL)
		return true;
	if (site != NULL && strcasecmp(site + 3, headers->host) == 0)
		return true;
	answer_problem(refusal, MHD_HTTP_FORBIDDEN,
		       "'Origin' is '%.64s', another site than '%.64s': pages of other sites may "
		       "change nothing here",
		       origin, headers->host);
	return false;
}

static bool token_matches(const char *given, const char *token)
{
	size_t length = strlen(token);

	return length > 0 && strlen(given) == length && sodium_memcmp(given, token, length) == 0;
}

const char *guard_token(const char *authorization)
{
	static const char scheme[] = "Bearer ";

	if (authorization == NULL || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
		return NULL;
	return authorization + sizeof scheme - 1;
}

bool guard_bearer(const char *authorization, const char *token, struct answer *refusal)
{
	const char *given = guard_token(authorization);

	if (given != NULL && token != NULL && token_matches(given, token))
		return true;
	answer_problem(refusal, MHD_HTTP_UNAUTHORIZED,
		       "%s: send 'Authorization: Bearer TOKEN' with the token that stands in the "
		       "file 'token' of the daemon's home",
		       authorization == NULL ? "no token is given" : "the token is not valid");
	answer_header(refusal, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"heddle\"");
	return false;
}
