/* problem.h - what libyaml's errors mean to people. */
#ifndef HEDDLE_MODEL_YAML_PROBLEM_H
#define HEDDLE_MODEL_YAML_PROBLEM_H

#include "model/yaml/report.h"
#include "model/yaml/tree.h"

#include <yaml.h>

/* Reports why the parser of this document stopped. open is the innermost list or map that it was
 * in, or NULL. */
void problem_report(const yaml_parser_t *parser, const struct document *document,
		    const struct node *open, struct report *report);

#endif
