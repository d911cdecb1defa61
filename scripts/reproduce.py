"""Run the article's two experiments and compare them with what it printed, line by line.

    scripts/in_venv python scripts/reproduce.py

Prints each experiment in the article's own format, then a table of published against obtained.
Exit status: 0 if every published line came out digit for digit, or if an option departs from the
article so that there is nothing to compare with; 1 if a line differs; 2 if an option is wrong;
3 if the cost became infinite or NaN.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from functools import partial

sys.path.insert(0, os.path.dirname(__file__))  # python -I leaves it out
from _console import (
    alive,
    at_least,
    environment,
    option_parser,
    output_file,
    positive,
    run_main,
    say,
    start_aesara,
    write_json,
)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options, with None for each setting that is left to the article."""
    parser = option_parser(__doc__)
    parser.add_argument(
        "--condition",
        choices=["gd", "rmsprop", "all"],
        default="all",
        help="which experiment: gradient descent, RMSProp, or both (default)",
    )
    settings = parser.add_argument_group(
        "settings", "The article's by default; with another there is nothing to compare with."
    )
    settings.add_argument("--epochs", type=at_least(1), metavar="N", help="2001")
    rates = "1e-5 for gradient descent, 0.001 for RMSProp"
    settings.add_argument("--learning-rate", type=positive, metavar="RATE", help=rates)
    settings.add_argument("--seed", type=at_least(0, 2**32 - 1), metavar="N", help="1")
    settings.add_argument("--num-samples", type=at_least(1), metavar="N", help="20")
    settings.add_argument("--seq-len", type=at_least(1), metavar="N", help="10 steps")
    parser.add_argument(
        "--output",
        type=output_file,
        metavar="FILE",
        help="write a record of the run (costs, weights, versions, processor) as JSON",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run, report and compare; return the exit status."""
    options = parse(arguments)
    started = time.perf_counter()
    start_aesara()
    import aesara

    from simple_rnn import TrainingDiverged, article, train

    names = list(article.CONDITIONS) if options.condition == "all" else [options.condition]
    if aesara.config.cxx:
        say(
            "Compiling takes tens of seconds the first time on a machine, while the C++ compiler\n"
            "builds the network and its gradients, and about two seconds from then on.\n"
        )
    else:
        say("No C++ compiler found: Aesara computes in Python, to the same digits but slower.\n")
    departures, comparisons, records, diverged_at = set(), [], {}, {}
    for name in names:
        condition = article.CONDITIONS[name]
        published = {
            "learning_rate": condition.learning_rate,
            "seed": article.SEED,
            "num_samples": article.NUM_SAMPLES,
            "seq_len": article.SEQ_LEN,
            "epochs": article.N_EPOCHS,
        }
        given = {key: value for key, value in vars(options).items() if value is not None}
        settings = {key: given.get(key, value) for key, value in published.items()}
        departures |= {key for key in published if settings[key] != published[key]}

        print(f"{condition.title}, learning rate = {settings['learning_rate']:g}\n", flush=True)
        with alive("Compiling"):
            n_epochs = settings.pop("epochs")
            train_model = article.build(condition, **settings)
        try:
            history = train(train_model, n_epochs, report=partial(print, flush=True))
        except TrainingDiverged as diverged:
            say(f"{diverged}.")
            diverged_at[name] = diverged.epoch
            # The record keeps what was finite.
            history = replace(
                diverged.history,
                costs=diverged.history.costs[:-1],
                weights=diverged.history.weights[:-1],
            )
        print()
        comparisons.append((condition, article.compare(condition, history)))
        records[name] = {
            "title": condition.title,
            "settings": {**settings, "epochs": n_epochs},
            "costs": history.costs.tolist(),
            "initial_weights": history.initial_weights.tolist(),
            "final_weights": history.final_weights.tolist(),
            "diverged_at_epoch": diverged_at.get(name),
            "training_seconds": history.seconds,
        }

    lines = [line for _, compared in comparisons for line in compared]
    exact = sum(line.exact for line in lines)
    if departures:
        flags = ", ".join("--" + key.replace("_", "-") for key in sorted(departures))
        verdict = f"Nothing published to compare with: not the article's settings ({flags})"
    else:
        for condition, compared in comparisons:
            print(f"{condition.title}: published against obtained\n")
            print(article.format_comparisons(compared), end="\n\n")
        verdict = f"{exact} of {len(lines)} published lines reproduced"

    if options.output is not None:
        record = {
            "conditions": records,
            "verdict": verdict,
            "environment": environment(),
            "seconds": time.perf_counter() - started,
        }
        write_json(options.output, record)
        print(f"Record of the run: {options.output}")
    print(verdict)
    if diverged_at:
        return 3
    return 0 if departures or exact == len(lines) else 1


if __name__ == "__main__":
    run_main(main)
