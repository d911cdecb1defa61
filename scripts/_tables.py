"""Tables as CSV files: written, and read back with checks."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy as np

Table = tuple[Iterable[str], Iterable[Iterable[Any]]]  # the names of the columns, and the rows

# What writes the tables that a run without --redraw does not write.
RECORDS = {
    "benchmark.csv": "the whole of scripts/benchmark.py",
    "learning_rate.csv": "scripts/learning_rate_study.py without it",
}


class DamagedTable(ValueError):
    """A CSV file does not hold what it should; the message says where, and what to do."""

    def __init__(self, path: Path, line: int, damage: object) -> None:
        maker = RECORDS.get(path.name, "once without --redraw")
        super().__init__(f"{path}, line {line}: {damage}; run {maker}, to have it written anew")


def finite(text: str) -> float:
    """Return the number that ``text`` is; ValueError for any other text, NaN and infinity too."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is not a finite number")
    return number


def finite_or_empty(text: str) -> float:
    """Return the number that ``text`` is, NaN for an empty one."""
    return finite(text) if text else math.nan


@dataclass(frozen=True)
class Layout:
    """What a table has to hold, to be drawn from.

    Parameters
    ----------
    columns : mapping from name to callable
        What makes a value of the text in a column, and raises ValueError where it cannot.
    rows : callable, optional
        Returns how many there are; None for any number but none.
    further : callable, optional
        Makes the values of the columns that follow, whatever their names; None where none may.
    """

    columns: Mapping[str, Callable[[str], Any]]
    rows: Callable[[], int] | None = None
    further: Callable[[str], Any] | None = None


def write_table(path: Path, table: Table) -> None:
    """Write a CSV file; nine digits are enough to give back any float32."""
    columns, rows = table
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        # float: where Ctrl-C comes while a number of NumPy's is compared, the process crashes.
        writer.writerows(
            [v if isinstance(v, str) else f"{float(v):.9g}" for v in row] for row in rows
        )


def read_lines(path: Path) -> list[list[str]]:
    """Return the fields of each line of a CSV file, in every line as many as in the first."""
    lines = []
    try:
        text = path.read_text(encoding="utf-8", errors="replace")  # no number, and so found below
        lines += csv.reader(io.StringIO(text))
    except (OSError, csv.Error) as error:
        raise DamagedTable(path, len(lines) + 1, f"cannot be read ({error})") from None
    if not text.endswith("\n"):
        raise DamagedTable(path, max(1, len(lines)), "the file is empty or cut off here")
    for number, line in enumerate(lines, start=1):
        if len(line) != len(lines[0]):
            raise DamagedTable(path, number, f"has {len(line)} fields, not {len(lines[0])}")
    return lines


def read_table(path: Path, layout: Layout) -> dict[str, np.ndarray]:
    """Read a CSV file into a dictionary of columns.

    Raises
    ------
    DamagedTable
        If the file does not hold what ``layout`` says.
    """
    columns, *lines = read_lines(path)
    expected = list(layout.columns)
    further = columns[len(expected) :]
    if columns != expected + further or bool(further) != (layout.further is not None):
        raise DamagedTable(path, 1, f"the columns are {columns}, not {expected}")
    parsers = [*layout.columns.values(), *[layout.further] * len(further)]
    rows = []
    for number, line in enumerate(lines, start=2):
        try:
            rows.append([parse(text) for parse, text in zip(parsers, line)])
        except ValueError as error:
            raise DamagedTable(path, number, error) from None
    n_rows = layout.rows() if layout.rows else max(1, len(rows))
    if len(rows) != n_rows:
        raise DamagedTable(path, len(lines) + 1, f"ends after {len(rows)} rows, not {n_rows}")
    return {name: np.array(values) for name, values in zip(columns, zip(*rows))}
