"""Makes a home with an older release and writes it down as SQL, for tests/e2e/test_upgrade.py:

    python3 tests/upgrade/make.py FOLDER_OF_OLDER_PROGRAMS tests/upgrade/schema_N.sql

To be done once for each release. What a home holds beside its database (claims, records) the test makes itself, by
the formats that claim.h and record.h write out."""

import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

DAGS = {
    "done.yaml": "id: done\ntasks:\n  - {id: good, command: echo good}\n  - {id: after, depends_on: [good], command: echo after}\n",
    "broken.yaml": "id: broken\ntasks:\n  - {id: bad, command: exit 7}\n  - {id: never, depends_on: [bad], command: 'true'}\n",
    "later.yaml": "id: later\ntasks: [{id: again, retries: 1, retry_delay: 1h, command: exit 1}]\n",
    "live.yaml": "id: live\nmax_active_tasks: 8\ntasks:\n" + "".join(
        f"  - {{id: {name}, retries: 1, retry_delay: 10ms, command: 'test -e $HEDDLE_RUN_DIR/../../go || exec sleep 1000; echo {name} again'}}\n"
        for name in ("ended", "living", "unclaimed", "orphaned")) +
    "  - {id: join, depends_on: [ended, living, unclaimed, orphaned], command: echo joined}\n",
}


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise SystemExit("it does not come to pass")


def states(database):
    return dict(sqlite3.connect(database).execute(
        "select dag_id, group_concat(t.state) from run join task_instance t using (run_no) group by run_no"))


def main(programs, out):
    folder = pathlib.Path(tempfile.mkdtemp())
    home, dags = folder / "home", folder / "dags"
    dags.mkdir()
    for name, text in DAGS.items():
        (dags / name).write_text(text)
    heddle = [f"{programs}/heddle"]
    daemon = subprocess.Popen([*heddle, "daemon", "--home", home, "--dags", dags, "--listen", "none"])

    def ask(*words):
        return subprocess.run([*heddle, *words, "--home", home], stdout=subprocess.PIPE, text=True)

    wait_for(lambda: "live" in ask("ls", "dags").stdout)
    for dag in ("done", "broken", "later", "live"):
        ask("trigger", dag, "--id", "of-before")
    wait_for(lambda: states(home / "heddle.db") == {
        "done": "success,success", "broken": "failed,upstream_failed", "later": "up_for_retry",
        "live": "running,running,running,running,none"})
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
    database = sqlite3.connect(home / "heddle.db")
    for claim in home.rglob("*.claim"):
        os.kill(int.from_bytes(claim.read_bytes()[24:28], "little"), signal.SIGKILL) if alive(claim) else None
    number, application = (database.execute(f"pragma {name}").fetchone()[0]
                           for name in ("user_version", "application_id"))
    with open(out, "w") as file:
        file.write(f"-- A home of schema {number}, as its release left it. Made by tests/upgrade/make.py.\n")
        for line in database.iterdump():
            file.write(line + "\n")
        file.write(f"PRAGMA user_version = {number};\nPRAGMA application_id = {application};\n")


def alive(claim):
    pid = int.from_bytes(claim.read_bytes()[24:28], "little")
    try:
        return b"heddle-shim" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])
