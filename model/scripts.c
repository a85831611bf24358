/* scripts.c - see scripts.h. A text is read as far as sh(1) would cut it into words and simple
 * commands; each word then goes through one small machine, as those of a list do at once. */
#include "model/scripts.h"

#include "base/file.h"
#include "base/str.h"
#include "model/limits.h"
#include "model/parse_text.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

/* Programs that run the file which is their first operand. */
struct interpreter {
	const char *name;
	const char *code; /* letters of options after which there is no file: code, module, stdin */
	const char *value; /* letters of options that take the next word */
	bool needs_path;   /* a file without a slash is looked for like a program */
};

static const struct interpreter interpreters[] = {
    {"sh", "cs", "oO", false},   {"bash", "cs", "oO", false},  {"dash", "cs", "oO", false},
    {"zsh", "cs", "oO", false},  {"ksh", "cs", "oO", false},   {"python", "cm", "WX", false},
    {"perl", "eE", "I", false},  {"ruby", "e", "Ir", false},   {"node", "ep", "r", false},
    {"Rscript", "e", "", false}, {"php", "rBRE", "cd", false}, {"julia", "eE", "ptLJ", false},
    {".", "", "", true},         {"source", "", "", true},
};

/* What may stand before the program without being it. */
static const char *const before_program[] = {"if",  "then", "elif",  "else", "while", "until",
					     "do",  "!",    "{",     "time", "exec",  "command",
					     "env", "-i",   "nohup", NULL};
static const char *const movers[] = {"cd", "pushd", "popd", NULL};
static const char *const system_folders[] = {"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", NULL};

enum stage {
	STAGE_PROGRAM, /* the next word may be the program */
	STAGE_OPTIONS, /* ... an option of the interpreter, or its file */
	STAGE_VALUE,   /* ... the value of such an option */
	STAGE_FILE,    /* ... the file, whatever it begins with */
	STAGE_OVER,    /* nothing more is to be found in this command */
};

struct finder {
	struct arena *arena;
	const char *found[LIMIT_SCRIPTS + 1];
	size_t count;
	enum stage stage;
	const struct interpreter *interpreter;
	bool has_moved; /* relative paths do not begin in the task's folder any more */
};

/* --- words --------------------------------------------------------------------------------------
 */

static bool is_one_of(const char *word, const char *const *list)
{
	while (*list != NULL && strcmp(*list, word) != 0)
		list++;
	return *list != NULL;
}

static bool is_of_system(const char *path)
{
	const char *const *folder = system_folders;

	while (*folder != NULL && !str_starts_with(path, *folder))
		folder++;
	return *folder != NULL;
}

/* NAME=value */
static bool is_assignment(const char *word)
{
	size_t length = 0;

	if (!isalpha((unsigned char)word[0]) && word[0] != '_')
		return false;
	while (isalnum((unsigned char)word[length]) || word[length] == '_')
		length++;
	return word[length] == '=';
}

/* By the last part of its path. */
static const struct interpreter *find_interpreter(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash == NULL ? program : slash + 1;

	for (size_t i = 0; i < sizeof interpreters / sizeof *interpreters; i++) {
		const char *wanted = interpreters[i].name;
		size_t length = strlen(wanted);

		if (strcmp(name, wanted) == 0)
			return &interpreters[i];
		/* python3, python3.12 */
		if (strcmp(wanted, "python") == 0 && str_starts_with(name, wanted) &&
		    name[length + strspn(name + length, "0123456789.")] == '\0')
			return &interpreters[i];
	}
	return NULL;
}

static void take_script(struct finder *finder, const char *path)
{
	finder->stage = STAGE_OVER;
	if (path[0] == '\0' || strlen(path) >= PATH_MAX || finder->count == LIMIT_SCRIPTS ||
	    (finder->has_moved && path[0] != '/'))
		return;
	for (size_t i = 0; i < finder->count; i++)
		if (strcmp(finder->found[i], path) == 0)
			return;
	finder->found[finder->count++] = arena_strdup(finder->arena, path);
}

static void take_file(struct finder *finder, const char *word)
{
	if (finder->interpreter->needs_path && strchr(word, '/') == NULL)
		finder->stage = STAGE_OVER;
	else
		take_script(finder, word);
}

/* Letters may stand together, as in -euo; the rest of a value's word is the value. */
static void take_option(struct finder *finder, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		if (strchr(finder->interpreter->code, *letters) != NULL) {
			finder->stage = STAGE_OVER;
			return;
		}
		if (strchr(finder->interpreter->value, *letters) != NULL) {
			finder->stage = letters[1] == '\0' ? STAGE_VALUE : STAGE_OPTIONS;
			return;
		}
	}
}

static void take_argument(struct finder *finder, const char *word)
{
	if (strcmp(word, "--") == 0)
		finder->stage = STAGE_FILE;
	else if (strcmp(word, "-") == 0 || str_starts_with(word, "--eval") ||
		 str_starts_with(word, "--print"))
		finder->stage = STAGE_OVER;
	else if (word[0] == '-' && word[1] != '-')
		take_option(finder, word + 1);
	else if (word[0] != '-')
		take_file(finder, word);
}

static void take_program(struct finder *finder, const char *word)
{
	finder->interpreter = find_interpreter(word);
	if (finder->interpreter != NULL) {
		finder->stage = STAGE_OPTIONS;
		return;
	}
	finder->has_moved = finder->has_moved || is_one_of(word, movers);
	finder->stage = STAGE_OVER;
	if (strchr(word, '/') != NULL && !is_of_system(word))
		take_script(finder, word);
}

/* is_open: what the word becomes is only known when it runs. */
static void take_word(struct finder *finder, const char *word, bool is_open)
{
	if (finder->stage == STAGE_OVER)
		return;
	if (finder->stage == STAGE_PROGRAM &&
	    (is_one_of(word, before_program) || is_assignment(word)))
		return;
	if (finder->stage == STAGE_VALUE)
		finder->stage = STAGE_OPTIONS;
	else if (is_open)
		finder->stage = STAGE_OVER;
	else if (finder->stage == STAGE_PROGRAM)
		take_program(finder, word);
	else if (finder->stage == STAGE_OPTIONS)
		take_argument(finder, word);
	else
		take_file(finder, word);
}

/* --- the text -----------------------------------------------------------------------------------
 */

struct scan {
	struct finder *finder;
	const char *at;
	struct str word;
	bool has_word;
	bool is_open;     /* the word is */
	bool skips_word;  /* the next one is the file of a redirection */
	bool ends_at_eol; /* the lines that follow are a here-document, or may be */
};

static void end_word(struct scan *scan)
{
	if (scan->has_word && !scan->skips_word)
		take_word(scan->finder, str_text(&scan->word), scan->is_open);
	if (scan->has_word)
		scan->skips_word = false;
	str_clear(&scan->word);
	scan->has_word = false;
	scan->is_open = false;
}

static void end_command(struct scan *scan)
{
	end_word(scan);
	scan->skips_word = false;
	scan->finder->stage = STAGE_PROGRAM;
}

static void add(struct scan *scan, char c)
{
	str_append_char(&scan->word, c);
	scan->has_word = true;
}

/* Goes on behind the mark, or at the end. */
static void skip_to(struct scan *scan, const char *mark)
{
	const char *end = strstr(scan->at, mark);

	scan->at = end == NULL ? scan->at + strlen(scan->at) : end + strlen(mark);
}

/* Behind the bracket that closes the one at hand. */
static void skip_brackets(struct scan *scan, char opens, char closes)
{
	unsigned depth = 0;

	do {
		depth += *scan->at == opens;
		depth -= *scan->at == closes;
		scan->at++;
	} while (depth > 0 && *scan->at != '\0');
}

static void skip_quoted_command(struct scan *scan)
{
	scan->at++;
	skip_to(scan, "`");
}

/* What is put in when it runs: $x, ${x}, $(x), `x` and templates. False = it is none of these. */
static bool skip_expansion(struct scan *scan)
{
	if (scan->at[0] == '{' && scan->at[1] == '{')
		skip_to(scan, "}}");
	else if (scan->at[0] == '`')
		skip_quoted_command(scan);
	else if (scan->at[0] != '$')
		return false;
	else if (*++scan->at == '(')
		skip_brackets(scan, '(', ')');
	else if (*scan->at == '{')
		skip_brackets(scan, '{', '}');
	scan->is_open = true;
	scan->has_word = true;
	return true;
}

static void read_single_quoted(struct scan *scan)
{
	scan->has_word = true;
	for (scan->at++; *scan->at != '\0' && *scan->at != '\''; scan->at++)
		add(scan, *scan->at);
	scan->at += *scan->at != '\0';
}

static void read_double_quoted(struct scan *scan)
{
	scan->has_word = true;
	scan->at++;
	while (*scan->at != '\0' && *scan->at != '"') {
		if (skip_expansion(scan))
			continue;
		if (*scan->at == '\\' && scan->at[1] != '\0')
			scan->at++;
		add(scan, *scan->at++);
	}
	scan->at += *scan->at != '\0';
}

static void read_escaped(struct scan *scan)
{
	scan->at++;
	if (*scan->at != '\0' && *scan->at != '\n')
		add(scan, *scan->at);
	scan->at += *scan->at != '\0';
}

/* 2>&1, >file, <<EOF. The number before it is no word; its file is none of the command's. */
static void read_redirection(struct scan *scan)
{
	const char *text = str_text(&scan->word);
	size_t length = strspn(scan->at, "<>");

	if (scan->has_word && text[strspn(text, "0123456789")] == '\0')
		scan->has_word = false;
	end_word(scan);
	scan->ends_at_eol = scan->ends_at_eol || (length == 2 && scan->at[0] == '<');
	scan->at += length;
	scan->skips_word = *scan->at != '(';
	scan->at += strspn(scan->at, "&|");
}

static void read_plain(struct scan *scan)
{
	char c = *scan->at++;

	if (strchr("*?[~{", c) != NULL)
		scan->is_open = true;
	add(scan, c);
}

/* False = the rest is not looked at. */
static bool read_next(struct scan *scan)
{
	char c = *scan->at;

	if (c == '\'') {
		read_single_quoted(scan);
	} else if (c == '"') {
		read_double_quoted(scan);
	} else if (c == '\\') {
		read_escaped(scan);
	} else if (c == '<' || c == '>') {
		read_redirection(scan);
	} else if (c == '#' && !scan->has_word) {
		scan->at += strcspn(scan->at, "\n");
	} else if (strchr(" \t\r", c) != NULL) {
		end_word(scan);
		scan->at++;
	} else if (strchr("\n;&|()", c) != NULL) {
		end_command(scan);
		scan->at++;
	} else if (!skip_expansion(scan)) {
		read_plain(scan);
	}
	return c != '\n' || !scan->ends_at_eol;
}

static void find_in_text(struct finder *finder, const char *text)
{
	struct scan scan = {.finder = finder, .at = text};

	while (*scan.at != '\0' && read_next(&scan))
		;
	end_word(&scan);
	str_close(&scan.word);
}

/* --- the task -----------------------------------------------------------------------------------
 */

/* Whether the text of the task is read by a shell, and not by a program of its own. */
static bool is_for_shell(const struct task *task)
{
	const struct interpreter *shell;

	if (task->shell == NULL)
		return true;
	shell = task->shell[0] == NULL ? NULL : find_interpreter(task->shell[0]);
	return shell != NULL && str_ends_with(shell->name, "sh");
}

const char *const *scripts_of(const struct task *task, struct arena *arena)
{
	struct finder finder = {.arena = arena};
	const char **words;

	if (task->argv != NULL) {
		for (size_t i = 0; task->argv[i] != NULL; i++)
			take_word(&finder, task->argv[i], strstr(task->argv[i], "{{") != NULL);
	} else if (task->command != NULL && is_for_shell(task)) {
		find_in_text(&finder, task->command);
	}
	if (finder.count == 0)
		return NULL;
	words = arena_alloc(arena, (finder.count + 1) * sizeof *words);
	return memcpy(words, finder.found, finder.count * sizeof *words);
}

int script_hash(const char *file, char hash[33], struct err *err)
{
	struct str text = STR_INIT;
	int rc = file_read(file, LIMIT_SCRIPT_BYTES, &text, err);

	if (rc == 0)
		parse_hash(str_text(&text), text.size, hash);
	str_close(&text);
	return rc;
}
