/* sign_out.c - ends the session that asks for it; see page.h.
 *
 * The secret that proves that our own page asks stands in the address of the form: it has no body,
 * and the address is kept nowhere, as the answer leads on. */
#include "web/page/page.h"

#include "base/clock.h"
#include "web/session.h"
#include "web/signed_out.h"

#include <microhttpd.h>

static void lead_on(struct call *call)
{
	char name[SESSION_NAME_SIZE];

	session_cookie_name(call->port, name);
	answer_text(&call->answer, MHD_HTTP_SEE_OTHER, "signed out");
	answer_header(&call->answer, MHD_HTTP_HEADER_LOCATION, "/");
	answer_header(&call->answer, MHD_HTTP_HEADER_SET_COOKIE,
		      "%s=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict", name);
}

enum call_outcome page_sign_out(struct call *call, struct store_reader *reader)
{
	struct err err;

	(void)reader;
	if (call->cookie[0] == '\0') {
		answer_problem(&call->answer, MHD_HTTP_CONFLICT, "nobody is signed in here");
		return CALL_ANSWERED;
	}
	if (!session_csrf_matches(call->cookie, call->names.secret)) {
		answer_problem(&call->answer, MHD_HTTP_FORBIDDEN,
			       "this form was not made for you, or before you signed in: load its "
			       "page again");
		return CALL_ANSWERED;
	}
	if (signed_out_note(call->home, call->cookie, clock_now().wall_ms, &err) != 0)
		return page_fail(&(struct page){.call = call}, &err);
	call->signed_out = true; /* from here on: look.c */
	lead_on(call);
	return CALL_ANSWERED;
}
