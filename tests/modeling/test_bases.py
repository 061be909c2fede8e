"""A base on a hub is named before it is downloaded, and downloaded once."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

_COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tiny_base: Callable[[str], Path]) -> Iterator[str]:
    """Address of a server that speaks the hub's protocol and has one model, `someone/tiny`."""
    files = {path.name: path.read_bytes() for path in tiny_base("xlm-roberta").iterdir()}

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            name = self.path.partition("?")[0].rpartition("/")[2]
            if self.path.startswith("/api/models/someone/tiny/revision/"):
                siblings = [{"rfilename": name} for name in files]
                body = json.dumps({"id": "someone/tiny", "sha": _COMMIT, "siblings": siblings}).encode()
            elif self.path.startswith("/api/models/someone/tiny/tree/"):
                entries = [
                    {"type": "file", "path": n, "size": len(b), "oid": sha256(b).hexdigest()} for n, b in files.items()
                ]
                body = json.dumps(entries).encode()
            elif self.path.startswith("/someone/tiny/resolve/") and name in files:
                body = files[name]
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("ETag", f'"{sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", _COMMIT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def _train(hub: str, folder: Path, rows: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from stance.cli.app import main; sys.argv = ['stance', 'train', *sys.argv[1:]]; main()"
    overrides = ["debug=tiny", "data=own", f"data.root={rows.parent}", "data.random_actor=0.0", "model=encoder"]
    overrides += ["model.base=someone/tiny", "evaluate_test=false", f"output_dir={folder / 'run'}"]
    env = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "0", **environment}
    return subprocess.run(
        [sys.executable, "-c", code, *overrides], capture_output=True, text=True, env=env, check=False
    )


def test_what_is_downloaded_is_named_first_and_only_once(hub: str, sentences_file: Path, tmp_path: Path) -> None:
    first = _train(hub, tmp_path, sentences_file)
    assert first.returncode == 0, first.stderr
    announced = first.stderr.index(f"someone/tiny: downloading 4 files, 0.00 GB, revision {_COMMIT[:12]}")
    assert announced < first.stderr.index("step 1/")
    # The second run finds it in the cache, and asks a hub that is gone.
    again = _train("http://127.0.0.1:9", tmp_path, sentences_file)
    assert again.returncode == 0, again.stderr
    assert "downloading" not in again.stderr


def test_a_model_that_the_hub_does_not_have_is_a_clear_error(hub: str, sentences_file: Path, tmp_path: Path) -> None:
    found = _train(hub, tmp_path, sentences_file, HF_HUB_OFFLINE="1")
    assert found.returncode == 2
    assert "someone/tiny: neither a folder here nor a model that could be fetched" in found.stderr
