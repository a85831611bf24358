/* order.c - the order of the DAGs; see order.h. */
#include "web/page/order.h"

#include "web/page/shape.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	bool descends_first; /* the newest and the largest are what one looks for */
} orders[] = {
    [DAGS_BY_NAME] = {"name", false},
    [DAGS_BY_LAST_RUN] = {"last_run", true},
    [DAGS_BY_TASKS] = {"tasks", true},
    [DAGS_BY_OWNER] = {"owner", false},
};

#define ORDER_COUNT (sizeof orders / sizeof *orders)

/* ask.c lets none through that is not among them. */
static void take_sort(const char *sort, struct dag_filter *filter)
{
	filter->descends = sort[0] == '-';
	for (size_t i = 0; i < ORDER_COUNT; i++)
		if (strcmp(sort + filter->descends, orders[i].name) == 0)
			filter->order = (enum dag_order)i;
}

/* By name that is what the API calls a cursor: an id alone. Of one that is made by hand and has no
 * key the list begins at its begin. */
void order_take(const struct page_ask *ask, struct dag_filter *filter, char place[ASK_PLACE_SIZE])
{
	const char *cursor = ask->text[ASK_CURSOR];
	char *colon;

	if (ask->text[ASK_SORT] != NULL)
		take_sort(ask->text[ASK_SORT], filter);
	if (cursor == NULL)
		return;
	snprintf(place, ASK_PLACE_SIZE, "%s", cursor);
	colon = strchr(place, ':');
	if (colon != NULL)
		*colon = '\0';
	if (filter->order != DAGS_BY_NAME && colon == NULL)
		return;
	filter->after = place;
	filter->after_key = colon == NULL ? NULL : colon + 1;
}

void order_place(const struct dag_filter *filter, const struct dag_row_view *view,
		 char place[ASK_PLACE_SIZE])
{
	if (filter->order == DAGS_BY_NAME)
		snprintf(place, ASK_PLACE_SIZE, "%s", view->dag.dag_id);
	else
		snprintf(place, ASK_PLACE_SIZE, "%s:%s", view->dag.dag_id, view->sort_key);
}

/* What a click asks for: the list without "sort" is the one by name. */
static const char *next_sort(enum dag_order order, bool descends, char text[32])
{
	if (order == DAGS_BY_NAME && !descends)
		return NULL;
	snprintf(text, 32, "%s%s", descends ? "-" : "", orders[order].name);
	return text;
}

void order_write_head(struct page *page, enum dag_order order, const char *label, const char *class)
{
	struct html *html = &page->html;
	struct dag_filter now = {0};
	char place[ASK_PLACE_SIZE];
	char sort[32];
	bool on;

	order_take(&page->call->ask, &now, place);
	on = now.order == order;
	html_put(html, "<th class=\"%s\"", class);
	if (on)
		html_put(html, " aria-sort=\"%s\"", now.descends ? "descending" : "ascending");
	html_put(html, "><a class=\"sort\" href=\"");
	page_query(page, ASK_SORT,
		   next_sort(order, on ? !now.descends : orders[order].descends_first, sort));
	html_put(html, "\">%s", label);
	shape_icon(html, "down");
	html_put(html, "</a></th>");
}
