"""Heddle as a service: installed, told of by systemd's protocol, as the first process of a container, drained."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

from daemon_home import ROOT, wait_for

# --- installed


def install(build, *words, env=None):
    done = subprocess.run(["cmake", "--install", build, *words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
    assert done.returncode == 0, done.stdout


@pytest.fixture
def installed(home, tmp_path):
    prefix = tmp_path / "usr"
    install(home.bin.parent, "--prefix", prefix)
    home.bin = prefix / "bin"
    return home, prefix


def test_what_is_installed_runs_from_there(installed):
    home, prefix = installed
    home.dag("a.yaml", "id: a\ntasks: [{id: t, command: echo installed}]\n")
    home.start()
    run = home.trigger("a", "--wait")
    assert "installed" in home.log_of(run, "t")
    [launcher] = home.launcher()
    assert os.readlink(f"/proc/{launcher}/exe") == str(prefix / "libexec/heddle/heddle-shim")
    for path in ("share/bash-completion/completions/heddle", "share/zsh/site-functions/_heddle", "share/man/man1/heddle.1",
                 "lib/sysusers.d/heddle.conf", "share/doc/heddle/docs/operations.md", "share/doc/heddle/Containerfile"):
        assert (prefix / path).stat().st_size > 0, path


def test_it_installs_into_another_root_too(home, tmp_path):
    install(home.bin.parent, "--prefix", "/usr", "--strip", env={"DESTDIR": str(tmp_path / "root")})
    unit = (tmp_path / "root/usr/lib/systemd/system/heddle.service").read_text()
    assert "\nExecStart=/usr/bin/heddle daemon " in unit
    said = subprocess.run([tmp_path / "root/usr/bin/heddle", "version"], stdout=subprocess.PIPE, text=True)
    assert said.returncode == 0 and "heddle" in said.stdout.lower()


def test_the_unit_is_one_that_systemd_takes(installed):
    _, prefix = installed
    unit = prefix / "lib/systemd/system/heddle.service"
    text = unit.read_text()
    for line in ("Type=notify", "KillMode=process", "Delegate=yes", "DelegateSubgroup=daemon", "Restart=always",
                 "OOMPolicy=continue"):
        assert f"\n{line}\n" in text, line
    assert not re.search(r"^(PrivateTmp|ProtectControlGroups|ProtectSystem|NoNewPrivileges)=", text, re.M)
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze here")
    said = subprocess.run(["systemd-analyze", "verify", unit], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    complaints = [line for line in said.stdout.splitlines()
                  if str(unit) in line and "DelegateSubgroup" not in line]  # systemd 254 knows it
    assert not complaints and said.returncode == 0, said.stdout


def test_a_container_is_built_of_the_recipe(tmp_path):
    for builder in ("podman", "buildah", "docker"):
        if shutil.which(builder) and subprocess.run(
                [builder, "info"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            break
    else:
        pytest.skip("no container builder works here: podman, buildah and docker were tried")
    done = subprocess.run([builder, "build", "-t", "heddle-test", "-f", ROOT / "dist/Containerfile", ROOT],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_recipe_names_every_library_that_is_built_with():
    """The same as scripts/run installs, and as CMake asks for."""
    recipe = (ROOT / "dist/Containerfile").read_text()
    built = set(re.findall(r"\b(?:lib\w+[-\w.]*|uthash|zlib1g)-dev\b", recipe))
    asked = re.search(r"foreach\(library IN ITEMS ([^)]*)\)", (ROOT / "CMakeLists.txt").read_text()).group(1).split()
    debian = {"libuv": "libuv1-dev", "sqlite3": "libsqlite3-dev", "yaml-0.1": "libyaml-dev",
              "jansson": "libjansson-dev", "libmicrohttpd": "libmicrohttpd-dev", "libsodium": "libsodium-dev",
              "libpcre2-8": "libpcre2-dev", "zlib": "zlib1g-dev"}
    assert {debian[name] for name in asked} <= built
    assert 'ENTRYPOINT ["heddle"]' in recipe and "STOPSIGNAL SIGTERM" in recipe


SLOW = """
id: slow
tasks:
  - {id: first, command: 'echo begun; while [ ! -e %s/go ]; do sleep 0.02; done'}
  - {id: second, depends_on: [first], command: 'true'}
"""

# --- told of


class Listener:
    """What systemd would hear."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path if self.path[0] == "/" else "\0" + self.path[1:])
        self.socket.setblocking(False)
        self.heard = []

    def lines(self):
        try:
            while True:
                self.heard += self.socket.recv(65536).decode().splitlines()
        except BlockingIOError:
            return self.heard

    def await_line(self, line):
        wait_for(lambda: line in self.lines(), what=f"'{line}' in {self.heard}")


@pytest.mark.parametrize("name", ("socket", "abstract"))
def test_systemd_is_told(home, tmp_path, name):
    listener = Listener(tmp_path / "n" if name == "socket" else f"@heddle-test-{os.getpid()}")
    home.dag("a.yaml", "id: a\ntasks: [{id: t, command: sleep 300}]\n")
    home.spawn(env={"NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "200000"})
    listener.await_line("READY=1")
    assert home.trigger("a"), "ready means that commands are taken"
    assert f"STATUS=Serving http://127.0.0.1:{home.port()}/, 1 dags" in listener.lines()
    count = listener.lines().count("WATCHDOG=1")
    wait_for(lambda: listener.lines().count("WATCHDOG=1") >= count + 3)
    wait_for(home.shims)
    home.stop()
    assert "STOPPING=1" in listener.lines()
    assert "STATUS=Stopping: 1 attempts go on without the daemon" in listener.lines()
    assert listener.lines().count("READY=1") == 1


def test_the_watchdog_of_another_process_is_not_ours(home, tmp_path):
    listener = Listener(tmp_path / "n")
    home.spawn(env={"NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"})
    listener.await_line("READY=1")
    time.sleep(0.3)  # nothing tells that nothing comes
    assert "WATCHDOG=1" not in listener.lines()


def test_nobody_has_to_listen(home):
    home.spawn(env={"NOTIFY_SOCKET": "/nowhere/at/all"})
    wait_for(home.ready)
    assert "service manager cannot be told" in home.log_text()


def test_a_start_anew_is_told_as_a_reload(home, tmp_path):
    listener = Listener(tmp_path / "n")
    home.dag("a.yaml", SLOW % home.work)
    home.spawn(env={"NOTIFY_SOCKET": listener.path})
    listener.await_line("READY=1")
    run = home.trigger("slow")
    wait_for(lambda: "begun" in home.log_of(run, "first"))
    database = sqlite3.connect(home.path / "heddle.db")
    database.execute("create trigger broken before update on attempt begin select raise(abort, 'a bug'); end")
    database.commit()
    (home.work / "go").touch()
    listener.await_line("RELOADING=1")
    assert [line for line in listener.lines() if re.fullmatch(r"MONOTONIC_USEC=\d+", line)]
    wait_for(lambda: listener.lines().count("READY=1") > 1)
    database.execute("drop trigger broken")
    database.commit()
    home.wait_run(run)


# --- as process 1


@pytest.fixture
def first(home):
    """Spawns the daemon as the first process of a namespace of its own."""
    tried = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], stderr=subprocess.PIPE, text=True)
    if tried.returncode != 0:
        pytest.skip(f"no process namespace can be made here: {tried.stderr.strip()}")

    def spawn(env=None):
        outer = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", home.bin / "heddle", "daemon", "--home",
             home.path, "--dags", home.dags, "--listen", "127.0.0.1:0"],
            stdout=open(home.log, "ab"), stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
        home.process = outer
        wait_for(home.ready)
        [pid] = children(outer.pid)
        spawned.append((outer, pid))
        return outer, pid

    spawned = []
    yield spawn
    for outer, pid in spawned:
        if outer.poll() is None:
            os.kill(pid, signal.SIGKILL)
            outer.wait(10)


def children(pid):
    return [int(entry) for entry in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_told_to_stop_process_1_lets_what_runs_end(home, first):
    home.dag("slow.yaml", SLOW % home.work)
    home.dag("quick.yaml", "id: quick\ntasks: [{id: t, command: 'true'}]\n")
    outer, pid = first()
    run = home.trigger("slow")
    wait_for(lambda: "begun" in home.log_of(run, "first"))
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: "draining" in home.log_text())
    later = home.trigger("quick")  # taken, and kept for the next one
    status, why, _ = home.http("GET", "/readyz")
    assert status == 503 and "told to stop" in why
    assert "told to stop" in home.cli("why", later).stdout
    assert outer.poll() is None
    (home.work / "go").touch()
    assert outer.wait(30) == 0
    home.start()
    assert home.wait_run(run)["tasks"] == {"first": "success", "second": "success"}
    assert home.wait_run(later)["state"] == "success"
    assert len(home.task(run, "first")["attempts"]) == 1, "it was neither lost nor run twice"


def test_told_twice_it_waits_no_longer(home, first):
    home.dag("slow.yaml", SLOW % home.work)
    outer, pid = first()
    run = home.trigger("slow")
    wait_for(lambda: "begun" in home.log_of(run, "first"))
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: "draining" in home.log_text())
    os.kill(pid, signal.SIGINT)
    assert outer.wait(30) == 0
    (home.work / "go").touch()
    home.start()
    assert home.wait_run(run)["state"] == "failed"
    assert home.task(run, "first")["attempts"][0]["cause"] == "lost"  # the kernel ended it with its process 1


def test_idle_it_stops_at_once(home, first):
    outer, pid = first()
    os.kill(pid, signal.SIGTERM)
    assert outer.wait(10) == 0


def zombies_of(pid):
    found = []
    for child in children(pid):
        try:
            if pathlib.Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                found.append(child)
        except OSError:
            pass
    return found


def test_orphans_are_waited_for(home, first):
    _, pid = first()
    if not shutil.which("nsenter"):
        pytest.skip("there is no nsenter here")
    before = set(children(pid))
    # Each leaves a child behind that ends when its parent is gone, beside the tasks of the daemon.
    for _ in range(5):
        subprocess.run(["nsenter", "-t", str(pid), "-p", "-m", "sh", "-c", "(sleep 0.1; true) &"], check=True)
    wait_for(lambda: set(children(pid)) <= before and not zombies_of(pid), 10, "no orphan is left")
    # The daemon's own children are still its own: one that dies is noticed, and another one takes its place.
    [launcher] = before
    os.kill(launcher, signal.SIGKILL)
    wait_for(lambda: (now := children(pid)) and now != [launcher] and not zombies_of(pid), 10, "a new launcher")


# --- drained by hand


def test_pause_all_and_drain(home):
    home.dag("slow.yaml", SLOW % home.work)
    home.start()
    run = home.trigger("slow")
    wait_for(lambda: "begun" in home.log_of(run, "first"))
    timed_out = home.cli("pause", "--all", "--drain", "--wait=200ms", "--reason", "new disks")
    assert timed_out.returncode == 124 and f"slow/first of run {run}" in timed_out.stderr
    waiting = subprocess.Popen([home.bin / "heddle", "pause", "--all", "--drain", "--home", home.path],
                               stderr=subprocess.PIPE, text=True)
    time.sleep(0.2)
    assert waiting.poll() is None
    (home.work / "go").touch()
    assert waiting.wait(30) == 0 and "nothing runs any more" in waiting.stderr.read()
    now = home.run(run)
    assert now["state"] == "running" and now["tasks"] == {"first": "success", "second": "queued"}
    assert "new disks" in home.cli("why", f"{run}/second").stdout
    status, drain, _ = home.http("GET", "/api/v1/drain")
    assert (status, drain) == (200, {"tasks": [], "under_way": 0, "paused": True})
    assert home.cli("resume", "--all").returncode == 0
    assert home.wait_run(run)["state"] == "success"


def test_a_drain_that_somebody_ends_is_refused(home):
    home.dag("slow.yaml", SLOW % home.work)
    home.start()
    run = home.trigger("slow")
    wait_for(lambda: "begun" in home.log_of(run, "first"))
    waiting = subprocess.Popen([home.bin / "heddle", "pause", "--all", "--drain", "--home", home.path],
                               stderr=subprocess.PIPE, text=True)
    wait_for(lambda: json.loads(home.cli("ls", "dags", "--json").stdout)[0]["paused"])
    assert home.cli("resume", "--all").returncode == 0
    assert waiting.wait(30) == 5 and "resumed meanwhile" in waiting.stderr.read()
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"


def test_a_drain_outlives_the_daemon(home):
    home.dag("slow.yaml", SLOW % home.work)
    home.start()
    run = home.trigger("slow")
    wait_for(lambda: "begun" in home.log_of(run, "first"))
    waiting = subprocess.Popen([home.bin / "heddle", "pause", "--all", "--drain", "--home", home.path],
                               stderr=subprocess.PIPE, text=True)
    wait_for(lambda: json.loads(home.cli("ls", "dags", "--json").stdout)[0]["paused"])
    home.kill()
    home.start()
    (home.work / "go").touch()
    assert waiting.wait(30) == 0
    assert home.run(run)["tasks"]["second"] == "queued"
    home.cli("resume", "--all")
    assert home.wait_run(run)["state"] == "success"


@pytest.mark.parametrize("words", (("slow", "--drain"), ("--all", "--wait=1s"), ("--drain",)))
def test_what_makes_no_sense_is_refused(home, words):
    done = home.cli("pause", *words)
    assert done.returncode == 2, done.stderr
