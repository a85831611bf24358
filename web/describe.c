/* describe.c - the API describes itself; see describe.h.
 *
 * A schema is written as its members, with a blank between them:
 *
 *	name:TYPE     TYPE is text, int, bool, time, run, hash, or @Schema
 *	...?          may be null
 *	...*          a list of such
 *	%Schema       an object whose members, whatever their names, are such
 *	-name:TYPE    may be missing
 *	+Schema       all members of that one, too */
#include "web/describe.h"

#include "model/state.h"
#include "model/trigger_rule.h"
#include "web/api/api.h"
#include "web/body.h"

#include <assert.h>
#include <ctype.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *members;
} schemas[] = {
    {"Problem", "type:text title:text status:int detail:text -errors:@ProblemPart*"},
    {"ProblemPart", "key:text? detail:text"},
    {"Version", "name:text version:text api:text holds:@Hold*"},
    {"Hold", "kind:text all:bool why:text"},
    {"Document", "openapi:text"},
    {"Session", "actor:text csrf:text? expires_at:time?"},
    {"PageLink", "url:text path:text expires_at:time"},
    {"LastRun", "id:run state:@RunState created_at:time"},
    {"Dag", "id:text description:text? domain:text? owner:text? tags:text* file:text hash:hash "
	    "git_commit:text? git_dirty:bool? since:time tasks:int paused:bool "
	    "paused_by:@PausedBy? last_run:@LastRun?"},
    {"PausedBy", "actor:text reason:text? at:time all:bool"},
    {"Bar", "id:run state:@RunState created_at:time started_at:time? duration_ms:int?"},
    {"DagRow", "+Dag bars:@Bar* usual_ms:int? running:int queued:int hold:text?"},
    {"DagPage", "items:@DagRow* total:int? next:text?"},
    {"GridRun", "+Bar ended_at:time? cells:text"},
    {"Grid", "dag:text hash:hash runs:@GridRun* tasks:text* from:int tasks_total:int "
	     "next_from:int? next:text?"},
    {"AttentionAction", "label:text method:text? path:text? body:map?"},
    {"Attention", "kind:text title:text cause:text since:time? dag:text? run:run? task:text? "
		  "file:text? count:int action:@AttentionAction"},
    {"AttentionPage", "items:@Attention* total:int? next:text?"},
    {"DagWhole", "+Dag definition:@DagTask* params:@DagParam* last_runs:@RunBrief*"},
    {"DagTask", "id:text description:text? action:text depends_on:text* trigger_rule:@TriggerRule "
		"when:text? group:text? hook:text? pool:text slots:int priority:int retries:int "
		"retry_delay_ms:int timeout_ms:int allow_failure:bool line:int"},
    {"DagParam", "name:text type:text description:text? required:bool line:int"},
    {"RunBrief", "id:run state:@RunState created_at:time ended_at:time?"},
    {"DagVersion", "hash:hash file:text since:time? in_force:bool tasks:int bytes:int"},
    {"VersionPage", "items:@DagVersion* next:text?"},
    {"Run", "id:run dag:text state:@RunState reason:text? key:text source:text created_at:time "
	    "started_at:time? ended_at:time? last_fact:int dag_hash:hash period:text? "
	    "start_at:time? forced:bool "
	    "pruned_at:time? params:map"},
    {"RunRow", "+Run task_count:int"},
    {"RunPage", "items:@RunRow* total:int? next:text?"},
    {"RunWhole", "+Run tasks:%TaskState notes:@Note*"},
    {"Note", "at:time actor:text task:text? text:text"},
    {"Error", "file:text line:int column:int message:text since:time"},
    {"ErrorPage", "items:@Error* next:text?"},
    {"Pool", "dag:text? name:text slots:int used:int queued:int domain:text?"},
    {"PoolPage", "items:@Pool* next:text?"},
    {"TaskTimes", "id:text state:@TaskState reason:text? started_at:time? ended_at:time? "
		  "retry_at:time? progress:@Progress?"},
    {"Progress", "percent:int text:text"},
    {"Task", "+TaskTimes attempts:int"},
    {"TaskPage", "items:@Task* next:text?"},
    {"TaskWhole", "+TaskTimes attempts:@Attempt*"},
    {"Attempt",
     "number:int state:text cause:text? reason:text? exit_code:int? signal:int? "
     "released_at:time? started_at:time? ended_at:time? duration_ms:int? "
     "max_rss_bytes:int? cpu_user_ms:int? cpu_system_ms:int? log_bytes:int? "
     "log_dropped_bytes:int? log_dropped_lines:int? progress:@Progress? scripts:@Script*"},
    {"Script", "path:text hash:hash differs:bool?"},
    {"ScriptPage", "items:@RunScript*"},
    {"RunScript", "+Script task:text attempt:int now:hash?"},
    {"Artifact", "name:text bytes:int modified_at:time"},
    {"ArtifactPage", "items:@Artifact* next:text?"},
    {"LogLine", "line:int text:text -cut:bool"},
    {"LogPlace", "offset:int line:int"},
    {"LogPage", "items:@LogLine* next:int? total:int? -matches:int -unsearched:int? "
		"follow:@LogPlace running:bool"},
    {"Fact", "fact:int at:time kind:text run:run? dag:text? task:text? attempt:int? from:text? "
	     "to:text actor:text why:text?"},
    {"FactPage", "items:@Fact* next:text?"},
    {"Validation", "valid:bool files:int dags:@ValidDag* errors:@ValidError*"},
    {"ValidDag", "id:text file:text tasks:int"},
    {"ValidError", "file:text line:int column:int message:text"},
    {"Paused", "paused:bool"},
    {"Restored", "restored:@RestoredHome?"},
    {"RestoredHome", "at:time actor:text reason:text known_until:time? runs_under_way:int "
		     "uncertain:@Uncertain* more:bool"},
    {"Uncertain", "run:run dag:text task:text? attempt:int released_at:time lost:bool"},
    {"UnderWay", "run:run dag:text task:text state:@TaskState attempt:int since:time?"},
    {"Drain", "tasks:@UnderWay* under_way:int paused:bool"},
    {"GcRound", "round:int running:bool dry_run:bool began_at:time? ended_at:time? error:text? "
		"packed:@GcPacked pruned:@GcPruned versions:@GcVersions orphans:@GcFiles "
		"backups:@GcFiles artifacts:@GcFiles faults:int first_fault:text?"},
    {"Gc", "+GcRound former:@GcRound?"},
    {"GcPacked", "runs:int bytes:int"},
    {"GcPruned", "runs:int attempts:int outputs:int files:int bytes:int"},
    {"GcVersions", "count:int bytes:int"},
    {"GcFiles", "files:int bytes:int"},
    {"Change", "kind:text task:text? from:text? to:text? what:text?"},
    {"DryRun", "token:text changes:@Change* total:int message:text?"},
    {"Why", "answer:text chain:@WhyLink* holders:@WhyHolder* holders_total:int"},
    {"WhyLink",
     "kind:text text:text dag:text? run:run? task:text? pool:text? count:int? limit:int? "
     "at:time?"},
    {"WhyHolder", "dag:text run:run task:text slots:int since:time?"},
};

static const struct {
	const char *name;
	const char *type;
	const char *more; /* what else is said of it */
} types[] = {
    {"text", "string", ""},
    {"int", "integer", ""},
    {"bool", "boolean", ""},
    {"map", "object", ""}, /* of any members */
    {"time", "string", ",\"format\":\"date-time\""},
    {"run", "string", ",\"pattern\":\"^[0-9a-f]{16}$\""},
    {"hash", "string", ",\"pattern\":\"^[0-9a-f]{32}$\""},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void text(struct compose *compose, const char *key, const char *value)
{
	compose_member_text(compose, key, value);
}

static void begin(struct compose *compose, const char *key)
{
	compose_member_open(compose, key, '{');
}

static void end(struct compose *compose)
{
	compose_close(compose, '}');
}

/* --- schemas ------------------------------------------------------------------------------------
 */

static const char *members_of(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT(schemas); i++)
		if (strlen(schemas[i].name) == length && memcmp(schemas[i].name, name, length) == 0)
			return schemas[i].members;
	return NULL;
}

bool describe_has_schema(const char *name)
{
	return members_of(name, strlen(name)) != NULL;
}

static void write_ref(struct compose *compose, const char *name, size_t length)
{
	char ref[96];

	snprintf(ref, sizeof ref, "#/components/schemas/%.*s", (int)length, name);
	compose_open(compose, '{');
	text(compose, "$ref", ref);
	end(compose);
}

static void write_plain(struct compose *compose, const char *type, size_t length, bool nullable)
{
	char json[160];

	for (size_t i = 0; i < COUNT(types); i++) {
		if (strlen(types[i].name) != length || memcmp(types[i].name, type, length) != 0)
			continue;
		snprintf(json, sizeof json, "{\"type\":%s\"%s\"%s%s}", nullable ? "[" : "",
			 types[i].type, nullable ? ",\"null\"]" : "", types[i].more);
		compose_json(compose, json);
		return;
	}
	assert(false); /* no type of the table */
}

static void write_nullable_ref(struct compose *compose, const char *name, size_t length)
{
	compose_open(compose, '{');
	compose_member_open(compose, "anyOf", '[');
	write_ref(compose, name, length);
	compose_json(compose, "{\"type\":\"null\"}");
	compose_close(compose, ']');
	end(compose);
}

static void write_type(struct compose *compose, const char *type, size_t length)
{
	char last = type[length - 1];
	bool nullable = last == '?';

	if (last == '*' || type[0] == '%') {
		compose_open(compose, '{');
		text(compose, "type", last == '*' ? "array" : "object");
		compose_key(compose, last == '*' ? "items" : "additionalProperties");
		if (last == '*')
			write_type(compose, type, length - 1);
		else
			write_ref(compose, type + 1, length - 1);
		end(compose);
		return;
	}
	length -= nullable;
	if (type[0] != '@')
		write_plain(compose, type, length, nullable);
	else if (nullable)
		write_nullable_ref(compose, type + 1, length - 1);
	else
		write_ref(compose, type + 1, length - 1);
}

typedef void (*member_fn)(struct compose *compose, const char *name, size_t name_length,
			  const char *type, size_t length);

static void each_member(struct compose *compose, const char *members, bool required_only,
			member_fn each)
{
	for (const char *at = members; *at != '\0'; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");
		size_t name = strcspn(at, ":");
		bool optional = *at == '-';

		if (*at == '+')
			each_member(compose, members_of(at + 1, length - 1), required_only, each);
		else if (!optional || !required_only)
			each(compose, at + optional, name - optional, at + name + 1,
			     length - name - 1);
		at += length;
	}
}

static void write_member(struct compose *compose, const char *name, size_t name_length,
			 const char *type, size_t length)
{
	char key[48];

	snprintf(key, sizeof key, "%.*s", (int)name_length, name);
	compose_key(compose, key);
	write_type(compose, type, length);
}

static void write_name(struct compose *compose, const char *name, size_t name_length,
		       const char *type, size_t length)
{
	char key[48];

	(void)type;
	(void)length;
	snprintf(key, sizeof key, "%.*s", (int)name_length, name);
	compose_text(compose, key);
}

static void write_object(struct compose *compose, const char *name, const char *members)
{
	begin(compose, name);
	text(compose, "type", "object");
	begin(compose, "properties");
	each_member(compose, members, false, write_member);
	end(compose);
	compose_member_open(compose, "required", '[');
	each_member(compose, members, true, write_name);
	compose_close(compose, ']');
	end(compose);
}

static void write_enum(struct compose *compose, const char *name,
		       const char *(*name_of)(unsigned value), unsigned count)
{
	begin(compose, name);
	text(compose, "type", "string");
	compose_member_open(compose, "enum", '[');
	for (unsigned i = 0; i < count; i++)
		compose_text(compose, name_of(i));
	compose_close(compose, ']');
	end(compose);
}

static const char *run_state_at(unsigned value)
{
	return run_state_name((enum run_state)value);
}

static const char *task_state_at(unsigned value)
{
	return task_state_name((enum task_state)value);
}

static const char *rule_at(unsigned value)
{
	return trigger_rule_name((enum trigger_rule)value);
}

static void write_components(struct compose *compose)
{
	begin(compose, "components");
	begin(compose, "schemas");
	write_enum(compose, "RunState", run_state_at, RUN_STATE_COUNT);
	write_enum(compose, "TaskState", task_state_at, TASK_STATE_COUNT);
	write_enum(compose, "TriggerRule", rule_at, RULE_COUNT);
	for (size_t i = 0; i < COUNT(schemas); i++)
		write_object(compose, schemas[i].name, schemas[i].members);
	end(compose);
	compose_key(compose, "securitySchemes");
	compose_json(compose, "{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}");
	end(compose);
}

/* --- parameters ---------------------------------------------------------------------------------
 */

static bool is_required(const char *name, const char *in)
{
	return strcmp(in, "path") == 0 || strcmp(name, "target") == 0;
}

static void write_parameter(struct compose *compose, const char *name, const char *in,
			    const char *about, const char *schema)
{
	compose_open(compose, '{');
	text(compose, "name", name);
	text(compose, "in", in);
	text(compose, "description", about);
	compose_key(compose, "required");
	compose_bool(compose, is_required(name, in));
	compose_key(compose, "schema");
	compose_json(compose, schema);
	end(compose);
}

static void write_path_parameters(struct compose *compose, const struct route *route)
{
	size_t count;
	const struct route_name_row *rows = route_name_table(&count);

	for (size_t i = 0; i < count; i++) {
		char name[32];

		if (strstr(route->pattern, rows[i].name) == NULL)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)strlen(rows[i].name) - 2,
			 rows[i].name + 1);
		write_parameter(compose, name, "path", rows[i].wanted, rows[i].schema);
	}
}

static void write_query_parameters(struct compose *compose, const struct route *route)
{
	size_t count;
	const struct query_param_row *rows = query_table(&count);

	for (size_t i = 0; i < count; i++)
		if ((route->params & rows[i].param) != 0)
			write_parameter(compose, rows[i].name, "query", rows[i].wanted,
					rows[i].schema);
}

static void write_header_parameters(struct compose *compose, const struct route *route)
{
	if (route->kind == ROUTE_COMMAND)
		write_parameter(compose, "Idempotency-Key", "header",
				"A key of the caller's: the same one again is the same command",
				"{\"type\":\"string\",\"pattern\":\"^[!-~]{1,200}$\"}");
	if (strcmp(route->method, "PATCH") == 0)
		write_parameter(compose, "If-Match", "header",
				"The ETag that GET of this address gave: 412 when it holds no more",
				"{\"type\":\"string\",\"pattern\":\"^[!-~]{1,100}$\"}");
	if ((route->flags & ROUTE_TAGGED) != 0)
		write_parameter(compose, "If-None-Match", "header",
				"The ETag that the client has: 304 while it still holds",
				"{\"type\":\"string\"}");
	if ((route->flags & ROUTE_RANGES) != 0)
		write_parameter(compose, "Range", "header", "One range of bytes",
				"{\"type\":\"string\"}");
	if (strstr(route->media, "event-stream") != NULL)
		write_parameter(compose, "Last-Event-ID", "header",
				"The id of the last event that the client has: goes on after it",
				"{\"type\":\"string\",\"pattern\":\"^[0-9]{1,18}$\"}");
}

static void write_body(struct compose *compose, const struct route *route)
{
	bool is_text = (route->flags & ROUTE_TEXT) != 0;

	if (route->kind != ROUTE_COMMAND && !is_text)
		return;
	begin(compose, "requestBody");
	compose_key(compose, "required");
	compose_bool(compose, !is_text && body_is_required(route->command));
	begin(compose, "content");
	begin(compose, is_text ? "text/plain" : "application/json");
	compose_key(compose, "schema");
	if (is_text)
		compose_json(compose, "{\"type\":\"string\"}");
	else
		body_describe(route->command, compose);
	end(compose);
	end(compose);
	end(compose);
}

/* --- answers ------------------------------------------------------------------------------------
 */

static void begin_answer(struct compose *compose, unsigned status)
{
	char key[12];

	snprintf(key, sizeof key, "%u", status);
	begin(compose, key);
	text(compose, "description", MHD_get_reason_phrase_for(status));
}

/* A command that is only rehearsed is answered with what it would do. */
static void write_dry_run_ref(struct compose *compose, const struct route *route)
{
	compose_open(compose, '{');
	compose_member_open(compose, "anyOf", '[');
	write_ref(compose, route->schema, strlen(route->schema));
	write_ref(compose, "DryRun", strlen("DryRun"));
	compose_close(compose, ']');
	end(compose);
}

static void write_content(struct compose *compose, const struct route *route)
{
	begin(compose, "content");
	for (const char *at = route->media; *at != '\0'; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");
		char media[ACCEPT_TYPE_SIZE];

		snprintf(media, sizeof media, "%.*s", (int)length, at);
		at += length;
		begin(compose, media);
		compose_key(compose, "schema");
		if ((route->params & QUERY_DRY_RUN) != 0)
			write_dry_run_ref(compose, route);
		else if (strcmp(media, "application/json") == 0 && route->schema != NULL)
			write_ref(compose, route->schema, strlen(route->schema));
		else
			compose_json(compose, "{\"type\":\"string\"}");
		end(compose);
	}
	end(compose);
}

static void write_good_answer(struct compose *compose, const struct route *route, unsigned status)
{
	begin_answer(compose, status);
	write_content(compose, route);
	end(compose);
}

static void write_problem(struct compose *compose, const struct route *route, unsigned status)
{
	begin_answer(compose, status);
	begin(compose, "content");
	begin(compose, "application/problem+json");
	compose_key(compose, "schema");
	write_ref(compose, "Problem", strlen("Problem"));
	end(compose);
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE && route->kind == ROUTE_NOW) {
		compose_key(compose, "text/plain");
		compose_json(compose, "{\"schema\":{\"type\":\"string\"}}");
	}
	end(compose);
	end(compose);
}

static bool is_redirect(const struct route *route)
{
	return strstr(route->pattern, "{secret}") != NULL;
}

static void write_good_answers(struct compose *compose, const struct route *route)
{
	write_good_answer(compose, route, is_redirect(route) ? MHD_HTTP_SEE_OTHER : MHD_HTTP_OK);
	if (route->kind == ROUTE_COMMAND && route->command == WEB_TRIGGER)
		write_good_answer(compose, route, MHD_HTTP_CREATED);
	if (route->kind == ROUTE_COMMAND && route->read != NULL)
		write_good_answer(compose, route, MHD_HTTP_ACCEPTED);
	if ((route->flags & ROUTE_RANGES) != 0)
		write_good_answer(compose, route, MHD_HTTP_PARTIAL_CONTENT);
	if ((route->flags & ROUTE_TAGGED) != 0) {
		begin_answer(compose, MHD_HTTP_NOT_MODIFIED);
		end(compose);
	}
}

/* Who may be told what, by what the route is. */
static bool may_answer(const struct route *route, unsigned status)
{
	bool command = route->kind == ROUTE_COMMAND;

	switch (status) {
	case MHD_HTTP_UNAUTHORIZED:
		return (route->flags & ROUTE_PUBLIC) == 0;
	case MHD_HTTP_GONE: /* it was pruned */
		return strstr(route->pattern, "{run}") != NULL ||
		       (route->params & (QUERY_VERSION | QUERY_TARGET)) != 0;
	case MHD_HTTP_NOT_FOUND:
		return strchr(route->pattern, '{') != NULL ||
		       (route->params & (QUERY_RUN | QUERY_TARGET)) != 0;
	case MHD_HTTP_CONTENT_TOO_LARGE:
	case MHD_HTTP_UNSUPPORTED_MEDIA_TYPE:
		return command || (route->flags & ROUTE_TEXT) != 0;
	case MHD_HTTP_CONFLICT:
	case MHD_HTTP_UNPROCESSABLE_CONTENT:
		return command;
	case MHD_HTTP_PRECONDITION_FAILED:
		return strcmp(route->method, "PATCH") == 0;
	case MHD_HTTP_RANGE_NOT_SATISFIABLE:
		return (route->flags & ROUTE_RANGES) != 0;
	default:
		return true;
	}
}

static void write_answers(struct compose *compose, const struct route *route)
{
	static const unsigned problems[] = {
	    MHD_HTTP_BAD_REQUEST,
	    MHD_HTTP_UNAUTHORIZED,
	    MHD_HTTP_FORBIDDEN,
	    MHD_HTTP_NOT_FOUND,
	    MHD_HTTP_GONE,
	    MHD_HTTP_METHOD_NOT_ALLOWED,
	    MHD_HTTP_NOT_ACCEPTABLE,
	    MHD_HTTP_CONFLICT,
	    MHD_HTTP_PRECONDITION_FAILED,
	    MHD_HTTP_CONTENT_TOO_LARGE,
	    MHD_HTTP_URI_TOO_LONG,
	    MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
	    MHD_HTTP_RANGE_NOT_SATISFIABLE,
	    MHD_HTTP_UNPROCESSABLE_CONTENT,
	    MHD_HTTP_SERVICE_UNAVAILABLE,
	};

	begin(compose, "responses");
	write_good_answers(compose, route);
	for (size_t i = 0; i < COUNT(problems); i++)
		if (may_answer(route, problems[i]))
			write_problem(compose, route, problems[i]);
	end(compose);
}

/* --- paths --------------------------------------------------------------------------------------
 */

/* "GET /api/v1/dags/{dag}/runs" is get_api_v1_dags_dag_runs. */
static void write_operation_id(struct compose *compose, const struct route *route)
{
	struct str id = STR_INIT;
	bool gap = true;

	for (const char *c = route->method; *c != '\0'; c++)
		str_append_char(&id, (char)tolower((unsigned char)*c));
	for (const char *c = route->pattern; *c != '\0'; c++) {
		if (!isalnum((unsigned char)*c)) {
			gap = true;
			continue;
		}
		if (gap)
			str_append_char(&id, '_');
		gap = false;
		str_append_char(&id, *c);
	}
	text(compose, "operationId", str_text(&id));
	str_close(&id);
}

static void write_operation(struct compose *compose, const struct route *route)
{
	char method[8] = "";

	for (size_t i = 0; i + 1 < sizeof method && route->method[i] != '\0'; i++)
		method[i] = (char)tolower((unsigned char)route->method[i]);
	begin(compose, method);
	write_operation_id(compose, route);
	text(compose, "summary", route->summary);
	compose_member_open(compose, "parameters", '[');
	write_path_parameters(compose, route);
	write_query_parameters(compose, route);
	write_header_parameters(compose, route);
	compose_close(compose, ']');
	write_body(compose, route);
	write_answers(compose, route);
	compose_member_open(compose, "security", '[');
	if ((route->flags & ROUTE_PUBLIC) == 0)
		compose_json(compose, "{\"token\":[]}");
	compose_close(compose, ']');
	end(compose);
}

/* Rows of one path stand together under it, wherever they are in the table. */
static bool is_first_of_path(const struct route *rows, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(rows[i].pattern, rows[at].pattern) == 0)
			return false;
	return true;
}

static void write_paths(struct compose *compose)
{
	size_t count;
	const struct route *rows = route_table(&count);

	begin(compose, "paths");
	for (size_t i = 0; i < count; i++) {
		if (!is_first_of_path(rows, i))
			continue;
		begin(compose, rows[i].pattern);
		for (size_t k = i; k < count; k++)
			if (strcmp(rows[k].pattern, rows[i].pattern) == 0)
				write_operation(compose, &rows[k]);
		end(compose);
	}
	end(compose);
}

void describe_api(struct str *out)
{
	struct compose compose;

	compose_init(&compose, out);
	compose_open(&compose, '{');
	text(&compose, "openapi", "3.1.0");
	begin(&compose, "info");
	text(&compose, "title", "Heddle");
	text(&compose, "version", HEDDLE_VERSION);
	text(&compose, "description",
	     "Errors are application/problem+json with cause and remedy. Over the Unix socket of "
	     "the home no token is wanted; a page that was signed in sends its cookie instead, and "
	     "with what changes something X-Heddle-CSRF.");
	end(&compose);
	write_paths(&compose);
	write_components(&compose);
	end(&compose);
}

void api_openapi(struct call *call)
{
	describe_api(&call->answer.body);
	call->answer.status = MHD_HTTP_OK;
}
