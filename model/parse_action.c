/* parse_action.c - see parse_action.h. */
#include "model/parse_action.h"

#include "base/str.h"
#include "base/utf8.h"
#include "model/limits.h"
#include "model/parse_env.h"
#include "model/parse_output.h"
#include "model/parse_text.h"
#include "model/parse_value.h"

#include <limits.h>
#include <string.h>

static uint32_t position_of(const struct draft *draft, const struct draft_task *task)
{
	return (uint32_t)(task - draft->tasks);
}

static void read_argv(struct draft *draft, struct draft_task *own, const struct node *value)
{
	const char **argv =
	    arena_alloc(&draft->dag->arena, ((size_t)value->count + 1) * sizeof *argv);
	const char *text;

	if (value->count == 0)
		report_add(draft->report, value->place,
			   "'command' is an empty list: its first item is the program");
	for (uint32_t i = 0; i < value->count; i++) {
		const struct node *item = value->items[i];

		argv[i] = "";
		if (i == 0
			? !value_word(draft->report, "command", item, LIMIT_ARGUMENT_BYTES, &text)
			: !value_templated_scalar(draft->report, "command", item,
						  LIMIT_ARGUMENT_BYTES, &text))
			continue;
		argv[i] = draft_keep(draft, text);
		own->launch_bytes += strlen(text) + 1;
		draft_add_template(draft, item, text, NULL, position_of(draft, own), SPOT_CODE);
	}
	own->task->argv = argv;
}

static void read_command(struct draft *draft, struct draft_task *own, const struct node *value)
{
	const char *text;

	if (value->type == NODE_LIST && !value->is_faulty) {
		read_argv(draft, own, value);
	} else if (value->type == NODE_MAP || value->type == NODE_NULL) {
		value_mismatch(draft->report, "command", value, "text or a list");
	} else if (value_templated(draft->report, "command", value, LIMIT_ARGUMENT_BYTES, &text)) {
		own->task->command = draft_keep(draft, text);
		own->launch_bytes += strlen(text) + 1;
		draft_add_template(draft, value, text, NULL, position_of(draft, own),
				   node_get(own->node, "shell") == NULL ? SPOT_SHELL : SPOT_CODE);
	}
}

static void read_shell(struct draft *draft, struct draft_task *own, const struct node *value)
{
	const struct node *command = node_get(own->node, "command");

	if (command == NULL)
		report_add(draft->report, value->place,
			   "'shell' stands beside 'command' only: it reads the command's text");
	else if (command->type == NODE_LIST)
		report_add(draft->report, value->place,
			   "'shell' beside a list: a list is run without a shell");
	if (value->type == NODE_LIST && value->count == 0)
		report_add(draft->report, value->place,
			   "'shell' is an empty list: its first item is the program");
	else
		own->task->shell = parse_words(draft, "shell", value, LIMIT_ARGUMENT_BYTES);
}

static void read_empty(struct draft *draft, struct draft_task *own, const struct node *value)
{
	(void)own;
	if (value->type != NODE_NULL && !(value->type == NODE_MAP && value->count == 0))
		value_mismatch(draft->report, "empty", value, "nothing");
}

/* The kept copy of a named file, read once however many tasks name it. */
static const struct dag_file *take_file(struct draft *draft, const char *name,
					const struct node *value)
{
	struct dag_file file = {.kind = DAG_FILE_NAMED, .name = draft_keep(draft, name)};
	struct str text = STR_INIT;
	struct err err;

	for (size_t i = 0; i < draft->files.count; i++)
		if (draft->files.items[i].kind == DAG_FILE_NAMED &&
		    strcmp(draft->files.items[i].name, name) == 0)
			return &draft->files.items[i];
	if (draft->reading->read_file == NULL)
		err_set(&err, ERR_NOT_FOUND, "no file can be read here");
	else if (draft->reading->read_file(draft->reading->context, name, &text, &err) == 0)
		err.code = 0;
	if (err.code != 0) {
		report_add(draft->report, value->place, "file %s: %s",
			   report_quote(draft->report, name), err.message);
		str_close(&text);
		return NULL;
	}
	file.text = arena_strndup(&draft->dag->arena, str_text(&text), text.size);
	file.bytes = text.size;
	str_close(&text);
	parse_hash(file.text, file.bytes, file.hash);
	vec_push(&draft->files, file);
	return &draft->files.items[draft->files.count - 1];
}

/* Why the file is no query, or NULL. */
static const char *file_fault(const struct draft *draft, const struct dag_file *file)
{
	if (strlen(file->text) != file->bytes)
		return "is no text: it holds a NUL";
	if (draft->reading->is_kept)
		return NULL;
	if (!utf8_is_text(file->text, file->bytes))
		return "is not UTF-8: save it as UTF-8";
	return file->text[strspn(file->text, " \t\r\n")] == '\0' ? "is empty" : NULL;
}

/* The mark of UTF-8 that some editors put first is no part of a query. */
static const char *skip_mark(const char *text)
{
	return str_starts_with(text, "\xef\xbb\xbf") ? text + 3 : text;
}

static void read_sql_file(struct draft *draft, struct draft_task *own, struct task_sql *sql,
			  const struct node *value)
{
	const struct dag_file *file;
	const char *fault;
	const char *name;

	if (!value_word(draft->report, "file", value, PATH_MAX - 1, &name))
		return;
	sql->file = draft_keep(draft, name);
	if (draft->reading->is_alone)
		return;
	file = take_file(draft, name, value);
	if (file == NULL)
		return;
	fault = file_fault(draft, file);
	if (fault != NULL) {
		report_add(draft->report, value->place, "file %s %s",
			   report_quote(draft->report, name), fault);
		return;
	}
	sql->query = skip_mark(file->text);
	draft_add_template(draft, value, sql->query, sql->file, position_of(draft, own), SPOT_CODE);
}

static void read_query(struct draft *draft, struct draft_task *own, struct task_sql *sql,
		       const struct node *value)
{
	const char *text;

	if (!value_templated(draft->report, "query", value, LIMIT_QUERY_BYTES, &text))
		return;
	sql->query = draft_keep(draft, text);
	draft_add_template(draft, value, text, NULL, position_of(draft, own), SPOT_CODE);
}

static void read_engine(struct draft *draft, struct draft_task *own, struct task_sql *sql,
			const struct node *value)
{
	const char *name;

	(void)own;
	if (!value_name(draft->report, "engine", value, &name))
		return;
	if (strcmp(name, "duckdb") != 0)
		report_add(draft->report, value->place,
			   "engine %s is not supported yet (only duckdb)",
			   report_quote(draft->report, name));
	sql->engine = "duckdb";
}

static void read_database(struct draft *draft, struct draft_task *own, struct task_sql *sql,
			  const struct node *value)
{
	const char *text;

	if (!value_templated(draft->report, "database", value, PATH_MAX - 1, &text))
		return;
	sql->database = draft_keep(draft, text);
	draft_add_template(draft, value, text, NULL, position_of(draft, own), SPOT_VALUE);
}

static const struct {
	const char *key;
	void (*read)(struct draft *draft, struct draft_task *own, struct task_sql *sql,
		     const struct node *value);
} sql_readers[] = {
    {"engine", read_engine},
    {"query", read_query},
    {"file", read_sql_file},
    {"database", read_database},
};

#define SQL_READER_COUNT (sizeof sql_readers / sizeof sql_readers[0])

static void read_sql_key(struct draft *draft, struct draft_task *own, struct task_sql *sql,
			 const struct node_entry *entry)
{
	for (size_t i = 0; i < SQL_READER_COUNT; i++)
		if (strcmp(sql_readers[i].key, entry->key->text) == 0) {
			sql_readers[i].read(draft, own, sql, entry->value);
			return;
		}
	report_add(draft->report, entry->key->place,
		   "unknown key %s of 'sql' (known: engine query file database)",
		   report_quote(draft->report, entry->key->text));
}

static void read_sql(struct draft *draft, struct draft_task *own, const struct node *value)
{
	struct task_sql *sql = arena_alloc(&draft->dag->arena, sizeof *sql);
	int texts;

	if (!value_is_map(draft->report, "sql", value))
		return;
	own->task->sql = sql;
	sql->query = "";
	for (uint32_t i = 0; i < value->count; i++)
		read_sql_key(draft, own, sql, &value->entries[i]);
	texts = (node_get(value, "query") != NULL) + (node_get(value, "file") != NULL);
	if (texts != 1)
		report_add(draft->report, value->place,
			   texts == 0 ? "'sql' has neither 'query' nor 'file': it has exactly one"
				      : "'sql' has both 'query' and 'file': it has exactly one");
	if (node_get(value, "engine") == NULL)
		report_add(draft->report, value->place,
			   "'sql' has no 'engine': write 'engine: duckdb'");
}

static void read_cwd(struct draft *draft, struct draft_task *own, const struct node *value)
{
	const char *text;

	if (!value_templated(draft->report, "cwd", value, PATH_MAX - 1, &text))
		return;
	own->task->cwd = draft_keep(draft, text);
	draft_add_template(draft, value, text, NULL, position_of(draft, own), SPOT_VALUE);
}

static void read_env(struct draft *draft, struct draft_task *own, const struct node *value)
{
	own->launch_bytes += parse_env(draft, value, position_of(draft, own), &own->task->env,
				       &own->task->env_count);
}

static void read_outputs(struct draft *draft, struct draft_task *own, const struct node *value)
{
	parse_outputs(draft, own, value);
}

static const struct {
	const char *key;
	void (*read)(struct draft *draft, struct draft_task *own, const struct node *value);
	enum task_action action; /* of those that are one */
} readers[] = {
    {"command", read_command, ACTION_COMMAND}, {"sql", read_sql, ACTION_SQL},
    {"empty", read_empty, ACTION_EMPTY},       {"shell", read_shell, ACTION_COMMAND},
    {"cwd", read_cwd, ACTION_COMMAND},         {"env", read_env, ACTION_COMMAND},
    {"outputs", read_outputs, ACTION_COMMAND},
};

bool parse_action_key(struct draft *draft, struct draft_task *own, const char *key,
		      const struct node *value)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
		if (readers[i].key[0] != key[0] || strcmp(readers[i].key, key) != 0)
			continue;
		if (readers[i].action != ACTION_COMMAND)
			own->task->action = readers[i].action;
		readers[i].read(draft, own, value);
		return true;
	}
	return false;
}

void parse_action_end(struct draft *draft, struct draft_task *own)
{
	const struct node *outputs = node_get(own->node, "outputs");

	if (own->task->output_count > 0 && own->task->action != ACTION_COMMAND)
		report_add(draft->report, outputs->place,
			   own->task->action == ACTION_EMPTY
			       ? "'outputs' of an empty task: it prints nothing"
			       : "'outputs' beside 'sql': the rows of its last statement are the "
				 "output 'rows'");
}
