/* complete.c - `heddle completion bash|zsh`. */
#include "cli/cli.h"
#include "cli/completion.h"
#include "cli/verbs/verbs.h"

#include <string.h>

static const struct {
	const char *name;
	void (*write)(struct str *out);
} shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}};

int run_verb_completion(struct cli *cli)
{
	const char *shell = cli->args->operands[0];
	struct str text = STR_INIT;

	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
		if (strcmp(shells[i].name, shell) == 0)
			shells[i].write(&text);
	if (text.size == 0)
		return cli_fail(CODE_USAGE, "no completion for '%s': heddle completion bash|zsh",
				shell);
	if (cli->json)
		cli_print_json(json_pack("{s:s,s:s}", "shell", shell, "script", str_text(&text)));
	else
		cli_print_str(&text);
	str_close(&text);
	return CODE_OK;
}
