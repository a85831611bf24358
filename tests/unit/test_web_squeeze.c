/* test_web_squeeze.c - who takes gzip, and that what was squeezed comes out as it went in. */
#include "web/squeeze.h"

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void a_client_says_what_it_takes(void **state)
{
	(void)state;
	assert_true(squeeze_is_taken("gzip"));
	assert_true(squeeze_is_taken("deflate, GZIP;q=0.5"));
	assert_true(squeeze_is_taken("br, *;q=0.1"));
	assert_true(squeeze_is_taken("gzip, deflate, br, zstd"));
	assert_false(squeeze_is_taken(NULL));
	assert_false(squeeze_is_taken(""));
	assert_false(squeeze_is_taken("gzip;q=0, br"));
	assert_false(squeeze_is_taken("xgzip, gzipped;q=1"));
	assert_false(squeeze_is_taken("identity"));
	assert_false(squeeze_is_taken(" ,, "));
}

static void expect_same(const char *text, size_t size)
{
	unsigned char *back = malloc(size + 1);
	struct str body = STR_INIT;
	z_stream stream = {.next_out = back, .avail_out = (uInt)size + 1};

	str_append_bytes(&body, text, size);
	squeeze(&body);
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	stream.next_in = (z_const Bytef *)body.data;
	stream.avail_in = (uInt)body.size;
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.total_out, size);
	assert_memory_equal(back, text, size);
	inflateEnd(&stream);
	str_close(&body);
	free(back);
}

static void what_goes_in_comes_out(void **state)
{
	struct str text = STR_INIT;

	(void)state;
	expect_same("", 0);
	expect_same("a", 1);
	for (unsigned i = 0; i < 40000; i++)
		str_printf(&text, "<i class=\"c-%u\">%08x</i>", i % 7, i * 2654435761u);
	expect_same(text.data, text.size);
	str_close(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_client_says_what_it_takes),
	    cmocka_unit_test(what_goes_in_comes_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
