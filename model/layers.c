/* layers.c - joins maps of keys; see layers.h. */
#include "model/layers.h"

#include "model/keys.h"
#include "model/names.h"

#include <string.h>

static const char *const joined[] = {"env", "pools", "vars", "defaults", "limits"};

static bool is_joined(const char *name)
{
	for (size_t i = 0; i < sizeof joined / sizeof joined[0]; i++)
		if (strcmp(joined[i], name) == 0)
			return true;
	return false;
}

static bool is_map(const struct node *node)
{
	return node != NULL && node->type == NODE_MAP;
}

#define SMALL_MAP 16u /* below it looking through is quicker than an index */

static struct node_entry *find_entry(struct node_entry *entries, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(entries[i].key->text, name) == 0)
			return &entries[i];
	return NULL;
}

/* The entries of one map, to be found by key however many there are. */
struct index {
	struct node_entry *entries;
	uint32_t count;
	struct names names; /* empty while the map is small */
};

static void index_init(struct index *index, struct node_entry *entries, uint32_t count)
{
	*index = (struct index){.entries = entries, .count = count};
	for (uint32_t i = 0; count > SMALL_MAP && i < count; i++)
		(void)names_add(&index->names, entries[i].key->text, i);
}

static struct node_entry *index_find(const struct index *index, const char *name)
{
	uint32_t i;

	if (index->count <= SMALL_MAP)
		return find_entry(index->entries, index->count, name);
	i = names_find(&index->names, name);
	return i == NAMES_NONE ? NULL : &index->entries[i];
}

/* A map of its own with room for more entries than it has; what it holds is the nearer's. */
static struct node *begin_join(struct arena *arena, const struct node *nearer, uint32_t room,
			       struct node_entry **entries)
{
	struct node *map = arena_alloc(arena, sizeof *map);

	*map = *nearer;
	*entries = arena_alloc(arena, (nearer->count + room) * sizeof **entries);
	if (nearer->count > 0)
		memcpy(*entries, nearer->entries, nearer->count * sizeof **entries);
	map->entries = *entries;
	return map;
}

const struct node *layers_join(struct arena *arena, const struct node *nearer,
			       const struct node *farther)
{
	struct node_entry *entries;
	struct index index;
	struct node *map;

	if (nearer == NULL)
		return farther;
	if (!is_map(nearer) || !is_map(farther) || farther->count == 0)
		return nearer;
	map = begin_join(arena, nearer, farther->count, &entries);
	index_init(&index, entries, nearer->count);
	for (uint32_t i = 0; i < farther->count; i++) {
		const struct node_entry *entry = &farther->entries[i];
		struct node_entry *own = index_find(&index, entry->key->text);

		if (own == NULL)
			entries[map->count++] = *entry;
		else if (is_joined(entry->key->text))
			own->value = layers_join(arena, own->value, entry->value);
	}
	names_close(&index.names);
	return map;
}

/* The keys of a heddle.yaml that say something of a dag, marked as inherited. */
static const struct node *inheritable(struct arena *arena, const struct node *folder)
{
	struct node_entry *entries;
	struct node *map = begin_join(arena, folder, 0, &entries);

	for (uint32_t i = 0; i < map->count; i++)
		entries[i].is_inherited = true;
	return map;
}

const struct node *layers_dag(struct arena *arena, const struct node *root,
			      const struct node *const *folders, size_t folder_count)
{
	const struct node *dag = root;

	for (size_t i = 0; i < folder_count; i++)
		if (is_map(folders[i]))
			dag = layers_join(arena, dag, inheritable(arena, folders[i]));
	return dag;
}

/* Whether a default reaches a task: the shell is that of its command, limits those of a process. */
static bool applies(const struct node *task, const char *name)
{
	const struct key *key = key_find(name, LEVEL_TASK);

	if (key == NULL || !key_may_be_default(key))
		return false; /* reported where the defaults stand */
	if (strcmp(name, "shell") == 0) {
		const struct node *command = node_get(task, "command");

		return command != NULL && command->type != NODE_LIST;
	}
	return true;
}

static const struct node *join_defaults(struct arena *arena, const struct node *task,
					const struct node *defaults)
{
	struct node_entry *entries;
	struct node *map = begin_join(arena, task, defaults->count, &entries);

	for (uint32_t i = 0; i < defaults->count; i++) {
		const struct node_entry *entry = &defaults->entries[i];
		struct node_entry *own = find_entry(entries, task->count, entry->key->text);

		if (own == NULL && applies(task, entry->key->text))
			entries[map->count++] = *entry;
		else if (own != NULL && is_joined(entry->key->text))
			own->value = layers_join(arena, own->value, entry->value);
	}
	return map;
}

/* Puts the dag's env below the task's. The entry's key is that of the dag when the task has none.
 */
static const struct node *join_env(struct arena *arena, const struct node *task,
				   const struct node_entry *env)
{
	struct node_entry *entries;
	struct node *map = begin_join(arena, task, 1, &entries);
	struct node_entry *own = find_entry(entries, task->count, "env");

	if (own == NULL)
		entries[map->count++] = *env;
	else
		own->value = layers_join(arena, own->value, env->value);
	return map;
}

const struct node *layers_task(struct arena *arena, const struct node *task,
			       const struct node *defaults, const struct node_entry *env)
{
	if (is_map(defaults) && defaults->count > 0)
		task = join_defaults(arena, task, defaults);
	if (env != NULL && is_map(env->value) && env->value->count > 0)
		task = join_env(arena, task, env);
	return task;
}
