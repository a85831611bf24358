/* waits.c - waiters by run; see waits.h. */
#include "web/waits.h"

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(memory, size) mem_free(memory)
#include <uthash.h>

struct wait_run {
	UT_hash_handle hh;
	char run_id[17];
	struct wait *first;
};

static struct wait_run *find_or_make(struct waits *waits, const char *run_id)
{
	struct wait_run *run;

	HASH_FIND_STR(waits->runs, run_id, run);
	if (run != NULL)
		return run;
	run = mem_alloc(sizeof *run);
	snprintf(run->run_id, sizeof run->run_id, "%s", run_id);
	HASH_ADD_STR(waits->runs, run_id, run);
	return run;
}

static void link_wait(struct wait **first, struct wait *wait)
{
	wait->previous = NULL;
	wait->next = *first;
	if (wait->next != NULL)
		wait->next->previous = wait;
	*first = wait;
}

static void unlink_wait(struct wait **first, struct wait *wait)
{
	if (wait->next != NULL)
		wait->next->previous = wait->previous;
	if (wait->previous != NULL)
		wait->previous->next = wait->next;
	else
		*first = wait->next;
}

void waits_add(struct waits *waits, struct wait *wait, const char *run_id, enum wait_kind kind,
	       void (*wake)(struct wait *wait))
{
	assert(!wait->is_in);
	assert(run_id != NULL || kind == WAIT_CHANGE);
	wait->kind = kind;
	wait->wake = wake;
	wait->is_in = true;
	wait->run = run_id == NULL ? NULL : find_or_make(waits, run_id);
	link_wait(wait->run == NULL ? &waits->any : &wait->run->first, wait);
	waits->count++;
}

void waits_remove(struct waits *waits, struct wait *wait)
{
	if (!wait->is_in)
		return;
	unlink_wait(wait->run == NULL ? &waits->any : &wait->run->first, wait);
	if (wait->run != NULL && wait->run->first == NULL) {
		HASH_DEL(waits->runs, wait->run);
		mem_free(wait->run);
	}
	wait->run = NULL;
	wait->is_in = false;
	waits->count--;
}

/* The next one is read first: the woken may remove itself, and with the last one its run. */
static void wake_all(struct wait *first, bool ended)
{
	struct wait *next;

	for (struct wait *wait = first; wait != NULL; wait = next) {
		next = wait->next;
		if (ended || wait->kind == WAIT_CHANGE)
			wait->wake(wait);
	}
}

void waits_tell(struct waits *waits, const char *run_id, bool ended)
{
	struct wait_run *run;

	if (waits->count == 0)
		return;
	HASH_FIND_STR(waits->runs, run_id, run);
	if (run != NULL)
		wake_all(run->first, ended);
	wake_all(waits->any, ended);
}

void waits_tell_any(struct waits *waits)
{
	wake_all(waits->any, false);
}
