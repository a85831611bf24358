"""Counts the tests of one JUnit report, as ctest or pytest writes it.

    tally.py STAGE REPORT.xml >> TALLY

prints one line "STAGE<tab>PASSED<tab>FAILED<tab>SKIPPED", and one line "skip<tab>STAGE: test: reason"
for each test that was skipped. ctest knows only programs; a cmocka program says in its output how many
tests it holds, and each of them counts."""

import re
import sys
import xml.etree.ElementTree as ElementTree

# "[  PASSED  ] 12 test(s)." is said once a group of tests.
CMOCKA_COUNT = re.compile(r"\[  (PASSED|FAILED|SKIPPED) +\] (\d+) test\(s\)")
# What a test prints before it calls skip() is its reason.
CMOCKA_SKIPPED = re.compile(r"^\[ RUN      \] (\S+)\n((?:(?!\[).*\n)*)\[  SKIPPED +\] \1", re.M)


def verdict(case):
    """passed, failed or skipped: what the runner itself says of the case."""
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    skipped = case.find("skipped")
    if case.get("status") == "notrun" and "SKIP_" not in (skipped.get("message") or ""):
        return "failed"  # ctest did not find the program, which is no reason to pass it over
    return "passed" if skipped is None else "skipped"


def cmocka_counts(output):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for word, number in CMOCKA_COUNT.findall(output):
        counts[word.lower()] += int(number)
    return counts


def skip_reason(case):
    skipped = case.find("skipped")
    return " ".join((skipped.get("message") or skipped.text or "no reason given").split())


def tally(case):
    """The counts of one case, and its skips as (name, reason)."""
    name = case.get("name")
    output = case.findtext("system-out") or ""
    said = verdict(case)
    counts = cmocka_counts(output)
    if said == "skipped" or not any(counts.values()):
        counts = {"passed": 0, "failed": 0, "skipped": 0, said: 1}
        return counts, [(name, skip_reason(case))] if said == "skipped" else []
    if said == "failed" and counts["failed"] == 0:
        counts["failed"] = 1  # it crashed, ran out of time or leaked after its last test
    return counts, [(f"{name} {test}", " ".join(reason.split()) or "no reason given")
                    for test, reason in CMOCKA_SKIPPED.findall(output)]


def main():
    stage, report = sys.argv[1:]
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for case in ElementTree.parse(report).iter("testcase"):
        counts, skips = tally(case)
        for word, number in counts.items():
            total[word] += number
        for name, reason in skips:
            print(f"skip\t{stage}: {name}: {reason}")
    print(stage, total["passed"], total["failed"], total["skipped"], sep="\t")


main()
