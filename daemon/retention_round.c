/* retention_round.c - see retention_round.h. */
#include "daemon/retention_round.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/home.h"

#include <stdio.h>
#include <string.h>

#define ARTIFACTS_LOOKED_AT 10000 /* entries of one run that are counted */

void round_init(struct retention_round *round, const struct home *home, struct store *store,
		struct round_wish wish)
{
	memset(round, 0, sizeof *round);
	round->home = home;
	round->store = store;
	round->wish = wish;
	round->now_ms = clock_now().wall_ms;
}

void round_fault(struct retention_round *round, const struct err *err)
{
	char quoted[512];

	if (round->report.faults++ == 0)
		snprintf(round->report.first_fault, sizeof round->report.first_fault, "%s",
			 err->message);
	log_warn("retention: left for later", "err=%s",
		 log_quote(err->message, quoted, sizeof quoted));
}

/* --- pack ---------------------------------------------------------------------------------------
 */

static void close_writers(struct round_pack *pack)
{
	for (size_t i = 0; i < pack->begun; i++) {
		pack_writer_close(pack->runs[i].writer);
		pack->runs[i].writer = NULL;
	}
	pack->begun = pack->written = pack->cleared = 0;
	pack->is_noted = pack->is_full = false;
}

/* All attempts of a run, the caller's (mem_free). */
static int read_attempts_of(const struct retention_round *round, int64_t run_no,
			    struct pack_attempt **out, size_t *count, struct err *err)
{
	struct prune_attempt *rows;
	size_t wanted;
	int rc = prune_count_attempts(round->reader, run_no, &wanted, err);

	*out = NULL;
	*count = 0;
	if (rc != 0)
		return rc;
	rows = mem_alloc((wanted + 1) * sizeof *rows);
	rc = prune_read_attempts(round->reader, run_no, 0, rows, wanted, count, err);
	*out = mem_alloc((*count + 1) * sizeof **out);
	for (size_t i = 0; rc == 0 && i < *count; i++) {
		(*out)[i].ref.attempt_id = rows[i].attempt_id;
		(*out)[i].ref.released_at_ms = rows[i].released_at_ms;
		memcpy((*out)[i].incarnation, rows[i].incarnation, sizeof rows[i].incarnation);
	}
	mem_free(rows);
	return rc;
}

static void count_artifacts(const struct retention_round *round,
			    const struct pack_attempt *attempts, size_t count,
			    struct prune_pack *pack)
{
	struct file_walk walk = {.left = ARTIFACTS_LOOKED_AT};

	for (size_t i = 0; i < count; i++)
		(void)files_count_artifacts(round->home->path, &attempts[i], &walk, NULL);
	pack->artifact_files = walk.counts.files;
	pack->artifact_bytes = walk.counts.bytes;
}

/* A run that cannot be read is left out: it comes again in the next round. */
static void begin_run(struct retention_round *round, const struct prune_run *run)
{
	struct round_packing *packing = &round->pack.runs[round->pack.begun];
	struct pack_run which = {run->run_id, run->created_at_ms};
	struct pack_attempt *attempts;
	struct err err = {0};
	size_t count;

	memset(packing, 0, sizeof *packing);
	packing->pack.run_no = run->run_no;
	packing->pack.ended_at_ms = run->ended_at_ms;
	if (read_attempts_of(round, run->run_no, &attempts, &count, &err) == 0 &&
	    pack_writer_open(round->home->path, which, attempts, count, &packing->writer, &err) ==
		0) {
		count_artifacts(round, attempts, count, &packing->pack);
		round->pack.begun++;
	} else {
		round_fault(round, &err);
	}
	mem_free(attempts);
}

static int list_more(struct retention_round *round, struct err *err)
{
	struct round_pack *pack = &round->pack;
	int rc =
	    prune_read_unpacked(round->reader, round->now_ms - round->wish.quiet_ms, &pack->after,
				pack->listed, ROUND_RUNS, &pack->listed_count, err);

	pack->next = 0;
	if (rc == 0 && pack->listed_count > 0)
		pack->after = pack->listed[pack->listed_count - 1];
	return rc;
}

/* Begins the next run; false when there is none, or when those begun must be done first. */
static bool begin_next(struct retention_round *round, int *rc, struct err *err)
{
	struct round_pack *pack = &round->pack;

	if (pack->begun == ROUND_RUNS || pack->is_full)
		return false;
	if (pack->next == pack->listed_count)
		*rc = list_more(round, err);
	if (*rc != 0 || pack->listed_count == 0)
		return false;
	begin_run(round, &pack->listed[pack->next++]);
	return true;
}

/* A run whose file cannot be written is left out, and with it all that come after: most likely
 * there is no room. */
static int write_some(struct retention_round *round, int64_t *bytes, struct err *err)
{
	struct round_pack *pack = &round->pack;
	struct round_packing *run = &pack->runs[pack->written];
	bool done = false;
	int rc = pack_writer_step(run->writer, *bytes, &done, err);

	if (rc == ERR_AGAIN) {
		round_fault(round, err);
		pack_writer_close(run->writer);
		*run = pack->runs[--pack->begun];
		pack->runs[pack->begun].writer = NULL;
		return 0;
	}
	if (rc == 0 && done) {
		run->pack.pack_bytes = pack_writer_bytes(run->writer);
		pack->written++;
		*bytes -= run->pack.pack_bytes + 4096;
	} else {
		*bytes = 0;
	}
	return rc;
}

static int write_packs(struct retention_round *round, struct err *err)
{
	struct round_pack *pack = &round->pack;
	int64_t bytes = ROUND_BYTES;
	int rc = 0;

	while (rc == 0 && bytes > 0) {
		if (pack->written < pack->begun)
			rc = write_some(round, &bytes, err);
		else if (!begin_next(round, &rc, err))
			break;
	}
	pack->is_full = pack->begun > 0 && pack->written == pack->begun;
	return rc;
}

/* The rows of those that were packed to the end, and of which nothing else is left. */
static size_t whole_packs(const struct round_pack *pack, struct prune_pack *out)
{
	size_t count = 0;

	for (size_t i = 0; i < pack->begun; i++)
		if (!pack_writer_is_partial(pack->runs[i].writer) && !pack->runs[i].has_failed)
			out[count++] = pack->runs[i].pack;
	return count;
}

static int note_packs(struct retention_round *round, struct err *err)
{
	struct prune_pack packs[ROUND_RUNS];
	int rc;

	for (size_t i = 0; i < round->pack.begun; i++)
		packs[i] = round->pack.runs[i].pack;
	rc = store_note_packs(round->store, packs, round->pack.begun, err);
	round->pack.is_noted = rc == 0;
	return rc;
}

static void clear_packed(struct retention_round *round)
{
	struct round_pack *pack = &round->pack;
	struct round_packing *run = &pack->runs[pack->cleared];
	struct err err = {0};
	bool done = false;

	run->has_failed = pack_writer_clear(run->writer, ROUND_ENTRIES, &done, &err) != 0;
	if (run->has_failed)
		round_fault(round, &err);
	pack->cleared += done || run->has_failed;
}

static int finish_packs(struct retention_round *round, struct err *err)
{
	struct prune_pack packs[ROUND_RUNS];
	size_t count = whole_packs(&round->pack, packs);
	int rc = store_note_packed(round->store, packs, count, clock_now().wall_ms, err);

	if (rc != 0)
		return rc;
	round->report.packed_runs += (int64_t)count;
	for (size_t i = 0; i < count; i++)
		round->report.packed_bytes += packs[i].pack_bytes;
	close_writers(&round->pack);
	return 0;
}

/* In a dry round the runs are only counted. */
static int count_unpacked(struct retention_round *round, bool *done, struct err *err)
{
	int rc = list_more(round, err);

	round->report.packed_runs += (int64_t)round->pack.listed_count;
	*done = round->pack.listed_count == 0;
	return rc;
}

static int step_pack(struct retention_round *round, bool *done, struct err *err)
{
	struct round_pack *pack = &round->pack;
	int rc = 0;

	if (round->wish.is_dry)
		return count_unpacked(round, done, err);
	if (!pack->is_full)
		rc = write_packs(round, err);
	else if (!pack->is_noted)
		rc = note_packs(round, err);
	else if (pack->cleared < pack->begun)
		clear_packed(round);
	else
		rc = finish_packs(round, err);
	*done = rc == 0 && pack->begun == 0 && pack->listed_count == 0;
	return rc;
}

/* --- mark ---------------------------------------------------------------------------------------
 */

/* All that a run left behind, page by page; walk->left is filled up for each. */
static int walk_attempts(struct retention_round *round, int64_t run_no, struct file_walk *walk,
			 struct err *err)
{
	struct prune_attempt rows[ROUND_ENTRIES / 4];
	int64_t after = 0;
	size_t count = 1;
	bool gone;
	int rc = 0;

	while (rc == 0 && count > 0) {
		rc = prune_read_attempts(round->reader, run_no, after, rows,
					 sizeof rows / sizeof rows[0], &count, err);
		for (size_t i = 0; rc == 0 && i < count; i++) {
			struct pack_attempt attempt = {
			    .ref = {rows[i].attempt_id, rows[i].released_at_ms}};

			memcpy(attempt.incarnation, rows[i].incarnation,
			       sizeof rows[i].incarnation);
			walk->left = ARTIFACTS_LOOKED_AT;
			rc = files_remove_attempt(round->home->path, &attempt, walk, &gone, err);
			after = rows[i].attempt_id;
		}
	}
	return rc;
}

static void measure_run(struct retention_round *round, const struct prune_run *run)
{
	struct pack_run which = {run->run_id, run->created_at_ms};
	struct file_walk walk = {.is_dry = true};
	struct err err = {0};
	size_t attempts = 0;
	bool gone;
	int rc = walk_attempts(round, run->run_no, &walk, &err);

	walk.left = ARTIFACTS_LOOKED_AT;
	if (rc == 0)
		rc = files_remove_run(round->home->path, which, &walk, &gone, &err);
	if (rc == 0)
		rc = prune_count_attempts(round->reader, run->run_no, &attempts, &err);
	if (rc != 0)
		round_fault(round, &err);
	round->report.pruned.attempts += (int64_t)attempts;
	round->report.pruned.runs++;
	round->report.files.files += walk.counts.files;
	round->report.files.bytes += walk.counts.bytes;
}

/* Most dags have nothing that is due: many of them are one step. */
static int find_due(struct retention_round *round, struct err *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < ROUND_DAGS; i++) {
		rc = prune_read_due(round->reader, round->now_ms, &round->walk, round->due,
				    ROUND_DUE, &round->due_count, err);
		if (round->walk.is_over || round->due_count > 0)
			break;
	}
	return rc;
}

static int step_mark(struct retention_round *round, bool *done, struct err *err)
{
	int rc = find_due(round, err);

	*done = rc == 0 && round->walk.is_over;
	if (rc != 0)
		return rc;
	round->report.due_runs += (int64_t)round->due_count;
	if (round->wish.is_dry) {
		for (size_t i = 0; i < round->due_count; i++)
			measure_run(round, &round->due[i]);
		round->due_count = 0;
	}
	return 0;
}

/* --- clear --------------------------------------------------------------------------------------
 */

/* Removes files of the run's first attempts, as far as it goes: clear says which are gone. */
static int clear_attempts(struct retention_round *round, const struct prune_run *run,
			  struct file_walk *walk, struct prune_clear *clear, struct err *err)
{
	struct prune_attempt rows[ROUND_ENTRIES / 4];
	const size_t max = sizeof rows / sizeof rows[0];
	bool gone = true;
	size_t count;
	int rc = prune_read_attempts(round->reader, run->run_no, 0, rows, max, &count, err);

	for (size_t i = 0; rc == 0 && gone && i < count; i++) {
		struct pack_attempt attempt = {.ref = {rows[i].attempt_id, rows[i].released_at_ms}};

		memcpy(attempt.incarnation, rows[i].incarnation, sizeof rows[i].incarnation);
		rc = files_remove_attempt(round->home->path, &attempt, walk, &gone, err);
		if (rc == 0 && gone)
			clear->through_attempt_id = rows[i].attempt_id;
	}
	clear->is_whole = rc == 0 && gone && count < max;
	return rc;
}

static int clear_files(struct retention_round *round, const struct prune_run *run,
		       struct file_walk *walk, struct prune_clear *clear, struct err *err)
{
	struct pack_run which = {run->run_id, run->created_at_ms};
	int rc;

	*clear = (struct prune_clear){.run_no = run->run_no};
	rc = clear_attempts(round, run, walk, clear, err);
	if (rc == 0 && clear->is_whole)
		rc = files_remove_run(round->home->path, which, walk, &clear->is_whole, err);
	return rc;
}

/* Runs that come to nothing are passed by: their files cannot be removed, and the rest waits no
 * longer for them. */
static int step_clear(struct retention_round *round, bool *done, struct err *err)
{
	struct file_walk walk = {.left = ROUND_ENTRIES};
	struct prune_clear clears[ROUND_DUE];
	struct prune_run runs[ROUND_DUE];
	size_t count;
	size_t ready = 0;
	int rc =
	    prune_read_clearing(round->reader, round->cleared_run_no, runs, ROUND_DUE, &count, err);

	*done = rc == 0 && count == 0;
	for (size_t i = 0; rc == 0 && i < count && walk.left > 0; i++) {
		struct err fault = {0};

		if (clear_files(round, &runs[i], &walk, &clears[ready], &fault) == 0) {
			ready++;
			continue;
		}
		round_fault(round, &fault);
		round->cleared_run_no = runs[i].run_no;
		break;
	}
	round->report.files.files += walk.counts.files;
	round->report.files.bytes += walk.counts.bytes;
	if (rc == 0 && ready > 0)
		rc = store_clear_runs(round->store, clears, ready, ROUND_ROWS,
				      &round->report.pruned, err);
	return rc;
}

/* --- versions -----------------------------------------------------------------------------------
 */

static int step_versions(struct retention_round *round, bool *done, struct err *err)
{
	struct prune_version versions[ROUND_VERSIONS];
	struct prune_counts *pruned = &round->report.pruned;
	int64_t before_ms = round->now_ms - ROUND_VERSION_MS;
	size_t count;
	int rc = prune_read_versions(round->reader, round->judged_version_no, versions,
				     ROUND_VERSIONS, &count, err);

	*done = rc == 0 && count == 0;
	if (rc != 0 || count == 0)
		return rc;
	round->judged_version_no = versions[count - 1].version_no;
	if (!round->wish.is_dry)
		return store_prune_versions(round->store, versions, count, round->now_ms, before_ms,
					    pruned, err);
	for (size_t i = 0; i < count; i++) {
		if (versions[i].unused_since_ms == 0 || versions[i].unused_since_ms > before_ms)
			continue;
		pruned->versions++;
		pruned->version_bytes += versions[i].bytes;
	}
	return 0;
}

/* All that was packed is known by now, and what was pruned is not counted any more. */
static int step_totals(struct retention_round *round, bool *done, struct err *err)
{
	*done = true;
	return prune_read_artifacts(round->reader, &round->report.artifacts.files,
				    &round->report.artifacts.bytes, err);
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static const struct {
	unsigned parts; /* one of them must be wished for */
	bool is_wet;    /* nothing to do in a dry round */
	int (*step)(struct retention_round *round, bool *done, struct err *err);
} phases[PHASE_OVER] = {
    [PHASE_PACK] = {ROUND_PACK, false, step_pack},
    [PHASE_MARK] = {ROUND_PRUNE, false, step_mark},
    [PHASE_CLEAR] = {ROUND_PRUNE, true, step_clear},
    [PHASE_VERSIONS] = {ROUND_PRUNE, false, step_versions},
    [PHASE_SWEEP] = {ROUND_SWEEP, false, sweep_step},
    [PHASE_TOTALS] = {ROUND_TOTALS, false, step_totals},
};

static bool is_wanted(const struct retention_round *round)
{
	return (phases[round->phase].parts & round->wish.parts) != 0 &&
	       !(phases[round->phase].is_wet && round->wish.is_dry);
}

int round_step(struct retention_round *round, struct err *err)
{
	bool done = false;
	int rc = 0;

	if (round->reader == NULL)
		rc = store_reader_open(round->home->db_path, &round->reader, err);
	while (rc == 0 && round->phase < PHASE_OVER && !is_wanted(round))
		round->phase++;
	if (rc == 0 && round->phase < PHASE_OVER)
		rc = phases[round->phase].step(round, &done, err);
	if (rc != 0)
		round->phase = PHASE_OVER;
	else if (done)
		round->phase++;
	return rc;
}

bool round_is_over(const struct retention_round *round)
{
	return round->phase == PHASE_OVER;
}

void round_close(struct retention_round *round)
{
	close_writers(&round->pack);
	sweep_close(&round->sweep);
	store_reader_close(round->reader);
	round->reader = NULL;
}
