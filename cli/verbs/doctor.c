/* doctor.c - `heddle doctor`: looks the home over; what the daemon itself says comes last. */
#include "daemon/doctor.h"
#include "cli/ask.h"
#include "cli/local.h"
#include "cli/programs.h"
#include "cli/text.h"
#include "cli/verbs/verbs.h"
#include "web/compose.h"

#include <stdio.h>
#include <string.h>

struct report {
	struct cli *cli;
	struct str text;
	struct compose compose;
	size_t counts[DOCTOR_WRONG + 1];
};

static const char *colour_of(const struct report *report, enum doctor_state state)
{
	static const char *const colours[] = {
	    [DOCTOR_OK] = "\033[32m", [DOCTOR_WARNING] = "\033[33m", [DOCTOR_WRONG] = "\033[31m"};

	return report->cli->colour ? colours[state] : "";
}

static void add_text(struct report *report, const struct doctor_finding *finding)
{
	str_printf(&report->text, "%s%-8s%s %-12s ", colour_of(report, finding->state),
		   doctor_state_name(finding->state), report->cli->colour ? "\033[0m" : "",
		   finding->check);
	text_clean(&report->text, finding->place);
	str_append(&report->text, ": ");
	text_clean(&report->text, finding->text);
	str_append_char(&report->text, '\n');
	if (finding->remedy == NULL || finding->state == DOCTOR_OK)
		return;
	str_printf(&report->text, "%-21s -> ", "");
	text_clean(&report->text, finding->remedy);
	str_append_char(&report->text, '\n');
}

static void add_json(struct report *report, const struct doctor_finding *finding)
{
	struct compose *compose = &report->compose;

	compose_open(compose, '{');
	compose_member_text(compose, "check", finding->check);
	compose_member_text(compose, "state", doctor_state_name(finding->state));
	compose_member_text(compose, "place", finding->place);
	compose_member_text(compose, "message", finding->text);
	compose_member_text(compose, "remedy", finding->remedy);
	compose_close(compose, '}');
}

static void add(void *context, const struct doctor_finding *finding)
{
	struct report *report = context;

	report->counts[finding->state]++;
	if (report->cli->json)
		add_json(report, finding);
	else
		add_text(report, finding);
}

/* --- what the daemon says -----------------------------------------------------------------------
 */

static void judge_ready(struct report *report, const struct reply *reply)
{
	struct doctor_finding finding = {"ready", DOCTOR_OK, "/readyz",
					 "new work is taken and started", NULL};
	struct str why = STR_INIT;

	if (reply->status != 200) {
		text_clean(&why, str_text(&reply->body));
		finding.state = DOCTOR_WRONG;
		finding.text = str_text(&why);
		finding.remedy = "the daemon's log says more";
	}
	add(report, &finding);
	str_close(&why);
}

static void judge_version(struct report *report, const struct reply *reply)
{
	struct doctor_finding finding = {"version", DOCTOR_OK, "/version",
					 "the daemon is of this version", NULL};
	json_t *answer = json_loadb(str_text(&reply->body), reply->body.size, 0, NULL);

	if (reply->status != 200 || strcmp(reply_text(answer, "version"), HEDDLE_VERSION) != 0) {
		finding.state = DOCTOR_WARNING;
		finding.text = "the daemon that runs is of another version than this program";
		finding.remedy = "restart the daemon: tasks go on meanwhile";
	}
	add(report, &finding);
	json_decref(answer);
}

static void ask_daemon(struct report *report)
{
	static const struct {
		const char *path;
		void (*judge)(struct report *report, const struct reply *reply);
	} questions[] = {{"/readyz", judge_ready}, {"/version", judge_version}};
	struct err err;

	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
		struct question question = {
		    .method = "GET", .path = questions[i].path, .is_text = true};
		struct reply reply = {0};

		/* Without a daemon there is nothing to ask; one that hangs is a finding. */
		if (ask_once(report->cli, &question, &reply, &err) == 0 && reply.status != 0) {
			questions[i].judge(report, &reply);
		} else if (reply.timed_out) {
			struct doctor_finding finding = {
			    "ready", DOCTOR_WRONG, questions[i].path, "the daemon does not answer",
			    "look into its log; restart it: tasks go on meanwhile"};

			add(report, &finding);
		}
		reply_close(&reply);
	}
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static void finish(struct report *report)
{
	if (report->cli->json) {
		compose_close(&report->compose, ']');
		compose_key(&report->compose, "ok");
		compose_bool(&report->compose, report->counts[DOCTOR_WRONG] == 0);
		compose_close(&report->compose, '}');
		str_append_char(&report->text, '\n');
	}
	cli_print_str(&report->text);
	if (!report->cli->json)
		cli_tell("%zu checks are well, %zu warn, %zu %s wrong", report->counts[DOCTOR_OK],
			 report->counts[DOCTOR_WARNING], report->counts[DOCTOR_WRONG],
			 report->counts[DOCTOR_WRONG] == 1 ? "is" : "are");
}

static void examine(struct report *report, const char *shim)
{
	struct doctor_options options = {report->cli->home, report->cli->dags,
					 args_has(report->cli->args, FLAG_DAGS), shim};

	compose_init(&report->compose, &report->text);
	if (report->cli->json) {
		compose_open(&report->compose, '{');
		compose_member_open(&report->compose, "checks", '[');
	}
	doctor_examine(&options, add, report);
	ask_daemon(report);
	finish(report);
}

int run_verb_doctor(struct cli *cli)
{
	struct report report = {.cli = cli};
	struct str shim = STR_INIT;
	struct err err = {0};
	char program[PATH_MAX];
	int rc = local_check(cli, "doctor", &err);

	if (rc == 0)
		rc = programs_self(program, &err);
	if (rc == 0) {
		programs_shim(program, &shim);
		examine(&report, str_text(&shim));
	}
	str_close(&shim);
	str_close(&report.text);
	if (rc != 0)
		return cli_fail_err(&err);
	return report.counts[DOCTOR_WRONG] == 0 ? CODE_OK : CODE_FAILED;
}
