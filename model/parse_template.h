/* parse_template.h - checks the templates and conditions of a dag, once all its names are known. */
#ifndef HEDDLE_MODEL_PARSE_TEMPLATE_H
#define HEDDLE_MODEL_PARSE_TEMPLATE_H

#include "model/draft.h"
#include "model/template/template.h"

void parse_templates(struct draft *draft);

#endif
