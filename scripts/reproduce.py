"""Run the article's two experiments and its source blog's, and compare them line by line.

    scripts/in_venv python scripts/reproduce.py

Prints each experiment in the article's own format, and a table of published against obtained.
Exit status: 0 if every published line came out digit for digit, 1 if not.
"""

from __future__ import annotations

import json
import platform
from pathlib import Path

import _console  # before Aesara
import aesara
import numpy as np

from simple_rnn import article


def main(arguments: list[str] | None = None) -> int:
    """Run, report and compare; return the exit status."""
    parser = _console.option_parser(__doc__)
    parser.add_argument("--condition", choices=article.CONDITIONS, help="only one (default: all)")
    record_help = "write costs, weights and versions to a JSON file"
    parser.add_argument("--output", type=Path, metavar="FILE", help=record_help)
    options = parser.parse_args(arguments)
    if not aesara.config.cxx:
        slower = "Aesara computes in Python, to the same digits but slower"
        _console.say(f"No C++ compiler found: {slower}.")
    names = [options.condition] if options.condition else article.CONDITIONS
    exact: dict[str, list[bool]] = {"blog": [], "article": []}
    results = {}
    for name in names:
        condition = article.CONDITIONS[name]
        print(f"{condition.title}, learning rate = {_console.short(condition.learning_rate)}\n")
        history = article.run(condition)
        lines = article.compare(condition, history)
        print("\nPublished against obtained\n")
        print(article.format_comparisons(lines), end="\n\n")
        exact[condition.source] += [line.exact for line in lines]
        results[name] = {
            "costs": history.costs.tolist(),
            "final_weights": history.final_weights.tolist(),
        }

    if options.output is not None:
        versions = {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "aesara": aesara.__version__,
        }
        record = {"conditions": results, "versions": versions}
        options.output.write_text(json.dumps(record, indent=1), encoding="utf-8")
    for source, suffix in (("blog", " (source blog)"), ("article", "")):
        count, total = sum(exact[source]), len(exact[source])
        if total:
            print(f"{count} of {total} published lines reproduced{suffix}")
    return 0 if all(exact["blog"] + exact["article"]) else 1


if __name__ == "__main__":
    raise SystemExit(main())
