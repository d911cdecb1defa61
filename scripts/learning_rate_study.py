"""Train over a grid of optimizers, learning rates and seeds, and draw how well it went.

    scripts/in_venv python scripts/learning_rate_study.py

Writes learning_rate.csv, a row a run, as the runs end, and draws learning_rate.png from it. A study
that was stopped goes on where it stopped when the same command is given again, and ends with the
same files. The runs are made by as many processes as there are cores, or by a Dask cluster:

    dask scheduler                                # on one machine, says its ADDRESS
    dask worker ADDRESS --nworkers auto           # on each, with this package installed
    scripts/in_venv python scripts/learning_rate_study.py --scheduler ADDRESS

Exit status: 0 if every run is in the table; 1 if the workers were lost; 2 if an option or the
table is wrong; 130 if it was interrupted.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Callable

sys.path.insert(0, os.path.dirname(__file__))  # python -I leaves it out
from _console import (
    at_least,
    option_parser,
    output_folder,
    positive,
    refuse,
    run_main,
    say,
    start_aesara,
)
from make_figures import FIGURES_FOLDER
from make_figures import main as make_figures

NAME = "learning_rate"
OPTIMIZERS = ("gd", "rmsprop", "rprop")
RATES = (1e-6, 1e-1, 21)  # four to a tenfold
SEEDS = 20
QUICK_RATES, QUICK_SEEDS = (1e-6, 1e-1, 6), 3
# Where another grid goes than the one whose table and figure stand in figures/.
OTHER_FOLDER = Path("learning_rate_study")
# What a table and its figure can hold.
MOST_RUNS = 10_000_000
# The seconds between two lines about the progress.
REPORT_EVERY = 5.0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options, with None for each that is not given."""
    parser = option_parser(__doc__)
    study = parser.add_argument_group("grid", "Every combination is run.")
    study.add_argument(
        "--optimizer",
        action="append",
        choices=OPTIMIZERS,
        help="can be given more than once, like all that follow in the singular (default: all)",
    )
    rates = study.add_mutually_exclusive_group()
    rates.add_argument(
        "--rates",
        nargs=3,
        type=positive,
        metavar=("MIN", "MAX", "COUNT"),
        help="COUNT learning rates in equal ratios (default: {:g} {:g} {})".format(*RATES),
    )
    rates.add_argument(
        "--rate", action="append", type=positive, metavar="RATE", help="a learning rate"
    )
    study.add_argument(
        "--seeds",
        type=at_least(1, 2**32 - 1),
        metavar="N",
        help=f"the seeds 1 to N; the article's is 1 (default: {SEEDS})",
    )
    study.add_argument(
        "--seq-len", action="append", type=at_least(1), metavar="N", help="steps (default: 10)"
    )
    study.add_argument("--num-samples", type=at_least(1), metavar="N", help="default: 20")
    study.add_argument("--epochs", type=at_least(1), metavar="N", help="default: 2001")
    study.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK_RATES[-1]} learning rates and {QUICK_SEEDS} seeds where none are given",
    )
    workers = parser.add_mutually_exclusive_group()
    workers.add_argument(
        "--processes",
        type=at_least(1),
        metavar="N",
        help="on this machine; 1 for none beside this one (default: one a core)",
    )
    workers.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster, for example tcp://192.168.0.1:8786; needs the extra `dask`",
    )
    parser.add_argument(
        "--output-dir",
        type=output_folder,
        metavar="FOLDER",
        help="where table and figure go, made if it is not there (default: figures/, and"
        f" {OTHER_FOLDER}/ here for another grid than the default)",
    )
    options = parser.parse_args(arguments)
    if options.rates is not None:
        minimum, maximum, count = options.rates
        if not (minimum <= maximum and count == int(count)):
            parser.error(
                "argument --rates: {:g} {:g} {:g} given, the smallest learning rate, the largest"
                " and how many (a whole number) expected".format(*options.rates)
            )
        options.rates = (minimum, maximum, int(count))
    given = (options.optimizer, options.rates, options.rate, options.seeds, options.seq_len)
    other = options.quick or any((*given, options.num_samples, options.epochs))
    if options.output_dir is None:
        try:
            options.output_dir = output_folder(str(OTHER_FOLDER if other else FIGURES_FOLDER))
        except argparse.ArgumentTypeError as error:
            parser.error(f"{error}; give another with --output-dir")
    return options


@contextmanager
def local_processes(count: int) -> Iterator[Executor]:
    """Start processes that neither hear Ctrl-C nor outlive this one."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=end_with_parent) as executor:
        # Ctrl-C goes to every process of a terminal; this one deals with it. What a process blocks,
        # the processes it starts block too.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            # A task starts a process only where none is idle.
            while len(multiprocessing.active_children()) < count:
                executor.submit(int)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        try:
            yield executor
        except BaseException:
            # The runs under way, however long they take, are made again next time. The pool's own
            # thread trips over those that were cancelled (Python 3.11), and would say so.
            threading.excepthook = lambda *_: None
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def end_with_parent() -> None:
    """Have a worker end when the process that started it is killed, which else it never learns."""

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def dask_cluster(address: str) -> Iterator[Executor]:
    """Connect to a Dask cluster."""
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        refuse(
            "--scheduler needs distributed, which is not installed: scripts/in_venv pip install"
            ' --constraint scripts/constraints.txt "simple-rnn[dask]"'
        )
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as error:
        refuse(f"argument --scheduler: {error}; an address as `dask scheduler` prints it expected")
    with client:
        try:
            yield client.get_executor()
        except (KilledWorker, CancelledError) as error:
            raise BrokenExecutor(str(error) or "the scheduler does not answer") from error


@contextmanager
def progress() -> Iterator[Callable[[int, int], None]]:
    """Show the progress: a bar on a terminal where tqdm is installed, a line now and then else."""
    tqdm = None
    if sys.stderr.isatty():
        with suppress(ImportError):
            from tqdm import tqdm
    first, started, last, bar = None, 0.0, 0.0, None

    with ExitStack() as at_the_end:

        def report(done: int, total: int) -> None:
            nonlocal first, started, last, bar
            now = time.monotonic()
            if tqdm is None:
                if first is None:
                    first, started = done, now
                    say(f"{done} of {total} runs")
                elif done == total or now - last >= REPORT_EVERY:
                    rate = 60 * (done - first) / max(now - started, 1e-9)
                    say(f"{done} of {total} runs, {rate:.0f} a minute")
                else:
                    return
                last = now
            elif bar is None:
                bar = at_the_end.enter_context(tqdm(initial=done, total=total, unit="run"))
            else:
                bar.update(done - bar.n)

        yield report


def cores() -> int:
    """Return how many cores this process may use; what a batch system allots may be few of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing, and draw; return the exit status."""
    options = parse(arguments)
    start_aesara()
    from simple_rnn import article, study

    rates = QUICK_RATES if options.quick else RATES
    seeds = options.seeds or (QUICK_SEEDS if options.quick else SEEDS)
    n_rates = len(options.rate) if options.rate else (options.rates or rates)[2]
    n_runs = seeds * n_rates * len(options.optimizer or OPTIMIZERS) * len(options.seq_len or [1])
    if n_runs > MOST_RUNS:
        refuse(f"the grid has {n_runs:,} runs; at most {MOST_RUNS:,} expected: take less of it")
    try:
        runs = study.grid(
            options.optimizer or OPTIMIZERS,
            options.rate or study.logarithmic_rates(*(options.rates or rates)),
            range(1, 1 + seeds),
            options.seq_len or [article.SEQ_LEN],
            options.num_samples or article.NUM_SAMPLES,
            options.epochs or article.N_EPOCHS,
        )
    except ValueError as error:
        refuse(error)
    options.output_dir.mkdir(exist_ok=True)
    path = options.output_dir / f"{NAME}.csv"
    processes = options.processes or cores()
    if options.scheduler is not None:
        executor = dask_cluster(options.scheduler)
    elif processes > 1:
        executor = local_processes(processes)
    else:
        executor = nullcontext()
    try:
        with executor as workers, progress() as report:
            rows = study.run_study(runs, path, workers, report)
    except study.NotThisStudy as error:
        refuse(error)
    except BrokenExecutor as error:
        reason = str(error).rstrip(".")
        say(f"The workers were lost: {reason}. The same command goes on from {path}.")
        return 1
    except KeyboardInterrupt:
        say(f"Interrupted. The same command goes on from {path}.")
        return 130
    diverged = sum(row.diverged_at_epoch is not None for row in rows)
    print(f"{len(rows)} runs, {diverged} of them diverged: {path}", flush=True)
    return make_figures(["--redraw", "--only", NAME, "--output-dir", str(options.output_dir)])


if __name__ == "__main__":
    run_main(main)
