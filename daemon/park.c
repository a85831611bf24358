/* park.c - copies a command; see park.h. */
#include "daemon/park.h"

#include "base/mem.h"

/* A member added there is to be copied here when it points to something. */
_Static_assert(sizeof(struct web_command) == 17 * sizeof(void *), "park_command copies each text");

static const char *const *copy_tasks(struct arena *arena, const struct web_command *command)
{
	const char **tasks = arena_alloc(arena, (command->task_count + 1) * sizeof *tasks);

	for (size_t i = 0; i < command->task_count; i++)
		tasks[i] = arena_strdup(arena, command->tasks[i]);
	return tasks;
}

struct parked *park_command(const struct web_command *command, uint64_t token, void *context)
{
	struct parked *parked = mem_alloc(sizeof *parked);
	struct arena *arena = &parked->arena;

	arena_init(arena);
	parked->token = token;
	parked->context = context;
	parked->command = *command;
	parked->command.times_parked++;
	parked->command.actor = arena_strdup(arena, command->actor);
	parked->command.dag_id = arena_strdup(arena, command->dag_id);
	parked->command.key = arena_strdup(arena, command->key);
	parked->command.run_id = arena_strdup(arena, command->run_id);
	parked->command.reason = arena_strdup(arena, command->reason);
	parked->command.params = arena_strdup(arena, command->params);
	parked->command.period = arena_strdup(arena, command->period);
	parked->command.at = arena_strdup(arena, command->at);
	parked->command.mode = arena_strdup(arena, command->mode);
	parked->command.tasks = copy_tasks(arena, command);
	parked->command.task = arena_strdup(arena, command->task);
	parked->command.state = arena_strdup(arena, command->state);
	parked->command.text = arena_strdup(arena, command->text);
	parked->command.token = arena_strdup(arena, command->token);
	return parked;
}

void park_end(struct parked *parked)
{
	arena_close(&parked->arena);
	mem_free(parked);
}
