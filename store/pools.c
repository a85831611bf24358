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
static const char sql_word[] =
    "SELECT slots, since_ms FROM folder_pool WHERE folder = ?1 AND name = ?2";
/* Those above the dag folder, which are named by their whole path: '0' comes after '/'. */
static const char sql_word_above[] =
    "SELECT slots, since_ms FROM folder_pool WHERE folder >= '/' AND folder < '0' AND name = ?1"
    " ORDER BY length(folder) DESC LIMIT 1";

static const char sql_shared[] =
    "SELECT p.domain, p.name, d.file, p.slots, d.since_ms FROM dag d"
    " JOIN dag_version_pool p USING (version_no) WHERE p.domain <> '' ORDER BY p.domain, p.name";
static const char sql_settle[] =
    "INSERT INTO pool (domain, name, slots) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (dag_id, domain, name) DO UPDATE SET slots = ?3 WHERE slots <> ?3";
static const char sql_keep[] =
    "INSERT OR IGNORE INTO pool (domain, name, slots) VALUES (?1, ?2, ?3)";
/* A shared pool goes with the last dag that may name it. */
static const char sql_tidy[] =
    "DELETE FROM pool WHERE domain <> '' AND NOT EXISTS (SELECT 1 FROM dag JOIN dag_version_pool p"
    " USING (version_no) WHERE p.domain = pool.domain AND p.name = pool.name)";

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

struct size {
	char *domain;
	char *name;
	int64_t slots;
	int64_t since_ms;
	bool is_said; /* by a heddle.yaml in force; else by a version alone */
};

/* 1 = there was one, which is taken. */
static int take_word(struct store *store, sqlite3_stmt *row, struct size *size, struct err *err)
{
	int rc = db_step(&store->db, row, err);

	if (rc == 1) {
		size->slots = sqlite3_column_int64(row, 0);
		size->since_ms = sqlite3_column_int64(row, 1);
		size->is_said = true;
	}
	db_reset(row);
	return rc;
}

/* Takes what the nearest one above the file says, if any does. */
static int find_word(struct store *store, const char *file, struct size *size, struct err *err)
{
	char *folder = mem_strdup(file);
	sqlite3_stmt *row;
	int rc;

	do {
		cut(folder);
		rc = db_query(&store->db, sql_word, &row, err, "tt", folder, size->name);
		if (rc == 0)
			rc = take_word(store, row, size, err);
	} while (rc == 0 && folder[0] != '\0');
	if (rc == 0)
		rc = db_query(&store->db, sql_word_above, &row, err, "t", size->name);
	if (rc == 0)
		rc = take_word(store, row, size, err);
	mem_free(folder);
	return rc < 0 ? rc : 0;
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

static int settle(struct store *store, struct size *size, struct err *err)
{
	int rc = 0;

	if (size->name != NULL)
		rc = db_run(&store->db, size->is_said ? sql_settle : sql_keep, err, "tti",
			    size->domain, size->name, size->slots);
	mem_free(size->domain);
	mem_free(size->name);
	*size = (struct size){0};
	return rc;
}

/* One dag's row of one pool; rows of one pool come one after the other. */
static int take_row(struct store *store, sqlite3_stmt *row, struct size *size, struct err *err)
{
	struct size next = {.domain = mem_strdup(db_text(row, 0)),
			    .name = mem_strdup(db_text(row, 1)),
			    .slots = sqlite3_column_int64(row, 3),
			    .since_ms = sqlite3_column_int64(row, 4)};
	int rc = find_word(store, db_text(row, 2), &next, err);
	bool is_same = size->name != NULL && strcmp(size->name, next.name) == 0 &&
		       strcmp(size->domain, next.domain) == 0;

	if (rc == 0 && !is_same)
		rc = settle(store, size, err);
	if (!is_same || holds_before(&next, size)) {
		mem_free(size->domain);
		mem_free(size->name);
		*size = next;
	} else {
		mem_free(next.domain);
		mem_free(next.name);
	}
	return rc;
}

static int settle_all(struct store *store, struct err *err)
{
	struct size size = {0};
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql_shared, &row, err, "");

	while (rc == 0 && (rc = db_step(&store->db, row, err)) == 1)
		rc = take_row(store, row, &size, err);
	db_reset(row);
	if (rc == 0)
		rc = settle(store, &size, err);
	mem_free(size.domain);
	mem_free(size.name);
	return rc == 0 ? db_run(&store->db, sql_tidy, err, "") : rc;
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
