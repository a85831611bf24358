/* fuzz_model_parse.c - any bytes as a DAG file: an error or a dag, and a dag's own text is the same
 * dag again. */
#include "base/str.h"
#include "model/dag.h"
#include "model/render.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Not assert: it must hold in every build. */
static void expect(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_errors(const struct dag_errors *errors)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < errors->count; i++) {
		const struct dag_error *error = &errors->items[i];

		expect(error->line > 0 && error->column > 0 && error->message[0] != '\0');
		expect(i == 0 || errors->items[i - 1].line <= error->line);
		dag_error_format(error, true, &out);
	}
	str_close(&out);
}

static void check_edges(const struct dag *dag)
{
	size_t upstream = 0;
	size_t downstream = 0;

	for (uint32_t i = 0; i < dag->task_count; i++) {
		const struct task *task = &dag->tasks[i];

		expect(task->action != ACTION_COMMAND ||
		       (task->command == NULL) != (task->argv == NULL));
		expect((task->action == ACTION_SQL) == (task->sql != NULL));
		expect(task->pool == POOL_COMMON || task->pool < dag->pool_count);
		expect(task->slots >= 1 && task->policy != NULL);
		expect(id_is_valid(task->id, false));
		for (uint32_t k = 0; k < task->upstream_count; k++) {
			expect(task->upstream[k] < dag->task_count && task->upstream[k] != i);
			expect(k == 0 || task->upstream[k - 1] < task->upstream[k]);
		}
		upstream += task->upstream_count;
		downstream += task->downstream_count;
	}
	expect(upstream == downstream);
}

static void check_dag(const struct dag *dag)
{
	struct dag_list again;
	struct dag_errors errors;

	dag_list_init(&again);
	dag_errors_init(&errors);
	expect(dag->task_count > 0 && id_is_valid(dag->id, true));
	check_edges(dag);
	expect(dag_parse("fuzz", dag->text, dag->text_bytes, &again, &errors) == 0);
	expect(again.count == 1);
	expect(strcmp(again.items[0]->hash, dag->hash) == 0);
	expect(strcmp(again.items[0]->id, dag->id) == 0);
	expect(again.items[0]->task_count == dag->task_count);
	dag_list_close(&again);
	dag_errors_close(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct dag_list dags;
	struct dag_errors errors;
	int rc;

	dag_list_init(&dags);
	dag_errors_init(&errors);
	rc = dag_parse("fuzz", (const char *)bytes, size, &dags, &errors);
	expect(rc == 0 ? errors.count == 0 && dags.count > 0 : errors.count > 0 && dags.count == 0);
	check_errors(&errors);
	for (size_t i = 0; i < dags.count; i++)
		check_dag(dags.items[i]);
	dag_list_close(&dags);
	dag_errors_close(&errors);
	return 0;
}
