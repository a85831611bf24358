/* verbs.h - what runs each verb. Each returns the exit code, after having told on stderr what went
 * wrong. Operands and flags were checked against the table in cli/verb.c before. */
#ifndef HEDDLE_CLI_VERBS_VERBS_H
#define HEDDLE_CLI_VERBS_VERBS_H

#include <stdio.h>

struct cli;
struct verb;

int run_verb_backup(struct cli *cli);     /* backup.c */
int run_verb_cancel(struct cli *cli);     /* cancel.c */
int run_verb_gc(struct cli *cli);         /* gc.c */
int run_verb_completion(struct cli *cli); /* complete.c */
int run_verb_daemon(struct cli *cli);     /* serve.c */
int run_verb_debug(struct cli *cli);      /* debug.c */
int run_verb_doctor(struct cli *cli);     /* doctor.c */
int run_verb_fmt(struct cli *cli);        /* fmt.c */
int run_verb_help(struct cli *cli);       /* help.c */
int run_verb_logs(struct cli *cli);       /* logs.c */
int run_verb_ls(struct cli *cli);         /* ls.c */
int run_verb_mark(struct cli *cli);       /* by_hand.c */
int run_verb_note(struct cli *cli);       /* by_hand.c */
int run_verb_page(struct cli *cli);       /* page.c */
int run_verb_pause(struct cli *cli);      /* by_hand.c */
int run_verb_rerun(struct cli *cli);      /* rerun.c */
int run_verb_restore(struct cli *cli);    /* restore.c */
int run_verb_resume(struct cli *cli);     /* by_hand.c */
int run_verb_run(struct cli *cli);        /* run.c */
int run_verb_runs(struct cli *cli);       /* show.c */
int run_verb_schema(struct cli *cli);     /* schema.c */
int run_verb_show(struct cli *cli);       /* show_dag.c */
int run_verb_sql(struct cli *cli);        /* sql.c */
int run_verb_trigger(struct cli *cli);    /* trigger.c */
int run_verb_validate(struct cli *cli);   /* validate.c */
int run_verb_version(struct cli *cli);    /* help.c */
int run_verb_watch(struct cli *cli);      /* watch.c */
int run_verb_why(struct cli *cli);        /* why.c */

/* Prints what a verb does, or all verbs (NULL). Returns CODE_OK. */
int help_print(const struct verb *verb, FILE *file);

#endif
