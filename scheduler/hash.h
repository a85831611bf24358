/* hash.h - uthash, with memory from base/mem.h. */
#ifndef HEDDLE_SCHEDULER_HASH_H
#define HEDDLE_SCHEDULER_HASH_H

#include "base/mem.h"

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(memory, size) mem_free(memory)

#include <uthash.h>

#endif
