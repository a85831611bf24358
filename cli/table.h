/* table.h - aligned columns under titles, for people.
 *
 *	RUN               DAG      STATE
 *	9f1c6a5b00112233  flights  success
 *
 * Programs get JSON instead. Pure. */
#ifndef HEDDLE_CLI_TABLE_H
#define HEDDLE_CLI_TABLE_H

#include "base/str.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 12

struct table {
	size_t columns;
	size_t widths[TABLE_COLUMNS_MAX];
	VEC(char *) cells; /* row after row, the titles first */
};

/* titles: NULL-terminated, at most TABLE_COLUMNS_MAX. */
void table_init(struct table *table, const char *const *titles);
void table_close(struct table *table);
/* Adds the next cell, row by row. NULL or "" shows as "-". Control characters become spaces. */
void table_cell(struct table *table, const char *text);
/* Appends the table. With colour, cells that are names of states have their colour. */
void table_print(const struct table *table, bool colour, struct str *out);

#endif
