/* doctor.c - the list of the checks; see doctor.h. */
#include "daemon/doctor_core.h"

#include "base/str.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* In an order in which each may rely on what those before it found out. */
static const struct {
	const char *name;
	void (*look)(struct doctor *doctor);
	bool needs_home;
	bool needs_database;
} checks[] = {
    {"home", doctor_home, false, false},
    {"file system", doctor_file_system, true, false},
    {"space", doctor_space, true, false},
    {"token", doctor_token, true, false},
    {"daemon", doctor_daemon, true, false},
    {"database", doctor_database, true, false},
    {"log", doctor_log, true, true},
    {"content", doctor_content, true, true},
    {"hold", doctor_hold, true, true},
    {"backup", doctor_backup, true, false},
    {"packed logs", doctor_packs, true, false},
    {"artifacts", doctor_artifacts, true, true},
    {"launcher", doctor_launcher, true, false},
    {"spool", doctor_spool, true, false},
    {"attempts", doctor_attempts, true, true},
    {"dags", doctor_dags, false, false},
    {"programs", doctor_programs, false, false},
    {"clocks", doctor_clocks, false, false},
    {"cgroup", doctor_cgroup, false, false},
    {"limits", doctor_limits, false, false},
};

const char *doctor_state_name(enum doctor_state state)
{
	static const char *const names[] = {
	    [DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_WRONG] = "wrong"};

	return names[state];
}

void doctor_tell(struct doctor *doctor, enum doctor_state state, const char *place,
		 const char *remedy, const char *format, ...)
{
	char text[2048];
	struct doctor_finding finding = {doctor->check, state, place, text, remedy};
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	doctor->told_count++;
	doctor->told(doctor->context, &finding);
}

const char *doctor_path(const struct doctor *doctor, const char *name, char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/%s", doctor->home, name) >= PATH_MAX)
		path[0] = '\0';
	return path;
}

size_t doctor_count(const struct doctor *doctor, const char *name)
{
	char path[PATH_MAX];
	DIR *folder = opendir(doctor_path(doctor, name, path));
	const struct dirent *entry;
	size_t count = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		count += entry->d_name[0] != '.';
	if (folder != NULL)
		closedir(folder);
	return count;
}

void doctor_examine(const struct doctor_options *options, doctor_told *told, void *context)
{
	struct doctor doctor = {.options = options, .told = told, .context = context};

	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		doctor.check = checks[i].name;
		if ((!checks[i].needs_home || doctor.has_home) &&
		    (!checks[i].needs_database || doctor.has_database))
			checks[i].look(&doctor);
	}
}
