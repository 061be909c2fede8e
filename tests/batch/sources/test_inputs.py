"""Every kind of source gives the same articles; what is damaged costs only itself."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from stance.batch.rows import MAX_ROW_BYTES, RawRow, article_of
from stance.batch.sources.inputs import find_inputs, rows_of
from stance.errors import DataError

TEXTS = [
    "The council will vote on the bridge in May. Ana Ross is for it.",
    "„Nećemo čekati“, rekao je Ilić.\n\nMost ostaje zatvoren do jeseni, kažu u opštini.",
    "Мы поддерживаем этот мост, заявил министр. Строительство начнётся весной.",
]
RECORDS = [{"doc_id": f"d{i}", "text": text, "url": f"http://a.b/{i}"} for i, text in enumerate(TEXTS)]


def _jsonl() -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS).encode()


def _csv(delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, ["doc_id", "text", "url", "other"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(RECORDS)
    return out.getvalue().encode("utf-8-sig")


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{**record, "n": 1} for record in RECORDS]), out)
    return out.getvalue()


def _arrow() -> bytes:
    out = io.BytesIO()
    table = pa.Table.from_pylist(RECORDS)
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def _page(text: str) -> bytes:
    paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    return f"<html><head><meta charset=utf-8></head><body><article>{paragraphs}</article></body></html>".encode()


def _warc_record(url: str, body: bytes, kind: str = "text/html") -> bytes:
    http = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-05-01T10:00:00Z\r\n"
        "WARC-Record-ID: <urn:uuid:12345678-1234-1234-1234-123456789012>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def _warc() -> bytes:
    picture = _warc_record("http://a.b/p.png", b"\x89PNG", "image/png")
    return picture + b"".join(_warc_record(str(record["url"]), _page(record["text"])) for record in RECORDS)


def _warc_gz() -> bytes:
    """A member per record, as archives are."""
    return b"".join(gzip.compress(b"WARC/1.0" + part) for part in _warc().split(b"WARC/1.0")[1:])


def _rss() -> bytes:
    items = "".join(
        f"<item><guid>{r['doc_id']}</guid><link>{r['url']}</link><pubDate>Wed, 01 May 2024 10:00:00 GMT</pubDate>"
        f"<description>{''.join(f'&lt;p&gt;{p}&lt;/p&gt;' for p in r['text'].split(chr(10) * 2))}</description></item>"
        for r in RECORDS
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Daily</title>{items}</channel></rss>'.encode()


FILES: dict[str, Callable[[], bytes]] = {
    "a.jsonl": _jsonl,
    "a.ndjson.gz": lambda: gzip.compress(_jsonl()[:60]) + gzip.compress(_jsonl()[60:]),
    "a.jsonl.zst": lambda: zstandard.compress(_jsonl()),
    "a.csv": _csv,
    "semicolons.csv": lambda: _csv(";"),
    "a.tsv.gz": lambda: gzip.compress(_csv("\t")),
    "a.parquet": _parquet,
    "a.arrow": _arrow,
    "a.warc": _warc,
    "a.warc.gz": _warc_gz,
    "a.rss": _rss,
}


def _rows(*sources: str | Path, columns: dict[str, str] | None = None) -> tuple[list[RawRow], Counter[str]]:
    skipped: Counter[str] = Counter()
    inputs = find_inputs([str(source) for source in sources], skipped=skipped)
    return [row for item in inputs for row in rows_of(item, columns=columns or {}, skipped=skipped)], skipped


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_gives_the_same_articles(name: str, tmp_path: Path) -> None:
    path = _write(tmp_path / name, FILES[name]())
    rows, skipped = _rows(path)
    articles = [article_of(row) for row in rows]
    assert [article.text for article in articles] == TEXTS
    assert [article.url for article in articles] == [record["url"] for record in RECORDS]
    if "warc" not in name:
        assert [article.doc_id for article in articles] == ["d0", "d1", "d2"]
    assert skipped == ({"WARC records of image/png": 1} if "warc" in name else {})
    assert 0 < rows[-1].read_bytes <= path.stat().st_size


def test_a_folder_gives_its_files_in_the_order_of_their_names_and_counts_the_rest(tmp_path: Path) -> None:
    _write(tmp_path / "b" / "2.txt", TEXTS[1].encode("cp1250"))
    _write(tmp_path / "a" / "1.md", f"---\ndoc_id: m1\n---\n\n{TEXTS[0]}".encode())
    _write(tmp_path / "c.html", _page(TEXTS[2]))
    for unread in ("photo.jpg", "_SUCCESS", ".hidden.txt", "cache-1.arrow", "_temporary/x.txt"):
        _write(tmp_path / unread, b"x")
    rows, skipped = _rows(tmp_path)
    assert [article_of(row).text for row in rows] == [TEXTS[0], TEXTS[1], TEXTS[2]]
    assert skipped == {"files of kind .jpg": 1}


def test_patterns_and_the_folders_of_a_partitioned_table_are_read(tmp_path: Path) -> None:
    for day in ("2024-01-01", "2024-01-02"):
        _write(tmp_path / f"day={day}" / "part.parquet", _parquet())
    rows, _ = _rows(tmp_path / "day=*" / "*.parquet", columns={"date": "day"})
    dates = [article_of(row, columns={"date": "day"}).date for row in rows]
    assert dates == ["2024-01-01"] * 3 + ["2024-01-02"] * 3


def test_a_folder_of_datasets_is_read(tmp_path: Path) -> None:
    import datasets

    datasets.disable_progress_bars()
    datasets.DatasetDict({"train": datasets.Dataset.from_list(RECORDS)}).save_to_disk(str(tmp_path / "saved"))
    rows, _ = _rows(tmp_path / "saved")
    assert [article_of(row).text for row in rows] == TEXTS


@pytest.mark.parametrize(
    ("name", "content", "n_good", "message"),
    [
        ("a.jsonl", _jsonl() + b"x" * (MAX_ROW_BYTES + 5) + b"\n" + _jsonl(), 6, "over 16 MiB"),
        ("a.jsonl.gz", gzip.compress(_jsonl())[:-5], 3, "cut off or damaged"),
        ("a.jsonl.gz", b"no gzip at all", 0, "cut off or damaged"),
        ("a.jsonl.zst", b"no zstandard at all", 0, "cut off or damaged"),
        ("a.txt.gz", gzip.compress(b"a" * (MAX_ROW_BYTES + 1)), 0, "over 16 MiB"),
        ("a.csv", _csv() + b"d9,only two\r\n" + _csv().split(b"\r\n", 1)[1], 6, "2 cells, but the header has 4"),
        ("a.csv", _csv() + b"d9,caf\xe9,u,o\r\n", 3, "not UTF-8"),
        ("a.csv", b"id,body\r\n1,x\r\n", 0, "no column 'text' for the text; the columns are id, body"),
        ("a.parquet", _parquet()[:-9], 0, "no readable Parquet"),
        ("a.arrow", b"no arrow", 0, "no readable Arrow"),
        ("a.warc", _warc()[:-60], 2, "the record is cut off after"),
        ("a.warc.gz", _warc_gz()[:-40], 2, "cut off"),
        ("a.warc", b"no archive at all", 0, "no WARC"),
        ("a.rss", _rss()[:-120], 2, "the feed is cut off"),
        ("a.xml", b"<html>no feed</html>", 0, "neither RSS nor Atom"),
    ],
)  # fmt: skip
def test_what_is_damaged_costs_only_itself(
    name: str, content: bytes, n_good: int, message: str, tmp_path: Path
) -> None:
    rows, _ = _rows(_write(tmp_path / name, content))
    bad = [row for row in rows if row.defect is not None]
    assert len(bad) == 1
    assert message in (bad[0].defect or "")
    assert [article_of(row).text for row in rows if row.defect is None][:n_good] == (TEXTS * 2)[:n_good]
    assert bad[0].row >= 1


def test_a_bomb_is_left_alone_early(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb", compresslevel=1) as file:
        file.write(_jsonl())
        for _ in range(96):
            file.write(b" " * (1 << 20))
    rows, _ = _rows(_write(tmp_path / "a.jsonl.gz", bomb.getvalue()))
    assert [row.defect is None for row in rows] == [True, True, True, False]
    assert "expands more than 200-fold" in (rows[-1].defect or "")


def test_values_that_are_no_text_are_refused_row_by_row(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array([b"raw", None, b"fine"], pa.binary()), "doc_id": [1, 2, 3]})
    pq.write_table(table, tmp_path / "a.parquet")
    rows, _ = _rows(tmp_path / "a.parquet")
    assert len(rows) == 3
    with pytest.raises(DataError, match=r"text: \{'bytes'"):
        article_of(rows[0])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none.jsonl", "none.jsonl: no such file, folder or pattern"),
        ("a.pdf", "a.pdf: articles are .jsonl"),
        ("empty", "no file of a known kind"),
    ],
)
def test_sources_that_are_none_are_refused(
    source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as raised:
        _rows(source)
    assert message in str(raised.value)


def test_a_source_that_vanishes_is_the_users_to_mend(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", _jsonl())
    found = find_inputs([str(path)], skipped=Counter())
    path.unlink()
    with pytest.raises(DataError, match=r"a\.jsonl: cannot be read"):
        list(rows_of(found[0], columns={}, skipped=Counter()))
