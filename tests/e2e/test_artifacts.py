"""What tasks leave in $HEDDLE_ARTIFACTS: bounded at their end."""

import os
import re
import stat

from daemon_home import wait_for

MIB = 1024 * 1024
REMOVED = "at most 256 MiB / 1,000 files of an attempt are kept, and nothing but files"

# The sizes are those that ls tells: holes count.
HOARD = """\
id: hoard
defaults: {env: {VICTIM: "%(victim)s"}}
tasks:
- id: many
  command: |
    cd "$HEDDLE_ARTIFACTS"; pwd
    mkdir sub
    seq 3000 | while read i; do echo x > sub/$i; done
    touch -d 2001-01-01 sub/3000
    exit 3
- id: large
  command: |
    cd "$HEDDLE_ARTIFACTS"; pwd
    truncate -s 300M alone
    truncate -s 200M first; touch -d 2001-01-01 first
    truncate -s 100M second; touch -d 2002-01-01 second
    truncate -s 56M third; touch -d 2003-01-01 third
- id: hostile
  command: |
    cd "$HEDDLE_ARTIFACTS"; pwd
    ln -s "$VICTIM" out
    ln -s / root
    mkfifo fifo
    mkdir shut empty
    echo kept > shut/in
    chmod 000 shut
- id: swapped
  command: |
    echo "$HEDDLE_ARTIFACTS"
    rmdir "$HEDDLE_ARTIFACTS"; ln -s "$VICTIM" "$HEDDLE_ARTIFACTS"
- {id: nothing, command: 'cd "$HEDDLE_ARTIFACTS"; pwd'}
"""


def folder_of(home, run, task):
    """The folder that the task's only attempt told in the first line of its log."""
    return home.log_of(run, task).splitlines()[0].split(" ", 1)[1]


def left(home, run, task):
    """Name and size of all that stays of it but folders."""
    top = folder_of(home, run, task)
    return {os.path.relpath(os.path.join(at, name), top): os.lstat(os.path.join(at, name)).st_size
            for at, _, names in os.walk(top) for name in names}


def notes(home, run, task):
    return re.findall(r"\[heddle\] artifacts: (\d+) files, (\d+) bytes removed: (.*)",
                      home.log_of(run, task))


def test_what_is_left_is_bounded(home):
    victim = home.work / "victim"
    victim.mkdir()
    (victim / "precious").write_text("precious")
    home.dag("hoard.yaml", HOARD % {"victim": victim})
    home.start()
    run = home.trigger("hoard")
    assert home.wait_run(run)["tasks"] == {
        "many": "failed", "large": "success", "hostile": "success", "swapped": "success", "nothing": "success"}
    assert home.task(run, "many")["attempts"][0]["exit_code"] == 3

    many = left(home, run, "many")
    assert len(many) == 1000 and "sub/3000" in many
    assert notes(home, run, "many") == [("2000", "4000", REMOVED)]

    assert left(home, run, "large") == {"first": 200 * MIB, "third": 56 * MIB}
    assert notes(home, run, "large") == [("2", str(400 * MIB), REMOVED)]

    assert left(home, run, "hostile") == {"shut/in": 5}
    assert stat.S_IMODE(os.stat(folder_of(home, run, "hostile") + "/shut").st_mode) == 0o700
    assert notes(home, run, "hostile") == [("3", "0", REMOVED)]

    assert not os.path.lexists(folder_of(home, run, "swapped"))
    assert not os.path.lexists(folder_of(home, run, "nothing"))
    assert notes(home, run, "swapped") == [("1", "0", REMOVED)]
    assert notes(home, run, "nothing") == []
    assert (victim / "precious").read_text() == "precious"
    home.assert_nothing_left()


def test_the_bound_holds_without_a_daemon(home):
    home.dag("late.yaml", """\
id: late
tasks:
- id: late
  command: |
    cd "$HEDDLE_ARTIFACTS"; pwd; touch "%(work)s/began"
    while ! test -e "%(work)s/go"; do sleep 0.05; done
    truncate -s 257M large; echo small > small
""" % {"work": home.work})
    home.start()
    run = home.trigger("late")
    wait_for((home.work / "began").exists, what="the task")
    home.kill()
    (home.work / "go").touch()
    wait_for(lambda: os.listdir(home.path / "spool" / "exit"), what="the record")
    (top,) = home.path.glob("logs/*/*.artifacts")
    assert os.listdir(top) == ["small"]
    home.start()
    assert home.wait_run(run)["state"] == "success"
    assert notes(home, run, "late") == [("1", str(257 * MIB), REMOVED)]
