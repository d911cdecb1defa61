"""Run the article's two experiments and its source blog's, and compare them line by line.

    scripts/in_venv python scripts/reproduce.py

Prints each experiment in the article's own format, then a table of published against obtained.
Exit status: 0 if every published line came out digit for digit, or if an option departs from what
was published so that there is nothing to compare with; 1 if a line differs or the machine fails; 2
if an option is wrong; 3 if the cost became infinite or NaN; 130 if it was interrupted.
"""

from __future__ import annotations

from _console import (
    at_least,
    environment,
    option_parser,
    output_file,
    positive,
    progress,
    run_main,
    say,
    short,
    write_json,
)

# _console comes first: it reports in one line that a package is missing, or Ctrl-C.
# isort: split
import argparse
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import aesara

from simple_rnn import History, TrainingDiverged, article, train
from simple_rnn.article import Comparison, Condition


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options, with None for each setting that is left as it was published."""
    parser = option_parser(__doc__)
    parser.add_argument(
        "--condition",
        choices=[*article.CONDITIONS, "all"],
        default="all",
        help="which experiment: the article's gradient descent or RMSProp, the blog's Rprop, or all"
        " (default)",
    )
    settings = parser.add_argument_group(
        "settings", "As published by default; with another there is nothing to compare with."
    )
    settings.add_argument("--epochs", type=at_least(1), metavar="N", help="2001; 500 for Rprop")
    rates = "1e-5 for gradient descent, 0.001 for RMSProp and Rprop"
    settings.add_argument("--learning-rate", type=positive, metavar="RATE", help=rates)
    settings.add_argument("--seed", type=at_least(0, 2**32 - 1), metavar="N", help="1")
    settings.add_argument("--num-samples", type=at_least(1), metavar="N", help="20")
    settings.add_argument("--seq-len", type=at_least(1), metavar="N", help="10 steps")
    parser.add_argument(
        "--output",
        type=output_file,
        metavar="FILE",
        help="write a record of the run as JSON: costs, first and last weights, and the line of"
        " Python that gives those of every epoch; versions, processor",
    )
    return parser.parse_args(arguments)


def run(condition: Condition, options: argparse.Namespace) -> tuple[dict, list[Comparison]]:
    """Run and print a condition; return its record, and its comparison with what was published."""
    published = {
        "learning_rate": condition.learning_rate,
        "seed": article.SEED,
        "num_samples": article.NUM_SAMPLES,
        "seq_len": article.SEQ_LEN,
        "epochs": condition.n_epochs,
    }
    given = {key: value for key, value in vars(options).items() if value is not None}
    settings = {key: given.get(key, value) for key, value in published.items()}
    departures = [key for key in published if settings[key] != published[key]]

    print(f"{condition.title}, learning rate = {short(settings['learning_rate'])}\n", flush=True)
    history, diverged_at = build_and_train(condition, **settings)
    if diverged_at is None and condition.unseen_sequence:
        print(article.answer_line(condition, history))
    print()
    record = {
        "title": condition.title,
        "settings": settings,
        "departures": departures,
        "costs": history.costs.tolist(),
        "initial_weights": history.initial_weights.tolist(),
        "final_weights": history.final_weights.tolist(),
        "weights_of_every_epoch": weights_of_every_epoch(condition, **settings),
        "diverged_at_epoch": diverged_at,
        "training_seconds": history.seconds,
    }
    return record, [] if departures else article.compare(condition, history)


def weights_of_every_epoch(condition: Condition, epochs: int, **settings: Any) -> str:
    """Return the line of Python that gives them, which are too many for the record."""
    arguments = "".join(f", {name}={value!r}" for name, value in settings.items())
    name = condition.name
    return f"article.run(article.CONDITIONS[{name!r}], n_epochs={epochs}{arguments}).weights"


def build_and_train(
    condition: Condition, epochs: int, **settings: Any
) -> tuple[History, int | None]:
    """Return the history as far as the cost is finite, and the epoch at which it is not, if any."""
    with progress("Compiling"):
        train_model = article.build(condition, **settings)
    try:
        return train(train_model, epochs, report=partial(print, flush=True)), None
    except TrainingDiverged as diverged:
        say(f"{diverged}.")
        whole, n_finite = diverged.history, diverged.epoch - 1
        # weights[k] had the cost costs[k]: the last weights are those of the last finite cost.
        costs, weights = whole.costs[:n_finite], whole.weights[: max(1, n_finite)]
        return replace(whole, costs=costs, weights=weights), diverged.epoch


def verdicts(records: dict[str, dict], comparisons: dict[str, list[Comparison]]) -> list[str]:
    """Return the lines that a run ends with, that of the article last."""
    lines = []
    departures = sorted({key for record in records.values() for key in record["departures"]})
    if departures:
        which = ", ".join(name for name, compared in comparisons.items() if not compared)
        flags = ", ".join("--" + key.replace("_", "-") for key in departures)
        lines.append(f"Not compared: {which}, with other settings than published ({flags})")
    for source, suffix in (("blog", " (source blog)"), ("article", "")):
        compared = [
            line
            for name, of_condition in comparisons.items()
            if article.CONDITIONS[name].source == source
            for line in of_condition
        ]
        if compared:
            exact = sum(line.exact for line in compared)
            lines.append(f"{exact} of {len(compared)} published lines reproduced{suffix}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Run, report and compare; return the exit status."""
    started = time.perf_counter()
    options = parse(arguments)
    if not aesara.config.cxx:
        say("No C++ compiler found: Aesara computes in Python, to the same digits but slower.\n")
    elif not any(Path(aesara.config.compiledir).glob("*/key.pkl")):  # nothing compiled yet
        say(
            "The first time on a machine, the C++ compiler builds the network and its gradients.\n"
            "That takes some seconds for each experiment, and less than one from then on.\n"
        )
    names = list(article.CONDITIONS) if options.condition == "all" else [options.condition]
    records, comparisons = {}, {}
    for name in names:
        records[name], comparisons[name] = run(article.CONDITIONS[name], options)

    for name, compared in comparisons.items():
        if compared:
            print(f"{article.CONDITIONS[name].title}: published against obtained\n")
            print(article.format_comparisons(compared), end="\n\n")
    last_lines = verdicts(records, comparisons)
    if options.output is not None:
        record = {
            "conditions": records,
            "verdicts": last_lines,
            "environment": environment(),
            "seconds": time.perf_counter() - started,
        }
        write_json(options.output, record)
        print(f"Record of the run: {options.output}")
    print("\n".join(last_lines))
    if any(record["diverged_at_epoch"] for record in records.values()):
        return 3
    return 0 if all(line.exact for compared in comparisons.values() for line in compared) else 1


if __name__ == "__main__":
    run_main(main)
