/* trouble.c - a short list of texts by attempt; see trouble.h. */
#include "web/trouble.h"

#include <stdbool.h>
#include <stdio.h>

/* The count of the list when there is none. */
static size_t position_of(const struct troubles *troubles, int64_t attempt_id)
{
	size_t i = 0;

	while (i < troubles->list.count && troubles->list.items[i].attempt_id != attempt_id)
		i++;
	return i;
}

void troubles_note(struct troubles *troubles, int64_t attempt_id, const char *text)
{
	size_t at = position_of(troubles, attempt_id);
	bool is_known = at < troubles->list.count;
	struct trouble trouble = {.attempt_id = attempt_id};

	if (text == NULL && is_known)
		troubles->list.items[at] = troubles->list.items[--troubles->list.count];
	if (text == NULL || (!is_known && at == TROUBLES_MAX))
		return;
	snprintf(trouble.text, sizeof trouble.text, "%s", text);
	if (is_known)
		troubles->list.items[at] = trouble;
	else
		vec_push(&troubles->list, trouble);
}

const char *troubles_find(const struct troubles *troubles, int64_t attempt_id)
{
	size_t at = position_of(troubles, attempt_id);

	return at < troubles->list.count ? troubles->list.items[at].text : NULL;
}

void troubles_copy(struct troubles *to, const struct troubles *from)
{
	vec_clear(&to->list);
	for (size_t i = 0; i < from->list.count; i++)
		vec_push(&to->list, from->list.items[i]);
}

void troubles_close(struct troubles *troubles)
{
	vec_close(&troubles->list);
}
