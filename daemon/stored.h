/* stored.h - what the command line does with a home's database itself, beside a daemon or without
 * one: questions, copies. */
#ifndef HEDDLE_DAEMON_STORED_H
#define HEDDLE_DAEMON_STORED_H

#include "store/backup.h"
#include "store/read.h"
#include "store/sql.h"

#endif
