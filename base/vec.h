/* vec.h - arrays that grow.
 *
 *	VEC(struct task) tasks = {0};
 *	vec_push(&tasks, task);
 *	for (size_t i = 0; i < tasks.count; i++) use(&tasks.items[i]);
 *	vec_close(&tasks);
 *
 * A push may move the items: pointers into them do not outlive it. */
#ifndef HEDDLE_BASE_VEC_H
#define HEDDLE_BASE_VEC_H

#include "base/mem.h"

#include <stddef.h>

#define VEC(type)                \
	struct {                 \
		type *items;     \
		size_t count;    \
		size_t capacity; \
	}

#define vec_reserve(vec, wanted)                                                               \
	do {                                                                                   \
		if ((vec)->capacity < (wanted)) {                                              \
			(vec)->capacity = (vec)->capacity < 8 ? 8 : (vec)->capacity * 2;       \
			if ((vec)->capacity < (wanted))                                        \
				(vec)->capacity = (wanted);                                    \
			(vec)->items =                                                         \
			    mem_realloc((vec)->items, (vec)->capacity * sizeof *(vec)->items); \
		}                                                                              \
	} while (0)

#define vec_push(vec, item)                            \
	do {                                           \
		vec_reserve(vec, (vec)->count + 1);    \
		(vec)->items[(vec)->count++] = (item); \
	} while (0)

#define vec_clear(vec) ((vec)->count = 0)

#define vec_close(vec)                  \
	do {                            \
		mem_free((vec)->items); \
		(vec)->items = NULL;    \
		(vec)->count = 0;       \
		(vec)->capacity = 0;    \
	} while (0)

#endif
