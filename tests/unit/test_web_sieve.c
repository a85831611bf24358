/* test_web_sieve.c - a long log is counted once and looked through in slices, and what the slices
 * tell together is what one look at all of it would. */
#include "web/api/sieve.h"

#include "tests/unit/web_client.h"

#include <sys/mman.h>

#define LONG_BYTES ((size_t)SIEVE_BYTES * 2 + SIEVE_BYTES / 2)

/* A log in memory, and the truth of it. */
struct sample {
	struct str text;
	struct process_log log;
	struct marks marks;
	struct marks_log marked;
	VEC(int64_t) starts;  /* of its lines */
	VEC(int64_t) errors;  /* numbers of those of level error */
	VEC(int64_t) needles; /* numbers of those that hold "needle" */
};

static void add_line(struct sample *sample, const char *text, bool is_error)
{
	vec_push(&sample->starts, (int64_t)sample->text.size);
	if (is_error)
		vec_push(&sample->errors, (int64_t)sample->starts.count);
	if (strstr(text, "needle") != NULL)
		vec_push(&sample->needles, (int64_t)sample->starts.count);
	str_append(&sample->text, text);
}

/* Now and then an error of several lines, a needle, a line longer than a part. */
static void add_block(struct sample *sample, unsigned number)
{
	char line[96];

	for (int i = 0; i < 400; i++) {
		snprintf(line, sizeof line, "INFO row %u of what the job copies tonight\n",
			 number * 400 + (unsigned)i);
		add_line(sample, line, false);
	}
	if (number % 7 == 0)
		add_line(sample, "a Needle and a needle\n", false);
	if (number % 50 != 0)
		return;
	add_line(sample, "ERROR it broke\n", true);
	for (int i = 0; i < 30; i++)
		add_line(sample, "\tat a place, needle in it\n", true);
}

static void open_sample(struct sample *sample, size_t size)
{
	memset(sample, 0, sizeof *sample);
	for (unsigned i = 0; sample->text.size < size; i++)
		add_block(sample, i);
	sample->log.fd = memfd_create("log", MFD_CLOEXEC);
	sample->log.size_bytes = (int64_t)sample->text.size;
	assert_int_equal(write(sample->log.fd, sample->text.data, sample->text.size),
			 (ssize_t)sample->text.size);
	marks_init(&sample->marks);
	sample->marked = (struct marks_log){&sample->marks, &sample->log, "incarnation", 1};
}

static void close_sample(struct sample *sample)
{
	close(sample->log.fd);
	marks_close(&sample->marks);
	vec_close(&sample->starts);
	vec_close(&sample->errors);
	vec_close(&sample->needles);
	str_close(&sample->text);
}

/* --- marks --------------------------------------------------------------------------------------
 */

static unsigned count_all(struct sample *sample, int64_t max_ms)
{
	unsigned turns = 0;
	bool done = false;

	while (!done) {
		assert_int_equal(marks_count(&sample->marked, max_ms, &done, NULL), 0);
		turns++;
	}
	return turns;
}

static void check_line(const struct sample *sample, int64_t line)
{
	struct scan_place place;
	int64_t at = sample->starts.items[line - 1];

	assert_int_equal(marks_line(&sample->marked, line, &place, NULL), 0);
	assert_int_equal(place.line, line);
	assert_int_equal(place.at, at);
	assert_int_equal(marks_offset(&sample->marked, at, &place, NULL), 0);
	assert_int_equal(place.line, line);
	assert_int_equal(place.at, at);
	assert_int_equal(marks_offset(&sample->marked, at + 3, &place, NULL), 0);
	assert_int_equal(place.line, line);
	assert_int_equal(place.at, at);
}

static void check_lines(const struct sample *sample)
{
	struct scan_place place;
	int64_t count = (int64_t)sample->starts.count;

	check_line(sample, 1);
	check_line(sample, 2);
	for (int64_t line = 3; line <= count; line += 997)
		check_line(sample, line);
	check_line(sample, count);
	assert_int_equal(marks_line(&sample->marked, INT64_MAX, &place, NULL), 0);
	assert_int_equal(place.line, count + 1);
	assert_int_equal(place.at, sample->log.size_bytes);
}

static void lines_have_their_places_whatever_is_remembered(void **state)
{
	struct sample sample;

	(void)state;
	open_sample(&sample, 4 * MARKS_STEP_BYTES + 1000);
	check_lines(&sample); /* nothing is */
	/* A MiB a turn, and what was counted is not counted again. */
	assert_int_equal(count_all(&sample, 0), 4);
	assert_int_equal(count_all(&sample, 0), 1);
	check_lines(&sample);
	close_sample(&sample);
}

static void a_log_that_grows_is_counted_on(void **state)
{
	struct sample sample;
	int64_t size;

	(void)state;
	open_sample(&sample, 4 * MARKS_STEP_BYTES + 1000);
	size = sample.log.size_bytes;
	sample.log.size_bytes = 2 * MARKS_STEP_BYTES + 5;
	assert_int_equal(count_all(&sample, 0), 2);
	sample.log.size_bytes = size;
	assert_int_equal(count_all(&sample, 0), 2);
	check_lines(&sample);
	close_sample(&sample);
}

static void who_opened_a_log_when_it_was_shorter_sees_what_it_was(void **state)
{
	struct sample sample;
	struct scan_place place;
	struct scan_place plain = SCAN_FIRST;

	(void)state;
	open_sample(&sample, 4 * MARKS_STEP_BYTES + 1000);
	count_all(&sample, 1000);
	sample.log.size_bytes = 2 * MARKS_STEP_BYTES + 5;
	assert_int_equal(count_all(&sample, 0), 1);
	assert_int_equal(marks_line(&sample.marked, INT64_MAX, &place, NULL), 0);
	assert_int_equal(scan_line(&sample.log, INT64_MAX, &plain, NULL), 0);
	assert_int_equal(place.line, plain.line);
	assert_int_equal(place.at, plain.at);
	close_sample(&sample);
}

static void a_line_of_many_mib_is_one_line(void **state)
{
	struct sample sample;
	struct scan_place place;

	(void)state;
	open_sample(&sample, 0);
	vec_push(&sample.starts, 0);
	for (int i = 0; i < 3 * MARKS_STEP_BYTES; i++)
		str_append_char(&sample.text, 'x');
	str_append(&sample.text, "\nend");
	assert_int_equal(pwrite(sample.log.fd, sample.text.data, sample.text.size, 0),
			 (ssize_t)sample.text.size);
	sample.log.size_bytes = (int64_t)sample.text.size;
	count_all(&sample, 0);
	assert_int_equal(marks_line(&sample.marked, INT64_MAX, &place, NULL), 0);
	assert_int_equal(place.line, 2);
	assert_int_equal(place.at, 3 * MARKS_STEP_BYTES + 1);
	close_sample(&sample);
}

/* More than are remembered: the oldest goes, and is counted again. */
static void of_many_logs_the_last_ones_are_remembered(void **state)
{
	struct sample sample;

	(void)state;
	open_sample(&sample, 3 * MARKS_STEP_BYTES);
	for (int64_t id = 1; id <= MARKS_LOGS + 1; id++) {
		sample.marked.attempt_id = id;
		assert_int_equal(count_all(&sample, 0), 3);
	}
	assert_int_equal(count_all(&sample, 0), 1);
	sample.marked.attempt_id = 2;
	assert_int_equal(count_all(&sample, 0), 1);
	sample.marked.attempt_id = 1;
	assert_int_equal(count_all(&sample, 0), 3);
	sample.marked.incarnation = "another";
	assert_int_equal(count_all(&sample, 0), 3);
	check_lines(&sample);
	close_sample(&sample);
}

/* --- slices -------------------------------------------------------------------------------------
 */

static struct sieve sieve_of(const struct sample *sample, const char *find, enum log_level at_least)
{
	return (struct sieve){.log = &sample->marked,
			      .find = find,
			      .at_least = at_least,
			      .most = 1000000,
			      .most_ms = SIEVE_MS,
			      .first = SCAN_FIRST,
			      .end = sample->log.size_bytes};
}

static void expect_hit(const struct sample *sample, const struct scan_place *hit, int64_t line)
{
	assert_int_equal(hit->line, line);
	assert_int_equal(hit->at, sample->starts.items[line - 1]);
}

static unsigned expect_all_on(const struct sample *sample, const char *find,
			      enum log_level at_least, const int64_t *lines, size_t count)
{
	struct scan_place from = SCAN_FIRST;
	unsigned slices = 0;
	size_t seen = 0;
	int64_t rest;

	do {
		struct sieve sieve = sieve_of(sample, find, at_least);

		sieve.most_ms = 0;
		sieve.first = from;
		assert_int_equal(sieve_on(&sieve, NULL), 0);
		assert_int_equal(sieve.hit_count, sieve.hits.count);
		for (size_t i = 0; i < sieve.hits.count; i++)
			expect_hit(sample, &sieve.hits.items[i], lines[seen++]);
		rest = sieve.rest;
		assert_true(rest == 0 || rest > from.line);
		if (rest != 0)
			from = (struct scan_place){rest, sample->starts.items[rest - 1]};
		sieve_close(&sieve);
		slices++;
	} while (rest != 0);
	assert_int_equal(seen, count);
	return slices;
}

static unsigned expect_all_back(const struct sample *sample, const char *find,
				enum log_level at_least, const int64_t *lines, size_t count)
{
	int64_t end = sample->log.size_bytes;
	unsigned slices = 0;
	size_t left = count;
	int64_t rest;

	do {
		struct sieve sieve = sieve_of(sample, find, at_least);

		sieve.most_ms = 0;
		sieve.end = end;
		assert_int_equal(sieve_back(&sieve, NULL), 0);
		assert_int_equal(sieve.hit_count, sieve.hits.count);
		left -= sieve.hits.count;
		for (size_t i = 0; i < sieve.hits.count; i++)
			expect_hit(sample, &sieve.hits.items[i], lines[left + i]);
		rest = sieve.rest;
		if (rest != 0)
			end = sample->starts.items[rest];
		sieve_close(&sieve);
		slices++;
	} while (rest != 0);
	assert_int_equal(left, 0);
	return slices;
}

/* Of slices whose time is over before they begin, each gets on by a part. */
static void slices_tell_what_a_look_at_all_says(void **state)
{
	struct sample sample;
	const int64_t *needles;
	const int64_t *errors;

	(void)state;
	open_sample(&sample, 3 * MARKS_STEP_BYTES + 1000);
	needles = sample.needles.items;
	errors = sample.errors.items;
	count_all(&sample, 1000);
	assert_true(expect_all_on(&sample, "NEEdle", LEVEL_NONE, needles, sample.needles.count) >=
		    3);
	assert_true(expect_all_back(&sample, "NEEdle", LEVEL_NONE, needles, sample.needles.count) >=
		    3);
	assert_true(expect_all_on(&sample, NULL, LEVEL_ERROR, errors, sample.errors.count) >= 3);
	assert_true(expect_all_back(&sample, NULL, LEVEL_ERROR, errors, sample.errors.count) >= 3);
	assert_true(expect_all_on(&sample, "nowhere", LEVEL_NONE, NULL, 0) >= 3);
	assert_true(expect_all_back(&sample, "it broke or not", LEVEL_ERROR, NULL, 0) >= 3);
	close_sample(&sample);
}

/* A slice that begins in the midst of what an error says knows that it does. */
static void a_slice_knows_what_it_goes_on_with(void **state)
{
	struct sample sample;
	struct sieve sieve;
	struct sieve back;

	(void)state;
	open_sample(&sample, 1000);
	sieve = sieve_of(&sample, NULL, LEVEL_ERROR);
	sieve.first.line = sample.errors.items[10];
	sieve.first.at = sample.starts.items[sieve.first.line - 1];
	assert_int_equal(sieve_on(&sieve, NULL), 0);
	assert_int_equal(sieve.hit_count, sample.errors.count - 10);
	back = sieve_of(&sample, NULL, LEVEL_ERROR);
	back.first = sieve.first;
	assert_int_equal(sieve_back(&back, NULL), 0);
	assert_int_equal(back.hit_count, sample.errors.count - 10);
	sieve_close(&sieve);
	sieve_close(&back);
	close_sample(&sample);
}

static void so_many_hits_are_kept_and_all_are_counted(void **state)
{
	struct sample sample;
	struct sieve on;
	struct sieve back;

	(void)state;
	open_sample(&sample, 950000); /* one part: it is looked at however slow the machine is */
	on = sieve_of(&sample, NULL, LEVEL_ERROR);
	on.most = 40;
	back = on;
	assert_int_equal(sieve_on(&on, NULL), 0);
	assert_int_equal(on.hits.count, 41); /* the one that the next page begins with */
	expect_hit(&sample, &on.hits.items[40], sample.errors.items[40]);
	assert_int_equal(sieve_back(&back, NULL), 0);
	assert_int_equal(back.hits.count, 40);
	for (size_t i = 0; i < 40; i++)
		expect_hit(&sample, &back.hits.items[i],
			   sample.errors.items[sample.errors.count - 40 + i]);
	assert_int_equal(on.rest, 0);
	assert_int_equal(back.rest, 0);
	assert_int_equal(on.hit_count, sample.errors.count);
	assert_int_equal(back.hit_count, sample.errors.count);
	sieve_close(&on);
	sieve_close(&back);
	close_sample(&sample);
}

/* --- over HTTP ----------------------------------------------------------------------------------
 */

static int64_t number_of(const json_t *page, const char *key)
{
	return json_integer_value(json_object_get(page, key));
}

/* "nothing yet" is told from "nothing at all": by where the next answer goes on. */
static void a_search_goes_on_until_all_was_looked_at(void **state)
{
	struct server *server = *state;
	struct sample sample;
	struct run run;
	int64_t found = 0;
	int64_t from = 1;
	char query[70];

	open_sample(&sample, LONG_BYTES);
	add_line(&sample, "the last word\n", false);
	start_attempt(server, &run);
	append_log(&run, sample.text.data, sample.text.size);
	for (unsigned slices = 1; from != 0; slices++) {
		json_t *page;

		snprintf(query, sizeof query, "find=LAST+word&lines=5&from=%lld", (long long)from);
		page = ask_log(server, &run, query);
		found += number_of(page, "matches");
		assert_int_equal(json_array_size(json_object_get(page, "items")),
				 number_of(page, "matches"));
		assert_int_equal(number_of(page, "total"), sample.starts.count);
		assert_int_equal(number_of(page, "next"), number_of(page, "unsearched"));
		from = number_of(page, "next");
		assert_true((from == 0) == (found == 1));
		assert_true(from != 0 || slices >= 3);
		json_decref(page);
	}
	close_sample(&sample);
}

static void the_last_hits_come_first_and_the_rest_can_be_asked_for(void **state)
{
	struct server *server = *state;
	struct sample sample;
	struct run run;
	int64_t left;
	int64_t to = INT32_MAX;
	char query[70];

	open_sample(&sample, LONG_BYTES);
	left = (int64_t)sample.errors.count;
	start_attempt(server, &run);
	append_log(&run, sample.text.data, sample.text.size);
	while (to != 0) {
		json_t *page;
		json_t *items;

		snprintf(query, sizeof query, "level=error&tail=5000&to=%lld", (long long)to);
		page = ask_log(server, &run, query);
		items = json_object_get(page, "items");
		left -= (int64_t)json_array_size(items);
		assert_true(left >= 0);
		if (json_array_size(items) > 0)
			assert_int_equal(number_of(json_array_get(items, 0), "line"),
					 sample.errors.items[left]);
		assert_true(json_is_null(json_object_get(page, "next")));
		assert_true(number_of(page, "unsearched") < to);
		to = number_of(page, "unsearched");
		json_decref(page);
	}
	assert_int_equal(left, 0);
	close_sample(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_have_their_places_whatever_is_remembered),
	    cmocka_unit_test(a_log_that_grows_is_counted_on),
	    cmocka_unit_test(who_opened_a_log_when_it_was_shorter_sees_what_it_was),
	    cmocka_unit_test(a_line_of_many_mib_is_one_line),
	    cmocka_unit_test(of_many_logs_the_last_ones_are_remembered),
	    cmocka_unit_test(slices_tell_what_a_look_at_all_says),
	    cmocka_unit_test(a_slice_knows_what_it_goes_on_with),
	    cmocka_unit_test(so_many_hits_are_kept_and_all_are_counted),
	    STORY(a_search_goes_on_until_all_was_looked_at),
	    STORY(the_last_hits_come_first_and_the_rest_can_be_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
