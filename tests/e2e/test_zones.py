"""Every zone of the system reads as Python's zoneinfo reads it: two readers of the same files."""

import datetime
import random
import subprocess
import zoneinfo

from daemon_home import binaries

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
BEGIN = int(datetime.datetime(1890, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime.datetime(2130, 1, 1, tzinfo=UTC).timestamp())
DAY = 86400
# What is dear to ask of all is asked of these: each odd in its own way.
ODD = ["Africa/Casablanca", "America/Nuuk", "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll",
       "Asia/Gaza", "Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Berlin", "Europe/Dublin",
       "Europe/Moscow", "Pacific/Apia", "Pacific/Kiritimati", "America/New_York", "Asia/Tehran"]


def zones():
    names = zoneinfo.available_timezones() - {"localtime", "Factory"}
    assert len(names) > 400, "tzdata is not installed"
    return sorted(names)


def probe(lines):
    """The answers of tz_probe to lines."""
    done = subprocess.run([binaries("release") / "tz_probe"], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()
    assert len(answers) == len(lines)
    return [answer.split() for answer in answers]



def local(zone, second):
    return datetime.datetime.fromtimestamp(second, UTC).astimezone(zone)


def transitions(zone):
    """The seconds at which the offset changes, found by halving; those less than 10 days apart may hide."""
    found = []
    before = local(zone, BEGIN).utcoffset()
    for second in range(BEGIN, END, 10 * DAY):
        low, high = second, second + 10 * DAY
        if local(zone, high).utcoffset() != before:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if local(zone, middle).utcoffset() == before else (low, middle)
            found.append(high)
            before = local(zone, second + 10 * DAY).utcoffset()
    return found


def expect_at(name, seconds):
    zone = zoneinfo.ZoneInfo(name)
    for second, answer in zip(seconds, probe([f"{name} at {second * 1000}" for second in seconds])):
        there = local(zone, second)
        offset = int(there.utcoffset().total_seconds())
        assert answer[:2] == [str(offset), there.tzname()], (name, second)
        assert datetime.datetime.fromisoformat(answer[2]).timestamp() == second, (name, second)


def test_instants_of_all_zones():
    dice = random.Random(20261120)
    for name in zones():
        expect_at(name, [dice.randrange(BEGIN, END) for _ in range(150)])


def test_the_moments_of_change():
    for name in ODD:
        turns = transitions(zoneinfo.ZoneInfo(name))
        assert turns, name
        expect_at(name, [turn + step for turn in turns for step in (-1, 0, 1)])


def expected_reading(zone, clock):
    """What zoneinfo says of a wall clock's reading: how often, and the two instants of fold 0 and 1."""
    wall = EPOCH + datetime.timedelta(seconds=clock)
    first, second = (int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    if local(zone, first).replace(tzinfo=None) != wall:
        return "never", first, second
    return ("once" if first == second else "twice"), first, second


def expect_clocks(name, clocks):
    zone = zoneinfo.ZoneInfo(name)
    seen = set()
    for clock, answer in zip(clocks, probe([f"{name} clock {clock}" for clock in clocks])):
        word, first, second = expected_reading(zone, clock)
        seen.add(word)
        assert answer[0] == word, (name, clock)
        if word == "never":  # the instant after the gap, and that of a clock which was not put forward
            after = int(answer[1]) // 1000
            assert int(answer[2]) == first * 1000, (name, clock)
            assert local(zone, after - 1).replace(tzinfo=None) < EPOCH + datetime.timedelta(seconds=clock)
            assert local(zone, after).replace(tzinfo=None) > EPOCH + datetime.timedelta(seconds=clock)
        else:
            assert [int(at) for at in answer[1:]] == [first * 1000, second * 1000], (name, clock)
    return seen


def test_clocks_of_all_zones():
    dice = random.Random(11)
    for name in zones():
        expect_clocks(name, [dice.randrange(BEGIN, END) for _ in range(50)])


def test_clocks_around_the_moments_of_change():
    for name in ODD:
        zone = zoneinfo.ZoneInfo(name)
        clocks = []
        for turn in transitions(zone):
            for offset in (local(zone, turn - 1).utcoffset(), local(zone, turn).utcoffset()):
                there = turn + int(offset.total_seconds())
                clocks += [there + step for step in (-1800, -1, 0, 1, 1800)]
        seen = expect_clocks(name, clocks)
        assert "once" in seen and seen & {"never", "twice"}, name
