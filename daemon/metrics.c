/* metrics.c - see metrics.h. A family of metrics begins with its head; its values follow. */
#include "daemon/metrics.h"

#include "daemon/dispatch.h"
#include "daemon/folder.h"
#include "daemon/stall.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void metrics_take(struct metrics *metrics, const struct change_list *changes, uint64_t took_ns)
{
	if (changes->count > 0)
		histogram_add(&metrics->commits, took_ns);
	for (const struct change *change = changes->first; change != NULL; change = change->next)
		switch (change->kind) {
		case CHANGE_RUN_NEW:
			metrics->runs_begun++;
			break;
		case CHANGE_RUN_STATE:
			metrics->runs[change->run_state.to]++;
			break;
		case CHANGE_TASK_STATE:
			metrics->tasks[change->task_state.to]++;
			break;
		case CHANGE_ATTEMPT_END:
			metrics->attempts[change->attempt_end.cause]++;
			break;
		default:
			break;
		}
}

/* --- the format ---------------------------------------------------------------------------------
 */

static void head(struct str *out, const char *name, const char *type, const char *help)
{
	str_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct str *out, const char *name, const char *type, const char *help,
		uint64_t value)
{
	head(out, name, type, help);
	str_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void labelled(struct str *out, const char *name, const char *label, const char *text,
		     uint64_t value)
{
	str_printf(out, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, text, value);
}

static void append_label(struct str *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			str_append_char(out, '\\');
		str_append_char(out, *text == '\n' ? ' ' : *text);
	}
}

static void write_histogram(struct str *out, const char *name, const char *help,
			    const struct histogram *histogram)
{
	static const uint32_t bounds_us[] = HISTOGRAM_BOUNDS_US;
	uint64_t count = 0;

	head(out, name, "histogram", help);
	for (size_t i = 0; i < HISTOGRAM_BOUND_COUNT; i++) {
		count += histogram->counts[i];
		str_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, bounds_us[i] / 1e6,
			   count);
	}
	count += histogram->counts[HISTOGRAM_BOUND_COUNT];
	str_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
	str_printf(out, "%s_sum %.6f\n%s_count %" PRIu64 "\n", name,
		   (double)histogram->total_ns / 1e9, name, count);
}

/* --- what is told -------------------------------------------------------------------------------
 */

static void write_under_way(const struct dispatch *dispatch, struct str *out)
{
	const struct sched_counts *counts = sched_counts(dispatch->sched);

	head(out, "heddle_runs", "gauge", "Runs that have not ended, by state.");
	for (unsigned i = 0; i < RUN_STATE_COUNT; i++)
		if (!run_state_is_done((enum run_state)i))
			labelled(out, "heddle_runs", "state", run_state_name((enum run_state)i),
				 counts->runs[i]);
	head(out, "heddle_tasks", "gauge",
	     "Tasks of these runs that have begun and not ended, by state.");
	for (unsigned i = 0; i < TASK_STATE_COUNT; i++)
		if (i != TASK_NONE && !task_state_is_done((enum task_state)i))
			labelled(out, "heddle_tasks", "state", task_state_name((enum task_state)i),
				 counts->tasks[i]);
}

static void write_ends(const struct metrics *metrics, struct str *out)
{
	one(out, "heddle_runs_created_total", "counter", "Runs that were made.",
	    metrics->runs_begun);
	head(out, "heddle_runs_ended_total", "counter", "Ends of runs, by what they came to.");
	for (unsigned i = 0; i < RUN_STATE_COUNT; i++)
		if (run_state_is_done((enum run_state)i))
			labelled(out, "heddle_runs_ended_total", "state",
				 run_state_name((enum run_state)i), metrics->runs[i]);
	head(out, "heddle_tasks_ended_total", "counter", "Ends of tasks, by what they came to.");
	for (unsigned i = 0; i < TASK_STATE_COUNT; i++)
		if (task_state_is_done((enum task_state)i))
			labelled(out, "heddle_tasks_ended_total", "state",
				 task_state_name((enum task_state)i), metrics->tasks[i]);
	head(out, "heddle_attempts_ended_total", "counter", "Ends of attempts, by cause.");
	for (unsigned i = 0; i < CAUSE_COUNT; i++)
		labelled(out, "heddle_attempts_ended_total", "cause",
			 attempt_cause_name((enum attempt_cause)i), metrics->attempts[i]);
}

/* Values of one family stand together, so the pools are gone through once for each. */
struct pool_family {
	struct str *out;
	const char *name;
	size_t offset; /* of the value in struct sched_pool */
};

static void write_pool(void *context, const struct sched_pool *pool)
{
	const struct pool_family *family = context;
	struct str *out = family->out;

	str_printf(out, "%s{pool=\"", family->name);
	append_label(out, pool->name);
	str_append(out, "\",dag=\"");
	append_label(out, pool->dag_id == NULL ? "" : pool->dag_id);
	str_append(out, "\",domain=\"");
	append_label(out, pool->domain == NULL ? "" : pool->domain);
	str_printf(out, "\"} %u\n",
		   *(const uint32_t *)(const void *)((const char *)pool + family->offset));
}

static void write_pools(const struct dispatch *dispatch, struct str *out)
{
	static const struct {
		const char *name;
		const char *help;
		size_t offset;
	} families[] = {
	    {"heddle_pool_slots",
	     "Slots of the common pool and of each other one that runs under way use.",
	     offsetof(struct sched_pool, slots)},
	    {"heddle_pool_slots_used", "Slots that attempts hold.",
	     offsetof(struct sched_pool, used)},
	    {"heddle_pool_tasks_waiting", "Tasks that wait for slots of the pool.",
	     offsetof(struct sched_pool, waiting)},
	};

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		struct pool_family family = {out, families[i].name, families[i].offset};

		head(out, families[i].name, "gauge", families[i].help);
		sched_each_pool(dispatch->sched, write_pool, &family);
	}
}

static void write_holds(const struct dispatch *dispatch, struct str *out)
{
	head(out, "heddle_hold", "gauge", "1 while this keeps runs or tasks from starting.");
	for (unsigned i = 0; i < HOLD_KIND_COUNT; i++)
		labelled(out, "heddle_hold", "kind", hold_kind_name((enum hold_kind)i),
			 sched_is_held(dispatch->sched, (enum hold_kind)i));
}

static void write_daemon(const struct dispatch *dispatch, struct str *out)
{
	const struct folder *folder = dispatch->force->now;

	head(out, "heddle_build_info", "gauge", "Which program this is.");
	labelled(out, "heddle_build_info", "version", HEDDLE_VERSION, 1);
	one(out, "heddle_dags", "gauge", "Dags in force.", folder->dag_count);
	one(out, "heddle_dag_errors", "gauge", "What does not check in the folder of dags.",
	    folder->errors.count);
	one(out, "heddle_commits_failing", "gauge",
	    "1 while commits fail, so that nothing new is taken.", dispatch->failing);
	write_holds(dispatch, out);
}

static void write_web(const struct dispatch *dispatch, struct str *out)
{
	struct web_counts counts;

	web_count(dispatch->web, &counts);
	head(out, "heddle_http_answers_total", "counter", "Answers, by class of their status.");
	for (unsigned i = 1; i < 6; i++)
		str_printf(out, "heddle_http_answers_total{status=\"%uxx\"} %" PRIu64 "\n", i,
			   counts.answers[i]);
	one(out, "heddle_http_connections", "gauge", "Connections that are open.",
	    counts.connections);
	one(out, "heddle_http_streams", "gauge", "Streams of facts that are open.", counts.streams);
}

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Under the names that Prometheus' own libraries use. */
static void write_process(struct str *out)
{
	struct rusage usage;
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re"); /* memory, not a file: it does not wait */

	if (file != NULL && fscanf(file, "%*u %lu", &pages) == 1)
		one(out, "process_resident_memory_bytes", "gauge", "Resident memory.",
		    pages * (uint64_t)sysconf(_SC_PAGESIZE));
	if (file != NULL)
		fclose(file);
	getrusage(RUSAGE_SELF, &usage);
	head(out, "process_cpu_seconds_total", "counter", "Processor time of the daemon itself.");
	str_printf(out, "process_cpu_seconds_total %.6f\n",
		   seconds(&usage.ru_utime) + seconds(&usage.ru_stime));
}

void metrics_write(const struct dispatch *dispatch, const struct stall *stall, struct str *out)
{
	write_daemon(dispatch, out);
	write_under_way(dispatch, out);
	write_pools(dispatch, out);
	write_ends(&dispatch->metrics, out);
	write_histogram(out, "heddle_commit_seconds",
			"From the decision of a turn of the loop to the word that it is on disk.",
			&dispatch->metrics.commits);
	write_histogram(out, "heddle_loop_turn_seconds",
			"Work of the event loop between two polls: nothing else is answered then.",
			&stall->turns);
	write_web(dispatch, out);
	write_process(out);
}
