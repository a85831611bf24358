/* cli_capture.h - runs a command line inside a test and keeps what it printed. */
#ifndef HEDDLE_TESTS_CLI_CAPTURE_H
#define HEDDLE_TESTS_CLI_CAPTURE_H

#include "base/file.h"
#include "base/str.h"
#include "cli/cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CAPTURE_WORDS_MAX 16
#define CAPTURE_BYTES_MAX (1 << 20)

#define WORDS(...) ((char *const *)(uintptr_t)(const char *const[]){__VA_ARGS__, NULL})

struct capture {
	struct str out;
	struct str err;
	int code;
};

static inline int capture_begin(int fd, const char *path)
{
	int saved = dup(fd);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(file >= 0);
	dup2(file, fd);
	close(file);
	return saved;
}

static inline void capture_end(int saved, int fd, const char *path, struct str *text)
{
	dup2(saved, fd);
	close(saved);
	assert_int_equal(file_read(path, CAPTURE_BYTES_MAX, text, NULL), 0);
	unlink(path);
}

/* Runs "heddle --home FOLDER WORDS...". The folder exists; what is printed passes through it. */
static inline void capture_run(struct capture *capture, char *folder, char *const words[])
{
	char *argv[CAPTURE_WORDS_MAX + 4] = {(char *)(uintptr_t) "heddle",
					     (char *)(uintptr_t) "--home", folder};
	char out_path[64];
	char err_path[64];
	int argc = 3;
	int out_fd;
	int err_fd;

	for (; *words != NULL && argc < CAPTURE_WORDS_MAX + 3; words++)
		argv[argc++] = *words;
	snprintf(out_path, sizeof out_path, "%s/out", folder);
	snprintf(err_path, sizeof err_path, "%s/err", folder);
	fflush(stdout);
	out_fd = capture_begin(STDOUT_FILENO, out_path);
	err_fd = capture_begin(STDERR_FILENO, err_path);
	capture->code = cli_main(argc, argv);
	fflush(stdout);
	capture_end(out_fd, STDOUT_FILENO, out_path, &capture->out);
	capture_end(err_fd, STDERR_FILENO, err_path, &capture->err);
}

static inline void capture_expect(const struct capture *capture, int code, const char *out)
{
	if (capture->code != code)
		fail_msg("exit code %d, stderr: %s", capture->code, str_text(&capture->err));
	assert_string_equal(str_text(&capture->out), out);
}

static inline void capture_close(struct capture *capture)
{
	str_close(&capture->out);
	str_close(&capture->err);
}

#endif
