/* folder_floor.c - the floor under reading a dag folder: one thread reads every file of a folder
 *and drains libyaml's events, and does nothing with them.
 *
 *	heddle-folder-floor FOLDER    prints "FILES EVENTS MILLISECONDS" */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <yaml.h>

struct tally {
	long files;
	long events;
};

static char *read_whole(const char *path, size_t *size)
{
	struct stat status;
	char *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && (text = malloc((size_t)status.st_size + 1)) != NULL) {
		ssize_t got = read(fd, text, (size_t)status.st_size);

		*size = got < 0 ? 0 : (size_t)got;
	}
	close(fd);
	return text;
}

static void drain(const char *text, size_t size, struct tally *tally)
{
	yaml_parser_t parser;
	yaml_event_t event;
	int last = 0;

	yaml_parser_initialize(&parser);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	while (!last && yaml_parser_parse(&parser, &event)) {
		last = event.type == YAML_STREAM_END_EVENT;
		tally->events++;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
}

static void visit(const char *folder, const struct dirent *entry, struct tally *tally);

static void walk(const char *path, struct tally *tally)
{
	const struct dirent *entry;
	DIR *folder = opendir(path);

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			visit(path, entry, tally);
	if (folder != NULL)
		closedir(folder);
}

static void visit(const char *folder, const struct dirent *entry, struct tally *tally)
{
	const char *dot = strrchr(entry->d_name, '.');
	char path[PATH_MAX];
	size_t size = 0;
	char *text;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= sizeof path)
		return;
	if (entry->d_type == DT_DIR) {
		walk(path, tally);
		return;
	}
	if (dot == NULL || strcmp(dot, ".yaml") != 0)
		return;
	text = read_whole(path, &size);
	if (text != NULL) {
		drain(text, size, tally);
		tally->files++;
	}
	free(text);
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	struct tally tally = {0, 0};
	double began_ms = now_ms();

	if (argc != 2) {
		fprintf(stderr, "usage: heddle-folder-floor FOLDER\n");
		return 2;
	}
	walk(argv[1], &tally);
	printf("%ld %ld %.1f\n", tally.files, tally.events, now_ms() - began_ms);
	return 0;
}
