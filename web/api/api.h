/* api.h - what each route answers, read from the database.
 *
 * A call goes from its parsed request to its answer. The functions with a reader run on a worker:
 * they see nothing but the call, and the call is theirs until they return. Those without run on the
 * loop and touch neither file nor database. */
#ifndef HEDDLE_WEB_API_API_H
#define HEDDLE_WEB_API_API_H

#include "model/change.h"
#include "store/read.h"
#include "web/answer.h"
#include "web/query.h"
#include "web/route.h"
#include "web/target.h"
#include "web/trouble.h"
#include "web/waits.h"
#include "web/web.h"

#include <stdbool.h>
#include <stdint.h>

/* What is left to be sent of a log too long for one answer, or that is still being written. */
struct call_log {
	bool is_open; /* there is something to be streamed; the rest counts only then */
	int fd;       /* -1 = the file is not there yet */
	char *path;
	int64_t offset; /* of the next byte */
	int64_t end;    /* where to stop; -1 = when the attempt has ended */
	int64_t run_no; /* with the two below: which attempt */
	char task_id[LIMIT_ID_BYTES + 1];
	uint32_t attempt;
};

struct call {
	/* What is asked. */
	const struct route *route;
	struct target target;
	struct route_names names;
	struct query query;
	const char *range; /* header, or NULL */
	bool is_head;
	bool time_is_over; /* the waiting time has passed: CALL_WAIT is no outcome any more */
	const char *home;
	const struct web_events *events; /* for what runs on the loop */
	struct troubles troubles;        /* as they stood when the worker was sent */

	/* With CALL_WAIT: what for. Else, once it is found, the whole id of the run. */
	char run_id[RUN_ID_SIZE]; /* "" = any run */
	enum wait_kind wait_kind;

	struct answer answer;
	struct call_log log;
};

void call_close(struct call *call);

void api_healthz(struct call *call);
void api_readyz(struct call *call);
void api_version(struct call *call);

enum call_outcome api_dags(struct call *call, struct store_reader *reader);
enum call_outcome api_dag(struct call *call, struct store_reader *reader);
enum call_outcome api_errors(struct call *call, struct store_reader *reader);
enum call_outcome api_pools(struct call *call, struct store_reader *reader);
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
enum call_outcome api_log(struct call *call, struct store_reader *reader);
enum call_outcome api_facts(struct call *call, struct store_reader *reader);

/* --- shared by the files of this folder ---------------------------------------------------------
 */

/* What the answers need of a run. */
struct run_brief {
	int64_t run_no;
	bool is_done;
};

/* Finds the run that the path or beginning names: fills call->run_id and *brief. */
int api_run_brief(struct call *call, struct store_reader *reader, const char *beginning,
		  struct run_brief *brief, struct err *err);
/* The answer is a problem: what err says. */
enum call_outcome api_fail(struct call *call, const struct err *err);
/* Is a task of the run known, and what is its state? state gets it; ERR_NOT_FOUND otherwise. */
int api_task_state(struct store_reader *reader, const struct run_brief *brief, const char *run_id,
		   const char *task_id, enum task_state *state, struct err *err);

#endif
