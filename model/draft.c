/* draft.c - what is noted of a dag while it is read; see draft.h. */
#include "model/draft.h"

#include "model/template/template.h"

void draft_add_template(struct draft *draft, const struct node *node, const char *text,
			const char *file, uint32_t task, enum template_spot spot)
{
	struct templated templated = {node, text, file, task, spot};

	if (spot != SPOT_WHEN && !template_is_one(text))
		return;
	vec_push(&draft->templates, templated);
	if (task != NO_TASK && spot != SPOT_WHEN)
		draft->tasks[task].task->has_templates = true;
}
