/* ls.c - `heddle ls`: lists of what there is, page by page. */
#include "base/clock.h"
#include "base/mem.h"
#include "cli/ask.h"
#include "cli/render.h"
#include "cli/verbs/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIT(name) FLAG_BIT(FLAG_##name)
#define PAGE 500
#define LIMIT_MAX 1000000
#define LIMIT_RUNS 50
#define WATCH_PAUSE_MS 1000

struct ls_kind {
	const char *name;
	uint64_t flags; /* besides --limit and --watch */
	int64_t limit;  /* without --limit */
	enum render_kind render;
	bool has_pages; /* the API takes limit and cursor */
};

static const struct ls_kind kinds[] = {
    {"dags", BIT(DOMAIN) | BIT(STATE), LIMIT_MAX, RENDER_DAGS, true},
    {"runs", BIT(DAG) | BIT(DOMAIN) | BIT(STATE) | BIT(SINCE), LIMIT_RUNS, RENDER_RUNS, true},
    {"tasks", BIT(RUN) | BIT(DAG) | BIT(LATEST) | BIT(STATE), LIMIT_MAX, RENDER_TASKS, false},
    {"pools", 0, LIMIT_MAX, RENDER_POOLS, false},
    {"errors", 0, LIMIT_MAX, RENDER_ERRORS, false},
};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* Lists that are to come. */
static const char *const later[] = {"products", "domains", "events"};

/* One listing: what is asked for and what came. */
struct ls {
	struct cli *cli;
	const struct ls_kind *kind;
	int64_t limit;
	char run_id[17]; /* of tasks */
	json_t *items;
	json_t *errors;  /* of dags: those of all files, also of files without a dag in force */
	json_t *holds;   /* of dags and runs: what keeps the daemon from starting something */
	const char *dag; /* of runs: whose; NULL = all */
	bool any_state;  /* of dags: --state means runs */
	bool has_more;   /* than were asked for */
};

/* --- what is wanted -----------------------------------------------------------------------------
 */

static int find_kind(const char *name, const struct ls_kind **out, struct err *err)
{
	const char *names[KIND_COUNT + 1] = {NULL};
	const char *nearest;

	for (size_t i = 0; i < KIND_COUNT; i++) {
		*out = &kinds[i];
		if (strcmp(kinds[i].name, name) == 0)
			return 0;
		names[i] = kinds[i].name;
	}
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (strcmp(later[i], name) == 0)
			return err_set(err, ERR_USAGE, "'ls %s' is not supported yet", name);
	nearest = str_nearest(name, names);
	return err_set(err, ERR_USAGE,
		       "unknown list '%s'%s%s%s: dags, runs, tasks, pools or errors", name,
		       nearest == NULL ? "" : " (did you mean '", nearest == NULL ? "" : nearest,
		       nearest == NULL ? "" : "'?)");
}

/* tasks are those of one run: --run RUN, or --dag X --latest. */
static int check_run(const struct args *args, struct err *err)
{
	bool by_dag = args_has(args, FLAG_DAG) && args_has(args, FLAG_LATEST);

	if (args_has(args, FLAG_DAG) != args_has(args, FLAG_LATEST) ||
	    args_has(args, FLAG_RUN) == by_dag)
		return err_set(err, ERR_USAGE,
			       "tasks of which run? heddle ls tasks --run RUN, or: heddle ls tasks "
			       "--dag DAG --latest");
	return 0;
}

static int read_wishes(struct ls *ls, struct err *err)
{
	const struct args *args = ls->cli->args;
	char who[32];
	int rc = find_kind(args->operands[0], &ls->kind, err);

	if (rc != 0)
		return rc;
	snprintf(who, sizeof who, "ls %s", ls->kind->name);
	rc = args_check_flags(args, who, ls->kind->flags | BIT(LIMIT) | BIT(WATCH), 0, err);
	if (rc == 0)
		rc = args_number(args, FLAG_LIMIT, 1, LIMIT_MAX, ls->kind->limit, &ls->limit, err);
	if (rc == 0 && ls->kind->render == RENDER_TASKS)
		rc = check_run(args, err);
	return rc;
}

/* --- what is there ------------------------------------------------------------------------------
 */

static void append_param(struct str *path, const char *name, const char *value)
{
	if (value == NULL)
		return;
	str_printf(path, "%c%s=", strchr(str_text(path), '?') == NULL ? '?' : '&', name);
	http_encode(path, value);
}

static void build_path(const struct ls *ls, const char *cursor, struct str *path)
{
	const struct args *args = ls->cli->args;
	/* Dags are filtered here: how many must be looked at is not known. */
	int64_t page = ls->limit < PAGE && ls->kind->render != RENDER_DAGS ? ls->limit : PAGE;
	char number[24];

	if (ls->kind->render == RENDER_TASKS)
		str_printf(path, "/api/v1/runs/%s/tasks", ls->run_id);
	else
		str_printf(path, "/api/v1/%s", ls->kind->name);
	if (ls->kind->render == RENDER_RUNS)
		append_param(path, "dag", ls->dag);
	if (ls->kind->render != RENDER_DAGS)
		append_param(path, "state", args->values[FLAG_STATE]);
	if (ls->kind->render == RENDER_RUNS)
		append_param(path, "since", args->values[FLAG_SINCE]);
	if (!ls->kind->has_pages)
		return;
	snprintf(number, sizeof number, "%" PRId64, page);
	append_param(path, "limit", number);
	append_param(path, "cursor", cursor);
}

/* Of dags, --state is that of the last run. */
static bool is_wanted(const struct ls *ls, const json_t *item)
{
	const char *state = ls->cli->args->values[FLAG_STATE];
	const char *domain = ls->cli->args->values[FLAG_DOMAIN];

	if (ls->kind->render != RENDER_DAGS)
		return true;
	return (state == NULL || ls->any_state ||
		strcmp(reply_text(json_object_get(item, "last_run"), "state"), state) == 0) &&
	       (domain == NULL || strcmp(reply_text(item, "domain"), domain) == 0);
}

static void keep(struct ls *ls, const json_t *page)
{
	for (size_t i = 0; i < json_array_size(page); i++) {
		json_t *item = json_array_get(page, i);

		if (json_array_size(ls->items) < (size_t)ls->limit && is_wanted(ls, item))
			json_array_append(ls->items, item);
	}
}

static void mark_dag(json_t *dag, const json_t *errors)
{
	json_t *own = json_array();

	for (size_t i = 0; i < json_array_size(errors); i++) {
		json_t *error = json_array_get(errors, i);

		if (strcmp(reply_text(error, "file"), reply_text(dag, "file")) == 0)
			json_array_append(own, error);
	}
	json_object_set_new(dag, "errors", own);
}

/* A file that does not check leaves its dags in force as they last were: that is what the list
 * shows, so it must say that the file is another one by now. Tasks are not told of files. */
static int mark_dags(struct ls *ls)
{
	struct question question = {
	    .method = "GET", .path = "/api/v1/errors", .patient = true, .may_be_refused = true};
	struct reply reply = {0};
	int code = ask(ls->cli, &question, &reply);

	json_array_clear(ls->errors);
	if (code == CODE_REFUSED && reply.status == 403)
		code = CODE_OK;
	json_array_extend(ls->errors, json_object_get(reply.json, "items"));
	for (size_t i = 0; code == CODE_OK && i < json_array_size(ls->items); i++)
		mark_dag(json_array_get(ls->items, i), ls->errors);
	reply_close(&reply);
	return code;
}

/* A list of what waits must say when nothing is started at all. */
static int fetch_holds(struct ls *ls)
{
	struct reply reply = {0};
	int code = CODE_OK;

	json_array_clear(ls->holds);
	if (ls->cli->json || (ls->kind->render != RENDER_DAGS && ls->kind->render != RENDER_RUNS))
		return CODE_OK;
	code = ask_get(ls->cli, "/version", &reply);
	json_array_extend(ls->holds, json_object_get(reply.json, "holds"));
	reply_close(&reply);
	return code;
}

/* Appends to the items until there are enough. */
static int fetch_pages(struct ls *ls)
{
	struct reply reply = {0};
	struct str path = STR_INIT;
	char cursor[256] = "";
	int code;

	do {
		str_clear(&path);
		build_path(ls, cursor[0] == '\0' ? NULL : cursor, &path);
		code = ask_get(ls->cli, str_text(&path), &reply);
		if (code != CODE_OK)
			break;
		keep(ls, json_object_get(reply.json, "items"));
		snprintf(cursor, sizeof cursor, "%s", reply_text(reply.json, "next"));
	} while (cursor[0] != '\0' && json_array_size(ls->items) < (size_t)ls->limit);
	ls->has_more = cursor[0] != '\0';
	str_close(&path);
	reply_close(&reply);
	return code;
}

/* --- the runs of a domain -----------------------------------------------------------------------
 *
 * They are those of its dags, of which each has a list of its own. The dags come in the order of
 * their last runs, so that most of them need not be asked for. */

static const char *last_run_at(const json_t *dag)
{
	return reply_text(json_object_get(dag, "last_run"), "created_at");
}

static int later_dag_first(const void *a, const void *b)
{
	return strcmp(last_run_at(*(json_t *const *)b), last_run_at(*(json_t *const *)a));
}

static int later_run_first(const void *a, const void *b)
{
	return strcmp(reply_text(*(json_t *const *)b, "created_at"),
		      reply_text(*(json_t *const *)a, "created_at"));
}

static void sort(json_t *array, int (*compare)(const void *a, const void *b))
{
	size_t count = json_array_size(array);
	json_t **items = mem_alloc((count + 1) * sizeof *items);

	for (size_t i = 0; i < count; i++)
		items[i] = json_incref(json_array_get(array, i));
	qsort(items, count, sizeof *items, compare);
	for (size_t i = 0; i < count; i++)
		json_array_set_new(array, i, items[i]);
	mem_free(items);
}

static int fetch_dags(const struct ls *ls, json_t *dags)
{
	struct ls all = *ls;
	int code;

	all.kind = &kinds[0];
	all.limit = LIMIT_MAX;
	all.items = dags;
	all.any_state = true;
	code = fetch_pages(&all);
	sort(dags, later_dag_first);
	return code;
}

/* Whether runs of a dag, or of those after it, may still be among the newest. */
static bool may_have_newer(const struct ls *ls, const json_t *dag)
{
	size_t count = json_array_size(ls->items);

	return count < (size_t)ls->limit ||
	       strcmp(reply_text(json_array_get(ls->items, count - 1), "created_at"),
		      last_run_at(dag)) < 0;
}

/* Puts the runs of one more dag among those that are there. */
static int merge_runs(struct ls *ls, const json_t *dag)
{
	struct ls own = *ls;
	int code;

	own.items = json_array();
	own.dag = reply_text(dag, "id");
	code = fetch_pages(&own);
	json_array_extend(ls->items, own.items);
	json_decref(own.items);
	sort(ls->items, later_run_first);
	ls->has_more |= own.has_more || json_array_size(ls->items) > (size_t)ls->limit;
	while (json_array_size(ls->items) > (size_t)ls->limit)
		json_array_remove(ls->items, (size_t)ls->limit);
	return code;
}

static int fetch_domain(struct ls *ls)
{
	json_t *dags = json_array();
	int code = fetch_dags(ls, dags);
	const char *wanted = ls->cli->args->values[FLAG_DAG];

	ls->has_more = false;
	for (size_t i = 0; code == CODE_OK && i < json_array_size(dags); i++) {
		const json_t *dag = json_array_get(dags, i);

		if (wanted != NULL && strcmp(wanted, reply_text(dag, "id")) != 0)
			continue;
		if (last_run_at(dag)[0] == '\0' || !may_have_newer(ls, dag))
			break;
		code = merge_runs(ls, dag);
	}
	json_decref(dags);
	return code;
}

static int fetch(struct ls *ls)
{
	bool by_domain = ls->kind->render == RENDER_RUNS && args_has(ls->cli->args, FLAG_DOMAIN);
	int code;

	json_array_clear(ls->items);
	code = by_domain ? fetch_domain(ls) : fetch_pages(ls);
	if (code == CODE_OK && ls->kind->render == RENDER_DAGS)
		code = mark_dags(ls);
	return code == CODE_OK ? fetch_holds(ls) : code;
}

/* --- printing -----------------------------------------------------------------------------------
 */

static void print_items(const struct ls *ls, struct str *out)
{
	char *text;

	if (!ls->cli->json) {
		render_list(ls->kind->render, ls->items, clock_now().wall_ms, ls->cli->colour, out);
		return;
	}
	text = json_dumps(ls->items, JSON_COMPACT);
	str_append(out, text == NULL ? "[]" : text);
	str_append_char(out, '\n');
	free(text); /* jansson's own */
}

static void print_list(const struct ls *ls)
{
	struct str text = STR_INIT;

	print_items(ls, &text);
	cli_print_str(&text);
	str_clear(&text);
	render_list(RENDER_ERRORS, ls->errors, 0, false, &text);
	for (size_t i = 0; i < json_array_size(ls->holds); i++)
		str_printf(&text, "held: %s\n", reply_text(json_array_get(ls->holds, i), "why"));
	fputs(str_text(&text), stderr);
	str_close(&text);
}

/* What is shown, for telling whether it has changed; the caller lets go of it. */
static json_t *copy_shown(const struct ls *ls)
{
	return json_pack("[ooo]", json_copy(ls->items), json_copy(ls->errors),
			 json_copy(ls->holds));
}

/* What changed is judged by the items: a duration that goes on is no change. On a terminal the list
 * is printed over the one before. */
static int watch(struct ls *ls)
{
	json_t *before = NULL;
	int code = CODE_OK;

	while (code == CODE_OK && !ferror(stdout)) {
		json_t *shown = copy_shown(ls);

		if (before == NULL || !json_equal(before, shown)) {
			if (ls->cli->colour)
				fputs("\033[H\033[2J", stdout);
			print_list(ls);
		}
		json_decref(before);
		before = shown;
		ask_pause(WATCH_PAUSE_MS);
		code = fetch(ls);
	}
	json_decref(before);
	return code;
}

static int list(struct ls *ls)
{
	if (args_has(ls->cli->args, FLAG_WATCH))
		return watch(ls);
	print_list(ls);
	if (ls->has_more && !args_has(ls->cli->args, FLAG_LIMIT))
		cli_tell("there are more: these are the newest %" PRId64 ", --limit N shows others",
			 ls->limit);
	return CODE_OK;
}

/* Of a dag that never was there are no runs, and that is worth a word. One that is gone from the
 * folder may have some. */
static int check_dag(const struct ls *ls)
{
	const char *dag_id = ls->cli->args->values[FLAG_DAG];
	struct reply reply = {0};
	struct str path = STR_INIT;
	int code;

	if (dag_id == NULL || json_array_size(ls->items) > 0 || ls->kind->render != RENDER_RUNS)
		return CODE_OK;
	str_append(&path, "/api/v1/dags/");
	http_encode(&path, dag_id);
	code = ask_get(ls->cli, str_text(&path), &reply);
	str_close(&path);
	reply_close(&reply);
	return code;
}

int run_verb_ls(struct cli *cli)
{
	struct ls ls = {.cli = cli};
	struct err err = {0};
	int code = CODE_OK;

	if (read_wishes(&ls, &err) != 0)
		return cli_fail_err(&err);
	ls.dag = cli->args->values[FLAG_DAG];
	ls.items = json_array();
	ls.errors = json_array();
	ls.holds = json_array();
	if (ls.kind->render == RENDER_TASKS)
		code = ask_run_id(cli, cli->args->values[FLAG_RUN], ls.run_id);
	if (code == CODE_OK)
		code = fetch(&ls);
	if (code == CODE_OK)
		code = check_dag(&ls);
	if (code == CODE_OK)
		code = list(&ls);
	json_decref(ls.items);
	json_decref(ls.errors);
	json_decref(ls.holds);
	return code;
}
