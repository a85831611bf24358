/* feed.h - facts as server-sent events, as they come, by topic.
 *
 * A fact's topic is the first word of its kind: run, task, attempt, dag, and so on. What is left
 * out still moves the client's place on ("id:" alone), so that whoever comes again does not go
 * through it once more. The topic errors is no fact: it tells how many errors the folder of dags
 * holds, at the beginning and whenever they change, and has no id. */
#ifndef HEDDLE_WEB_FEED_H
#define HEDDLE_WEB_FEED_H

#include "web/api/api.h"
#include "web/stream.h"

/* Takes the call's feed over. */
struct stream_source *feed_open(struct web *web, struct call *call);

#endif
