/* doctor_core.h - what the files of the doctor share. Nothing else includes it. */
#ifndef HEDDLE_DAEMON_DOCTOR_CORE_H
#define HEDDLE_DAEMON_DOCTOR_CORE_H

#include "daemon/doctor.h"

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#define DOCTOR_BACKUP_FILE "backup.json"

struct doctor {
	const struct doctor_options *options;
	doctor_told *told;
	void *context;
	char home[PATH_MAX]; /* links resolved */
	char db_path[PATH_MAX];
	const char *check; /* the one under way */
	size_t told_count; /* by it */
	bool has_home;
	bool has_database; /* that can be opened and is of the present schema */
	bool has_daemon;
	pid_t daemon_pid; /* 0 = not known */
	char incarnation[9];
	int64_t last_fact_ms; /* 0 = there is none */
};

/* Tells a finding of the check under way. remedy NULL = none. */
void doctor_tell(struct doctor *doctor, enum doctor_state state, const char *place,
		 const char *remedy, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* HOME/name in path; "" when that is too long. Returns path. */
const char *doctor_path(const struct doctor *doctor, const char *name, char path[PATH_MAX]);
/* Names in a folder of the home that do not begin with a dot; 0 when it cannot be read. */
size_t doctor_count(const struct doctor *doctor, const char *name);

/* Each is one check; it tells at least once, or has nothing to look at. */
void doctor_home(struct doctor *doctor);
void doctor_file_system(struct doctor *doctor);
void doctor_space(struct doctor *doctor);
void doctor_token(struct doctor *doctor);
void doctor_dags(struct doctor *doctor);
void doctor_programs(struct doctor *doctor);
void doctor_clocks(struct doctor *doctor);
void doctor_cgroup(struct doctor *doctor);
void doctor_limits(struct doctor *doctor);

void doctor_daemon(struct doctor *doctor);
void doctor_launcher(struct doctor *doctor);
void doctor_spool(struct doctor *doctor);
void doctor_attempts(struct doctor *doctor);

void doctor_database(struct doctor *doctor);
void doctor_log(struct doctor *doctor);
void doctor_content(struct doctor *doctor);
void doctor_hold(struct doctor *doctor);
void doctor_backup(struct doctor *doctor);

void doctor_packs(struct doctor *doctor);
void doctor_artifacts(struct doctor *doctor);

#endif
