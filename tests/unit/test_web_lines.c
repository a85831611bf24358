/* test_web_lines.c - lines of a log are counted, found and gone back to as a look at all of it
 * would say, wherever reads end; and what is answered of them is bounded. */
#include "web/api/scan.h"

#include "tests/unit/web_client.h"

#include <sys/mman.h>

/* --- finding ------------------------------------------------------------------------------------
 */

static struct process_log log_of_text(const char *text, size_t size)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	return (struct process_log){.fd = fd, .size_bytes = (int64_t)size};
}

/* What a look at all of it says. */
struct truth {
	int64_t *starts; /* of the lines; one more where the next would begin */
	int64_t count;   /* of line ends */
};

static struct truth truth_of(const char *text, size_t size)
{
	struct truth truth = {.starts = mem_alloc((size + 2) * sizeof(int64_t))};

	for (size_t i = 0; i < size; i++)
		if (text[i] == '\n')
			truth.starts[++truth.count] = (int64_t)i + 1;
	return truth;
}

struct found {
	const char *text;
	const struct truth *truth;
	const char *wanted;
	size_t size;
	int64_t line; /* the one found last */
};

static bool holds(const struct found *found, int64_t line)
{
	int64_t begin = found->truth->starts[line - 1];
	int64_t end =
	    line <= found->truth->count ? found->truth->starts[line] : (int64_t)found->size;

	return memmem(found->text + begin, (size_t)(end - begin), found->wanted,
		      strlen(found->wanted)) != NULL;
}

static void expect_found(void *context, const struct scan_place *place)
{
	struct found *found = context;

	for (int64_t line = found->line + 1; line < place->line; line++)
		assert_false(holds(found, line));
	assert_true(place->line > found->line);
	assert_true(holds(found, place->line));
	assert_int_equal(place->at, found->truth->starts[place->line - 1]);
	found->line = place->line;
}

static void check_find(const struct process_log *log, const char *text, const struct truth *truth,
		       const char *wanted)
{
	struct found found = {
	    .text = text, .truth = truth, .wanted = wanted, .size = (size_t)log->size_bytes};

	struct scan_place end = SCAN_FIRST;

	assert_int_equal(scan_find(log, wanted, expect_found, &found, &end, NULL), 0);
	assert_int_equal(end.line, truth->count + 1);
	assert_int_equal(end.at, truth->starts[truth->count]);
	for (int64_t line = found.line + 1; line <= truth->count + 1; line++)
		assert_false(holds(&found, line));
}

static void check_places(const struct process_log *log, const struct truth *truth, unsigned seed)
{
	struct scan_place end = SCAN_FIRST;

	assert_int_equal(scan_line(log, INT64_MAX, &end, NULL), 0);
	assert_int_equal(end.line, truth->count + 1);
	assert_int_equal(end.at, truth->starts[truth->count]);
	for (int i = 0; i < 10; i++) {
		int64_t line = 1 + rand_r(&seed) % (truth->count + 3);
		int64_t real = line > truth->count + 1 ? truth->count + 1 : line;
		struct scan_place place = SCAN_FIRST;
		struct scan_place back = end;

		assert_int_equal(scan_line(log, line, &place, NULL), 0);
		assert_int_equal(place.line, real);
		assert_int_equal(place.at, truth->starts[real - 1]);
		assert_int_equal(scan_line(log, INT64_MAX, &place, NULL), 0);
		assert_int_equal(place.line, end.line);
		assert_int_equal(place.at, end.at);
		assert_int_equal(scan_back(log, line, &back, NULL), 0);
		real = end.line - line < 1 ? 1 : end.line - line;
		assert_int_equal(back.line, real);
		assert_int_equal(back.at, truth->starts[real - 1]);
	}
}

/* Few letters, so that texts are found often; now and then a line longer than a read. */
static size_t make_text(char *text, size_t size, unsigned *seed)
{
	int mean = rand_r(seed) % 2 == 0 ? 5 : 200;

	for (size_t i = 0; i < size; i++)
		text[i] = (char)(rand_r(seed) % mean == 0 ? '\n' : 'a' + rand_r(seed) % 3);
	if (rand_r(seed) % 2 == 0)
		memset(text + size / 4, 'b', size / 2);
	return size;
}

/* One of each size at least. A sanitizer that watches threads makes each of many small looks ten
 * times as dear, and there is but one thread here. */
#ifdef __SANITIZE_THREAD__
#define TEXTS 6u
#else
#define TEXTS 24u
#endif

static void lines_are_found_as_a_look_at_all_says(void **state)
{
	/* One with false hits without number, where all is b. */
	static const char *const wanted[] = {
	    "a", "ab", "abcabcab", "bbbbbbbbbbbbbbbbbbbbbbbb", "bbbbbbcbbbbbbbb", "nothing of it"};
	static const size_t sizes[] = {0, 1, 255 * 1024, 256 * 1024, 256 * 1024 + 1, 900000};
	char *text = mem_alloc(900000);

	(void)state;
	for (unsigned seed = 1; seed <= TEXTS; seed++) {
		unsigned chance = seed;
		size_t size = make_text(text, sizes[seed % 6], &chance);
		struct process_log log = log_of_text(text, size);
		struct truth truth = truth_of(text, size);

		check_places(&log, &truth, seed);
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
			check_find(&log, text, &truth, wanted[i]);
		mem_free(truth.starts);
		close(log.fd);
	}
	mem_free(text);
}

static void what_comes_later_is_left_for_later(void **state)
{
	struct process_log log = log_of_text("one\ntwo\nthree", 13);
	struct scan_place end = SCAN_FIRST;

	(void)state;
	log.size_bytes = 6;
	assert_int_equal(scan_line(&log, INT64_MAX, &end, NULL), 0);
	assert_int_equal(end.line, 2);
	assert_int_equal(end.at, 4);
	close(log.fd);
}

/* --- over HTTP ----------------------------------------------------------------------------------
 */

/* "2 two, 3 three | total 3 next - follow 14/4" */
static void expect_lines(struct server *server, const struct run *run, const char *query,
			 const char *expected)
{
	json_t *page = ask_log(server, run, query);
	json_t *follow = json_object_get(page, "follow");
	json_t *matches = json_object_get(page, "matches");
	json_t *unsearched = json_object_get(page, "unsearched");
	struct str text = STR_INIT;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(page, "items"), i, item)
	    str_printf(&text, "%lld %s, ", json_integer_value(json_object_get(item, "line")),
		       json_string_value(json_object_get(item, "text")));
	str_printf(&text, "| total %lld next %lld follow %lld/%lld",
		   json_integer_value(json_object_get(page, "total")),
		   json_integer_value(json_object_get(page, "next")),
		   json_integer_value(json_object_get(follow, "offset")),
		   json_integer_value(json_object_get(follow, "line")));
	if (matches != NULL)
		str_printf(&text, " matches %lld", json_integer_value(matches));
	if (json_is_integer(unsearched))
		str_printf(&text, " unsearched %lld", json_integer_value(unsearched));
	assert_string_equal(str_text(&text), expected);
	str_close(&text);
	json_decref(page);
}

static void lines_come_with_their_numbers_and_what_is_left(void **state)
{
	struct server *server = *state;
	struct run run;

	start_attempt(server, &run);
	expect_lines(server, &run, "tail=5", "| total 0 next 0 follow 0/1");
	append_log(&run, "one\ntwo\nthree\nfo", 16);
	expect_lines(server, &run, "tail=2", "3 three, 4 fo, | total 4 next 0 follow 14/4");
	expect_lines(server, &run, "tail=9",
		     "1 one, 2 two, 3 three, 4 fo, | total 4 next 0 follow 14/4");
	expect_lines(server, &run, "from=2&lines=2",
		     "2 two, 3 three, | total 4 next 4 follow 14/4");
	expect_lines(server, &run, "from=9", "| total 4 next 0 follow 14/4");
	expect_lines(server, &run, "find=o",
		     "1 one, 2 two, 4 fo, | total 4 next 0 follow 14/4 "
		     "matches 3");
	expect_lines(server, &run, "find=o&lines=1",
		     "1 one, | total 4 next 2 follow 14/4 matches 3");
	expect_lines(server, &run, "find=o&lines=1&from=2",
		     "2 two, | total 4 next 4 follow 14/4 matches 2");
	expect_lines(server, &run, "find=TWO", "2 two, | total 4 next 0 follow 14/4 matches 1");
	expect_lines(server, &run, "find=o&tail=2",
		     "2 two, 4 fo, | total 4 next 0 follow 14/4 matches 3");
	expect_lines(server, &run, "find=o&tail=2&to=2",
		     "1 one, 2 two, | total 4 next 0 follow 14/4 matches 2");
	expect_lines(server, &run, "from=2&to=3", "2 two, 3 three, | total 4 next 0 follow 14/4");
	expect_lines(server, &run, "tail=2&to=3", "2 two, 3 three, | total 4 next 0 follow 14/4");
	expect_lines(server, &run, "tail=2&to=1", "1 one, | total 4 next 0 follow 14/4");
	expect_lines(server, &run, "tail=2&to=4", "3 three, 4 fo, | total 4 next 0 follow 14/4");
	expect_lines(server, &run, "from=3&to=2", "| total 4 next 0 follow 14/4");
	expect_lines(server, &run, "from=4&tail=3", "4 fo, | total 4 next 0 follow 14/4");
	append_log(&run, "ur\n", 3);
	expect_lines(server, &run, "tail=1", "4 four, | total 4 next 0 follow 19/5");
}

static void a_level_shows_what_is_at_least_as_grave(void **state)
{
	static const char text[] = "INFO a\nERROR b\n  at c\nd\nWARN e\nerror: f";
	struct server *server = *state;
	struct run run;

	start_attempt(server, &run);
	append_log(&run, text, sizeof text - 1);
	expect_lines(server, &run, "level=error",
		     "2 ERROR b, 3   at c, 6 error: f, | total 6 next 0 follow 31/6 matches 3");
	expect_lines(server, &run, "level=warn&tail=2",
		     "5 WARN e, 6 error: f, | total 6 next 0 follow 31/6 matches 4");
	expect_lines(server, &run, "level=error&from=3&lines=1",
		     "3   at c, | total 6 next 6 follow 31/6 matches 2");
	expect_lines(server, &run, "level=info&find=B",
		     "2 ERROR b, | total 6 next 0 follow 31/6 matches 1");
}

static void a_long_line_is_shown_cut(void **state)
{
	struct server *server = *state;
	struct str text = STR_INIT;
	json_t *page;
	json_t *item;
	struct run run;

	start_attempt(server, &run);
	for (int i = 0; i < 40000; i++)
		str_append_char(&text, 'x');
	str_append(&text, "\nend\n");
	append_log(&run, text.data, text.size);
	page = ask_log(server, &run, "tail=2");
	item = json_array_get(json_object_get(page, "items"), 0);
	assert_int_equal(json_string_length(json_object_get(item, "text")), 16384);
	assert_true(json_is_true(json_object_get(item, "cut")));
	item = json_array_get(json_object_get(page, "items"), 1);
	assert_string_equal(json_string_value(json_object_get(item, "text")), "end");
	assert_null(json_object_get(item, "cut"));
	assert_int_equal(json_integer_value(json_object_get(item, "line")), 2);
	json_decref(page);
	str_close(&text);
}

static int64_t line_of(json_t *page, size_t position)
{
	json_t *item = json_array_get(json_object_get(page, "items"), position);

	return json_integer_value(json_object_get(item, "line"));
}

/* What does not fit is left out where it is farthest from the end that was asked for. */
static void the_tail_of_long_lines_is_its_last_ones(void **state)
{
	struct server *server = *state;
	struct str text = STR_INIT;
	struct run run;
	json_t *page;
	size_t count;

	start_attempt(server, &run);
	for (int i = 0; i < 300; i++) {
		for (int k = 0; k < 1000; k++)
			str_append(&text, "thirty-nine letters and a space follow ");
		str_append(&text, "\n");
	}
	append_log(&run, text.data, text.size);
	page = ask_log(server, &run, "tail=300");
	count = json_array_size(json_object_get(page, "items"));
	assert_in_range(count, 50, 60); /* of 39 KB, in 2 MiB */
	assert_int_equal(line_of(page, count - 1), 300);
	assert_int_equal(line_of(page, 0), 300 - (int64_t)count + 1);
	assert_true(json_is_null(json_object_get(page, "next")));
	json_decref(page);
	page = ask_log(server, &run, "tail=7");
	assert_int_equal(json_array_size(json_object_get(page, "items")), 7);
	assert_int_equal(line_of(page, 0), 294);
	json_decref(page);
	str_close(&text);
}

/* So does a search: what does not fit counts as not looked at, so that nothing is left out. */
static void hits_that_do_not_fit_are_for_the_next_answer(void **state)
{
	struct server *server = *state;
	struct str text = STR_INIT;
	struct run run;
	int64_t line = 1;
	int64_t seen = 0;
	char query[60];

	start_attempt(server, &run);
	for (int i = 0; i < 300; i++) {
		for (int k = 0; k < 400; k++)
			str_append(&text, "thirty-nine letters and a space follow ");
		str_append(&text, "\n");
	}
	append_log(&run, text.data, text.size);
	while (line != 0) {
		json_t *page;

		snprintf(query, sizeof query, "find=letters&lines=300&from=%lld", (long long)line);
		page = ask_log(server, &run, query);
		assert_int_equal(line_of(page, 0), line);
		assert_int_equal(json_array_size(json_object_get(page, "items")),
				 json_integer_value(json_object_get(page, "matches")));
		seen += json_integer_value(json_object_get(page, "matches"));
		line = json_integer_value(json_object_get(page, "unsearched"));
		assert_int_equal(line, json_integer_value(json_object_get(page, "next")));
		json_decref(page);
	}
	assert_int_equal(seen, 300);
	for (line = 300; line != 0;) {
		json_t *page;
		size_t count;

		snprintf(query, sizeof query, "find=letters&tail=300&to=%lld", (long long)line);
		page = ask_log(server, &run, query);
		count = json_array_size(json_object_get(page, "items"));
		assert_int_equal(line_of(page, count - 1), line);
		assert_int_equal(count, json_integer_value(json_object_get(page, "matches")));
		seen -= (int64_t)count;
		line = json_integer_value(json_object_get(page, "unsearched"));
		json_decref(page);
	}
	assert_int_equal(seen, 0);
	str_close(&text);
}

/* A log as long as one can be: an end of a line in each MiB, and nothing on disk between. */
static void a_log_is_counted_in_turns(void **state)
{
	struct server *server = *state;
	struct run run;
	json_t *page;
	int fd;

	start_attempt(server, &run);
	append_log(&run, "", 0);
	fd = open(run.log_path, O_WRONLY | O_CLOEXEC);
	for (int64_t i = 1; i <= 256; i++)
		assert_int_equal(pwrite(fd, "\n", 1, i * 1048576 - 1), 1);
	close(fd);
	page = ask_log(server, &run, "tail=2");
	assert_int_equal(json_integer_value(json_object_get(page, "total")), 256);
	assert_int_equal(line_of(page, 0), 255);
	json_decref(page);
	page = ask_log(server, &run, "from=200&lines=1");
	assert_int_equal(line_of(page, 0), 200);
	json_decref(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_found_as_a_look_at_all_says),
	    cmocka_unit_test(what_comes_later_is_left_for_later),
	    STORY(lines_come_with_their_numbers_and_what_is_left),
	    STORY(a_level_shows_what_is_at_least_as_grave),
	    STORY(a_long_line_is_shown_cut),
	    STORY(the_tail_of_long_lines_is_its_last_ones),
	    STORY(hits_that_do_not_fit_are_for_the_next_answer),
	    STORY(a_log_is_counted_in_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
