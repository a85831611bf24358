/* launcher.h - forks a shim for each launch that the daemon sends. */
#ifndef HEDDLE_EXECUTOR_PROCESS_LAUNCHER_H
#define HEDDLE_EXECUTOR_PROCESS_LAUNCHER_H

#include <stddef.h>

#define LAUNCHER_SOCKET_FD 3

/* Serves the daemon at the other end of LAUNCHER_SOCKET_FD until it hangs up. The working folder is
 * the home. title: the memory of the program's arguments, which a shim overwrites. Returns the exit
 * status. */
int launcher_run(char *title, size_t title_bytes);

#endif
