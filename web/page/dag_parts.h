/* dag_parts.h - what the page of a dag is put together from. Only for dag.c and dag_*.c.
 *
 *	dag.c           head, tabs, which view
 *	dag_grid.c      runs by tasks
 *	dag_inspect.c   the panel beside it: one cell
 *	dag_code.c      its text, its versions */
#ifndef HEDDLE_WEB_PAGE_DAG_PARTS_H
#define HEDDLE_WEB_PAGE_DAG_PARTS_H

#include "store/read_page.h"
#include "web/page/page.h"

/* The cell that the panel is about. */
struct dag_cell {
	char run_id[17];                  /* "" = the dag has no run */
	char task_id[LIMIT_ID_BYTES + 1]; /* "" = the run alone */
};

int dag_write_grid(struct page *page, const char *dag_id, struct err *err);
/* The panel of a cell. */
int dag_write_inspect(struct page *page, const struct dag_cell *cell, struct err *err);
int dag_write_code(struct page *page, const char *dag_id, struct err *err);
int dag_write_history(struct page *page, const char *dag_id, struct err *err);

#endif
