/* schema.c - `heddle schema`: the JSON Schema of DAG files, for editors. */
#include "model/schema.h"

#include "cli/cli.h"
#include "cli/verbs/verbs.h"

#include <stdlib.h>

int run_verb_schema(struct cli *cli)
{
	enum key_level level = args_has(cli->args, FLAG_FOLDER) ? LEVEL_FOLDER : LEVEL_DAG;
	json_t *schema = schema_make(level);
	char *text = json_dumps(schema, cli->json ? JSON_COMPACT : JSON_INDENT(2));
	struct str line = STR_INIT;

	str_append(&line, text);
	str_append_char(&line, '\n');
	cli_print_str(&line);
	str_close(&line);
	free(text); /* jansson's own */
	json_decref(schema);
	return CODE_OK;
}
