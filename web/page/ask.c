/* ask.c - the query of a page; see ask.h. */
#include "web/page/ask.h"

#include "base/str.h"
#include "model/dag.h"
#include "web/instant.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 200u

static bool is_one_of(const char *value, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(value, *words) == 0)
			return true;
	return false;
}

static bool read_number(const char *value, uint32_t max, uint32_t *out)
{
	size_t length = strlen(value);

	if (length == 0 || length > 9 || strspn(value, "0123456789") != length)
		return false;
	*out = (uint32_t)strtoul(value, NULL, 10);
	return *out <= max;
}

static bool read_words(const char *value, struct page_ask *out)
{
	(void)out;
	return strlen(value) <= WORDS_MAX;
}

static bool read_state(const char *value, struct page_ask *out)
{
	static const char *const states[] = {
	    "running",         "queued",  "failed",  "success", "cancelled",
	    "cancelling",      "ending",  "paused",  "none",    "up_for_retry",
	    "upstream_failed", "skipped", "removed", NULL};

	(void)out;
	return is_one_of(value, states);
}

static bool read_dag(const char *value, struct page_ask *out)
{
	(void)out;
	return id_is_valid(value, true);
}

static bool read_task(const char *value, struct page_ask *out)
{
	(void)out;
	return id_is_valid(value, false);
}

static bool read_at(const char *value, struct page_ask *out)
{
	size_t length = strspn(value, "0123456789abcdef");

	if (length == 0 || length >= sizeof out->at_run)
		return false;
	memcpy(out->at_run, value, length);
	out->at_run[length] = '\0';
	out->at_task = value[length] == '.' ? value + length + 1 : NULL;
	return value[length] == '\0' ||
	       (value[length] == '.' && id_is_valid(value + length + 1, false));
}

static bool read_to(const char *value, struct page_ask *out)
{
	return instant_parse(value, &out->to_ms);
}

static bool read_runs(const char *value, struct page_ask *out)
{
	return read_number(value, ASK_RUNS_MAX, &out->runs) && out->runs > 0;
}

static bool read_tasks(const char *value, struct page_ask *out)
{
	return read_number(value, LIMIT_TASKS, &out->tasks);
}

static bool read_attempt(const char *value, struct page_ask *out)
{
	return read_number(value, 999999999, &out->attempt) && out->attempt > 0;
}

static bool read_view(const char *value, struct page_ask *out)
{
	static const char *const views[] = {"grid",    "graph",    "runs", "code",
					    "history", "timeline", "list", NULL};

	(void)out;
	return is_one_of(value, views);
}

static bool read_mode(const char *value, struct page_ask *out)
{
	static const char *const modes[] = {"failed", "from", "only", "all", NULL};

	(void)out;
	return is_one_of(value, modes);
}

static bool read_version(const char *value, struct page_ask *out)
{
	static const char *const words[] = {"latest", "pinned", NULL};

	(void)out;
	return is_one_of(value, words) ||
	       (strlen(value) == 32 && strspn(value, "0123456789abcdef") == 32);
}

static bool read_line(const char *value, struct page_ask *out)
{
	uint32_t line;

	if (!read_number(value, 999999999, &line) || line == 0)
		return false;
	out->line = line;
	return true;
}

static bool read_level(const char *value, struct page_ask *out)
{
	static const char *const levels[] = {"error", "warn", "info", "debug", NULL};

	(void)out;
	return is_one_of(value, levels);
}

/* Only the script draws a graph, so it is the script that reads the number. */
static bool read_steps(const char *value, struct page_ask *out)
{
	uint32_t steps;

	(void)out;
	return read_number(value, LIMIT_TASKS, &steps);
}

static bool read_mark(const char *value, struct page_ask *out)
{
	static const char *const states[] = {"success", "failed", "skipped", NULL};

	(void)out;
	return is_one_of(value, states);
}

static bool read_sort(const char *value, struct page_ask *out)
{
	static const char *const orders[] = {"name", "last_run", "tasks", "owner", NULL};

	(void)out;
	return is_one_of(value + (value[0] == '-'), orders);
}

static bool read_cursor(const char *value, struct page_ask *out)
{
	(void)out;
	return strlen(value) < ASK_PLACE_SIZE;
}

static const struct {
	const char *name;
	bool (*read)(const char *value, struct page_ask *out);
	const char *wanted;
} params[ASK_COUNT] = {
    [ASK_STATE] = {"state", read_state,
		   "one of running, queued, failed, success, cancelled, paused, none"},
    [ASK_DOMAIN] = {"domain", read_words, "the name of a domain"},
    [ASK_OWNER] = {"owner", read_words, "the name of an owner"},
    [ASK_TAG] = {"tag", read_words, "a tag"},
    [ASK_WORDS] = {"q", read_words, "words, at most 200 bytes"},
    [ASK_DAG] = {"dag", read_dag, "the id of a DAG"},
    [ASK_CURSOR] = {"cursor", read_cursor, "where the page before it ended"},
    [ASK_AT] = {"at", read_at, "a run and a task of it: RUN.TASK"},
    [ASK_TO] = {"to", read_to, "an instant (2026-11-20T06:00:00Z) or a date (2026-11-20)"},
    [ASK_RUNS] = {"runs", read_runs, "a number from 1 to 100"},
    [ASK_TASKS] = {"tasks", read_tasks, "the position of a task"},
    [ASK_VIEW] = {"view", read_view,
		  "one of grid, graph, runs, code, history; of a run: timeline, graph, list"},
    [ASK_TASK] = {"task", read_task, "the id of a task"},
    [ASK_ATTEMPT] = {"attempt", read_attempt, "the number of an attempt, from 1"},
    [ASK_MODE] = {"mode", read_mode, "one of failed, from, only, all"},
    [ASK_VERSION] = {"version", read_version, "latest, pinned, or the hash of a version"},
    [ASK_LINE] = {"line", read_line, "the number of a line, from 1"},
    [ASK_FIND] = {"find", read_words, "a text of at most 200 bytes"},
    [ASK_LEVEL] = {"level", read_level, "one of error, warn, info, debug"},
    [ASK_ROOT] = {"root", read_task, "the id of a task"},
    [ASK_UP] = {"up", read_steps, "a number of steps"},
    [ASK_DOWN] = {"down", read_steps, "a number of steps"},
    [ASK_MARK] = {"as", read_mark, "one of success, failed, skipped"},
    [ASK_SORT] = {"sort", read_sort,
		  "one of name, last_run, tasks, owner, with a - before it to turn it"},
};

const char *ask_name(enum ask_param param)
{
	return params[param].name;
}

static int refuse_unknown(const char *name, unsigned accepted, struct err *err)
{
	struct str list = STR_INIT;
	int rc;

	for (unsigned i = 0; i < ASK_COUNT; i++)
		if ((accepted & (1u << i)) != 0)
			str_printf(&list, "%s%s", list.size == 0 ? "" : ", ", params[i].name);
	rc = err_set(err, ERR_INVALID, "unknown query parameter '%.64s': this page takes %s", name,
		     list.size == 0 ? "none" : str_text(&list));
	str_close(&list);
	return rc;
}

static int read_pair(const struct target_pair *pair, unsigned accepted, struct page_ask *out,
		     struct err *err)
{
	unsigned i = 0;

	while (i < ASK_COUNT &&
	       ((accepted & (1u << i)) == 0 || strcmp(params[i].name, pair->name) != 0))
		i++;
	if (i == ASK_COUNT)
		return refuse_unknown(pair->name, accepted, err);
	if (out->text[i] != NULL)
		return err_set(err, ERR_INVALID, "query parameter '%s' is given twice", pair->name);
	if (pair->value[0] == '\0')
		return 0;
	if (!params[i].read(pair->value, out))
		return err_set(err, ERR_INVALID, "query parameter '%s' is '%.64s': it must be %s",
			       pair->name, pair->value, params[i].wanted);
	out->text[i] = pair->value;
	return 0;
}

int ask_parse(const struct target *target, unsigned accepted, struct page_ask *out, struct err *err)
{
	int rc = 0;

	*out = (struct page_ask){.runs = ASK_RUNS_DEFAULT};
	for (size_t i = 0; rc == 0 && i < target->pair_count; i++)
		rc = read_pair(&target->pairs[i], accepted, out, err);
	return rc;
}
