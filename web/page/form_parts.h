/* form_parts.h - the frame of the forms that change something. Only for forms.c, trigger.c and
 * rerun.c. */
#ifndef HEDDLE_WEB_PAGE_FORM_PARTS_H
#define HEDDLE_WEB_PAGE_FORM_PARTS_H

#include "model/limits.h"
#include "web/page/page.h"

#include <stdbool.h>
#include <stdint.h>

struct ask_form {
	const char *title;
	const char *subtitle;
	const char *action; /* where it posts to; a local address */
	const char *back;   /* where one comes from; likewise */
	const char *button; /* what it does, in words; NULL = nothing can be done */
	const char *dag_id; /* what it is about */
	const char *run_id;
	const char *task_id;
};

/* The contents stand between the two. */
void ask_open(struct page *page, const struct ask_form *form);
void ask_close(struct page *page, const struct ask_form *form);
void ask_reason(struct page *page, bool required);

/* What a form needs of its run. */
struct ask_run {
	int64_t run_no;
	char dag_id[LIMIT_ID_BYTES + 1];
	char state[24];
	char back[40]; /* address of its page */
	char action[192];
	bool is_done;
};

/* Finds the run that the path names, and fills call->run_id. */
int ask_read_run(struct page *page, struct ask_run *run, struct err *err);
/* Fills in whatever of the form follows from the run, and opens it. deed: what it posts to, below
 * the run's address. Of what the path names, the form is about the task if there is one. */
void ask_open_run(struct page *page, struct ask_form *form, struct ask_run *run, const char *deed);

#endif
