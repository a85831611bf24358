/* compare.c - how two values stand to each other: numbers with numbers, texts with texts, byte by
 * byte; see eval.h. */
#include "model/template/eval.h"

#include <string.h>

/* -1, 0 or 1. A long double holds every integer of 64 bits exactly on the machines that have 64
 * bits of mantissa; elsewhere two integers are still compared as such. */
static int order_numbers(const json_t *left, const json_t *right)
{
	long double a;
	long double b;

	if (json_is_integer(left) && json_is_integer(right))
		return (json_integer_value(left) > json_integer_value(right)) -
		       (json_integer_value(left) < json_integer_value(right));
	a = json_is_integer(left) ? (long double)json_integer_value(left) : json_real_value(left);
	b = json_is_integer(right) ? (long double)json_integer_value(right)
				   : json_real_value(right);
	return (a > b) - (a < b);
}

static int order_texts(const json_t *left, const json_t *right)
{
	size_t left_size = json_string_length(left);
	size_t right_size = json_string_length(right);
	int order = memcmp(json_string_value(left), json_string_value(right),
			   left_size < right_size ? left_size : right_size);

	return order != 0 ? order : (left_size > right_size) - (left_size < right_size);
}

static bool is_equal(const json_t *left, const json_t *right)
{
	if (json_is_number(left) && json_is_number(right))
		return order_numbers(left, right) == 0;
	return json_equal(left, right) == 1;
}

/* What json_equal and memmem go through is the size of texts and lists. */
static size_t weight(const json_t *value)
{
	if (json_is_string(value))
		return json_string_length(value);
	return json_array_size(value) + json_object_size(value) + 1;
}

static int is_in(struct eval *eval, const json_t *item, const json_t *whole, bool *out)
{
	*out = false;
	if (json_is_array(whole)) {
		for (size_t i = 0; i < json_array_size(whole) && !*out; i++)
			*out = is_equal(json_array_get(whole, i), item);
		return text_charge(eval, json_array_size(whole) * weight(item));
	}
	if (!json_is_string(item) || !(json_is_string(whole) || json_is_object(whole)))
		return err_set(
		    eval->err, ERR_INVALID,
		    "in cannot look for %s in %s: an item in a list, a text in a text or "
		    "a key in an object",
		    value_type(item), value_type(whole));
	if (json_is_string(whole))
		*out = memmem(json_string_value(whole), json_string_length(whole),
			      json_string_value(item), json_string_length(item)) != NULL;
	else
		*out = json_object_getn(whole, json_string_value(item), json_string_length(item)) !=
		       NULL;
	return 0;
}

static int order(struct eval *eval, const json_t *left, const json_t *right, int *out)
{
	if (json_is_number(left) && json_is_number(right))
		*out = order_numbers(left, right);
	else if (json_is_string(left) && json_is_string(right))
		*out = order_texts(left, right);
	else
		return err_set(eval->err, ERR_INVALID,
			       "%s and %s have no order: compare two numbers or two texts",
			       value_type(left), value_type(right));
	return 0;
}

int compare_values(struct eval *eval, enum compare how, const json_t *left, const json_t *right,
		   bool *out)
{
	int sign = 0;
	int rc = text_charge(eval, weight(left) + weight(right));

	if (rc != 0)
		return rc;
	if (how == COMPARE_EQUAL || how == COMPARE_UNEQUAL) {
		*out = is_equal(left, right) == (how == COMPARE_EQUAL);
		return 0;
	}
	if (how == COMPARE_IN || how == COMPARE_NOT_IN) {
		rc = is_in(eval, left, right, out);
		*out = *out == (how == COMPARE_IN);
		return rc;
	}
	rc = order(eval, left, right, &sign);
	*out = (how == COMPARE_LESS && sign < 0) || (how == COMPARE_LESS_EQUAL && sign <= 0) ||
	       (how == COMPARE_GREATER && sign > 0) || (how == COMPARE_GREATER_EQUAL && sign >= 0);
	return rc;
}
