/* session.c - signing a page in, and what it must know to change something; see api.h. */
#include "web/api/api.h"

#include "base/clock.h"

#include <microhttpd.h>
#include <sodium.h>

/* HEAD spends nothing: link previews ask so. */
void api_sign_in(struct call *call)
{
	char cookie[SESSION_SECRET_SIZE];
	char name[SESSION_NAME_SIZE];

	if (call->is_head) {
		answer_text(&call->answer, MHD_HTTP_OK, "a link to sign in");
		return;
	}
	if (!session_spend_link(call->sessions, call->names.secret, clock_now().boot_ms, cookie)) {
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

void api_session(struct call *call)
{
	char csrf[SESSION_SECRET_SIZE];
	int64_t until_boot_ms = 0;
	struct compose compose;
	struct moment now = clock_now();

	if (call->cookie[0] != '\0')
		until_boot_ms = session_until(call->sessions, call->cookie, now.boot_ms);
	if (until_boot_ms != 0)
		session_csrf(call->cookie, csrf);
	compose_init(&compose, &call->answer.body);
	compose_open(&compose, '{');
	compose_member_text(&compose, "actor", call->actor);
	compose_member_text(&compose, "csrf", until_boot_ms == 0 ? NULL : csrf);
	compose_member_time(&compose, "expires_at",
			    until_boot_ms == 0 ? 0 : now.wall_ms + until_boot_ms - now.boot_ms);
	compose_close(&compose, '}');
	call->answer.status = MHD_HTTP_OK;
}
