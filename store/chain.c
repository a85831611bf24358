/* chain.c - see chain.h.
 *
 * What is hashed after the hash before: the numbers fact_no, at_ms, run_no, task, attempt_id and
 * attempt, 8 bytes each, little-endian (task -1 and the others 0 where there is none), then kind,
 * dag_id, from_state, to_state, actor and why, each as its length in 4 bytes (2^32 - 1 = none) and
 * its bytes. */
#include "store/chain.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>

static const char sql_last[] = "SELECT hash FROM fact ORDER BY fact_no DESC LIMIT 1";
static const char sql_last_number[] = "SELECT max(fact_no) FROM fact";
static const char sql_facts[] =
    "SELECT fact_no, at_ms, kind, run_no, task, attempt_id, attempt, dag_id, from_state, to_state,"
    " actor, why, hash FROM fact WHERE fact_no >= ?1 ORDER BY fact_no";
#define COLUMN_TASK 4
#define COLUMN_HASH 12

/* Gathers what is hashed: a few large pieces cost half of many small ones. */
struct gathering {
	crypto_generichash_state state;
	unsigned char bytes[512];
	size_t used;
};

static void flush(struct gathering *gathering)
{
	crypto_generichash_update(&gathering->state, gathering->bytes, gathering->used);
	gathering->used = 0;
}

static void add(struct gathering *gathering, const void *bytes, size_t size)
{
	if (size > sizeof gathering->bytes - gathering->used)
		flush(gathering);
	if (size > sizeof gathering->bytes) {
		crypto_generichash_update(&gathering->state, bytes, size);
		return;
	}
	memcpy(gathering->bytes + gathering->used, bytes, size);
	gathering->used += size;
}

static void add_number(struct gathering *gathering, int64_t number)
{
	uint64_t bytes = htole64((uint64_t)number);

	add(gathering, &bytes, sizeof bytes);
}

static void add_text(struct gathering *gathering, const char *text)
{
	uint32_t size = text == NULL ? UINT32_MAX : (uint32_t)strlen(text);
	uint32_t bytes = htole32(size);

	add(gathering, &bytes, sizeof bytes);
	if (text != NULL)
		add(gathering, text, size);
}

void chain_next(unsigned char hash[CHAIN_HASH_BYTES], int64_t fact_no, const struct fact *fact)
{
	const int64_t numbers[] = {fact_no,    fact->at_ms,      fact->run_no,
				   fact->task, fact->attempt_id, fact->attempt};
	const char *const texts[] = {fact->kind, fact->dag_id, fact->from,
				     fact->to,   fact->actor,  fact->why};
	struct gathering gathering;

	gathering.used = 0;
	crypto_generichash_init(&gathering.state, NULL, 0, CHAIN_HASH_BYTES);
	add(&gathering, hash, CHAIN_HASH_BYTES);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		add_number(&gathering, numbers[i]);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		add_text(&gathering, texts[i]);
	flush(&gathering);
	crypto_generichash_final(&gathering.state, hash, CHAIN_HASH_BYTES);
}

/* Where a pass over the facts stands. */
struct walk {
	int64_t next_no;
	int64_t count;
	bool is_known; /* hash is that of the fact before */
	bool is_begun; /* a fact with a hash was met: all that follow have one */
	unsigned char hash[CHAIN_HASH_BYTES];
};

static struct fact fact_of_row(sqlite3_stmt *row)
{
	return (struct fact){.at_ms = sqlite3_column_int64(row, 1),
			     .kind = db_text(row, 2),
			     .run_no = sqlite3_column_int64(row, 3),
			     .task = sqlite3_column_type(row, COLUMN_TASK) == SQLITE_NULL
					 ? -1
					 : sqlite3_column_int64(row, COLUMN_TASK),
			     .attempt_id = sqlite3_column_int64(row, 5),
			     .attempt = sqlite3_column_int64(row, 6),
			     .dag_id = db_text(row, 7),
			     .from = db_text(row, 8),
			     .to = db_text(row, 9),
			     .actor = db_text(row, 10),
			     .why = db_text(row, 11)};
}

static int judge_hash(struct walk *walk, int64_t fact_no, const unsigned char *stored, int bytes,
		      struct err *err)
{
	if (stored == NULL && walk->is_begun)
		return err_set(err, ERR_CORRUPT, "fact %lld carries no hash", (long long)fact_no);
	if (stored == NULL)
		return 0;
	if (bytes != CHAIN_HASH_BYTES ||
	    (walk->is_known && memcmp(walk->hash, stored, CHAIN_HASH_BYTES) != 0))
		return err_set(err, ERR_CORRUPT,
			       "fact %lld is not what was written: it, or one before it, was "
			       "changed (its hash does not follow)",
			       (long long)fact_no);
	memcpy(walk->hash, stored, CHAIN_HASH_BYTES);
	walk->is_known = true;
	walk->is_begun = true;
	return 0;
}

static int take_row(struct walk *walk, sqlite3_stmt *row, struct err *err)
{
	int64_t fact_no = sqlite3_column_int64(row, 0);
	struct fact fact = fact_of_row(row);

	if (fact_no != walk->next_no)
		return err_set(err, ERR_CORRUPT, "fact %lld is missing", (long long)walk->next_no);
	walk->next_no++;
	walk->count++;
	if (walk->is_known)
		chain_next(walk->hash, fact_no, &fact);
	return judge_hash(walk, fact_no, sqlite3_column_blob(row, COLUMN_HASH),
			  sqlite3_column_bytes(row, COLUMN_HASH), err);
}

static int walk_from(struct db *db, struct walk *walk, struct err *err)
{
	sqlite3_stmt *row;
	int rc = db_query(db, sql_facts, &row, err, "i", walk->next_no);

	while (rc == 0 && (rc = db_step(db, row, err)) == 1)
		rc = take_row(walk, row, err);
	db_reset(row);
	return rc;
}

int chain_last(struct db *db, unsigned char hash[CHAIN_HASH_BYTES], struct err *err)
{
	struct walk walk = {.next_no = 1, .is_known = true};
	sqlite3_stmt *row;
	bool is_there = false;
	int rc = db_query(db, sql_last, &row, err, "");

	memset(hash, 0, CHAIN_HASH_BYTES);
	if (rc == 0)
		rc = db_step(db, row, err);
	if (rc == 0)
		is_there = true; /* no fact: the chain begins with zeros */
	if (rc == 1 && sqlite3_column_bytes(row, 0) == CHAIN_HASH_BYTES) {
		memcpy(hash, sqlite3_column_blob(row, 0), CHAIN_HASH_BYTES);
		is_there = true;
	}
	db_reset(row);
	if (rc < 0 || is_there)
		return rc < 0 ? rc : 0;
	rc = walk_from(db, &walk, err);
	memcpy(hash, walk.hash, CHAIN_HASH_BYTES);
	return rc;
}

int chain_check(struct db *db, int64_t count, int64_t *checked, struct err *err)
{
	struct walk walk = {.next_no = 1};
	int64_t last = 0;
	int rc = db_get(db, sql_last_number, &last, err, "");

	if (rc == 0 && last > count)
		walk.next_no = last - count + 1;
	walk.is_known = walk.next_no == 1;
	if (rc == 0)
		rc = walk_from(db, &walk, err);
	*checked = walk.count;
	return rc;
}
