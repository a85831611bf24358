/* pattern.c - see pattern.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "model/pattern.h"

#include <pcre2.h>
#include <stdint.h>

/* Backtracking beyond it is a pattern that explodes, not one that works. */
#define MATCH_STEPS 1000000u
#define MATCH_DEPTH 1000u

static int compile(const char *pattern, uint32_t options, pcre2_code **out, struct err *err)
{
	PCRE2_UCHAR why[120];
	PCRE2_SIZE offset;
	int code;

	*out = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &code, &offset,
			     NULL);
	if (*out != NULL)
		return 0;
	pcre2_get_error_message(code, why, sizeof why);
	return err_set(err, ERR_SYNTAX, "no regular expression: %s at character %zu",
		       (const char *)why, (size_t)offset + 1);
}

static int match(const pcre2_code *code, const char *text, size_t size, uint32_t options,
		 bool *matches, struct err *err)
{
	pcre2_match_context *bounds = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int rc;

	pcre2_set_match_limit(bounds, MATCH_STEPS);
	pcre2_set_depth_limit(bounds, MATCH_DEPTH);
	rc = pcre2_match(code, (PCRE2_SPTR)text, size, 0, options, data, bounds);
	pcre2_match_data_free(data);
	pcre2_match_context_free(bounds);
	*matches = rc >= 0;
	if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
		return 0;
	return err_set(err, ERR_LIMIT, "the regular expression cannot be applied (PCRE2 error %d)",
		       rc);
}

int pattern_check(const char *pattern, struct err *err)
{
	pcre2_code *code = NULL;
	int rc = compile(pattern, PCRE2_UTF, &code, err);

	pcre2_code_free(code);
	return rc;
}

int pattern_matches_whole(const char *pattern, const char *text, size_t size, bool *matches,
			  struct err *err)
{
	pcre2_code *code = NULL;
	int rc = compile(pattern, PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &code, err);

	if (rc == 0)
		rc = match(code, text, size, 0, matches, err);
	pcre2_code_free(code);
	return rc;
}

int pattern_is_found(const char *pattern, const char *bytes, size_t size, bool *found,
		     struct err *err)
{
	pcre2_code *code = NULL;
	int rc =
	    compile(pattern, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_MULTILINE, &code, err);

	if (rc == 0)
		rc = match(code, bytes, size, 0, found, err);
	pcre2_code_free(code);
	return rc;
}
