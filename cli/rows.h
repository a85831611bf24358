/* rows.h - the answer to a question in SQL as a table, as JSON or as CSV. Pure.
 *
 *	JSON  an array of objects, one a line; of columns with one name, the second is "name:2"
 *	CSV   RFC 4180 with line feeds, names first; NULL is nothing, an empty text is ""
 *
 * A blob is its hex digits; in the table, as SQL writes it: x'00ff'. */
#ifndef HEDDLE_CLI_ROWS_H
#define HEDDLE_CLI_ROWS_H

#include "base/str.h"
#include "base/vec.h"
#include "daemon/stored.h"

#include <stdbool.h>

enum rows_form {
	ROWS_TABLE,
	ROWS_JSON,
	ROWS_CSV,
};

#define ROWS_BYTES_MAX (256u << 20)

struct rows {
	enum rows_form form;
	bool is_clean; /* CSV goes to a terminal: nothing in it may steer that */
	VEC(char *) names;
	VEC(char *) cells; /* of a table */
	size_t count;      /* of rows */
	struct str text;   /* of the other forms */
	size_t bytes;      /* gathered so far */
};

void rows_init(struct rows *rows, enum rows_form form, bool is_clean);
void rows_close(struct rows *rows);
/* For struct sql_events; context is the rows. ERR_LIMIT beyond ROWS_BYTES_MAX. */
void rows_take_columns(void *context, const char *const *names, size_t count);
int rows_take(void *context, const struct sql_cell *cells, size_t count, struct err *err);
/* Appends all of it. */
void rows_print(struct rows *rows, struct str *out);

#endif
