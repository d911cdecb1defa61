"""What the scripts that draw share: their options, the style, and tables.

Beside each figure stands the table that it was drawn from, as a CSV file.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Callable

import _console  # before Aesara
import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

FIGURES_FOLDER = Path(__file__).resolve().parents[1] / "figures"
METHODS = {"gd": "gradient descent", "rmsprop": "RMSProp", "rprop": "Rprop"}
COST = "cost (sum of squared errors)"
# Not the style of the user's matplotlibrc.
STYLE = ["default", {"savefig.dpi": 130, "figure.constrained_layout.use": True}]


def drawing_options(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser for the options that all scripts have that draw from tables."""
    parser = _console.option_parser(doc)
    parser.add_argument("--redraw", action="store_true", help="run nothing, draw the saved tables")
    parser.add_argument("--output-dir", type=_folder, default=FIGURES_FOLDER, metavar="FOLDER")
    return parser


def _folder(name: str) -> Path:
    """Return a folder, which is made where it does not exist."""
    folder = Path(name)
    folder.mkdir(exist_ok=True)
    return folder


def save_figure(path: Path, size: tuple[float, float], draw: Callable, data: Any) -> None:
    """Draw a figure, save it as a PNG file, the same byte for byte each time, and print its path.

    Parameters
    ----------
    path : Path
        Where it goes.
    size : tuple of float
        Its width and height in inches.
    draw : callable
        Draws the data on the empty figure that it is given.
    data
        What ``draw`` gets: a table, for example.
    """
    with matplotlib.style.context(STYLE):
        figure = Figure(figsize=size)
        draw(data, figure)
        figure.savefig(path, metadata={"Software": None})  # else it names matplotlib's version
    print(path)


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a CSV file; None leaves a field empty."""

    def field(value: Any) -> str:
        if value is None or isinstance(value, str):
            return value
        return f"{value:.9g}"  # enough to give back any float32

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(map(field, row) for row in rows)


def read_table(path: Path) -> dict[str, np.ndarray]:
    """Return the columns of a CSV file: of numbers, NaN where a field is empty, or of words."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return {name: _column(fields) for name, fields in zip(header, zip(*rows))}


def _column(fields: Sequence[str]) -> np.ndarray:
    """Return the fields as numbers if they are numbers."""
    try:
        return np.array([float(field or "nan") for field in fields])
    except ValueError:
        return np.array(fields)
