"""scripts/make_figures.py: the figures, and the tables beside them, the same byte for byte."""

import make_figures
from conftest import changed_figures


def test_the_files_are_the_committed_ones(tmp_path):
    folder = tmp_path / "new"
    make_figures.main(["--output-dir", str(folder)])
    assert len(list(folder.iterdir())) == 12
    assert changed_figures(folder) == []
