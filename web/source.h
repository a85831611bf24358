/* source.h - what can be streamed: the log of an attempt, its lines as events, and facts. */
#ifndef HEDDLE_WEB_SOURCE_H
#define HEDDLE_WEB_SOURCE_H

#include "web/api/api.h"
#include "web/stream.h"

#define SOURCE_FEEDS_MAX 64 /* streams of facts at once: each costs a look at every commit */

/* What the call has opened to be streamed, which it then has no more; *bytes gets its size. NULL:
 * nothing, or there are too many already, which the answer then says. */
struct stream_source *source_open(struct web *web, struct call *call, uint64_t *bytes);

#endif
