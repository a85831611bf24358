"""What stands in a home's logs, read by the formats alone: files of their own and packed ones."""

import pathlib
import sqlite3
import struct

KINDS = ["log", "stdout", "output", "progress", "claim"]
CRC_TABLE = []


def crc32c(data):
    if not CRC_TABLE:
        for i in range(256):
            crc = i
            for _ in range(8):
                crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
            CRC_TABLE.append(crc)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def read_pack(path):
    """{(attempt name, kind): bytes}, every checksum held to."""
    data = pathlib.Path(path).read_bytes()
    magic, version, length, crc = struct.unpack_from("<4sIII", data)
    assert (magic, version, length) == (b"HdPk", 1, 64) and crc == crc32c(data[16:64])
    count, entry_bytes, size = struct.unpack_from("<IIQ", data, 16)
    assert entry_bytes == 96 and size == len(data)
    assert data[40:56].decode() == pathlib.Path(path).name.split(".")[0]
    entries = data[64:64 + 96 * count]
    assert struct.unpack_from("<I", data, 56)[0] == crc32c(entries)
    parts = {}
    order = []
    for i in range(count):
        entry = entries[96 * i:96 * i + 96]
        attempt, kind, crc, at, size = struct.unpack_from("<qIIqq", entry)
        incarnation = entry[32:92].rstrip(b"\0").decode()
        assert struct.unpack_from("<I", entry, 92)[0] == crc32c(entry[:92])
        body = data[at:at + size]
        assert crc32c(body) == crc
        order.append((attempt, incarnation, kind))
        parts[f"{incarnation}-{attempt}", KINDS[kind]] = body
    assert order == sorted(order)
    return parts


def rows(home, sql, *values):
    with sqlite3.connect(f"file:{home}/heddle.db?mode=ro", uri=True) as db:
        return db.execute(sql, values).fetchall()


def logs_of(home):
    """{run id: {attempt name: log}} of the runs that have their detail, wherever the logs stand. Holds
    each home to this: what is not in a file of its own is in the run's, and a claim outlives its log."""
    home = pathlib.Path(home)
    found = {}
    for run, day, no in rows(home, "SELECT run_id, strftime('%Y-%m-%d', created_at_ms / 1000.0, 'unixepoch'),"
                                   " run_no FROM run WHERE pruned_at_ms IS NULL"):
        pack = home / "logs" / day / f"{run}.pack"
        packed = read_pack(pack) if pack.exists() else {}
        found[run] = {}
        for name, day in rows(home, "SELECT incarnation || '-' || attempt_id, strftime('%Y-%m-%d',"
                                    " released_at_ms / 1000.0, 'unixepoch') FROM attempt WHERE run_no = ?", no):
            single = home / "logs" / day / f"{name}.log"
            claim = home / "logs" / day / f"{name}.claim"
            assert claim.exists() or (name, "claim") in packed, f"{name} has no claim"
            assert claim.exists() or not single.exists(), f"{name} has a log and no claim"
            found[run][name] = single.read_bytes() if single.exists() else packed.get((name, "log"))
    return found


def singles(home):
    """The files of attempts that stand by themselves."""
    return sorted(path.name for path in pathlib.Path(home).glob("logs/*/*-*.*") if path.is_file())
