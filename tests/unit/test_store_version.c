/* test_store_version.c - versions with the files that belong to them, and the rows of the folder's
 * files. */
#include "model/defaults.h"
#include "tests/unit/store_kit.h"

#define DAG "id: a\ntasks: [{id: t, command: 'true'}]\n"

/* A dag with a heddle.yaml above it. */
static struct dag *parse_below(const char *defaults_text)
{
	struct defaults *defaults = NULL;
	struct dag_surroundings around = {.default_count = 1};
	struct dag_errors errors;
	struct dag_list dags;
	struct dag *dag;

	dag_errors_init(&errors);
	dag_list_init(&dags);
	assert_int_equal(
	    defaults_parse("heddle.yaml", defaults_text, strlen(defaults_text), &defaults, &errors),
	    0);
	around.defaults = (const struct defaults *const *)&defaults;
	assert_int_equal(dag_parse_in("a.yaml", DAG, strlen(DAG), &around, &dags, &errors), 0);
	dag = dag_ref(dags.items[0]);
	dag_list_close(&dags);
	dag_errors_close(&errors);
	defaults_unref(defaults);
	return dag;
}

static void a_version_comes_back_with_its_files(void **state)
{
	struct kit *kit = *state;
	struct dag *dag = parse_below("owner: ann\ntags: ['a \"b\"', c]\n");
	struct store_dag_file file = {.dag = dag, .file = "a.yaml"};
	struct store_version version;
	struct dag_errors errors;
	struct dag_list dags;

	dag_errors_init(&errors);
	dag_list_init(&dags);
	assert_int_equal(store_put_versions(kit->store, &file, 1, NULL), 0);
	assert_int_equal(store_version_read(kit->store, dag->hash, &version, NULL), 0);
	assert_string_equal(version.file, "a.yaml");
	assert_int_equal(version.file_count, 1);
	assert_int_equal(dag_parse_version("a.yaml", version.text, version.bytes, version.files,
					   version.file_count, &dags, &errors),
			 0);
	assert_string_equal(dags.items[0]->owner, "ann");
	assert_string_equal(dags.items[0]->hash, dag->hash);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM dag_version v, json_each(v.tags) t"
					 " WHERE v.owner = 'ann' AND t.value IN ('a \"b\"', 'c')"),
			 2);
	store_version_close(&version);
	dag_list_close(&dags);
	dag_errors_close(&errors);
	dag_unref(dag);
}

static void another_heddle_yaml_is_another_version_and_each_content_is_kept_once(void **state)
{
	struct kit *kit = *state;
	struct dag *first = parse_below("owner: ann\n");
	struct dag *second = parse_below("owner: bob\n");
	struct store_dag_file files[] = {{.dag = first, .file = "a.yaml"},
					 {.dag = second, .file = "a.yaml"},
					 {.dag = first, .file = "b.yaml"}};

	assert_string_equal(first->text, second->text);
	assert_int_equal(store_put_versions(kit->store, files, 3, NULL), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM dag_version"), 2);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM content"), 2);
	dag_unref(first);
	dag_unref(second);
}

static void a_version_that_is_not_kept_is_not_put_into_force(void **state)
{
	struct kit *kit = *state;
	struct store_dag_file file = {.file = "a.yaml", .dag_id = "a", .hash = "none"};
	struct store_version version;

	assert_int_equal(store_put_dags(kit->store, &file, 1, NULL, 0, 8, 1000, NULL),
			 ERR_NOT_FOUND);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM dag"), 0);
	assert_int_equal(store_version_read(kit->store, "none", &version, NULL), ERR_NOT_FOUND);
	store_version_close(&version);
}

static void a_kept_version_comes_into_force_without_its_text(void **state)
{
	struct kit *kit = *state;
	struct dag *dag = parse_below("pools: {db: 3}\n");
	struct store_dag_file kept = {.dag = dag, .file = "a.yaml"};
	struct store_dag_file file = {
	    .file = "b.yaml", .dag_id = "a", .hash = dag->hash, .git_commit = "0123"};

	assert_int_equal(store_put_versions(kit->store, &kept, 1, NULL), 0);
	assert_int_equal(store_put_dags(kit->store, &file, 1, NULL, 0, 8, 1000, NULL), 0);
	assert_int_equal(kit_number(kit, "SELECT v.git_dirty IS NULL FROM dag d JOIN dag_version v"
					 " USING (version_no) WHERE v.git_commit = '0123'"
					 " AND d.file = 'b.yaml' AND v.file = 'b.yaml'"),
			 1);
	assert_int_equal(kit_number(kit, "SELECT slots FROM pool WHERE domain = '-'"
					 " AND name = 'db'"),
			 3);
	assert_int_equal(store_put_dags(kit->store, NULL, 0, NULL, 0, 8, 2000, NULL), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pool WHERE name = 'db'"), 0);
	dag_unref(dag);
}

static void whether_the_tree_held_changes_is_of_what_came_with_it(void **state)
{
	struct kit *kit = *state;
	struct dag *dags[] = {parse_below("pools: {db: 3}\n"), parse_below("pools: {db: 4}\n")};
	struct store_dag_file file = {.dag = dags[0], .file = "a.yaml", .git_commit = "0123"};

	assert_int_equal(store_put_dags(kit->store, &file, 1, NULL, 0, 8, 1000, NULL), 0);
	file.dag = dags[1];
	assert_int_equal(store_put_dags(kit->store, &file, 1, NULL, 0, 8, 2000, NULL), 0);
	assert_int_equal(store_note_dirty(kit->store, "4567", 2000, true, NULL), 0);
	assert_int_equal(store_note_dirty(kit->store, "0123", 1000, true, NULL), 0);
	assert_int_equal(kit_number(kit, "SELECT count(git_dirty) FROM dag_version"), 0);
	assert_int_equal(store_note_dirty(kit->store, "0123", 2000, true, NULL), 0);
	assert_int_equal(store_note_dirty(kit->store, "0123", 2000, false, NULL), 0);
	assert_int_equal(kit_number(kit, "SELECT v.git_dirty FROM dag_version v JOIN dag"
					 " USING (version_no)"),
			 1);
	assert_int_equal(kit_number(kit, "SELECT count(git_dirty) FROM dag_version"), 1);
	dag_unref(dags[0]);
	dag_unref(dags[1]);
}

static void print_file(void *context, const struct store_file_row *row)
{
	str_printf(context, "%s %" PRId64 " %" PRId64 " [%s]", row->file, row->stamp.inode,
		   row->stamp.ctime_ns, row->around);
	for (size_t i = 0; i < row->dag_count; i++)
		str_printf(context, " %s=%s:%u", row->dags[i].dag_id, row->dags[i].hash,
			   row->dags[i].line);
	for (size_t i = 0; i < row->need_count; i++)
		str_printf(context, " %s@%" PRId64, row->needs[i].path,
			   row->needs[i].stamp.mtime_ns);
	str_append(context, "\n");
}

static void expect_files(struct kit *kit, const char *expected)
{
	struct str text = STR_INIT;

	assert_int_equal(store_each_file(kit->store, print_file, &text, NULL), 0);
	kit_expect(&text, expected);
}

static void files_are_remembered_as_they_were_read(void **state)
{
	struct kit *kit = *state;
	struct store_file_dag dags[] = {{"a", "h1", 1}, {"b", "h2", 7}};
	struct store_file_need needs[] = {{"/x/q.sql", {1, 2, 3, 4, 5}}};
	struct store_file_row rows[] = {
	    {"two.yaml", {1, 20, 3, 4, 50}, "v", dags, 2, needs, 1},
	    {"one.yaml", {1, 10, 3, 4, 40}, "", NULL, 0, NULL, 0},
	};
	struct store_folder folder = {.files = rows, .file_count = 2, .at_ms = 1000};
	const char *const gone[] = {"one.yaml"};

	assert_int_equal(store_put_folder(kit->store, &folder, NULL), 0);
	expect_files(kit, "one.yaml 10 40 []\n"
			  "two.yaml 20 50 [v] a=h1:1 b=h2:7 /x/q.sql@4\n");
	rows[0].dag_count = 1;
	rows[0].need_count = 0;
	folder.file_count = 1;
	folder.gone = gone;
	folder.gone_count = 1;
	assert_int_equal(store_put_folder(kit->store, &folder, NULL), 0);
	expect_files(kit, "two.yaml 20 50 [v] a=h1:1\n");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_version_comes_back_with_its_files),
	    STORY(another_heddle_yaml_is_another_version_and_each_content_is_kept_once),
	    STORY(a_version_that_is_not_kept_is_not_put_into_force),
	    STORY(a_kept_version_comes_into_force_without_its_text),
	    STORY(whether_the_tree_held_changes_is_of_what_came_with_it),
	    STORY(files_are_remembered_as_they_were_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
