/* session.c - signing a page in, and what it must know to change something; see api.h. */
#include "web/api/api.h"

#include "base/clock.h"

#include <microhttpd.h>
#include <sodium.h>
#include <string.h>

/* HEAD spends nothing: link previews ask so. */
void api_sign_in(struct call *call)
{
	char cookie[SESSION_SECRET_SIZE];
	char name[SESSION_NAME_SIZE];

	if (call->is_head) {
		answer_text(&call->answer, MHD_HTTP_OK, "a link to sign in");
		return;
	}
	if (!session_spend_link(call->sessions, call->names.secret, clock_now(), cookie)) {
		answer_problem(&call->answer, MHD_HTTP_FORBIDDEN,
			       "this link was used, or is older than ten minutes: ask the daemon "
			       "for a new one");
		return;
	}
	session_cookie_name(call->port, name);
	answer_text(&call->answer, MHD_HTTP_SEE_OTHER, "signed in");
	answer_header(&call->answer, MHD_HTTP_HEADER_LOCATION, "/");
	answer_header(&call->answer, "Referrer-Policy", "no-referrer");
	answer_header(&call->answer, MHD_HTTP_HEADER_SET_COOKIE,
		      "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict", name, cookie,
		      SESSION_MS / 1000);
	sodium_memzero(cookie, sizeof cookie);
}

/* A page cannot make itself live longer so: whoever has the token or the socket can. */
void api_session_link(struct call *call)
{
	char secret[SESSION_SECRET_SIZE];
	char url[SESSION_URL_SIZE];
	struct compose compose;
	struct moment now = clock_now();

	if (call->cookie[0] != '\0') {
		answer_problem(
		    &call->answer, MHD_HTTP_FORBIDDEN,
		    "a page makes no links: ask on the machine of the daemon, 'heddle page'");
		return;
	}
	if (call->port == 0) {
		answer_problem(
		    &call->answer, MHD_HTTP_CONFLICT,
		    "the daemon listens on no address, so there is no page: start it with "
		    "'--listen 127.0.0.1:8088'");
		return;
	}
	session_make_link(call->sessions, now.boot_ms, secret);
	session_link_url(call->listen_host, call->port, secret, url);
	compose_init(&compose, &call->answer.body);
	compose_open(&compose, '{');
	compose_member_text(&compose, "url", url);
	compose_member_text(&compose, "path", strstr(url, "/sign-in/"));
	compose_member_time(&compose, "expires_at", now.wall_ms + SESSION_LINK_MS);
	compose_close(&compose, '}');
	call->answer.status = MHD_HTTP_OK;
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(url, sizeof url);
}

void api_session(struct call *call)
{
	char csrf[SESSION_SECRET_SIZE];
	int64_t until_ms = 0;
	struct compose compose;
	struct moment now = clock_now();

	if (call->cookie[0] != '\0')
		until_ms = session_until(call->sessions, call->cookie, now.wall_ms);
	if (until_ms != 0)
		session_csrf(call->cookie, csrf);
	compose_init(&compose, &call->answer.body);
	compose_open(&compose, '{');
	compose_member_text(&compose, "actor", call->actor);
	compose_member_text(&compose, "csrf", until_ms == 0 ? NULL : csrf);
	compose_member_time(&compose, "expires_at", until_ms);
	compose_close(&compose, '}');
	call->answer.status = MHD_HTTP_OK;
}
