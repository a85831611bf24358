/* disk.c - what outlives a crash; see disk.h. */
#include "tests/sim/disk.h"

#include "base/str.h"
#include "store/prune.h"
#include "store/read.h"
#include "store/store.h"
#include "tests/sim/fail.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* A file system in memory where there is one: a sync costs nothing there. */
static const char *folder(void)
{
	return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

static void open_store(struct disk *disk, struct moment now)
{
	struct sched_clock clock;
	int64_t last_fact_ms;
	int64_t last_late_ms = disk->rows.last_late_ms;
	char boot_id[32];
	char previous[64];
	struct err err;

	snprintf(boot_id, sizeof boot_id, "boot-%u", disk->boot);
	sim_check(store_open(disk->path, &disk->store, &err) == 0, "%s", err.message);
	sim_check(store_note_boot(disk->store, boot_id, previous, &err) == 0, "%s", err.message);
	store_set_boot_id(disk->store, boot_id);
	sim_check(store_take_clock(disk->store, now, &clock, &last_fact_ms, &err) == 0, "%s",
		  err.message);
	sim_check(clock.ahead_ms == disk->rows.clock.ahead_ms &&
		      clock.jump_by_ms == disk->rows.clock.jump_by_ms &&
		      clock.jump_until_boot_ms == disk->rows.clock.jump_until_boot_ms &&
		      clock.behind_until_ms == disk->rows.clock.behind_until_ms &&
		      (last_fact_ms == disk->rows.last_fact_ms || last_fact_ms == last_late_ms),
		  "the clocks read back as others");
}

void disk_path(char path[64], long pid, uint64_t seed)
{
	snprintf(path, 64, "%s/heddle-sim-%ld-%" PRIu64 ".db", folder(), pid, seed);
}

void disk_open(struct disk *disk, bool on_store, uint64_t seed, struct moment now)
{
	memset(disk, 0, sizeof *disk);
	rows_init(&disk->rows);
	rows_begin(&disk->rows, now);
	disk_path(disk->path, getpid(), seed);
	if (on_store)
		open_store(disk, now);
}

static void remove_file(const struct disk *disk, const char *ending)
{
	char path[sizeof disk->path + 8];

	snprintf(path, sizeof path, "%s%s", disk->path, ending);
	unlink(path);
}

void disk_close(struct disk *disk)
{
	store_close(disk->store);
	remove_file(disk, "");
	remove_file(disk, "-wal");
	remove_file(disk, "-shm");
	rows_close(&disk->rows);
}

void disk_crash(struct disk *disk, bool reboot, struct moment now)
{
	if (reboot) {
		disk->boot++;
		rows_reboot(&disk->rows, now);
	}
	if (disk->store == NULL)
		return;
	store_close(disk->store);
	open_store(disk, now);
}

/* The batches borrow the lists while the store writes them. */
static void commit_to_store(struct disk *disk, struct change_list *const *lists, size_t count)
{
	struct store_batch *first = NULL;
	enum store_failure failure;
	struct err err;

	for (size_t i = count; i-- > 0;) {
		struct store_batch *batch = store_batch_create(NULL);

		batch->changes = *lists[i];
		batch->next = first;
		first = batch;
	}
	sim_check(store_apply(disk->store, first, &failure, &err) == 0, "%s", err.message);
	while (first != NULL) {
		struct store_batch *next = first->next;

		change_list_init(&first->changes);
		store_batch_destroy(first);
		first = next;
	}
}

/* A step or two of what a worker does then; the rest in the next life, or never. */
static void clear_in_store(struct disk *disk, const struct change_list *changes)
{
	struct prune_counts counts = {0};
	struct err err;

	for (const struct change *change = changes->first; change != NULL; change = change->next) {
		struct prune_clear clear = {change->run_no, INT64_MAX, change->run_no % 2 == 0};

		if (change->kind == CHANGE_RUN_PRUNE &&
		    rows_run(&disk->rows, change->run_no)->is_pruned)
			sim_check(store_clear_runs(disk->store, &clear, 1, 5, &counts, &err) == 0,
				  "%s", err.message);
	}
}

void disk_commit(struct disk *disk, struct change_list *const *lists, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rows_apply(&disk->rows, lists[i]);
	if (disk->store == NULL)
		return;
	commit_to_store(disk, lists, count);
	for (size_t i = 0; i < count; i++)
		clear_in_store(disk, lists[i]);
}

/* --- reading back ------------------------------------------------------------------------------
 */

struct load {
	struct disk *disk;
	struct store_reader *reader;
	struct sched *sched;
	struct moment now;
	struct dag *const *known;
	size_t known_count;
	size_t run_count;
	size_t pause_count;
};

static struct dag *find_version(const struct load *load, const struct store_run_row *row)
{
	for (size_t i = 0; i < load->known_count; i++)
		if (load->known[i]->text_bytes == row->dag_text_bytes &&
		    memcmp(load->known[i]->text, row->dag_text, row->dag_text_bytes) == 0)
			return load->known[i];
	return NULL;
}

static int take_run(void *context, const struct store_run_row *row, struct err *err)
{
	struct load *load = context;
	const struct run_row *expected = rows_run(&load->disk->rows, row->run_no);
	struct sched_run_row run = {.run_no = row->run_no,
				    .run_id = row->run_id,
				    .key = row->key,
				    .source = row->source,
				    .state = row->state,
				    .dag = find_version(load, row),
				    .outcome = row->outcome,
				    .deadline_boot_ms = rows_due_boot_ms(
					row->deadline_wall_ms, row->deadline_boot_ms, load->now),
				    .params = row->params,
				    .period = row->period,
				    .start_at_ms = row->start_at_ms,
				    .is_forced = row->is_forced};

	(void)err;
	sim_check(expected != NULL && run.dag == expected->dag && row->state == expected->state &&
		      strcmp(row->run_id, expected->run_id) == 0 &&
		      strcmp(row->key, expected->key) == 0 &&
		      strcmp(row->source, expected->source) == 0 &&
		      strcmp(row->dag_id, expected->dag->id) == 0,
		  "run %" PRId64 " reads back as another", row->run_no);
	sim_check(row->state != RUN_RUNNING ||
		      run.deadline_boot_ms == rows_due_boot_ms(expected->deadline_wall_ms,
							       expected->deadline_boot_ms,
							       load->now),
		  "run %" PRId64 " %s reads back with deadline %" PRId64 " %" PRId64
		  ", not %" PRId64 " %" PRId64,
		  row->run_no, run_state_name(row->state), row->deadline_wall_ms,
		  row->deadline_boot_ms, expected->deadline_wall_ms, expected->deadline_boot_ms);
	sched_restore_run(load->sched, &run);
	load->run_count++;
	return 0;
}

static void check_attempt(const struct load *load, const struct store_task_row *row)
{
	const struct attempt_row *expected = rows_attempt(&load->disk->rows, row->attempt_id);
	char boot_id[32];

	sim_check((expected == NULL) == (row->attempt_boot_id == NULL), "attempt %" PRId64,
		  row->attempt_id);
	if (expected == NULL)
		return;
	snprintf(boot_id, sizeof boot_id, "boot-%u", load->disk->boot);
	sim_check(row->attempt_ended == expected->ended, "attempt %" PRId64 " ended: %d",
		  row->attempt_id, row->attempt_ended);
	sim_check(expected->boot != load->disk->rows.boot ||
		      strcmp(row->attempt_boot_id, boot_id) == 0,
		  "attempt %" PRId64 " was released on %s", row->attempt_id, row->attempt_boot_id);
	sim_check(strcmp(row->attempt_incarnation, store_incarnation(load->disk->store)) == 0,
		  "attempt %" PRId64 " is of %s", row->attempt_id, row->attempt_incarnation);
}

static int take_task(void *context, const struct store_task_row *row, struct err *err)
{
	struct load *load = context;
	const struct task_row *expected =
	    &rows_run(&load->disk->rows, row->run_no)->tasks[row->task];
	struct sched_task_row task = {.run_no = row->run_no,
				      .task = row->task,
				      .state = row->state,
				      .attempts = row->attempts,
				      .attempt_id = row->attempt_id,
				      .released_at_ms = row->released_at_ms,
				      .queued_order = row->queued_order,
				      .aim = row->aim,
				      .attempts_before = row->attempts_before};
	struct str outputs = STR_INIT;

	(void)err;
	sim_check(row->state == expected->state && row->attempts == expected->attempts &&
		      row->attempt_id == expected->attempt_id &&
		      row->released_at_ms == expected->released_at_ms &&
		      row->due_wall_ms == expected->due_wall_ms,
		  "task %u of run %" PRId64 " reads back as another", row->task, row->run_no);
	/* What was due before a reboot is due by the wall clock: the row has no other. */
	sim_check(row->due_boot_ms == expected->due_boot_ms,
		  "task %u of run %" PRId64 " reads back due at %" PRId64, row->task, row->run_no,
		  row->due_boot_ms);
	check_attempt(load, row);
	task.due_boot_ms =
	    rows_due_boot_ms(expected->due_wall_ms, expected->due_boot_ms, load->now);
	sim_check(read_output(load->reader, row->run_no, row->task, &outputs, NULL) == 0,
		  "the outputs of task %u do not read back", row->task);
	if (rows_run(&load->disk->rows, row->run_no)->dag->tasks[row->task].is_judged_by)
		task.outputs = outputs.size == 0 ? NULL : str_text(&outputs);
	sched_restore_task(load->sched, &task);
	str_close(&outputs);
	return 0;
}

static bool take_pause(void *context, const struct pause_view *view)
{
	struct load *load = context;

	sched_restore_pause(load->sched, view->dag_id[0] == '\0' ? NULL : view->dag_id, view->actor,
			    view->reason, view->at_ms);
	load->pause_count++;
	return true;
}

static struct sched *load_from_store(struct load *load, struct sched_config *config)
{
	struct store_loader loader = {load, take_run, take_task};
	struct sched_clock clock;
	int64_t last_fact_ms;
	struct err err;

	sim_check(store_next_numbers(load->disk->store, &config->next_run_no,
				     &config->next_attempt_id, &err) == 0,
		  "%s", err.message);
	load->sched = sched_create(config);
	sim_check(store_take_clock(load->disk->store, load->now, &clock, &last_fact_ms, &err) == 0,
		  "%s", err.message);
	sched_restore_clock(load->sched, &clock, last_fact_ms);
	sim_check(store_reader_open(load->disk->path, &load->reader, &err) == 0, "%s", err.message);
	sim_check(read_pauses(load->reader, take_pause, load, &err) == 0, "%s", err.message);
	sim_check(store_load_active(load->disk->store, &loader, &err) == 0, "%s", err.message);
	sim_check(load->pause_count == load->disk->rows.pauses.count, "%zu pauses read back",
		  load->pause_count);
	sim_check(load->run_count == rows_active_count(&load->disk->rows), "%zu runs read back",
		  load->run_count);
	store_reader_close(load->reader);
	return load->sched;
}

struct sched *disk_load(struct disk *disk, uint32_t slots, int64_t grace_ms, struct moment now,
			struct dag *const *known, size_t known_count)
{
	struct load load = {.disk = disk, .now = now, .known = known, .known_count = known_count};
	struct sched_config config = {.default_pool_slots = slots, .grace_ms = grace_ms};

	if (disk->store == NULL)
		return rows_restore(&disk->rows, slots, grace_ms, now);
	return load_from_store(&load, &config);
}
