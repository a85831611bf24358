/* hold.h - one line on what holds a dag: why its newest run is not where somebody wants it. Pure.
 */
#ifndef HEDDLE_WEB_HOLD_H
#define HEDDLE_WEB_HOLD_H

#include "base/str.h"
#include "store/read_page.h"

/* Appends the line; false: nothing holds it, and nothing is appended. */
bool hold_line(const struct dag_row_view *row, struct str *out);

#endif
