/* page.c - `heddle page`: a link that signs a browser in. */
#include "cli/ask.h"
#include "cli/verbs/verbs.h"

#include <stdio.h>

int run_verb_page(struct cli *cli)
{
	struct reply reply = {0};
	int code = ask_to_do(cli, "POST", "/api/v1/session:link", NULL, &reply);

	if (code == CODE_OK && cli->json)
		reply_print(&reply);
	else if (code == CODE_OK)
		printf("%s\n", reply_text(reply.json, "url"));
	reply_close(&reply);
	return code;
}
