"""Importing stance and asking for help stay light."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import stance

LoadedBy = Callable[[str, Sequence[str]], list[str]]
_HEAVY = ("torch", "transformers", "datasets", "numpy", "hydra", "sklearn", "scipy", "pyarrow", "tokenizers")


@pytest.mark.parametrize(
    "code",
    [
        "import stance",
        "from stance.cli import app; app.run(['--help'])",
        "from stance.cli import app; app.run(['score', '--help'])",
        "from stance.cli import app; app.run(['read', '--help'])",
    ],
)
def test_import_and_help_load_no_heavy_library(code: str, loaded_by: LoadedBy) -> None:
    assert loaded_by(code, _HEAVY) == []


_OF_OTHER_WORK = (
    *("torch", "transformers", "datasets", "hydra", "sklearn", "scipy", "pyarrow", "onnx", "tokenizers"),
    *("jinja2", "markdown_it", "trafilatura", "charset_normalizer", "filelock", "stance.config", "stance.data.formats"),
)


def test_scoring_a_text_loads_nothing_that_other_work_needs(tmp_path: Path, loaded_by: LoadedBy) -> None:
    (tmp_path / "article.txt").write_text("Ana supports the bridge.", encoding="utf-8")
    (tmp_path / "positions.yaml").write_text("positions: [{id: bridge, name: the bridge}]", encoding="utf-8")
    code = (
        "import stance.modeling.engine, stance.pages.article, stance.cli.output\n"
        "from stance import ArticleScorer, StanceClassifier, load_positions, read_article, read_articles\n"
        f"article, = read_articles([{str(tmp_path / 'article.txt')!r}])\n"
        "from pathlib import Path\n"
        f"reading = read_article(article, load_positions(Path({str(tmp_path / 'positions.yaml')!r})), None)\n"
        "assert len(reading.queries) == 1"
    )
    assert loaded_by(code, _OF_OTHER_WORK) == []


def test_a_command_that_is_given_a_path_loads_no_pydantic(tmp_path: Path, loaded_by: LoadedBy) -> None:
    (tmp_path / "article.txt").write_text("Ana supports the bridge.", encoding="utf-8")
    code = f"from stance.cli import app; app.run(['read', {str(tmp_path / 'article.txt')!r}])"
    assert loaded_by(code, ("pydantic", "tokenizers")) == []


def test_every_public_name_can_be_reached() -> None:
    for name in stance.__all__:
        assert getattr(stance, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = stance.Nonsense
