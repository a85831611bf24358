/* fail.h - how a simulation says that something is wrong: one line, then abort. Whoever started it
 * (a test program, sim_random) tells which test or seed it was. */
#ifndef HEDDLE_TESTS_SIM_FAIL_H
#define HEDDLE_TESTS_SIM_FAIL_H

#include <stdio.h>
#include <stdlib.h>

#define sim_check(condition, ...)                                                       \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
			fprintf(stderr, __VA_ARGS__);                                   \
			fputc('\n', stderr);                                            \
			abort();                                                        \
		}                                                                       \
	} while (0)

#endif
