/* uncertain.h - what a home that came out of a backup cannot know, for people. */
#ifndef HEDDLE_CLI_UNCERTAIN_H
#define HEDDLE_CLI_UNCERTAIN_H

#include "base/str.h"

#include <jansson.h>

/* restored: the member of that name (web/restored.h), not null. Whole lines. Pure, but for the
 * local time zone. */
void uncertain_render(const json_t *restored, struct str *out);

#endif
