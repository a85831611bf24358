/* debug.c - `heddle debug`: the pure core asked directly, for tests. */
#include "cli/cli.h"
#include "cli/verbs/verbs.h"
#include "model/trigger_rule.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What an upstream task may have come to, and where it is counted. */
static const struct {
	const char *name;
	size_t counter; /* offset in struct upstream_counts */
} states[] = {
    {"success", offsetof(struct upstream_counts, success)},
    {"failed", offsetof(struct upstream_counts, failed)},
    {"upstream_failed", offsetof(struct upstream_counts, upstream_failed)},
    {"skipped", offsetof(struct upstream_counts, skipped)},
    {"removed", offsetof(struct upstream_counts, removed)},
    {"unfinished", offsetof(struct upstream_counts, total)},
};

#define STATE_COUNT (sizeof states / sizeof *states)

static int refuse_name(const char *kind, const char *name, const char *const *known,
		       struct err *err)
{
	const char *nearest = str_nearest(name, known);

	if (nearest != NULL)
		return err_set(err, ERR_USAGE, "unknown %s '%s' (did you mean '%s'?)", kind, name,
			       nearest);
	return err_set(err, ERR_USAGE, "unknown %s '%s'; 'heddle debug --help' names all", kind,
		       name);
}

static int refuse_state(const char *name, struct err *err)
{
	const char *names[STATE_COUNT + 1] = {NULL};

	for (size_t i = 0; i < STATE_COUNT; i++)
		names[i] = states[i].name;
	return refuse_name("state", name, names, err);
}

static int count_state(const char *name, struct upstream_counts *counts, struct err *err)
{
	for (size_t i = 0; i < STATE_COUNT; i++) {
		if (strcmp(states[i].name, name) != 0)
			continue;
		counts->total++;
		if (states[i].counter != offsetof(struct upstream_counts, total))
			++*(uint32_t *)(void *)((char *)counts + states[i].counter);
		return 0;
	}
	return refuse_state(name, err);
}

static int judge(const struct args *args, enum rule_verdict *verdict, struct err *err)
{
	struct upstream_counts counts = {0};
	enum trigger_rule rule;
	int rc = 0;

	if (!trigger_rule_from_name(args->operands[1], &rule))
		return refuse_name("trigger rule", args->operands[1], trigger_rule_names, err);
	for (size_t i = 2; rc == 0 && i < args->operand_count; i++)
		rc = count_state(args->operands[i], &counts, err);
	if (rc == 0)
		*verdict = trigger_rule_judge(rule, &counts);
	return rc;
}

int run_verb_debug(struct cli *cli)
{
	const struct args *args = cli->args;
	enum rule_verdict verdict = VERDICT_WAIT;
	struct err err = {0};

	if (strcmp(args->operands[0], "aws") == 0)
		return cli_fail(CODE_USAGE, "'debug aws' is not supported yet");
	if (strcmp(args->operands[0], "trigger-rule") != 0)
		return cli_fail(CODE_USAGE,
				"unknown word '%s' after 'debug': heddle debug trigger-rule RULE "
				"STATE...",
				args->operands[0]);
	if (judge(args, &verdict, &err) != 0)
		return cli_fail_err(&err);
	printf(cli->json ? "{\"verdict\":\"%s\"}\n" : "%s\n", rule_verdict_name(verdict));
	return CODE_OK;
}
