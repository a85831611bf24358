/* api.h - what each route answers, read from the database.
 *
 * A call goes from its parsed request to its answer. The functions with a reader run on a worker:
 * they see nothing but the call, and the call is theirs until they return. Those without run on the
 * loop and touch neither file nor database. */
#ifndef HEDDLE_WEB_API_API_H
#define HEDDLE_WEB_API_API_H

#include "executor/process/log.h"
#include "model/change.h"
#include "store/read_page.h"
#include "web/accept.h"
#include "web/answer.h"
#include "web/api/marks.h"
#include "web/compose.h"
#include "web/page/ask.h"
#include "web/query.h"
#include "web/route.h"
#include "web/session.h"
#include "web/target.h"
#include "web/trouble.h"
#include "web/waits.h"
#include "web/web.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define TASK_ACTOR_SIZE (RUN_ID_SIZE + LIMIT_ID_BYTES + 24) /* "task:RUN/TASK#NUMBER" */

/* What is left to be sent of a log too long for one answer, or that is still being written. */
struct call_log {
	bool is_open;           /* there is something to be streamed; the rest counts only then */
	struct process_log log; /* no descriptor: it is not there yet */
	struct process_ref ref; /* with the two below: where to look for it then */
	int64_t run_created_at_ms;
	char incarnation[32];
	int64_t offset; /* of the next byte */
	int64_t end;    /* where to stop; -1 = when the attempt has ended */
	int64_t run_no; /* with the two below: which attempt */
	char task_id[LIMIT_ID_BYTES + 1];
	uint32_t attempt;
	bool is_events; /* goes out as server-sent events, a line each */
};

/* Facts that are to be told as they come. */
struct call_feed {
	bool is_open;
	int64_t since; /* the last one that the client has */
	bool is_ahead; /* the client said a later one: it is to be told */
};

struct call {
	/* What is asked. */
	const struct route *route;
	struct target target;
	struct route_names names;
	struct query query;
	struct page_ask ask; /* of a page, instead of the query */
	/* Headers, each NULL when missing. */
	const char *range;
	const char *if_match; /* of a PATCH */
	const char *if_none_match;
	const char *last_event_id;
	char media[ACCEPT_TYPE_SIZE];     /* which of the route's the client likes best */
	const struct str *text;           /* the body, with ROUTE_TEXT */
	const char *actor;                /* who asks */
	struct web_task task;             /* which of a task's tokens does; attempt_id 0 = none */
	char task_actor[TASK_ACTOR_SIZE]; /* with it: what actor is */
	char cookie[SESSION_SECRET_SIZE]; /* with which a page is signed in; "" = none */
	const char *start;                /* of this daemon (web_start), another one each time */
	struct sessions *sessions;        /* for what runs on the loop */
	uint16_t port;                    /* of TCP; 0 = none */
	const char *listen_host;          /* likewise; NULL = none */
	bool is_head;
	bool takes_gzip;
	unsigned turns;    /* of a worker that ended with CALL_AGAIN */
	bool time_is_over; /* the waiting time has passed: CALL_WAIT is no outcome any more */
	const char *home;
	struct marks *marks;
	const struct web_events *events; /* for what runs on the loop */
	/* As they stood when the worker was sent: */
	struct troubles troubles;
	bool signed_out;     /* the session of the cookie was ended, on disk */
	char not_ready[256]; /* why nothing new is started; "" = it is, or ROUTE_CONCERNS is not
				set */
	char warning[256];   /* what will be so soon; likewise */

	/* With CALL_WAIT: what for. Else, once it is found, the whole id of the run. */
	char run_id[RUN_ID_SIZE]; /* "" = any run */
	enum wait_kind wait_kind;

	/* What came of the question of a page: JSON with WEB_DONE, else the reason, if there is
	 * one. */
	struct str told;
	enum web_result told_result;
	/* Params of a run as JSON, when they were found on a worker; given: as a form has them. */
	char *params;
	json_t *given_params;

	struct answer answer;
	struct call_log log;
	struct call_feed feed;
};

void call_close(struct call *call);

void api_healthz(struct call *call);
void api_readyz(struct call *call);
void api_version(struct call *call);
void api_metrics(struct call *call);
void api_sign_in(struct call *call);
void api_session(struct call *call);
void api_session_link(struct call *call);
void api_openapi(struct call *call); /* describe.c */

enum call_outcome api_dags(struct call *call, struct store_reader *reader);
enum call_outcome api_dag(struct call *call, struct store_reader *reader);
/* Whether the dag still is what the client saw, by If-Match; leaves the answer alone if so. */
enum call_outcome api_dag_matches(struct call *call, struct store_reader *reader);
enum call_outcome api_grid(struct call *call, struct store_reader *reader);
enum call_outcome api_attention(struct call *call, struct store_reader *reader);
enum call_outcome api_versions(struct call *call, struct store_reader *reader);
enum call_outcome api_source(struct call *call, struct store_reader *reader);
enum call_outcome api_errors(struct call *call, struct store_reader *reader);
enum call_outcome api_pools(struct call *call, struct store_reader *reader);
enum call_outcome api_restored(struct call *call, struct store_reader *reader);
/* Waits until nothing runs, while all dags are paused. */
enum call_outcome api_drain(struct call *call, struct store_reader *reader);
enum call_outcome api_runs(struct call *call, struct store_reader *reader);
/* Waits until there is a fact newer than "since". */
enum call_outcome api_run(struct call *call, struct store_reader *reader);
/* Waits until the run has ended. */
enum call_outcome api_run_ended(struct call *call, struct store_reader *reader);
/* Only makes the whole of a run's id; leaves the answer alone when that succeeds. */
enum call_outcome api_find_run(struct call *call, struct store_reader *reader);
enum call_outcome api_tasks(struct call *call, struct store_reader *reader);
enum call_outcome api_task(struct call *call, struct store_reader *reader);
enum call_outcome api_attempt(struct call *call, struct store_reader *reader);
/* Reads files, too. */
enum call_outcome api_scripts(struct call *call, struct store_reader *reader);
enum call_outcome api_log(struct call *call, struct store_reader *reader);
/* Lines with their numbers of a log as it stands, or that there is none of. is_running: it may
 * grow. CALL_AGAIN: it is not counted yet. */
enum call_outcome api_log_lines(struct call *call, const struct marks_log *marked, bool is_running);
enum call_outcome api_artifacts(struct call *call, struct store_reader *reader);
enum call_outcome api_artifact(struct call *call, struct store_reader *reader);
enum call_outcome api_validate(struct call *call, struct store_reader *reader);
enum call_outcome api_facts(struct call *call, struct store_reader *reader);
enum call_outcome api_stream(struct call *call, struct store_reader *reader);

/* --- shared by the files of this folder ---------------------------------------------------------
 */

/* What the answers need of a run. */
struct run_brief {
	int64_t run_no;
	int64_t created_at_ms;
	int64_t pruned_at_ms; /* 0 = it has its detail */
	bool is_done;
};

/* Finds the run that the path or beginning names: fills call->run_id and *brief. */
int api_run_brief(struct call *call, struct store_reader *reader, const char *beginning,
		  struct run_brief *brief, struct err *err);
/* Likewise, for who wants to know of its tasks: fails with ERR_GONE when it was pruned. */
int api_run_detail(struct call *call, struct store_reader *reader, const char *beginning,
		   struct run_brief *brief, struct err *err);
/* Fails so when it was. */
int api_check_detail(const char *run_id, int64_t pruned_at_ms, struct err *err);
/* Writes the members of a fact, as lists and streams tell it. */
void api_write_fact(struct compose *compose, const struct fact_view *view);
/* Adds to "there is no dag 'fligths'" which one may be meant. */
void api_suggest_dag(struct store_reader *reader, const char *dag_id, struct err *err);
/* Writes the members "definition" (its tasks), "params" and "last_runs" of a dag. version: the hash
 * of the one that the first two are of, NULL = the one in force; ERR_NOT_FOUND when it has none
 * such. */
int api_write_dag_parts(struct compose *compose, struct store_reader *reader, const char *dag_id,
			const char *version, struct err *err);
/* The number of a page's cursor, 0 when none is given. */
int64_t api_cursor_number(const struct call *call);
/* What the header Last-Event-ID says, -1 when it is not there; ERR_INVALID. */
int api_last_event(const struct call *call, int64_t *number, struct err *err);
/* How many a list shows that shows all unless it is told otherwise. */
uint32_t api_limit_or_all(const struct call *call);
/* Ends the object of a page: "next" is the number after which the next page begins, if there is
 * one. */
void api_write_next(struct compose *compose, bool more, int64_t last);
/* The same as a member alone, of an object that goes on. */
void api_write_next_number(struct compose *compose, bool more, int64_t last);
/* The member "total": how many there are on all pages; negative = not counted, which is null. */
void api_write_total(struct compose *compose, int64_t total);
/* The members of a run as a bar. */
void api_write_bar(struct compose *compose, const struct run_bar *bar);
/* The answer is a problem: what err says. */
enum call_outcome api_fail(struct call *call, const struct err *err);
/* Is a task of the run known, and what is its state? state gets it; ERR_NOT_FOUND otherwise. */
int api_task_state(struct store_reader *reader, const struct run_brief *brief, const char *run_id,
		   const char *task_id, enum task_state *state, struct err *err);

/* Where the files of an attempt are. */
struct attempt_files {
	struct process_ref ref;
	uint32_t number;
	bool found;
	bool running;
	char incarnation[32];
};

/* Of the attempt that the path names; found = false when the task has none such. */
int api_attempt_files(struct call *call, struct store_reader *reader, const struct run_brief *brief,
		      struct attempt_files *files, struct err *err);
/* Says that the task has none such, and what it is. */
int api_no_attempt(struct call *call, struct store_reader *reader, const struct run_brief *brief,
		   struct err *err);

/* Finds the run and the task that the query's target names; answers when there is no such run. */
enum call_outcome api_why_target(struct call *call, struct store_reader *reader);
/* How a dag is paused, in words; "" = it is not. */
#define PAUSE_TEXT_SIZE (LIMIT_REASON_BYTES + 300)
void api_pause_text(const struct dag_view *view, char out[PAUSE_TEXT_SIZE]);
/* Why a run or a task of it came to what it is, from what is on disk. */
enum call_outcome api_why(struct call *call, struct store_reader *reader);

#endif
