/* test_daemon_watch.c - what the watching of the dag folder stands on: links, commits, and the dags
 * that were parsed last. */
#include "base/file.h"
#include "base/str.h"
#include "daemon/follow.h"
#include "daemon/git.h"
#include "daemon/parsed.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "/tmp/heddle-watch-XXXXXX");
	return mkdtemp(root) == NULL;
}

static int remove_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return system(command);
}

static const char *in_root(char path[256], const char *name)
{
	snprintf(path, 256, "%s/%s", root, name);
	return path;
}

static void put(const char *name, const char *text)
{
	char path[256];
	char *slash;

	in_root(path, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(file_mkdirs(path, NULL), 0);
	*slash = '/';
	assert_int_equal(file_write_durable(path, text, 0600, NULL), 0);
}

static void link_to(const char *target, const char *name)
{
	char path[256];

	assert_int_equal(symlink(target, in_root(path, name)), 0);
}

static void note_place(void *context, const char *folder, const char *name)
{
	if (strncmp(folder, root, strlen(root)) == 0)
		str_printf(context, "%s:%s ", folder + strlen(root), name);
}

static void expect_places(const char *name, const char *expected)
{
	struct str text = STR_INIT;
	char path[256];

	follow_path(in_root(path, name), note_place, &text);
	assert_string_equal(str_text(&text), expected);
	str_close(&text);
}

static void each_link_on_the_way_is_a_place_to_watch(void **state)
{
	char path[256];

	(void)state;
	put("mount/..release_1/a.yaml", "");
	link_to("..release_1", "mount/..data");
	link_to("..data/a.yaml", "mount/a.yaml");
	link_to(in_root(path, "mount"), "dags");
	link_to("loop", "loop");
	link_to("../nowhere/x.yaml", "mount/lost.yaml");
	expect_places("mount/..release_1/a.yaml", "/mount/..release_1:a.yaml ");
	expect_places("mount/a.yaml", "/mount:a.yaml /mount:..data /mount/..release_1:a.yaml ");
	expect_places("dags/a.yaml",
		      ":dags /mount:a.yaml /mount:..data /mount/..release_1:a.yaml ");
	expect_places("mount/lost.yaml", "/mount:lost.yaml :nowhere ");
	expect_places("not/there", ":not ");
}

static void a_loop_of_links_ends(void **state)
{
	struct str text = STR_INIT;
	char path[256];

	(void)state;
	follow_path(in_root(path, "loop"), note_place, &text);
	assert_int_equal(text.size, 41 * strlen(":loop "));
	str_close(&text);
}

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static void read_commit(const char *folder, struct git_tree *tree)
{
	char path[256];

	git_find(in_root(path, folder), tree);
	git_read_commit(tree);
}

static void a_commit_is_found_wherever_git_keeps_it(void **state)
{
	struct git_tree tree;
	char path[256];

	(void)state;
	put("repo/.git/HEAD", "ref: refs/heads/main\n");
	put("repo/dags/team/x", "");
	read_commit("repo/dags/team", &tree);
	assert_string_equal(tree.root, in_root(path, "repo"));
	assert_string_equal(tree.commit, ""); /* nothing is committed yet */
	put("repo/.git/packed-refs", "# pack-refs with: peeled\n" COMMIT " refs/heads/main2\n"
				     "ffff456789abcdef0123456789abcdef01234567 refs/heads/main\n");
	read_commit("repo/dags", &tree);
	assert_string_equal(tree.commit, "ffff456789abcdef0123456789abcdef01234567");
	put("repo/.git/refs/heads/main", COMMIT "\n");
	read_commit("repo", &tree);
	assert_string_equal(tree.commit, COMMIT);
	put("repo/.git/HEAD", "aaaa456789abcdef0123456789abcdef01234567\n");
	read_commit("repo", &tree);
	assert_string_equal(tree.commit, "aaaa456789abcdef0123456789abcdef01234567");
	assert_int_equal(tree.dirty, -1);
}

static void a_linked_work_tree_has_its_own_head(void **state)
{
	struct git_tree tree;

	(void)state;
	put("repo/.git/refs/heads/other", "bbbb456789abcdef0123456789abcdef01234567\n");
	put("repo/.git/worktrees/two/HEAD", "ref: refs/heads/other\n");
	put("repo/.git/worktrees/two/commondir", "../..\n");
	put("two/.git", "gitdir: ../repo/.git/worktrees/two\n");
	read_commit("two", &tree);
	assert_string_equal(tree.commit, "bbbb456789abcdef0123456789abcdef01234567");
	assert_true(str_ends_with(tree.folder, "/worktrees/two"));
}

static void a_folder_in_no_work_tree_has_no_commit(void **state)
{
	struct git_tree tree;

	(void)state;
	put("plain/x", "");
	read_commit("plain", &tree);
	git_read_dirty(&tree);
	assert_string_equal(tree.root, "");
	assert_string_equal(tree.commit, "");
	assert_int_equal(tree.dirty, -1);
}

static struct dag *parse(const char *id, const char *file)
{
	char text[256];
	struct dag_errors errors;
	struct dag_list dags;
	struct dag *dag;

	dag_errors_init(&errors);
	dag_list_init(&dags);
	snprintf(text, sizeof text, "id: %s\ntasks: [{id: t, command: 'true'}]\n", id);
	assert_int_equal(dag_parse(file, text, strlen(text), &dags, &errors), 0);
	dag = dag_ref(dags.items[0]);
	dag_list_close(&dags);
	dag_errors_close(&errors);
	return dag;
}

static void what_was_not_used_the_longest_goes_first(void **state)
{
	struct dag *kept = parse("kept", "kept.yaml");
	struct parsed parsed;
	char first[33] = "";

	(void)state;
	parsed_init(&parsed);
	parsed_put(&parsed, kept);
	for (int i = 0; i < 20000 && parsed.bytes < PARSED_BYTES_MAX - 65536; i++) {
		char id[32];
		struct dag *dag;

		snprintf(id, sizeof id, "d%d", i);
		dag = parse(id, "d.yaml");
		if (first[0] == '\0')
			memcpy(first, dag->hash, sizeof first);
		dag->arena.used_bytes = 65536; /* as a larger one would */
		parsed_put(&parsed, dag);
		dag_unref(dag);
	}
	assert_non_null(parsed_find(&parsed, first, "d.yaml"));
	assert_ptr_equal(parsed_find(&parsed, kept->hash, "kept.yaml"), kept);
	assert_null(parsed_find(&parsed, kept->hash, "elsewhere.yaml"));
	for (int i = 0; i < 3; i++) {
		char id[32];
		struct dag *dag;

		snprintf(id, sizeof id, "late%d", i);
		dag = parse(id, "late.yaml");
		dag->arena.used_bytes = 65536;
		parsed_put(&parsed, dag);
		dag_unref(dag);
	}
	assert_true(parsed.bytes <= PARSED_BYTES_MAX);
	assert_non_null(parsed_find(&parsed, kept->hash, "kept.yaml"));
	parsed_close(&parsed);
	dag_unref(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_link_on_the_way_is_a_place_to_watch),
	    cmocka_unit_test(a_loop_of_links_ends),
	    cmocka_unit_test(a_commit_is_found_wherever_git_keeps_it),
	    cmocka_unit_test(a_linked_work_tree_has_its_own_head),
	    cmocka_unit_test(a_folder_in_no_work_tree_has_no_commit),
	    cmocka_unit_test(what_was_not_used_the_longest_goes_first),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
