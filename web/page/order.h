/* order.h - what the list of DAGs is ordered by: the "sort" of its address, its heads, its places.
 *
 * "sort=owner" goes up, "sort=-owner" down. A place in the list that the next page goes on from,
 * its "cursor", is the id of a DAG, and behind a colon what it stood there by, so that it holds
 * when the DAG has gone or moved meanwhile. */
#ifndef HEDDLE_WEB_PAGE_ORDER_H
#define HEDDLE_WEB_PAGE_ORDER_H

#include "store/read_page.h"
#include "web/page/page.h"

/* Has the filter follow sort and cursor of the address; place keeps the texts that it points to. */
void order_take(const struct page_ask *ask, struct dag_filter *filter, char place[ASK_PLACE_SIZE]);
/* The place of a row. */
void order_place(const struct dag_filter *filter, const struct dag_row_view *view,
		 char place[ASK_PLACE_SIZE]);
/* <th>: a link that orders by it, or, once it does, turns the order. */
void order_write_head(struct page *page, enum dag_order order, const char *label,
		      const char *class);

#endif
