/* parse_text.h - what the readers of dag files and of heddle.yaml share. */
#ifndef HEDDLE_MODEL_PARSE_TEXT_H
#define HEDDLE_MODEL_PARSE_TEXT_H

#include "model/dag.h"
#include "model/yaml/report.h"

#include <stdbool.h>
#include <stddef.h>

/* What keeps a whole text from being read: its size, what is no text. size is that of the file,
 * also when the report's source was not given all of it. False = reported. */
bool parse_check_text(struct report *report, size_t size);

/* Lower-case hex BLAKE2b-128 of the bytes. */
void parse_hash(const char *bytes, size_t size, char out[33]);

/* A dag without keys, with one reference, that knows its text (copied) and where it stands. */
struct dag *parse_dag_create(const char *source, const char *text, size_t size, uint32_t line);

#endif
