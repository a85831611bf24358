/* query.c - query parameters; see query.h. */
#include "web/query.h"

#include "base/str.h"
#include "model/dag.h"
#include "model/duration.h"
#include "model/limits.h"
#include "model/state.h"
#include "web/instant.h"
#include "web/route.h"
#include "web/steer.h"

#include <stdlib.h>
#include <string.h>

static bool parse_number(const char *text, int64_t max, int64_t *out)
{
	size_t length = strlen(text);

	if (length == 0 || length > 18 || strspn(text, "0123456789") != length)
		return false;
	*out = strtoll(text, NULL, 10);
	return *out <= max;
}

static bool read_limit(const char *value, int64_t now_ms, struct query *out)
{
	int64_t number;

	(void)now_ms;
	if (!parse_number(value, QUERY_LIMIT_MAX, &number) || number == 0)
		return false;
	out->limit = (uint32_t)number;
	return true;
}

static bool read_cursor(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	out->cursor = value;
	return id_is_valid(value, true);
}

static bool read_cursor_name(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	out->cursor = value;
	return route_artifact_is_good(value);
}

static bool read_cursor_number(const char *value, int64_t now_ms, struct query *out)
{
	int64_t number;

	(void)now_ms;
	out->cursor = value;
	return parse_number(value, INT64_MAX, &number) && number > 0;
}

static bool read_dag_id(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	out->dag = value;
	return id_is_valid(value, true);
}

static bool read_run(const char *value, int64_t now_ms, struct query *out)
{
	size_t length = strlen(value);

	(void)now_ms;
	out->run = value;
	return length > 0 && length <= 16 && strspn(value, "0123456789abcdef") == length;
}

static bool read_run_state(const char *value, int64_t now_ms, struct query *out)
{
	enum run_state state;

	(void)now_ms;
	out->state = value;
	return run_state_from_name(value, &state);
}

static bool read_task_state(const char *value, int64_t now_ms, struct query *out)
{
	enum task_state state;

	(void)now_ms;
	out->state = value;
	return task_state_from_name(value, &state);
}

static bool read_since_time(const char *value, int64_t now_ms, struct query *out)
{
	int64_t ago_ms;

	if (instant_parse(value, &out->since_ms))
		return true;
	if (duration_parse(value, &ago_ms, NULL) != 0)
		return false;
	out->since_ms = ago_ms < now_ms ? now_ms - ago_ms : 0;
	return true;
}

static bool read_since_fact(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_number(value, INT64_MAX, &out->since_fact);
}

static bool read_wait(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return duration_parse(value, &out->wait_ms, NULL) == 0 && out->wait_ms <= QUERY_WAIT_MAX_MS;
}

static bool read_follow(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	out->follow = strcmp(value, "1") == 0;
	return out->follow || strcmp(value, "0") == 0;
}

static bool read_version(const char *value, int64_t now_ms, struct query *out)
{
	size_t length = strlen(value);

	(void)now_ms;
	out->version = value;
	return length == 32 && strspn(value, "0123456789abcdef") == length;
}

static bool read_from(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_number(value, INT64_MAX, &out->from_line) && out->from_line > 0;
}

static bool read_to_line(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_number(value, INT64_MAX, &out->to_line) && out->to_line > 0;
}

static bool parse_lines(const char *value, uint32_t *out)
{
	int64_t number;

	if (!parse_number(value, QUERY_LINES_MAX, &number) || number == 0)
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool read_lines(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_lines(value, &out->lines);
}

static bool read_tail(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_lines(value, &out->tail);
}

static bool read_find(const char *value, int64_t now_ms, struct query *out)
{
	size_t length = strlen(value);

	(void)now_ms;
	out->find = value;
	return length > 0 && length <= QUERY_FIND_MAX;
}

static bool read_level(const char *value, int64_t now_ms, struct query *out)
{
	static const char *const levels[] = {"error", "warn", "info", "debug"};

	(void)now_ms;
	out->level = value;
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (strcmp(value, levels[i]) == 0)
			return true;
	return false;
}

static bool parse_text(const char *value, const char **out)
{
	size_t length = strlen(value);

	*out = value;
	return length > 0 && length <= QUERY_TEXT_MAX;
}

static bool read_text(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_text(value, &out->text);
}

static bool read_domain(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_text(value, &out->domain);
}

static bool read_owner(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_text(value, &out->owner);
}

static bool read_tag(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_text(value, &out->tag);
}

static bool read_dag_state(const char *value, int64_t now_ms, struct query *out)
{
	return strcmp(value, "paused") == 0 || strcmp(value, "none") == 0
		   ? (out->state = value) != NULL
		   : read_run_state(value, now_ms, out);
}

#define DATE_BYTES 10 /* 2026-11-20 */
#define DAY_MS (24 * 3600 * (int64_t)1000)

static bool read_to(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	if (!instant_parse(value, &out->to_ms))
		return false;
	if (strlen(value) == DATE_BYTES)
		out->to_ms += DAY_MS - 1;
	return out->to_ms > 0;
}

static bool parse_up_to(const char *value, uint32_t max, uint32_t *out)
{
	int64_t number;

	if (!parse_number(value, max, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool read_grid_runs(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_up_to(value, QUERY_RUNS_MAX, &out->runs) && out->runs > 0;
}

static bool read_bars(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_up_to(value, QUERY_RUNS_MAX, &out->bars);
}

static bool read_grid_tasks(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_up_to(value, QUERY_TASKS_MAX, &out->tasks);
}

static bool read_from_task(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_up_to(value, LIMIT_TASKS, &out->from_task);
}

/* Whether one of the names, with blanks between them, is the text. */
static bool is_one_of(const char *names, const char *text, size_t length)
{
	for (const char *at = names; *at != '\0'; at += strspn(at, " ")) {
		size_t size = strcspn(at, " ");

		if (size == length && memcmp(at, text, length) == 0)
			return true;
		at += size;
	}
	return false;
}

static bool read_topics(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	out->topics = value;
	if (strlen(value) > QUERY_TOPICS_MAX)
		return false;
	for (const char *at = value;; at++) {
		size_t length = strcspn(at, ",");

		if (!is_one_of(QUERY_TOPIC_NAMES, at, length))
			return false;
		at += length;
		if (*at == '\0')
			return true;
	}
}

static bool read_offset(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_number(value, INT64_MAX, &out->offset);
}

static bool read_dry_run(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	out->dry_run = strcmp(value, "1") == 0;
	return out->dry_run || strcmp(value, "0") == 0;
}

static bool read_token(const char *value, int64_t now_ms, struct query *out)
{
	size_t length = strlen(value);

	(void)now_ms;
	out->token = value;
	return length == 32 && strspn(value, "0123456789abcdef") == length;
}

/* Below the dag folder, and what would be read there. */
static bool read_file(const char *value, int64_t now_ms, struct query *out)
{
	size_t length = strlen(value);

	(void)now_ms;
	out->file = value;
	if (length > QUERY_TEXT_MAX || value[0] == '/' || strstr(value, "//") != NULL ||
	    steer_is_in(value, length))
		return false;
	for (const char *at = value; at != NULL; at = strchr(at, '/')) {
		at += *at == '/';
		if (*at == '.') /* hidden, or not below the folder */
			return false;
	}
	return str_ends_with(value, ".yaml") || str_ends_with(value, ".yml");
}

static bool read_target(const char *value, int64_t now_ms, struct query *out)
{
	(void)now_ms;
	return parse_text(value, &out->target);
}

#define SCHEMA_TEXT "{\"type\":\"string\",\"pattern\":\"^[ -~]{1,200}$\"}"
#define SCHEMA_ID "{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$\"}"
#define SCHEMA_COUNT "{\"type\":\"integer\",\"minimum\":0,\"maximum\":999999999999999999}"
#define SCHEMA_LINES "{\"type\":\"integer\",\"minimum\":1,\"maximum\":5000}"

static const struct query_param_row params[] = {
    {"limit", QUERY_LIMIT, read_limit, "a number from 1 to 1000",
     "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}"},
    {"cursor", QUERY_CURSOR, read_cursor, "the 'next' of the page before, an id", SCHEMA_ID},
    {"cursor", QUERY_CURSOR_NUMBER, read_cursor_number, "the 'next' of the page before, a number",
     "{\"type\":\"string\",\"pattern\":\"^[1-9][0-9]{0,17}$\"}"},
    {"cursor", QUERY_CURSOR_NAME, read_cursor_name, "the 'next' of the page before, a name",
     "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000}"},
    {"dag", QUERY_DAG, read_dag_id, "the id of a dag", SCHEMA_ID},
    {"run", QUERY_RUN, read_run, "the id of a run (16 hex digits) or the beginning of one",
     "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{1,16}$\"}"},
    {"state", QUERY_RUN_STATE, read_run_state,
     "one of waiting, queued, running, cancelling, ending, success, failed, cancelled",
     "{\"$ref\":\"#/components/schemas/RunState\"}"},
    {"state", QUERY_TASK_STATE, read_task_state,
     "one of none, queued, running, up_for_retry, cancelling, success, failed, skipped, "
     "upstream_failed, cancelled, removed",
     "{\"$ref\":\"#/components/schemas/TaskState\"}"},
    {"since", QUERY_SINCE_TIME, read_since_time,
     "an instant (2026-11-20T06:00:00Z), a date, or a duration back from now (24h)",
     "{\"type\":\"string\",\"pattern\":\"^(20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])(T([01]"
     "[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?|[1-9][0-9]{0,3}(s|m|h|d))$\"}"},
    {"since", QUERY_SINCE_FACT, read_since_fact, "the number of a fact", SCHEMA_COUNT},
    {"wait", QUERY_WAIT, read_wait, "a duration of at most 10m (250ms 30s 5m)",
     "{\"type\":\"string\",\"pattern\":\"^([1-9][0-9]{0,2}(ms|s)|[1-9]m|10m)$\"}"},
    {"follow", QUERY_FOLLOW, read_follow, "1 or 0", "{\"type\":\"string\",\"enum\":[\"0\",\"1\"]}"},
    {"version", QUERY_VERSION, read_version, "the hash of a version (32 hex digits)",
     "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{32}$\"}"},
    {"from", QUERY_FROM, read_from, "the number of a line, from 1",
     "{\"type\":\"integer\",\"minimum\":1,\"maximum\":999999999999999999}"},
    {"to", QUERY_TO_LINE, read_to_line, "the number of a line, from 1",
     "{\"type\":\"integer\",\"minimum\":1,\"maximum\":999999999999999999}"},
    {"lines", QUERY_LINES, read_lines, "a number of lines from 1 to 5000", SCHEMA_LINES},
    {"tail", QUERY_TAIL, read_tail, "a number of lines from 1 to 5000", SCHEMA_LINES},
    {"find", QUERY_FIND, read_find, "a text of 1 to 200 bytes", SCHEMA_TEXT},
    {"level", QUERY_LEVEL, read_level, "one of error, warn, info, debug",
     "{\"type\":\"string\",\"enum\":[\"error\",\"warn\",\"info\",\"debug\"]}"},
    {"q", QUERY_TEXT, read_text, "a text of 1 to 200 bytes", SCHEMA_TEXT},
    {"domain", QUERY_DOMAIN, read_domain, "a text of 1 to 200 bytes", SCHEMA_TEXT},
    {"owner", QUERY_OWNER, read_owner, "a text of 1 to 200 bytes", SCHEMA_TEXT},
    {"tag", QUERY_TAG, read_tag, "a text of 1 to 200 bytes", SCHEMA_TEXT},
    {"state", QUERY_DAG_STATE, read_dag_state,
     "a state of its newest run (running, failed, success ...), paused, or none",
     "{\"type\":\"string\",\"enum\":[\"paused\",\"none\",\"queued\",\"running\",\"ending\","
     "\"cancelling\",\"success\",\"failed\",\"cancelled\"]}"},
    {"to", QUERY_TO, read_to, "an instant (2026-11-20T06:00:00Z) or a date",
     "{\"type\":\"string\",\"pattern\":\"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])(T([01]"
     "[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?$\"}"},
    {"runs", QUERY_RUNS, read_grid_runs, "a number of runs from 1 to 100",
     "{\"type\":\"integer\",\"minimum\":1,\"maximum\":100}"},
    {"bars", QUERY_BARS, read_bars, "a number of runs up to 100",
     "{\"type\":\"integer\",\"minimum\":0,\"maximum\":100}"},
    {"tasks", QUERY_TASKS, read_grid_tasks, "a number of tasks up to 1000",
     "{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000}"},
    {"from", QUERY_FROM_TASK, read_from_task, "the position of a task, from 0",
     "{\"type\":\"integer\",\"minimum\":0,\"maximum\":20000}"},
    {"topics", QUERY_TOPICS, read_topics,
     "some of run, task, attempt, dag, clock, hold, errors, with commas between them",
     "{\"type\":\"string\",\"maxLength\":60,\"pattern\":\"^(run|task|attempt|dag|clock|hold|errors)"
     "(,(run|task|attempt|dag|clock|hold|errors))*$\"}"},
    {"offset", QUERY_OFFSET, read_offset, "a number of bytes", SCHEMA_COUNT},
    {"dry_run", QUERY_DRY_RUN, read_dry_run, "1 or 0",
     "{\"type\":\"string\",\"enum\":[\"0\",\"1\"]}"},
    {"file", QUERY_FILE, read_file,
     "the name of a file below the dag folder that ends in .yaml or .yml (sales/nightly.yaml)",
     "{\"type\":\"string\",\"pattern\":\"^([a-z0-9_]{1,20}/){0,2}[a-z0-9_]{1,20}[.]ya?ml$\"}"},
    {"target", QUERY_TARGET, read_target,
     "RUN, RUN/TASK, DAG, DAG/TASK, DAG@PERIOD or DAG@PERIOD/TASK",
     "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_.-]{1,100}(@[A-Za-z0-9:.+-]{1,40})?"
     "(/[A-Za-z0-9_-]{1,50})?$\"}"},
    {"token", QUERY_TOKEN, read_token, "the token of a dry run (32 hex digits)",
     "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{32}$\"}"},
};

#define PARAM_COUNT (sizeof params / sizeof *params)

static int refuse_unknown(const char *name, uint64_t accepted, struct err *err)
{
	struct str list = STR_INIT;
	int rc;

	for (size_t i = 0; i < PARAM_COUNT; i++)
		if ((accepted & params[i].param) != 0)
			str_printf(&list, "%s%s", list.size == 0 ? "" : ", ", params[i].name);
	rc = err_set(err, ERR_INVALID, "unknown query parameter '%.64s': this address takes %s",
		     name, list.size == 0 ? "none" : str_text(&list));
	str_close(&list);
	return rc;
}

static int read_pair(const struct target_pair *pair, uint64_t accepted, int64_t now_ms,
		     struct query *out, struct err *err)
{
	size_t i = 0;

	while (i < PARAM_COUNT &&
	       ((accepted & params[i].param) == 0 || strcmp(params[i].name, pair->name) != 0))
		i++;
	if (i == PARAM_COUNT)
		return refuse_unknown(pair->name, accepted, err);
	if ((out->given & params[i].param) != 0)
		return err_set(err, ERR_INVALID, "query parameter '%s' is given twice", pair->name);
	out->given |= params[i].param;
	if (!params[i].read(pair->value, now_ms, out))
		return err_set(err, ERR_INVALID, "query parameter '%s' is '%.64s': it must be %s",
			       pair->name, pair->value, params[i].wanted);
	return 0;
}

int query_parse(const struct target *target, uint64_t accepted, int64_t now_ms, struct query *out,
		struct err *err)
{
	memset(out, 0, sizeof *out);
	out->limit = QUERY_LIMIT_DEFAULT;
	out->lines = QUERY_LINES_DEFAULT;
	out->runs = QUERY_RUNS_DEFAULT;
	out->tasks = QUERY_TASKS_DEFAULT;
	for (size_t i = 0; i < target->pair_count; i++) {
		int rc = read_pair(&target->pairs[i], accepted, now_ms, out, err);

		if (rc != 0)
			return rc;
	}
	if ((out->given & QUERY_BARS) == 0 && out->limit <= QUERY_BARS_LIMIT_MAX)
		out->bars = QUERY_BARS_DEFAULT;
	return 0;
}

const struct query_param_row *query_table(size_t *count)
{
	*count = PARAM_COUNT;
	return params;
}
