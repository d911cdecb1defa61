"""Train over a grid of optimizers, learning rates and seeds, and draw how well it went.

    scripts/in_venv python scripts/learning_rate_study.py

Draws learning_rate.png, the final cost over the learning rate, from learning_rate.csv, which has
one row per run. With --map it varies the length of the sequences too and draws trainability.png,
the share of the runs that end trained, from trainability.csv, which has one row per learning rate
and length; the rows of the runs are in trainability_runs.csv.

Rows are written as the runs end. A study that was stopped goes on where it stopped when the same
command is given again, and ends with the same files. The runs are made by Dask: in one process per
core of this machine, or by a cluster, whose workers may come and go meanwhile:

    dask scheduler                                # on one machine, says its ADDRESS
    dask worker ADDRESS --nworkers auto           # on each, with this package installed
    scripts/in_venv python scripts/learning_rate_study.py --scheduler ADDRESS

Exit status: 0 if every run is in the table; 1 if there are no workers, or they were lost; 2 if an
option or the table is wrong; 130 if it was interrupted.
"""

from __future__ import annotations

from _console import at_least, option_parser, output_folder, positive, refuse, run_main, say

# _console comes first: it reports in one line that a package is missing, or Ctrl-C.
# isort: split
import argparse
import logging
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, NamedTuple

from _figures import FIGURES_FOLDER, save_learning_rate, save_trainability, write_table

from simple_rnn import article, study

try:
    import distributed
except ImportError:
    distributed = None


class Grid(NamedTuple):
    """Learning rates, given by the smallest, the largest and their number; seeds; lengths."""

    rates: tuple[float, float, int]
    seeds: int
    seq_lens: list[int]

    def runs(self) -> list[study.Settings]:
        """Return the runs with every optimizer."""
        rates = study.logarithmic_rates(*self.rates)
        return study.grid(article.CONDITIONS, rates, range(1, 1 + self.seeds), self.seq_lens)


# Four learning rates to a tenfold; with --quick one.
GRID = Grid((1e-6, 1e-1, 21), 20, [article.SEQ_LEN])
QUICK_GRID = Grid((1e-6, 1e-1, 6), 3, [article.SEQ_LEN])
MAP = Grid((1e-7, 1, 29), 11, [2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 80, 100])
QUICK_MAP = Grid((1e-7, 1, 8), 3, [2, 5, 10, 20, 40])
# Where another grid goes than the one whose table and figure stand in figures/.
OTHER_FOLDER = Path("learning_rate_study")
# How many runs a worker gets at once: to hand out one takes almost as long as to make it.
CHUNKSIZE = 10
SECONDS_BETWEEN_REPORTS = 5.0
SECONDS_TO_ANSWER = 10.0
INSTALL = 'scripts/in_venv pip install --constraint scripts/constraints.txt "simple-rnn[dask]"'


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options, and with them the `runs` that they ask for."""
    parser = option_parser(__doc__)
    number = {"type": at_least(1), "metavar": "N"}
    parser.add_argument("--map", action="store_true", help="vary the length of the sequences, too")
    parser.add_argument("--quick", action="store_true", help="a coarse grid with three seeds")
    grid = parser.add_argument_group("grid", "Every combination is run.")
    grid.add_argument(
        "--optimizer",
        action="append",
        choices=article.CONDITIONS,
        help="can be given more than once, like --rate and --seq-len (default: all)",
    )
    rates = grid.add_mutually_exclusive_group()
    rates.add_argument("--rate", action="append", type=positive, help="a learning rate")
    rates.add_argument(
        "--rates",
        nargs=3,
        type=positive,
        metavar=("MIN", "MAX", "COUNT"),
        help="COUNT learning rates in equal ratios (default: {:g} {:g} {})".format(*GRID.rates),
    )
    grid.add_argument("--seeds", help=f"the seeds 1 to N (default: {GRID.seeds})", **number)
    grid.add_argument("--seq-len", action="append", help="steps (default: 10)", **number)
    grid.add_argument("--num-samples", default=article.NUM_SAMPLES, help="default: 20", **number)
    grid.add_argument("--epochs", default=article.N_EPOCHS, help="default: 2001", **number)
    workers = parser.add_mutually_exclusive_group()
    workers.add_argument(
        "--processes",
        help="on this machine; 1 for none beside this one (default: one per core)",
        **number,
    )
    workers.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask cluster's, like tcp://192.168.0.1:8786"
    )
    parser.add_argument(
        "--output-dir",
        type=output_folder,
        metavar="FOLDER",
        help=f"where the files go (default: figures/; {OTHER_FOLDER}/ here for another grid)",
    )
    options = parser.parse_args(arguments)
    whole = MAP if options.map else GRID
    default = (QUICK_MAP if options.map else QUICK_GRID) if options.quick else whole
    minimum, maximum, count = options.rates or default.rates
    if count != int(count):
        parser.error(f"argument --rates: COUNT is {count:g}, a whole number expected")
    options.runs = study.grid(
        options.optimizer or article.CONDITIONS,
        options.rate or study.logarithmic_rates(minimum, maximum, int(count)),
        range(1, 1 + (options.seeds or default.seeds)),
        options.seq_len or default.seq_lens,
        options.num_samples,
        options.epochs,
    )
    if options.output_dir is None:
        options.output_dir = FIGURES_FOLDER if options.runs == whole.runs() else OTHER_FOLDER
    return options


@contextmanager
def workers(processes: int | None, scheduler: str | None) -> Iterator[Executor | None]:
    """Yield the executor that makes the runs; None stands for this process."""
    if distributed is None and (scheduler is not None or processes not in (None, 1)):
        refuse(f"distributed is not installed, which --scheduler and --processes need: {INSTALL}")
    if scheduler is not None:
        client = cluster(scheduler)
    elif distributed is not None and processes != 1:
        client = local_cluster(processes)
    else:
        if processes is None:
            say(f"All runs are made by this process. To have one per core: {INSTALL}")
        yield None
        return
    with client:
        try:
            yield client.get_executor()
        except (distributed.KilledWorker, CancelledError) as error:
            raise BrokenExecutor(str(error) or "the scheduler does not answer") from error


def local_cluster(processes: int | None) -> distributed.Client:
    """Start processes on this machine, one per core for None."""
    # Ctrl-C goes to every process of a terminal. Those started here ignore it and leave it to this
    # one, which ends them.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return distributed.Client(
            n_workers=processes,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def cluster(address: str) -> distributed.Client:
    """Connect to a Dask cluster that has workers."""
    try:
        client = distributed.Client(address, timeout=SECONDS_TO_ANSWER)
    except (OSError, ValueError) as error:
        refuse(f"argument --scheduler: {error}; an address as `dask scheduler` prints it expected")
    try:
        client.wait_for_workers(1, timeout=SECONDS_TO_ANSWER)
    except distributed.TimeoutError:
        client.close()
        say(f"The scheduler has no workers. Start some: dask worker {address} --nworkers auto")
        sys.exit(1)
    return client


def progress() -> Callable[[int, int], None]:
    """Return a function that says now and then how many runs are done."""
    first = started = last = None

    def report(done: int, total: int) -> None:
        nonlocal first, started, last
        now = time.monotonic()
        if first is None:
            first, started, last = done, now, now
            say(f"{done} of {total} runs")
        elif done == total or now - last >= SECONDS_BETWEEN_REPORTS:
            last = now
            say(f"{done} of {total} runs, {60 * (done - first) / (now - started):.0f} per minute")

    return report


def main(arguments: list[str] | None = None) -> int:
    """Make the runs that are missing, and draw; return the exit status."""
    options = parse(arguments)
    folder = options.output_dir
    folder.mkdir(exist_ok=True)
    runs_table = folder / ("trainability_runs.csv" if options.map else "learning_rate.csv")
    try:
        with workers(options.processes, options.scheduler) as executor:
            results = study.run_study(options.runs, runs_table, executor, progress(), CHUNKSIZE)
    except study.StudyFileError as error:
        refuse(error)
    except BrokenExecutor as error:
        say(f"The workers were lost: {error}. The same command goes on from {runs_table}.")
        return 1
    except KeyboardInterrupt:
        say(f"Interrupted. The same command goes on from {runs_table}.")
        return 130
    diverged = sum(result.diverged_at_epoch is not None for result in results)
    print(f"{len(results)} runs, {diverged} of them diverged: {runs_table}", flush=True)
    if options.map:
        table, picture = folder / "trainability.csv", folder / "trainability.png"
        write_table(table, study.Cell._fields, study.summarize(results))
        print(table)
        save_trainability(table, picture)
    else:
        picture = folder / "learning_rate.png"
        save_learning_rate(runs_table, picture)
    print(picture)
    return 0


if __name__ == "__main__":
    run_main(main)
