/* histogram.h - how often something took how long, for /metrics. All on one thread. */
#ifndef HEDDLE_DAEMON_HISTOGRAM_H
#define HEDDLE_DAEMON_HISTOGRAM_H

#include <stdint.h>

/* Upper bounds in microseconds; what took longer counts in the last one. */
#define HISTOGRAM_BOUNDS_US                                                                   \
	{                                                                                     \
		100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, \
		    1000000, 2500000, 10000000                                                \
	}
#define HISTOGRAM_BOUND_COUNT 15

struct histogram {
	uint64_t counts[HISTOGRAM_BOUND_COUNT + 1];
	uint64_t total_ns;
};

static inline void histogram_add(struct histogram *histogram, uint64_t took_ns)
{
	static const uint32_t bounds_us[] = HISTOGRAM_BOUNDS_US;
	unsigned i = 0;

	while (i < HISTOGRAM_BOUND_COUNT && took_ns > bounds_us[i] * 1000ull)
		i++;
	histogram->counts[i]++;
	histogram->total_ns += took_ns;
}

#endif
