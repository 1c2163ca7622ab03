"""The arguments of the command line, and what to say about those that do not exist. Imports nothing slow."""

from __future__ import annotations

import difflib
import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from recsim.problems import clean, listed

if TYPE_CHECKING:
    Verbs = _SubParsersAction["_Parser"]

DATA = "folder of the data, or the log itself; default: beside FILE, here, or in RECSIM_DATA"
SYNONYMS = {
    "validate": "check",
    "init": "new",
    "create": "new",
    "describe": "explain",
    "simulate": "run",
    "version": "--version",
}


class Unusable(ValueError):  # noqa: N818  (what the arguments are)
    """Arguments that say nothing; the message says what to write instead."""


class _Parser(ArgumentParser):
    """Raises instead of leaving, and never guesses what an abbreviation means."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise Unusable(f"{self.prog}: {clean(message, 300)}\n   see {self.prog} --help")


def arguments(argv: Sequence[str]) -> Namespace | int:
    """The arguments, or the exit code where the answer (help, version) has been given already.

    Raises:
        Unusable: no such verb or option, or something missing.
    """
    parser, verbs = _parser()
    if not argv:
        parser.print_help()
        return 2
    verb = argv[0]
    if not verb.startswith("-") and verb not in verbs:
        near = SYNONYMS.get(verb) or next(iter(difflib.get_close_matches(verb.lower(), verbs, 1, 0.5)), None)
        hint = f"did you mean 'recsim {near}'?" if near else f"verbs: {listed(verbs)}"
        raise Unusable(f"recsim: there is no verb '{clean(verb)}'\n   {hint}")
    try:
        args, unknown = parser.parse_known_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    if unknown:
        raise Unusable(_unknown(unknown[0], verbs[args.verb], args.verb))
    return args


def _unknown(wrong: str, parser: ArgumentParser, verb: str) -> str:
    """What to say about an argument that does not exist."""
    options = [name for action in parser._actions for name in action.option_strings]
    if not wrong.startswith("-"):
        return f"recsim {verb}: '{clean(wrong)}' is one argument too many\n   see recsim {verb} --help"
    near = difflib.get_close_matches(wrong.partition("=")[0], options, 1, 0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"options: {listed(options)}"
    return f"recsim {verb}: there is no option '{clean(wrong)}'\n   {hint}"


def _parser() -> tuple[_Parser, dict[str, Any]]:
    parser = _Parser(
        prog="recsim",
        description="What happens when a recommender learns from the behaviour it has caused.",
        epilog="Start with: recsim list, recsim run hello, recsim new mine.",
    )
    parser.add_argument("--version", action="version", version=f"recsim {_version()}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    _running(verbs)
    _reading(verbs)
    _machine(verbs)
    return parser, verbs.choices


def _running(verbs: Verbs) -> None:
    """Verbs that run scenarios."""
    run = verbs.add_parser("run", help="run a scenario")
    run.add_argument("file", metavar="FILE", help="a scenario file, or the name of a packaged one")
    run.add_argument("-o", "--output", metavar="DIR", help="directory of the results; default: a new one in results/")
    run.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE", help="another value, as it would stand in the file"
    )
    run.add_argument("--seed", type=_count(0), metavar="N", help="another seed")
    run.add_argument("--data", metavar="DIR", help=DATA)
    run.add_argument("--checkpoint-every", type=_count(1), metavar="TICKS", help="ticks between checkpoints")
    run.add_argument("--arm", metavar="NAME", help="run this arm of the experiment alone")
    resume = verbs.add_parser("resume", help="finish a run or an experiment that was interrupted")
    replay = verbs.add_parser("replay", help="run again what a directory holds, and compare")
    for parser in (resume, replay):
        parser.add_argument("directory", metavar="DIR", help="directory of a run or an experiment")
    compare = verbs.add_parser("compare", help="pair finished runs by seed: what differs, and what that did")
    compare.add_argument("directories", metavar="DIR", nargs="+", help="directories of runs or experiments")
    compare.add_argument("-o", "--output", metavar="DIR", help="directory to write the comparison into")
    compare.add_argument("--at", metavar="WINDOW", help="span of time, such as 'last 20 ticks', which is the default")
    sweep = verbs.add_parser("sweep", help="run a scenario for a grid, or a sample, of values")
    sweep.add_argument("file", metavar="FILE", help="a scenario file, or the name of a packaged one")
    _swept(sweep)
    verify = verbs.add_parser("verify", help="whether the claims of scenarios come out as written")
    verify.add_argument(
        "files", metavar="FILE|FOLDER", nargs="*", help="scenarios; default: all packaged ones that claim something"
    )
    verify.add_argument("--data", metavar="DIR", help=DATA)
    verify.add_argument("--table", action="store_true", help="print a Markdown table, one row a claim")
    for parser in (run, sweep, verify):
        most = "at most, of 5, 10, 20, 40" if parser is verify else "of every arm, counted up from the scenario's own"
        parser.add_argument("--seeds", type=_count(1), metavar="N", help=f"how many seeds, {most}")
    for parser in (run, resume, replay, sweep, verify):
        parser.add_argument(
            "--jobs", type=_count(1), metavar="N", help="processes of an experiment; default: the cores"
        )
        parser.add_argument(
            "--on", metavar="ENGINE", help="a Dask scheduler, such as tcp://host:8786, for an experiment"
        )
    for parser in (run, resume, replay, sweep, verify):
        parser.add_argument("--quiet", action="store_true", help="no progress bar")
    for parser in (run, resume, replay, compare, sweep, verify):
        _machine_readable(parser)


def _swept(sweep: ArgumentParser) -> None:
    """What is swept, and how."""
    sweep.add_argument(
        "--over",
        action="append",
        required=True,
        metavar="PATH=VALUES",
        help="values to try: a,b,c; or to sample from: low..high, 'low..high log'",
    )
    sweep.add_argument("--sample", choices=("latin", "sobol"), help="a sample of the space instead of a grid")
    sweep.add_argument("--points", type=_count(1), default=32, metavar="N", help="points of the sample; default 32")
    sweep.add_argument("-o", "--output", metavar="DIR", help="directory of the results; default: a new one in results/")
    sweep.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="another value, for all points")
    sweep.add_argument("--data", metavar="DIR", help=DATA)
    sweep.add_argument("--checkpoint-every", type=_count(1), metavar="TICKS", help="ticks between checkpoints of a run")


def _reading(verbs: Verbs) -> None:
    """Verbs that read and explain."""
    check = verbs.add_parser("check", help="find every mistake in scenario files")
    check.add_argument("files", metavar="FILE", nargs="+", help="scenario files, or names of packaged ones")
    check.add_argument("--data", metavar="DIR", help=DATA)
    listing = verbs.add_parser("list", help="the packaged scenarios")
    explain = verbs.add_parser("explain", help="what a scenario, a field or a kind means")
    explain.add_argument(
        "what", metavar="FILE|FIELD|KIND", nargs="?", help="such as hello, system.retrain_every or als"
    )
    new = verbs.add_parser("new", help="write a commented scenario to start from")
    new.add_argument("name", metavar="NAME", help="NAME.yaml is written; never over another file")
    schema = verbs.add_parser("schema", help="the JSON Schema of scenario files")
    for parser in (check, listing, explain, schema):
        _machine_readable(parser)


def _machine(verbs: Verbs) -> None:
    """Verbs about this machine."""
    bench = verbs.add_parser("bench", help="how long a tick takes here")
    sizes = {
        "users": (10_000, "users"),
        "items": (2_000, "items"),
        "ticks": (5, "ticks that are timed"),
        "factors": (32, "factors of ALS"),
        "iterations": (1, "iterations of ALS a tick"),
        "slate": (10, "items in a slate"),
        "history": (20, "clicks of each user in the log to begin with"),
        "cohort-size": (4096, "users who are served together"),
        "measure-every": (1, "ticks between measurements"),
    }
    for name, (default, meaning) in sizes.items():
        least = 0 if name == "history" else 1
        bench.add_argument(
            f"--{name}", type=_count(least), default=default, metavar="N", help=f"{meaning}; default {default}"
        )
    bench.add_argument("--profile", action="store_true", help="where the time goes, function by function")
    doctor = verbs.add_parser("doctor", help="what this machine is, and whether results repeat on it")
    for parser in (bench, doctor):
        _machine_readable(parser)


def _machine_readable(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="results for machines, on stdout")


def _count(least: int) -> Callable[[str], int]:
    """The type of a whole number with a lower bound."""

    def count(text: str) -> int:
        if re.fullmatch(r"[0-9]{1,9}", text) is None or int(text) < least:
            raise ArgumentTypeError(f"'{clean(text, 40)}' is not an integer ≥ {least}")
        return int(text)

    return count


def _version() -> str:
    from recsim import __version__

    return __version__
