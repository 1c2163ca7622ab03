"""The command line: what can be asked, where answers go, and how mistakes are told.

Results go to stdout, words for people to stderr. Exit codes: 0 ok, 1 the simulation failed, 2 the input is wrong,
3 interrupted. Whatever is slow to import is imported by the verb that needs it, so that `--help` and `list` are quick.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from recsim.arguments import Unusable, arguments
from recsim.problems import ScenarioError, clean, counted, tell

if TYPE_CHECKING:
    from recsim.base.flow import History
    from recsim.scenario import Scenario

EXIT_OK, EXIT_FAILED, EXIT_WRONG, EXIT_STOPPED, EXIT_LIMIT = 0, 1, 2, 3, 4


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without '≥' is no reason to fail
    try:
        code = _act(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        with suppress(OSError, ValueError):  # the reader has gone; keep the interpreter from complaining at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return EXIT_STOPPED
    except MemoryError:
        print("there is not enough memory for this scenario; lower 'count' of users or items", file=sys.stderr)
        return EXIT_LIMIT


def _act(argv: list[str]) -> int:
    try:
        args = arguments(argv)
        return args if isinstance(args, int) else VERBS[args.verb](args)
    except Unusable as error:
        return _wrong(str(error))
    except ScenarioError as error:
        return _wrong(f"{error}\n{counted(error.problems)}; nothing was run")
    except BrokenPipeError:
        raise
    except OSError as error:
        name = f"{clean(str(error.filename), 200)}: " if error.filename is not None else ""
        return _wrong(f"{name}{error.strerror or clean(str(error), 300)}")
    except ValueError as error:
        if not type(error).__module__.startswith("recsim."):
            raise  # not a message for users, but a mistake of ours
        return _wrong("\n".join(clean(line, 600) for line in str(error).split("\n")))


def _wrong(message: str) -> int:
    print(message, file=sys.stderr)
    return EXIT_WRONG


def _json(value: Any) -> None:
    import json

    print(json.dumps(value, indent=1, ensure_ascii=False))


def overrides(assignments: Iterable[str]) -> dict[str, Any]:
    """Values by path, from the assignments `path=value` of `--set`.

    Raises:
        ScenarioError: an assignment that is none, or a value that is not YAML.
    """
    from recsim.reading import overrides

    return overrides(assignments)


def check(args: Namespace) -> int:
    """`recsim check FILE…`: every mistake of every file."""
    from recsim.explain import size, size_words
    from recsim.problems.doubts import doubts, noted
    from recsim.reading import read

    results, n_wrong, heard = [], 0, set[str]()
    for name in args.files:
        try:
            scenario = read(name)
            history, found = _log_of(name, scenario, args.data) if scenario.data is not None else (None, [])
            if scenario.users.network.needs_links and (scenario.data is None or history is not None):
                _check_links(name, args.data, history)
        except ScenarioError as error:
            n_wrong += 1
            print(tell(error.problems, heard), file=sys.stderr)
            problems = [_as_data(problem) for problem in error.problems]
            results.append({"file": name, "ok": False, "problems": problems, "notes": []})
            continue
        notes = doubts(scenario) + found
        results.append({"file": name, "ok": True, **size(scenario, history), "problems": [], "notes": notes})
        if not args.json:
            print(f"{clean(name, 200)}: ok  {size_words(scenario, history)}", flush=True)
            noted(notes, f"{clean(name, 200)}: " if len(args.files) > 1 else "")
    if args.json:
        _json(results)
    if n_wrong:
        n_problems = sum(len(one["problems"]) for one in results)
        print(f"{n_problems} problem{'s' * (n_problems != 1)} found in {n_wrong} of {len(results)}", file=sys.stderr)
    return EXIT_WRONG if n_wrong else EXIT_OK


def _log_of(name: str, scenario: Scenario, place: str | None) -> tuple[History | None, list[str]]:
    from recsim.commands import log_of

    return log_of(name, scenario, place)


def _check_links(name: str, place: str | None, history: History | None) -> None:
    from recsim.commands import check_links

    check_links(name, place, history)


def _as_data(problem: Any) -> dict[str, Any]:
    """A problem for machines."""
    place = problem.place
    found = {"path": list(problem.path), "text": problem.text, "hint": problem.hint, "more": problem.more}
    return found | ({"line": place.line, "column": place.column} if place is not None and place.line else {})


def list_scenarios(args: Namespace) -> int:
    """`recsim list`: the packaged scenarios, and what each asks. Reads them as YAML only."""
    from recsim.reading import document
    from recsim.reading.locating import packaged, read_text

    found = []
    for name, path in packaged().items():
        try:
            fields = document(read_text(path, str(path)), str(path)).root.value
            about = fields.get("about", "") if isinstance(fields, dict) else ""
        except ScenarioError:
            about = "(cannot be read: see recsim check)"
        found.append({"name": name, "about": about, "file": str(path)})
    if args.json:
        _json(found)
        return EXIT_OK
    width = max((len(one["name"]) for one in found), default=0)
    for one in found:
        print(f"{clean(one['name']):<{width}}  {clean(one['about'], 200)}")
    print("run one with: recsim run NAME   begin your own with: recsim new NAME", file=sys.stderr)
    return EXIT_OK


def explain(args: Namespace) -> int:
    """`recsim explain [FILE|field.path|kind]`: what it means, in words."""
    from recsim import explain as words
    from recsim.reading import packaged, read

    if args.what is None:
        _json(words.overview_data()) if args.json else print(words.overview())
        return EXIT_OK
    names_file = args.what.endswith((".yaml", ".yml")) or os.sep in args.what or os.path.isfile(args.what)
    if not names_file:
        try:
            found = words.explanations(args.what)
        except ScenarioError:
            if args.what not in packaged():
                raise
        else:
            _json(found) if args.json else print(words.text_of(args.what))
            if args.what in packaged():
                print(f"a packaged scenario has this name too: recsim explain {args.what}.yaml", file=sys.stderr)
            return EXIT_OK
    scenario = read(args.what)
    if args.json:
        _json({"words": list(words.story(scenario)), "scenario": scenario.plain()})
    else:
        print("\n".join(words.story(scenario)))
    return EXIT_OK


def new(args: Namespace) -> int:
    """`recsim new NAME`: a commented scenario to start from."""
    from recsim.explain.starter import new

    path, schema_file = new(args.name)
    print(path)
    told = f"{schema_file.name} beside it tells editors what may stand in it; run it with: recsim run {path}"
    print(told, file=sys.stderr)
    return EXIT_OK


def schema(args: Namespace) -> int:
    """`recsim schema`: the JSON Schema of a scenario."""
    from recsim.explain.schema import schema

    _json(schema())
    return EXIT_OK


def _command(args: Namespace) -> int:
    """A verb that simulates."""
    act = _acts()[args.verb]
    if not getattr(args, "profile", False):
        return act(args)
    import cProfile
    import pstats

    with cProfile.Profile() as profile:
        code = act(args)
    pstats.Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats(30)
    return code


def _acts() -> dict[str, Callable[[Namespace], int]]:
    from recsim import commands
    from recsim.commands import experiments, machine

    return {
        "run": commands.run,
        "resume": commands.resume,
        "replay": commands.replay,
        "compare": experiments.compare,
        "sweep": experiments.sweep,
        "verify": experiments.verify,
        "bench": machine.bench,
        "doctor": machine.doctor,
    }


VERBS = {
    "run": _command,
    "resume": _command,
    "replay": _command,
    "compare": _command,
    "sweep": _command,
    "verify": _command,
    "check": check,
    "list": list_scenarios,
    "explain": explain,
    "new": new,
    "schema": schema,
    "bench": _command,
    "doctor": _command,
}
