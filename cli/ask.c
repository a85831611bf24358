/* ask.c - requests to the daemon; see ask.h. */
#include "cli/ask.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/text.h"
#include "model/dag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOKEN_BYTES_MAX 4096
#define RETRY_PAUSE_MS 100
#define PROBLEM_TEXT_MAX 300 /* of an answer that is no problem document */
#define UNIX_SCHEME "unix:"
#define TASK_TOKEN "hdt1." /* a task's token begins so */

/* --- the connection -----------------------------------------------------------------------------
 */

/* From --token-file, else $HEDDLE_TOKEN. Never from argv, which other users can read. */
static int read_token(const struct args *args, struct str *token, struct err *err)
{
	const char *path = args->values[FLAG_TOKEN_FILE];
	int rc;

	if (path == NULL) {
		if (getenv("HEDDLE_TOKEN") != NULL)
			str_append(token, getenv("HEDDLE_TOKEN"));
		return 0;
	}
	rc = file_read(path, TOKEN_BYTES_MAX, token, err);
	if (rc == ERR_INVALID || rc == ERR_LIMIT)
		rc = err->code = ERR_USAGE; /* it is no definition that does not check */
	if (rc == 0)
		token->size = strcspn(str_text(token), "\r\n");
	if (rc == 0 && token->data != NULL)
		token->data[token->size] = '\0';
	return rc;
}

/* What is wrong with an address was said on the command line; a library that is missing is nothing
 * that was asked for. */
static int create_client(const struct http_server *server, struct cli *cli, struct err *err)
{
	int rc = http_client_create(server, &cli->client, err);

	if (rc == ERR_INVALID || rc == ERR_LIMIT)
		rc = err->code = ERR_USAGE;
	else if (rc == ERR_NOT_FOUND)
		rc = err->code = ERR_IO;
	return rc;
}

/* What stands on a command line can be read by every user, so a password there is none; nor is it
 * repeated here. */
static int refuse_password(const char *url, struct err *err)
{
	if (strchr(url, '@') == NULL)
		return 0;
	return err_set(err, ERR_USAGE,
		       "the value of '--url' holds a '@': the daemon takes no name and password, "
		       "but a token in $HEDDLE_TOKEN or --token-file");
}

/* The path in "unix:/path" or "unix:///path"; NULL = it is no such address. */
static const char *socket_of(const char *url)
{
	if (!str_starts_with(url, UNIX_SCHEME))
		return NULL;
	url += strlen(UNIX_SCHEME);
	return str_starts_with(url, "///") ? url + 2 : url;
}

static int connect_by_url(struct cli *cli, struct err *err)
{
	struct http_server server = {.socket_path = socket_of(cli->url)};
	struct str token = STR_INIT;
	int rc = 0;

	if (server.socket_path == NULL) {
		server.url = cli->url;
		rc = refuse_password(server.url, err);
	}
	if (rc == 0)
		rc = read_token(cli->args, &token, err);
	if (rc == 0) {
		server.token = token.size == 0 ? NULL : str_text(&token);
		rc = create_client(&server, cli, err);
	}
	if (token.data != NULL)
		explicit_bzero(token.data, token.capacity);
	str_close(&token);
	return rc;
}

/* The socket tells the daemon who is there. Only a task has a token to show all the same: it is not
 * trusted by its user. Others, which are of daemons elsewhere, go nowhere. */
static int connect_by_socket(struct cli *cli, struct err *err)
{
	const char *token = getenv("HEDDLE_TOKEN");
	struct http_server server = {0};
	char path[PATH_MAX + 16];

	snprintf(path, sizeof path, "%s/heddle.sock", cli->home);
	server.socket_path = path;
	if (token != NULL && str_starts_with(token, TASK_TOKEN))
		server.token = token;
	return create_client(&server, cli, err);
}

static int connect_to_daemon(struct cli *cli, struct err *err)
{
	if (cli->client != NULL)
		return 0;
	return cli->url != NULL ? connect_by_url(cli, err) : connect_by_socket(cli, err);
}

/* --- what went wrong ----------------------------------------------------------------------------
 */

static int tell_silence(const struct cli *cli)
{
	const char *url = cli->url;

	return cli_fail(CODE_NO_DAEMON,
			"the daemon at %s%s does not answer (within %d s): it is stopped, or its "
			"machine has too much to do. What was asked for may be done all the same",
			url == NULL ? cli->home : url, url == NULL ? "/heddle.sock" : "",
			ASK_TIMEOUT_MS / 1000);
}

int ask_tell_failure(const struct cli *cli, const struct err *err)
{
	const char *url = cli->url;

	if (err->code == ERR_NOT_FOUND && url != NULL)
		return cli_fail(CODE_NO_DAEMON, "no daemon at %s: %s", url, err->message);
	if (err->code == ERR_NOT_FOUND)
		return cli_fail(CODE_NO_DAEMON,
				"no daemon at %s/heddle.sock: start one with: heddle daemon "
				"--home %s",
				cli->home, cli->home);
	if (err->code == ERR_AGAIN)
		return cli_fail(CODE_NO_DAEMON, "the daemon does not answer: %s", err->message);
	if (err->code == ERR_REFUSED && url == NULL)
		return cli_fail(
		    CODE_REFUSED,
		    "%s/heddle.sock is another user's: become that user, or ask over TCP "
		    "with --url and a token",
		    cli->home);
	if (err->code == ERR_REFUSED)
		return cli_fail(CODE_REFUSED, "the daemon cannot be reached: %s", err->message);
	return cli_fail(CODE_FAILED, "ask the daemon: %s", err->message);
}

void ask_problem_text(int status, const char *body, size_t size, struct str *out)
{
	json_t *problem = json_loadb(body, size, 0, NULL);
	const char *text = reply_text(problem, "detail");

	if (text[0] == '\0')
		text = reply_text(problem, "title");
	if (text[0] != '\0') {
		text_clean(out, text);
	} else {
		char *piece = mem_strndup(body, size < PROBLEM_TEXT_MAX ? size : PROBLEM_TEXT_MAX);

		str_printf(out, "the daemon answered with HTTP status %d", status);
		if (piece[0] != '\0')
			str_append(out, ": ");
		text_clean(out, piece);
		mem_free(piece);
	}
	json_decref(problem);
}

int ask_tell_problem(const struct reply *reply)
{
	struct str text = STR_INIT;
	int code;

	ask_problem_text(reply->status, str_text(&reply->body), reply->body.size, &text);
	code = cli_fail(exit_code_of_status(reply->status), "%s", str_text(&text));
	str_close(&text);
	return code;
}

/* --- asking -------------------------------------------------------------------------------------
 */

int ask_once(struct cli *cli, const struct question *question, struct reply *reply, struct err *err)
{
	struct http_request request = {.method = question->method,
				       .path = question->path,
				       .body = question->body,
				       .headers = question->headers,
				       .timeout_ms = question->wait_ms + ASK_TIMEOUT_MS,
				       .max_body_bytes = ASK_BODY_MAX,
				       .piece = question->piece,
				       .context = question->context};
	struct http_response response = {.body = reply->body};
	int rc = connect_to_daemon(cli, err);

	if (rc != 0)
		return rc;
	if (question->piece != NULL)
		request.timeout_ms = 0;
	rc = http_request(cli->client, &request, &response, err);
	reply->body = response.body;
	reply->status = response.status;
	memcpy(reply->content_location, response.content_location,
	       sizeof response.content_location);
	reply->timed_out = response.timed_out;
	if (rc == 0 || (rc == ERR_AGAIN && !response.timed_out))
		cli->was_answered = true;
	return rc;
}

void ask_pause(int64_t pause_ms)
{
	struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

/* A daemon that starts anew is gone for a moment, or not ready. One that is there and gives no
 * answer will not give one to the same question a moment later; only who waits for hours anyway
 * goes on. */
static bool may_come_back(const struct cli *cli, const struct question *question,
			  const struct reply *reply, int rc)
{
	if (!question->patient || !cli->was_answered)
		return false;
	if (reply->timed_out && question->wait_ms == 0)
		return false;
	return rc == ERR_NOT_FOUND || rc == ERR_AGAIN ||
	       (rc == 0 && reply->status == 503 && strcmp(question->method, "GET") == 0);
}

static int ask_patiently(struct cli *cli, const struct question *question, struct reply *reply,
			 struct err *err)
{
	bool was_answered = cli->was_answered;
	int64_t give_up_ms = 0;
	int rc = ask_once(cli, question, reply, err);

	/* A first question that gets "not now" is not asked again: the caller wants to know. */
	if (rc == 0 && !was_answered)
		return rc;
	while (may_come_back(cli, question, reply, rc)) {
		int64_t now_ms = clock_now().boot_ms;

		if (give_up_ms == 0)
			give_up_ms = now_ms + ASK_PATIENCE_MS;
		if (now_ms >= give_up_ms)
			break;
		ask_pause(RETRY_PAUSE_MS);
		rc = ask_once(cli, question, reply, err);
	}
	return rc;
}

static int parse(struct reply *reply)
{
	json_error_t error;

	reply->json = json_loadb(str_text(&reply->body), reply->body.size, 0, &error);
	if (reply->json == NULL)
		return cli_fail(CODE_FAILED, "the daemon's answer is not JSON: %s", error.text);
	return CODE_OK;
}

int ask(struct cli *cli, const struct question *question, struct reply *reply)
{
	struct err err = {0};

	json_decref(reply->json);
	reply->json = NULL;
	if (connect_to_daemon(cli, &err) != 0)
		return cli_fail_err(&err);
	if (ask_patiently(cli, question, reply, &err) != 0)
		return err.code == ERR_AGAIN && reply->timed_out ? tell_silence(cli)
								 : ask_tell_failure(cli, &err);
	if (question->may_miss && reply->status == 404)
		return CODE_NOT_FOUND;
	if ((question->may_be_refused && reply->status == 403) ||
	    (question->may_collide && reply->status == 409))
		return CODE_REFUSED;
	if (reply->status < 200 || reply->status > 299)
		return ask_tell_problem(reply);
	return question->piece == NULL && !question->is_text ? parse(reply) : CODE_OK;
}

int ask_get(struct cli *cli, const char *path, struct reply *reply)
{
	struct question question = {.method = "GET", .path = path, .patient = true};

	return ask(cli, &question, reply);
}

static void append_line(struct str *out, const char *text)
{
	char *line = mem_strndup(text, strcspn(text, "\r\n"));

	text_clean(out, line);
	mem_free(line);
}

bool ask_is_ready(struct cli *cli, struct str *why)
{
	struct question question = {.method = "GET", .path = "/readyz"};
	struct reply reply = {0};
	struct err err;
	bool ready = connect_to_daemon(cli, &err) == 0 &&
		     ask_once(cli, &question, &reply, &err) == 0 && reply.status == 200;

	str_clear(why);
	if (!ready && reply.status == 503)
		append_line(why, str_text(&reply.body));
	reply_close(&reply);
	return ready;
}

int ask_to_do(struct cli *cli, const char *method, const char *path, json_t *body,
	      struct reply *reply)
{
	char header[64] = "Idempotency-Key: ";
	const char *headers[] = {header, NULL};
	char *text = json_object_size(body) == 0 ? NULL : json_dumps(body, JSON_COMPACT);
	struct question question = {.method = method, .path = path, .body = text, .patient = true};
	int code;

	random_hex(header + strlen(header), 32);
	question.headers = json_object_get(body, "id") == NULL ? headers : NULL;
	code = ask(cli, &question, reply);
	free(text); /* jansson's own */
	json_decref(body);
	return code;
}

bool ask_put_text(json_t *body, const char *key, const char *what, const char *text)
{
	if (text == NULL || json_object_set_new(body, key, json_string(text)) == 0)
		return true;
	cli_tell("%s is not UTF-8", what);
	return false;
}

bool ask_put_flag(json_t *body, const char *key, const struct args *args, enum flag_id id)
{
	char what[64];

	snprintf(what, sizeof what, "the value of '--%s'", args_flag(id)->name);
	return ask_put_text(body, key, what, args->values[id]);
}

void reply_print(struct reply *reply)
{
	if (!str_ends_with(str_text(&reply->body), "\n"))
		str_append_char(&reply->body, '\n');
	cli_print_str(&reply->body);
}

void reply_close(struct reply *reply)
{
	json_decref(reply->json);
	reply->json = NULL;
	str_close(&reply->body);
}

/* --- what is in an answer -----------------------------------------------------------------------
 */

const char *reply_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

int64_t reply_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

int64_t reply_instant(const json_t *object, const char *key)
{
	int64_t at_ms = 0;

	return text_parse_instant(reply_text(object, key), &at_ms) ? at_ms : 0;
}

/* --- which run is meant -------------------------------------------------------------------------
 */

/* There is no run of it: is there such a dag at all? The daemon names the nearest one when not. */
static int tell_no_run(struct cli *cli, const char *dag)
{
	struct reply reply = {0};
	struct str path = STR_INIT;
	int code;

	str_append(&path, "/api/v1/dags/");
	http_encode(&path, dag);
	code = ask_get(cli, str_text(&path), &reply);
	reply_close(&reply);
	str_close(&path);
	return code != CODE_OK
		   ? code
		   : cli_fail(CODE_NOT_FOUND,
			      "dag '%s' has never run: start it with: heddle trigger %s", dag, dag);
}

static int latest_run_id(struct cli *cli, const char *dag, char run_id[17])
{
	struct reply reply = {0};
	struct str path = STR_INIT;
	const json_t *item;
	int code = ask_check_dag(cli, dag);

	if (code != CODE_OK)
		return code;
	str_append(&path, "/api/v1/dags/");
	http_encode(&path, dag);
	str_append(&path, "/runs?limit=1");
	code = ask_get(cli, str_text(&path), &reply);
	item = json_array_get(json_object_get(reply.json, "items"), 0);
	if (code == CODE_OK && item == NULL)
		code = tell_no_run(cli, dag);
	else if (code == CODE_OK)
		snprintf(run_id, 17, "%s", reply_text(item, "id"));
	reply_close(&reply);
	str_close(&path);
	return code;
}

/* Of what can be no run's id a daemon only says that nothing is served at such an address; it is
 * asked whether it is there, so that the exit code is the same as for any run. */
static int refuse_run(struct cli *cli, const char *run)
{
	struct reply reply = {0};
	int code = ask_get(cli, "/version", &reply);

	reply_close(&reply);
	return code != CODE_OK ? code : cli_fail(CODE_NOT_FOUND, "no run begins with '%s'", run);
}

/* Whether it can be the beginning of a run's id; tells it when not. */
static int check_run(struct cli *cli, const char *run)
{
	size_t length = strlen(run);

	if (length == 0)
		return cli_fail(CODE_USAGE, "RUN is empty: it is the id of a run, or its "
					    "beginning");
	if (length > 16 || strspn(run, "0123456789abcdef") != length)
		return refuse_run(cli, run);
	return CODE_OK;
}

int ask_check_dag(struct cli *cli, const char *dag)
{
	struct reply reply = {0};
	int code;

	if (id_is_valid(dag, true))
		return CODE_OK;
	code = ask_get(cli, "/version", &reply);
	reply_close(&reply);
	return code != CODE_OK ? code : cli_fail(CODE_NOT_FOUND, "there is no dag '%s'", dag);
}

int ask_run(struct cli *cli, const char *run, struct reply *reply)
{
	char path[64];
	int code = check_run(cli, run);

	if (code != CODE_OK)
		return code;
	snprintf(path, sizeof path, "/api/v1/runs/%s", run);
	return ask_get(cli, path, reply);
}

int ask_run_id(struct cli *cli, const char *run, char run_id[17])
{
	struct reply reply = {0};
	int code;

	if (run == NULL)
		return latest_run_id(cli, cli->args->values[FLAG_DAG], run_id);
	code = ask_run(cli, run, &reply);
	if (code == CODE_OK)
		snprintf(run_id, 17, "%s", reply_text(reply.json, "id"));
	reply_close(&reply);
	return code;
}
