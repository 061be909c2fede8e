"""A thousand hostile rows among good ones: each must end in quarantine with a reason, and every good one in the result.

python scripts/hostile_batch.py                    # reading, cutting and writing alone
python scripts/hostile_batch.py --model default    # with a model

Printed are the reasons with their numbers, the time and the most memory that a process took. Exit code 1: a hostile row
came through, a good one did not, or a row is in no table.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

N_HOSTILE = 1000
_MIB = 1 << 20
_GOOD = "Ana Ross said that the bridge was needed. Number {number} of her letters was read in the council."


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(description="Hostile rows among good ones; see the head of the script.")
    parser.add_argument("--model", help="score too, with this model; without it a dry run")
    parser.add_argument("--folder", type=Path, help="where the work is done; without it the folder for temporary files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hostile-", dir=options.folder) as name:
        folder = Path(name)
        good, n_hostile = _write(folder / "in")
        print(f"{len(good)} good rows, {n_hostile} hostile ones", flush=True)
        return _judge(folder, good, n_hostile, model=options.model)


def _judge(folder: Path, good: set[str], n_hostile: int, *, model: str | None) -> int:
    asked = ["--model", model, "--position", "the bridge"] if model else ["--dry-run"]
    begun = time.monotonic()
    command = [sys.executable, "-m", "stance", "batch", str(folder / "in"), str(folder / "out"), *asked]
    code = subprocess.run(command, check=False).returncode
    seconds = time.monotonic() - begun
    found = Counter(row["doc_id"] for row in _records(folder / "out" / "documents"))
    failed = [row["error"] for row in _records(folder / "out" / "quarantine")]
    for reason, count in Counter(map(_reason, failed)).most_common():
        print(f"{count:5}  {reason}")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)) // 1024
    print(f"exit code {code}, {seconds:.0f} s, at most {peak} MiB in a process")
    problems = [
        f"{len(good - set(found))} good rows are lost" if good - set(found) else "",
        f"{len(set(found) - good)} hostile rows came through" if set(found) - good else "",
        f"{len(failed)} rows are in quarantine, not {n_hostile}" if len(failed) != n_hostile else "",
        "a row is there twice" if max(found.values()) > 1 else "",
        f"the exit code is {code}, not 1" if code != 1 else "",
        "a reason is missing" if not all(error["message"] and error["row"] for error in failed) else "",
    ]
    wrong = [problem for problem in problems if problem]
    print("; ".join(wrong) or "every hostile row has its reason, every good one is there")
    return 1 if wrong else 0


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.parquet")):
        yield from pq.read_table(path).to_pylist()


def _reason(error: dict[str, Any]) -> str:
    message = error["message"].removeprefix(f"{error['input']}:{error['row']}: ")
    return f"{error['type']}: " + re.sub(r"\d[\d,.]*", "N", message)[:90]


def _write(folder: Path) -> tuple[set[str], int]:
    """Make the sources; the ids of the good rows, and the number of the hostile ones."""
    folder.mkdir()
    rng = random.Random(13)
    good: set[str] = set()

    def fine() -> dict[str, str]:
        good.add(f"g{len(good)}")
        return {"doc_id": f"g{len(good) - 1}", "text": _GOOD.format(number=len(good)), "lang": "en"}

    n_hostile = _write_files(folder, fine)
    kinds = list(_HOSTILE_LINES.values())
    lines = [json.dumps(fine()).encode() for _ in range(500)]
    missing = N_HOSTILE - n_hostile
    lines += [kinds[number % len(kinds)](number) for number in range(missing)]
    rng.shuffle(lines)
    (folder / "rows.jsonl").write_bytes(b"\n".join(lines))
    return good, n_hostile + missing


_HOSTILE_LINES: dict[str, Callable[[int], bytes]] = {
    "null text": lambda number: json.dumps({"doc_id": f"h{number}", "text": None}).encode(),
    "no text": lambda number: json.dumps({"doc_id": f"h{number}"}).encode(),
    "blank text": lambda number: json.dumps({"doc_id": f"h{number}", "text": " \t\n" * number}).encode(),
    "a number": lambda number: json.dumps({"text": number}).encode(),
    "a list": lambda number: json.dumps({"text": ["a"] * 10}).encode(),
    "nested": lambda number: b'{"text": ' + b'{"a": ' * 300 + b"1" + b"}" * 300 + b"}",
    "nested too deep": lambda number: b'{"text": ' + b"[" * 100_000,
    "not an object": lambda number: b"[1, 2, 3]",
    "not JSON": lambda number: b'{"text": "open',
    "not UTF-8": lambda number: b'{"text": "caf\xe9 na\xefve"}',
    "NUL byte": lambda number: b'{"text": "a\0b"}',
    "NUL character": lambda number: b'{"text": "a\\u0000b"}',
    "half a surrogate": lambda number: b'{"text": "\\ud83d"}',
    "a wrong id": lambda number: json.dumps({"doc_id": {"a": 1}, "text": "T"}).encode(),
    "a wrong date": lambda number: json.dumps({"date": 20240501, "text": "T"}).encode(),
    "a wrong language": lambda number: json.dumps({"lang": "the king's English", "text": "T"}).encode(),
    "an endless title": lambda number: json.dumps({"title": "x" * 10_000, "text": "T"}).encode(),
    "a huge number": lambda number: b'{"text": ' + b"9" * 5_000 + b"}",
    "binary": lambda number: bytes(range(128, 256)),
}


def _write_files(folder: Path, fine: Callable[[], dict[str, str]]) -> int:
    """Sources that are hostile as files, most with good rows before or after; the number of hostile rows in them."""

    def line() -> bytes:
        return json.dumps(fine()).encode() + b"\n"

    huge = b'{"text": "' + b"word " * (10 * _MIB) + b'"}\n'
    (folder / "huge.jsonl").write_bytes(line() + huge + line())
    (folder / "long.jsonl").write_bytes(line() + b'{"text": "' + b"word " * 400_000 + b'"}\n' + line())
    (folder / "bomb.jsonl.gz").write_bytes(gzip.compress(line()) + _bomb())
    (folder / "bomb.html.gz").write_bytes(_bomb())
    (folder / "cut.jsonl.gz").write_bytes(gzip.compress(line())[:-4])
    (folder / "nested.html").write_bytes(b"<div>" * 200_000)
    (folder / "large.html").write_bytes(b"<p>" + b"x " * (5 * _MIB))
    (folder / "nothing.html").write_bytes(b"<html><script>" + b"a()" * 1000 + b"</script></html>")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "cut.warc").write_bytes(_warc()[:-900])
    (folder / "cut.rss").write_bytes(b"<rss version='2.0'><channel><item><title>T</title><description>A te")
    (folder / "broken.parquet").write_bytes(b"PAR1" + b"\0" * 1000)
    (folder / "other.csv").write_bytes(b"id,body\n1,x\n")
    cells = [
        b"doc_id,text",
        *(b",".join(v.encode() for v in (r["doc_id"], f'"{r["text"]}"')) for r in (fine(), fine())),
    ]
    (folder / "cells.csv").write_bytes(b"\n".join([*cells, b"only one", b"x,caf\xe9", b"a,b,c"]) + b"\n")
    table = pa.Table.from_pylist([fine(), {"doc_id": "h", "text": None}, fine()])
    pq.write_table(table, folder / "nulls.parquet")
    pq.write_table(pa.table({"text": pa.array([b"raw", b"\xff\xfe"], pa.binary())}), folder / "bytes.parquet")
    return 20


def _bomb() -> bytes:
    """100 MiB of blanks."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6) as file:
        for _ in range(100):
            file.write(b" " * _MIB)
    return out.getvalue()


def _warc() -> bytes:
    body = b"<html><body><article><p>" + b"A sentence of an article. " * 80 + b"</p></article></body></html>"
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.b/\r\n"
    head += b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n" % len(http)
    return head + http + b"\r\n\r\n"


if __name__ == "__main__":
    sys.exit(main())
