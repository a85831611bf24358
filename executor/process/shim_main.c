/* shim_main.c - the program heddle-shim: `heddle-shim launcher TITLE`, started by the daemon alone.
 *
 * TITLE is blanks: room in the arguments' memory, into which each shim writes what it is for. */
#include "executor/process/launcher.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	char *end;

	if (argc < 2 || strcmp(argv[1], "launcher") != 0) {
		fprintf(stderr, "heddle-shim is started by heddle, not by hand\n");
		return 2;
	}
	/* The kernel lays the arguments one behind the other. */
	end = argv[argc - 1] + strlen(argv[argc - 1]);
	return launcher_run(argv[0], (size_t)(end - argv[0]));
}
