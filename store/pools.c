/* pools.c - the size of each shared pool: one word for everybody who asks.
 *
 * A shared pool has a size, and each version of a dag that may name it was read with one: the last
 * good version of a dag that does not check any more with one of long ago. So versions are not
 * asked. folder_pool holds what each heddle.yaml in force says; for a pool those count that are the
 * nearest to have its name above some dag in force that may name it, and of several the one that
 * has said so last (of those that came at once the smallest). While none says anything, because the
 * heddle.yaml is gone and dags stay all the same, the size stays what it was.
 *
 * One that does not check any more counts as it was when it did. */
#include "store/core.h"

#include "base/mem.h"
#include "base/vec.h"
#include "model/names.h"

#include <stdlib.h>
#include <string.h>

static const char sql_names[] = "SELECT name FROM folder_pool WHERE folder = ?1";
static const char sql_remove_name[] = "DELETE FROM folder_pool WHERE folder = ?1 AND name = ?2";
/* What is said again was said before. */
static const char sql_put[] =
    "INSERT INTO folder_pool (folder, name, slots, since_ms) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (folder, name) DO UPDATE SET slots = ?3, since_ms = ?4 WHERE slots <> ?3";
static const char sql_folders[] = "SELECT DISTINCT folder FROM folder_pool";
static const char sql_remove_folder[] = "DELETE FROM folder_pool WHERE folder = ?1";
static const char sql_words[] = "SELECT folder, name, slots, since_ms FROM folder_pool";

static const char sql_shared[] = "SELECT p.domain, p.name, d.file, p.slots, d.since_ms FROM dag d"
				 " JOIN dag_version_pool p USING (version_no) WHERE p.domain <> ''";
static const char sql_known[] = "SELECT domain, name FROM pool WHERE dag_id = '' AND domain <> ''";
static const char sql_settle[] =
    "INSERT INTO pool (domain, name, slots) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (dag_id, domain, name) DO UPDATE SET slots = ?3 WHERE slots <> ?3";
static const char sql_keep[] =
    "INSERT OR IGNORE INTO pool (domain, name, slots) VALUES (?1, ?2, ?3)";
/* A shared pool goes with the last dag that may name it. */
static const char sql_forget[] = "DELETE FROM pool WHERE dag_id = '' AND domain = ?1 AND name = ?2";

struct texts {
	VEC(char *) list;
};

static void close_texts(struct texts *texts)
{
	for (size_t i = 0; i < texts->list.count; i++)
		mem_free(texts->list.items[i]);
	vec_close(&texts->list);
}

static int read_texts(struct store *store, const char *sql, const char *folder, struct texts *texts,
		      struct err *err)
{
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql, &row, err, folder == NULL ? "" : "t", folder);

	while (rc == 0 && (rc = db_step(&store->db, row, err)) == 1) {
		vec_push(&texts->list, mem_strdup(db_text(row, 0)));
		rc = 0;
	}
	db_reset(row);
	return rc;
}

/* Cuts the last part off: "D1/sub/a.yaml" -> "D1/sub" -> "D1" -> "". */
static void cut(char *path)
{
	char *slash = strrchr(path, '/');

	*(slash == NULL ? path : slash) = '\0';
}

/* --- what each heddle.yaml says ------------------------------------------------------------------
 */

static bool is_sized(const struct store_pool_file *file, const char *name)
{
	for (uint32_t i = 0; i < file->count; i++)
		if (strcmp(file->pools[i].name, name) == 0)
			return true;
	return false;
}

static int put_words(struct store *store, const struct store_pool_file *file, int64_t at_ms,
		     struct err *err)
{
	char *folder = mem_strdup(file->file);
	struct texts names = {{0}};
	int rc;

	cut(folder);
	rc = read_texts(store, sql_names, folder, &names, err);
	for (size_t i = 0; rc == 0 && i < names.list.count; i++)
		if (!is_sized(file, names.list.items[i]))
			rc = db_run(&store->db, sql_remove_name, err, "tt", folder,
				    names.list.items[i]);
	for (uint32_t i = 0; rc == 0 && i < file->count; i++)
		rc = db_run(&store->db, sql_put, err, "ttii", folder, file->pools[i].name,
			    (int64_t)file->pools[i].slots, at_ms);
	close_texts(&names);
	mem_free(folder);
	return rc;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_listed(const struct store_folder *folder, const char *name)
{
	return bsearch(&name, folder->there, folder->there_count, sizeof *folder->there,
		       compare_texts) != NULL;
}

/* The folder's heddle.yaml is there, or below something that could not be looked into. */
static bool is_there(const struct store_folder *folder, const char *of)
{
	static const char *const names[] = {"heddle.yaml", "heddle.yml"};
	struct str path = STR_INIT;
	char *above = mem_strdup(of);
	bool found = false;

	for (size_t i = 0; !found && i < sizeof names / sizeof names[0]; i++) {
		str_clear(&path);
		str_printf(&path, "%s%s%s", of, of[0] == '\0' ? "" : "/", names[i]);
		found = is_listed(folder, str_text(&path));
	}
	for (; !found && above[0] != '\0'; cut(above))
		found = is_listed(folder, above);
	str_close(&path);
	mem_free(above);
	return found;
}

static int remove_gone(struct store *store, const struct store_folder *folder, bool *any,
		       struct err *err)
{
	struct texts folders = {{0}};
	int rc = read_texts(store, sql_folders, NULL, &folders, err);

	for (size_t i = 0; rc == 0 && i < folders.list.count; i++) {
		if (is_there(folder, folders.list.items[i]))
			continue;
		rc = db_run(&store->db, sql_remove_folder, err, "t", folders.list.items[i]);
		*any = true;
	}
	close_texts(&folders);
	return rc;
}

/* --- what follows for the pools ------------------------------------------------------------------
 */

/* What one heddle.yaml says of a pool, or what follows for a pool of a domain. */
struct size {
	const char *of; /* the folder, or the domain */
	const char *name;
	int64_t slots;
	int64_t since_ms;
	bool is_said; /* by a heddle.yaml in force; else by a version alone */
};

/* All of it in one pass over the dags in force, which may be many, with pools, which are few. */
struct settling {
	struct store *store;
	struct arena arena; /* of all texts */
	VEC(struct size) words;
	VEC(struct size) pools;
	struct names words_by; /* "NAME/FOLDER": no name holds a '/' */
	struct names pools_by; /* "NAME/DOMAIN" */
	struct str key;
};

static void settling_close(struct settling *settling)
{
	vec_close(&settling->words);
	vec_close(&settling->pools);
	names_close(&settling->words_by);
	names_close(&settling->pools_by);
	str_close(&settling->key);
	arena_close(&settling->arena);
}

static const char *key_of(struct settling *settling, const char *name, const char *of)
{
	str_clear(&settling->key);
	str_printf(&settling->key, "%s/%s", name, of);
	return str_text(&settling->key);
}

static struct size *find(struct settling *settling, const char *name, const char *folder)
{
	uint32_t i = names_find(&settling->words_by, key_of(settling, name, folder));

	return i == NAMES_NONE ? NULL : &settling->words.items[i];
}

/* Of those above the dag folder, which are named by their whole path, the nearest stands for
 * all, as if that were the folder "/". */
static void add_word(struct settling *settling, const struct size *word)
{
	const char *folder = word->of[0] == '/' ? "/" : word->of;
	struct size *other = find(settling, word->name, folder);

	if (other != NULL && strlen(other->of) > strlen(word->of))
		return;
	names_set(&settling->words_by,
		  arena_strdup(&settling->arena, key_of(settling, word->name, folder)),
		  (uint32_t)settling->words.count);
	vec_push(&settling->words, *word);
}

static int read_words(struct settling *settling, struct err *err)
{
	struct db *db = &settling->store->db;
	sqlite3_stmt *row;
	int rc = db_query(db, sql_words, &row, err, "");

	while (rc == 0 && (rc = db_step(db, row, err)) == 1) {
		struct size word = {.of = arena_strdup(&settling->arena, db_text(row, 0)),
				    .name = arena_strdup(&settling->arena, db_text(row, 1)),
				    .slots = sqlite3_column_int64(row, 2),
				    .since_ms = sqlite3_column_int64(row, 3),
				    .is_said = true};

		add_word(settling, &word);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

/* The nearest one above the file that sizes the pool; NULL = none does. */
static const struct size *find_word(struct settling *settling, const char *file, const char *name)
{
	char *folder = mem_strdup(file);
	const struct size *word;

	do {
		cut(folder);
		word = find(settling, name, folder);
	} while (word == NULL && folder[0] != '\0');
	mem_free(folder);
	return word != NULL ? word : find(settling, name, "/");
}

/* Whether what the one says goes before what the other says. */
static bool holds_before(const struct size *one, const struct size *other)
{
	if (one->is_said != other->is_said)
		return one->is_said;
	if (one->since_ms != other->since_ms)
		return one->since_ms > other->since_ms;
	return one->slots < other->slots;
}

/* A pool as one dag has it. */
static void take_pool(struct settling *settling, sqlite3_stmt *row)
{
	const char *domain = db_text(row, 0);
	const char *name = db_text(row, 1);
	const struct size *word = find_word(settling, db_text(row, 2), name);
	struct size size = {.slots = sqlite3_column_int64(row, 3),
			    .since_ms = sqlite3_column_int64(row, 4)};
	uint32_t i = names_find(&settling->pools_by, key_of(settling, name, domain));

	if (word != NULL)
		size = *word;
	if (i == NAMES_NONE) {
		names_set(&settling->pools_by,
			  arena_strdup(&settling->arena, str_text(&settling->key)),
			  (uint32_t)settling->pools.count);
		size.of = arena_strdup(&settling->arena, domain);
		size.name = arena_strdup(&settling->arena, name);
		vec_push(&settling->pools, size);
	} else if (holds_before(&size, &settling->pools.items[i])) {
		size.of = settling->pools.items[i].of;
		size.name = settling->pools.items[i].name;
		settling->pools.items[i] = size;
	}
}

static int read_pools_of_dags(struct settling *settling, struct err *err)
{
	struct db *db = &settling->store->db;
	sqlite3_stmt *row;
	int rc = db_query(db, sql_shared, &row, err, "");

	while (rc == 0 && (rc = db_step(db, row, err)) == 1) {
		take_pool(settling, row);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

static int write_pools(struct settling *settling, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < settling->pools.count; i++) {
		const struct size *pool = &settling->pools.items[i];

		rc = db_run(&settling->store->db, pool->is_said ? sql_settle : sql_keep, err, "tti",
			    pool->of, pool->name, pool->slots);
	}
	return rc;
}

/* Those that no dag in force may name. */
static int forget_pools(struct settling *settling, struct err *err)
{
	struct db *db = &settling->store->db;
	VEC(struct size) gone = {0};
	sqlite3_stmt *row;
	int rc = db_query(db, sql_known, &row, err, "");

	while (rc == 0 && (rc = db_step(db, row, err)) == 1) {
		struct size pool = {.of = arena_strdup(&settling->arena, db_text(row, 0)),
				    .name = arena_strdup(&settling->arena, db_text(row, 1))};

		if (names_find(&settling->pools_by, key_of(settling, pool.name, pool.of)) ==
		    NAMES_NONE)
			vec_push(&gone, pool);
		rc = 0;
	}
	db_reset(row);
	for (size_t i = 0; rc == 0 && i < gone.count; i++)
		rc = db_run(db, sql_forget, err, "tt", gone.items[i].of, gone.items[i].name);
	vec_close(&gone);
	return rc;
}

static int settle_all(struct store *store, struct err *err)
{
	struct settling settling = {.store = store};
	int rc;

	arena_init(&settling.arena);
	rc = read_words(&settling, err);
	if (rc == 0)
		rc = read_pools_of_dags(&settling, err);
	if (rc == 0)
		rc = write_pools(&settling, err);
	if (rc == 0)
		rc = forget_pools(&settling, err);
	settling_close(&settling);
	return rc;
}

int store_put_pools(struct store *store, const struct store_folder *folder, bool dags_changed,
		    struct err *err)
{
	bool any = dags_changed || folder->pool_file_count > 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < folder->pool_file_count; i++)
		rc = put_words(store, &folder->pool_files[i], folder->at_ms, err);
	if (rc == 0 && folder->there != NULL)
		rc = remove_gone(store, folder, &any, err);
	return rc == 0 && any ? settle_all(store, err) : rc;
}
