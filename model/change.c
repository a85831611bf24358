/* change.c - lists of changes; see change.h. */
#include "model/change.h"

void change_list_init(struct change_list *list)
{
	arena_init(&list->arena);
	list->first = NULL;
	list->last = NULL;
	list->count = 0;
}

void change_list_close(struct change_list *list)
{
	for (struct change *change = list->first; change != NULL; change = change->next) {
		if (change->kind == CHANGE_RUN_NEW)
			dag_unref(change->run_new.dag);
		if (change->kind == CHANGE_RUN_VERSION)
			dag_unref(change->run_version.dag);
	}
	arena_close(&list->arena);
	change_list_init(list);
}

struct change *change_list_add(struct change_list *list, enum change_kind kind)
{
	struct change *change = arena_alloc(&list->arena, sizeof *change);

	change->kind = kind;
	if (list->last == NULL)
		list->first = change;
	else
		list->last->next = change;
	list->last = change;
	list->count++;
	return change;
}
