/* test_daemon_identity.c - tokens of tasks, and the address that they are told. */
#include "daemon/identity.h"

#include "base/file.h"
#include "base/str.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_home(void **state)
{
	char *home = strdup("/tmp/heddle-identity-XXXXXX");

	*state = home;
	return mkdtemp(home) == NULL;
}

static int remove_home(void **state)
{
	char path[64];

	snprintf(path, sizeof path, "%s/task.key", (char *)*state);
	unlink(path);
	rmdir(*state);
	free(*state);
	return 0;
}

static void open_in(struct identity *identity, const char *home, const char *incarnation)
{
	struct err err;

	assert_int_equal(identity_open(identity, home, incarnation, &err), 0);
}

static void a_token_names_its_attempt_in_every_life_of_the_daemon(void **state)
{
	struct identity before;
	struct identity after;
	char token[IDENTITY_TOKEN_SIZE];
	int64_t id = 0;

	open_in(&before, *state, "inc");
	identity_token(&before, 123456789012345678, token);
	identity_close(&before);
	open_in(&after, *state, "inc");
	assert_true(identity_read_token(&after, token, &id));
	assert_true(id == 123456789012345678);
	identity_close(&after);
}

/* A restored home gives numbers out again. */
static void one_of_another_incarnation_or_home_is_none(void **state)
{
	struct identity here;
	struct identity restored;
	char token[IDENTITY_TOKEN_SIZE];
	int64_t id;

	open_in(&here, *state, "inc");
	identity_token(&here, 7, token);
	open_in(&restored, *state, "anew");
	assert_false(identity_read_token(&restored, token, &id));
	here.key[0] ^= 1;
	assert_false(identity_read_token(&here, token, &id));
}

static void one_that_was_touched_is_none(void **state)
{
	static const char *const others[] = {"",        "hdt1.",   "hdt1.7",
					     "hdt1.7.", "hdt1..0", "hdt1.99999999999999999999.00"};
	struct identity identity;
	char token[IDENTITY_TOKEN_SIZE];
	char longer[IDENTITY_TOKEN_SIZE + 1];
	int64_t id;

	open_in(&identity, *state, "inc");
	identity_token(&identity, 7, token);
	for (size_t i = 0; token[i] != '\0'; i++) {
		char kept = token[i];

		token[i] = kept == '1' ? '2' : '1';
		assert_false(identity_read_token(&identity, token, &id));
		token[i] = '\0';
		assert_false(identity_read_token(&identity, token, &id));
		token[i] = kept;
	}
	snprintf(longer, sizeof longer, "%s0", token);
	assert_false(identity_read_token(&identity, longer, &id));
	snprintf(longer, sizeof longer, "hdt1.0%s", token + strlen("hdt1."));
	assert_false(identity_read_token(&identity, longer, &id));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(identity_read_token(&identity, others[i], &id));
}

static void a_key_that_others_read_is_refused(void **state)
{
	struct identity identity;
	struct err err;
	char path[64];

	open_in(&identity, *state, "inc");
	snprintf(path, sizeof path, "%s/task.key", (char *)*state);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(identity_open(&identity, *state, "inc", &err), ERR_REFUSED);
	assert_non_null(strstr(err.message, "chmod 600"));
}

static void the_address_is_one_that_a_task_reaches(void **state)
{
	static const struct {
		const char *host;
		const char *url;
	} rows[] = {
	    {"127.0.0.1", "http://127.0.0.1:80"},
	    {"0.0.0.0", "http://127.0.0.1:80"},
	    {"::", "http://[::1]:80"},
	    {"fe80::1", "http://[fe80::1]:80"},
	    {"data.example", "http://data.example:80"},
	    {NULL, "unix:/h/heddle.sock"},
	};
	struct identity identity;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		identity_set_url(&identity, rows[i].host, 80, "/h/heddle.sock");
		assert_string_equal(identity.url, rows[i].url);
	}
}

#define IN_A_HOME(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_A_HOME(a_token_names_its_attempt_in_every_life_of_the_daemon),
	    IN_A_HOME(one_of_another_incarnation_or_home_is_none),
	    IN_A_HOME(one_that_was_touched_is_none),
	    IN_A_HOME(a_key_that_others_read_is_refused),
	    cmocka_unit_test(the_address_is_one_that_a_task_reaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
