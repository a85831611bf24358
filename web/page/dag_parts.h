/* dag_parts.h - what the page of a dag is put together from. Only for dag.c and dag_*.c.
 *
 *	dag.c           head, tabs, which view
 *	dag_grid.c      runs by tasks
 *	dag_inspect.c   the panel beside it: one cell
 *	dag_change.c    what a version changed of the one before it
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

/* Where two texts differ: whole lines, the same before and after them. */
struct dag_change {
	uint32_t lines_before; /* that both begin with */
	const char *before;    /* within the texts */
	size_t before_bytes;
	const char *now;
	size_t now_bytes;
};

void dag_change_find(const char *before, const char *now, struct dag_change *change);
/* What the version changed of the one before it; nothing when it is the first. */
int dag_write_change(struct page *page, const char *dag_id, int64_t version_no, const char *now,
		     struct err *err);

#endif
