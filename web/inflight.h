/* inflight.h - a request under way, and the steps it takes between the files that serve it. Only
 *for request.c, look.c, command.c and posted.c.
 *
 *	request.c   its life in the server: headers, body, answer
 *	look.c      what is read for it from the database, now or once something has happened
 *	command.c   what it wants done
 *	posted.c    the same for a page: comes as a form, leads back to a page
 *
 * All but on a worker runs on the loop. */
#ifndef HEDDLE_WEB_INFLIGHT_H
#define HEDDLE_WEB_INFLIGHT_H

#include "base/mem.h"
#include "web/api/api.h"
#include "web/body.h"
#include "web/guard.h"
#include "web/page/form.h"
#include "web/request.h"

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(memory, size) mem_free(memory)
#include <uthash.h>

struct hangup;

struct request {
	struct request *next;
	struct request *previous;
	struct listener *listener;
	struct MHD_Connection *connection;
	const char *line_rest; /* what follows the target in the request line; for check.h */
	struct call call;
	struct guard_headers headers;
	struct str bytes;  /* of the body */
	uint64_t received; /* bytes of the body so far, forgotten ones too */
	struct body body;
	struct form form; /* of a page */
	const char *actor;
	struct repeat *repeat; /* where its answer is to be kept; NULL = nowhere */
	uint64_t stream_bytes; /* of an answer that is streamed */
	unsigned status;       /* of the answer when all goes well, 0 = the call's own */

	bool checked;
	bool discards; /* refused, or not wanted: the body is read and forgotten */
	bool answered; /* call.answer is final */
	bool set_aside;

	uint64_t token; /* of the command; 0 = none under way */
	UT_hash_handle hh;

	route_read read;
	bool busy;  /* a worker has the call */
	bool stale; /* something happened since the worker began to look */
	bool time_is_over;
	uv_work_t work;
	enum call_outcome outcome;

	uint64_t changes_seen; /* web->changes when the worker was sent */
	uint64_t began_ms;     /* by uv_now */
	struct wait wait;
	struct heap_node deadline;
	struct hangup *hangup;
};

/* call.answer is final. The connection is taken up when it was set aside, and then the request may
 * be gone: nothing of it may be touched after. Not inside a handler unless it was not set aside. */
void request_finish(struct request *request);
/* The answer is a problem; says nothing to anyone yet. */
void request_refuse(struct request *request, unsigned status, const char *detail);
/* 503: it may pass later. why NULL = no reason known. */
void request_refuse_held(struct request *request, const char *why);

/* Has request->read look at the database. The connection is set aside; the request goes on by
 * itself: to its answer, to waiting, or to its command when only an id was missing. */
void look_start(struct request *request);
/* Waits, without looking first, for what the call says (run_id, wait_kind). */
void look_await(struct request *request);
/* Ends the waiting, as when its time is over: the next look is answered with what there is. */
void look_end(struct request *request);
/* Takes the request out of everything that could wake it. */
void look_forget(struct request *request);

/* Reads body and headers of a command. False: the answer stands, a problem or what the same command
 * was answered before. */
bool command_read(struct request *request);
/* Hands it to the daemon. The connection is set aside, and call.run_id stands where one is needed.
 */
void command_start(struct request *request);
/* Its answer is final: it is kept for the same command again, if it was done. */
void command_remember(struct request *request);
/* The daemon stops: the command is answered as held. */
void command_abandon(struct request *request);

/* command_read for the form of a page. */
bool posted_read(struct request *request);
/* Makes of the query of a page what its question is about. */
void posted_ask(struct request *request);
/* The question of a page was answered: the page is made with that. */
void posted_show(struct request *request, enum web_result result, const char *message);
/* It was done: the answer leads back to the page that shows it. */
void posted_lead_back(struct request *request, const char *run_id);

#endif
