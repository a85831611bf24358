/* parse_policy.c - see parse_policy.h. */
#include "model/parse_policy.h"

#include "model/limits.h"
#include "model/parse_value.h"
#include "model/pattern.h"
#include "model/trigger_rule.h"

#include <string.h>

const struct task_policy task_policy_default = {
    .retry_backoff = 1,
    .retry_max_delay_ms = DEFAULT_RETRY_MAX_DELAY_MS,
    .retry_jitter = DEFAULT_RETRY_JITTER,
};

static void read_timeout(struct draft *draft, struct draft_task *task, const struct node *value)
{
	(void)value_span(draft->report, "timeout", value, &task->task->timeout_ms);
}

static void read_retries(struct draft *draft, struct draft_task *task, const struct node *value)
{
	int64_t retries;

	if (value_integer(draft->report, "retries", value, 0, LIMIT_RETRIES, &retries))
		task->task->retries = (uint32_t)retries;
}

static void read_retry_delay(struct draft *draft, struct draft_task *task, const struct node *value)
{
	(void)value_duration(draft->report, "retry_delay", value, &task->task->retry_delay_ms);
}

static void read_retry_backoff(struct draft *draft, struct draft_task *task,
			       const struct node *value)
{
	(void)value_number(draft->report, "retry_backoff", value, 1, LIMIT_RETRY_BACKOFF,
			   &task->policy.retry_backoff);
}

static void read_retry_max_delay(struct draft *draft, struct draft_task *task,
				 const struct node *value)
{
	(void)value_duration(draft->report, "retry_max_delay", value,
			     &task->policy.retry_max_delay_ms);
}

static void read_retry_jitter(struct draft *draft, struct draft_task *task,
			      const struct node *value)
{
	(void)value_number(draft->report, "retry_jitter", value, 0, 1, &task->policy.retry_jitter);
}

static void read_exit_codes(struct draft *draft, const struct node *value,
			    struct end_filter *filter)
{
	int32_t *codes;
	int64_t code;

	if (value->type != NODE_LIST) {
		value_mismatch(draft->report, "exit_codes", value, "a list of exit codes");
		return;
	}
	if (value->count == 0 && !value->is_faulty)
		report_add(draft->report, value->place,
			   "'exit_codes' is an empty list: leave it out");
	codes = arena_alloc(&draft->dag->arena, value->count * sizeof *codes);
	for (uint32_t i = 0; i < value->count; i++)
		if (value_integer(draft->report, "exit_codes", value->items[i], 1, 255, &code))
			codes[filter->exit_code_count++] = (int32_t)code;
	filter->exit_codes = codes;
}

static void read_match(struct draft *draft, const struct node *value, struct end_filter *filter)
{
	const char *text;
	struct err err;

	if (!value_templated(draft->report, "match", value, LIMIT_PATTERN_BYTES, &text))
		return;
	if (pattern_check(text, &err) != 0)
		report_add(draft->report, value->place, "'match': %s", err.message);
	else
		filter->match = draft_keep(draft, text);
}

static void read_filter(struct draft *draft, const char *name, const struct node *value,
			struct end_filter *filter)
{
	if (value->type != NODE_MAP) {
		value_mismatch(draft->report, name, value, "a map of exit_codes and match");
		return;
	}
	if (value->count == 0 && !value->is_faulty)
		report_add(draft->report, value->place,
			   "'%s' is an empty map: give it exit_codes or match", name);
	filter->is_given = true;
	for (uint32_t i = 0; i < value->count; i++) {
		const struct node_entry *entry = &value->entries[i];

		if (strcmp(entry->key->text, "exit_codes") == 0)
			read_exit_codes(draft, entry->value, filter);
		else if (strcmp(entry->key->text, "match") == 0)
			read_match(draft, entry->value, filter);
		else
			report_add(draft->report, entry->key->place,
				   "unknown key %s of '%s' (known: exit_codes match)",
				   report_quote(draft->report, entry->key->text), name);
	}
}

static void read_retry_on(struct draft *draft, struct draft_task *task, const struct node *value)
{
	read_filter(draft, "retry_on", value, &task->policy.retry_on);
}

static void read_fail_on(struct draft *draft, struct draft_task *task, const struct node *value)
{
	read_filter(draft, "fail_on", value, &task->policy.fail_on);
}

static void read_start_timeout(struct draft *draft, struct draft_task *task,
			       const struct node *value)
{
	(void)value_span(draft->report, "start_timeout", value, &task->policy.start_timeout_ms);
}

static void read_pool(struct draft *draft, struct draft_task *task, const struct node *value)
{
	const char *name;

	if (value_name(draft->report, "pool", value, &name))
		task->pool = value;
}

static void read_slots(struct draft *draft, struct draft_task *task, const struct node *value)
{
	int64_t slots;

	if (!value_integer(draft->report, "slots", value, 1, LIMIT_POOL_SLOTS, &slots))
		return;
	task->task->slots = (uint32_t)slots;
	task->slots = value;
}

static void read_priority(struct draft *draft, struct draft_task *task, const struct node *value)
{
	int64_t priority;

	if (value_integer(draft->report, "priority", value, -LIMIT_PRIORITY, LIMIT_PRIORITY,
			  &priority))
		task->task->priority = (int32_t)priority;
}

static void read_trigger_rule(struct draft *draft, struct draft_task *task,
			      const struct node *value)
{
	unsigned rule;

	if (value_choice(draft->report, "trigger_rule", value, trigger_rule_names, &rule))
		task->task->trigger_rule = (enum trigger_rule)rule;
}

static void read_cpus(struct draft *draft, struct draft_task *task, const struct node *value)
{
	double cpus;

	if (value_number(draft->report, "cpus", value, 0.001, 10000, &cpus))
		task->policy.cpus_milli = (uint32_t)(cpus * 1000 + 0.5);
}

static void read_limit(struct draft *draft, struct draft_task *task, const struct node_entry *entry)
{
	const char *name = entry->key->text;
	int64_t pids;

	if (strcmp(name, "memory") == 0)
		(void)value_size(draft->report, name, entry->value, 1024 * 1024,
				 &task->policy.memory_bytes);
	else if (strcmp(name, "log") == 0)
		(void)value_size(draft->report, name, entry->value, 1024, &task->policy.log_bytes);
	else if (strcmp(name, "cpus") == 0)
		read_cpus(draft, task, entry->value);
	else if (strcmp(name, "pids") != 0)
		report_add(draft->report, entry->key->place,
			   "unknown key %s of 'limits' (known: memory cpus pids log)",
			   report_quote(draft->report, name));
	else if (value_integer(draft->report, name, entry->value, 1, 4194304, &pids))
		task->policy.pids = (uint32_t)pids;
}

static void read_limits(struct draft *draft, struct draft_task *task, const struct node *value)
{
	if (!value_is_map(draft->report, "limits", value))
		return;
	for (uint32_t i = 0; i < value->count; i++)
		read_limit(draft, task, &value->entries[i]);
}

static const struct {
	const char *key;
	void (*read)(struct draft *draft, struct draft_task *task, const struct node *value);
	bool is_policy; /* it makes a policy of the task's own */
} readers[] = {
    {"timeout", read_timeout, false},
    {"retries", read_retries, false},
    {"retry_delay", read_retry_delay, false},
    {"retry_backoff", read_retry_backoff, true},
    {"retry_max_delay", read_retry_max_delay, true},
    {"retry_jitter", read_retry_jitter, true},
    {"retry_on", read_retry_on, true},
    {"fail_on", read_fail_on, true},
    {"start_timeout", read_start_timeout, true},
    {"pool", read_pool, false},
    {"slots", read_slots, false},
    {"priority", read_priority, false},
    {"trigger_rule", read_trigger_rule, false},
    {"limits", read_limits, true},
};

bool parse_policy_key(struct draft *draft, struct draft_task *task, const char *key,
		      const struct node *value)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
		if (readers[i].key[0] != key[0] || strcmp(readers[i].key, key) != 0)
			continue;
		task->has_policy = task->has_policy || readers[i].is_policy;
		readers[i].read(draft, task, value);
		return true;
	}
	return false;
}

/* Position of the dag's pool of that name, or POOL_COMMON. */
static uint32_t find_pool(const struct dag *dag, const char *name)
{
	for (uint32_t i = 0; i < dag->pool_count; i++)
		if (strcmp(dag->pools[i].name, name) == 0)
			return i;
	return POOL_COMMON;
}

static void report_unknown_pool(struct draft *draft, const struct node *pool)
{
	const struct dag *dag = draft->dag;
	const char **names = mem_alloc((dag->pool_count + 2) * sizeof *names);
	const char *nearest;

	names[0] = "default";
	for (uint32_t i = 0; i < dag->pool_count; i++)
		names[i + 1] = dag->pools[i].name;
	names[dag->pool_count + 1] = NULL;
	nearest = report_nearest(draft->report, pool->text, names, dag->pool_count + 1);
	report_add(draft->report, pool->place, "unknown pool %s (%s%s%s)",
		   report_quote(draft->report, pool->text), nearest == NULL ? "" : "did you mean '",
		   nearest == NULL ? "pools stand in 'pools' of the dag or of heddle.yaml"
				   : nearest,
		   nearest == NULL ? "" : "'?");
	mem_free(names);
}

static void settle_pool(struct draft *draft, struct draft_task *own)
{
	const struct dag *dag = draft->dag;
	const char *name = own->pool == NULL ? "default" : own->pool->text;
	struct task *task = own->task;

	task->pool = find_pool(dag, name);
	if (task->pool == POOL_COMMON && strcmp(name, "default") != 0 && !draft->reading->is_alone)
		report_unknown_pool(draft, own->pool);
	else if (task->pool != POOL_COMMON && task->slots > dag->pools[task->pool].slots)
		report_add(draft->report, own->slots == NULL ? own->place : own->slots->place,
			   "'slots' %u is more than pool '%s' has (%u): the task could never start",
			   task->slots, name, dag->pools[task->pool].slots);
}

void parse_policy_end(struct draft *draft, struct draft_task *own)
{
	struct task_policy *policy;

	settle_pool(draft, own);
	if (!own->has_policy)
		return;
	policy = arena_alloc(&draft->dag->arena, sizeof *policy);
	*policy = own->policy;
	own->task->policy = policy;
}
