/* parsed.c - a cache of parsed dags; see parsed.h. uthash keeps the order of insertion, so what is
 * used is taken out and put in again: the first of the list is the one used longest ago. */
#include "daemon/parsed.h"

#include "base/mem.h"

#include <string.h>

#include <assert.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(memory, size) mem_free(memory)
#include <uthash.h>

struct parsed_entry {
	struct dag *dag;
	size_t bytes;
	UT_hash_handle hh;
};

void parsed_init(struct parsed *parsed)
{
	parsed->entries = NULL;
	parsed->bytes = 0;
}

static void take_out(struct parsed *parsed, struct parsed_entry *entry)
{
	assert(entry != NULL);
	HASH_DEL(parsed->entries, entry);
	parsed->bytes -= entry->bytes;
}

static void drop(struct parsed *parsed, struct parsed_entry *entry)
{
	take_out(parsed, entry);
	dag_unref(entry->dag);
	mem_free(entry);
}

static void put_in(struct parsed *parsed, struct parsed_entry *entry)
{
	HASH_ADD_KEYPTR(hh, parsed->entries, entry->dag->hash, strlen(entry->dag->hash), entry);
	parsed->bytes += entry->bytes;
}

void parsed_close(struct parsed *parsed)
{
	while (parsed->entries != NULL)
		drop(parsed, parsed->entries);
}

static struct parsed_entry *find(const struct parsed *parsed, const char *hash)
{
	struct parsed_entry *entry;

	HASH_FIND_STR(parsed->entries, hash, entry);
	return entry;
}

static struct dag *use(struct parsed *parsed, struct parsed_entry *entry)
{
	take_out(parsed, entry);
	put_in(parsed, entry);
	return entry->dag;
}

struct dag *parsed_find(struct parsed *parsed, const char *hash, const char *file)
{
	struct parsed_entry *entry = find(parsed, hash);

	if (entry == NULL || strcmp(entry->dag->source, file) != 0)
		return NULL;
	return use(parsed, entry);
}

struct dag *parsed_find_version(struct parsed *parsed, const char *hash)
{
	struct parsed_entry *entry = find(parsed, hash);

	return entry == NULL ? NULL : use(parsed, entry);
}

void parsed_put(struct parsed *parsed, struct dag *dag)
{
	struct parsed_entry *entry = find(parsed, dag->hash);

	if (entry != NULL)
		drop(parsed, entry); /* read under another name */
	entry = mem_alloc(sizeof *entry);
	entry->dag = dag_ref(dag);
	entry->bytes = dag->arena.used_bytes;
	put_in(parsed, entry);
	while (parsed->entries != NULL && parsed->entries != entry &&
	       parsed->bytes > PARSED_BYTES_MAX)
		drop(parsed, parsed->entries);
}
