"""The cut of the code, held by reading its syntax trees: who may import whom, and what appears nowhere."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

import recsim.scenario
from recsim.base.component import Component
from recsim.scenario import Scenario
from recsim.simulation import Simulation

ROOT = Path(recsim.scenario.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
TREES = {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text()) for file in FILES}
FAMILIES = {
    "world/activity", "world/affinity", "world/behaviours", "world/choice", "world/discovery", "world/dynamics",
    "world/response", "world/tastes", "world/titles", "world/network", "system/recommenders", "system/generators",
    "system/people",
    "system/rerankers", "system/interventions", "metrics", "claims",
}  # fmt: skip
ENGINE = re.compile(r"^(base|world|system|metrics|data)/|^(simulation|checkpoint|recording|observing|tracing)\.py$")
"""Where a result is made."""


def imports(name: str, *, typing: bool = True) -> Iterator[str]:
    """Full names of the modules that a file imports; without those that only annotations need if `typing` is False."""
    for node in _nodes(TREES[name], typing):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            module = node.module or ""
            inside = ROOT / "/".join(module.split(".")[1:])
            yield module
            for alias in node.names if module.split(".")[0] == "recsim" else ():
                if (inside / f"{alias.name}.py").is_file() or (inside / alias.name).is_dir():
                    yield f"{module}.{alias.name}"


def _nodes(node: ast.AST, typing: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if typing or not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from _nodes(child, typing)


def half(name: str) -> str:
    """Top folder of a file."""
    return name.split("/")[0] if "/" in name else ""


# -- who imports whom ----


MAY_NOT = {
    "base": ("recsim.world", "recsim.system", "recsim.metrics", "recsim.simulation", "recsim.scenario", "recsim.data"),
    "world": ("recsim.system", "recsim.metrics", "recsim.simulation", "recsim.scenario", "recsim.checkpoint"),
    "system": ("recsim.world", "recsim.metrics", "recsim.simulation", "recsim.scenario", "recsim.checkpoint"),
    "metrics": ("recsim.simulation", "recsim.scenario", "recsim.checkpoint", "recsim.runs"),
}


@pytest.mark.parametrize("folder", sorted(MAY_NOT))
def test_layers_point_one_way(folder: str) -> None:
    files = [name for name in TREES if half(name) == folder]
    assert len(files) >= 7
    for name in files:
        for module in imports(name):
            assert not module.startswith(MAY_NOT[folder]), f"{name} imports {module}"
            if module.startswith("recsim."):
                allowed = {"metrics": ("base", "metrics", "world", "system")}.get(folder, ("base", folder))
                assert module.split(".")[1] in allowed, f"{name} imports {module}"


def test_the_test_of_layers_sees_every_import() -> None:
    assert "recsim.world.world" in set(imports("world/behaviours/drift.py"))
    assert "recsim.world.world" not in set(imports("world/behaviours/drift.py", typing=False))
    assert "implicit.cpu.als" in set(imports("system/recommenders/als.py")), "inside a function"
    assert "recsim.world" in set(imports("scenario.py"))
    assert "recsim.system.interventions" in set(imports("system/__init__.py")), "a package by its name"


def test_metrics_see_the_halves_through_types_only() -> None:
    for name in TREES:
        if half(name) == "metrics":
            for module in imports(name, typing=False):
                assert not module.startswith(("recsim.world", "recsim.system")), f"{name} imports {module}"


def test_no_component_imports_another() -> None:
    for name in TREES:
        folder = next((family for family in FAMILIES if name.startswith(f"{family}/")), None)
        if folder is None or name.endswith("__init__.py"):
            continue
        for module in imports(name):
            path = "/".join(module.split(".")[1:])
            other = any(path.startswith(f"{family}/") for family in FAMILIES)
            assert not module.startswith("recsim") or not other, f"{name} imports the component {module}"


MAY_NAME_COMPONENTS = {
    "system/sections.py": "the defaults of a platform",
    "world/sections.py": "the defaults of a world",
    "problems/doubts.py": "a share of active users says how much is clicked",
    "problems/misfits.py": "`change` and `monitor` have rules that no single field can know",
    "simulation.py": "`change` is the one intervention that the simulation carries out itself",
}


def test_only_defaults_name_components() -> None:
    found = set()
    for name in TREES:
        for module in imports(name, typing=False):
            path = "/".join(module.split(".")[1:])
            inside = any(path.startswith(f"{family}/") for family in FAMILIES)
            if inside and not any(name.startswith(f"{family}/") for family in FAMILIES):
                found.add(name)
    assert found == set(MAY_NAME_COMPONENTS)


def test_every_component_is_where_its_family_is() -> None:
    homes = {
        "behaviour": "world.behaviours", "discovery": "world.discovery", "dynamics": "world.dynamics",
        "recommender": "system.recommenders", "generator": "system.generators", "reranker": "system.rerankers",
        "intervention": "system.interventions", "metric": "metrics", "activity": "world.activity", "data": "data",
        "affinity": "world.affinity", "choice": "world.choice", "response": "world.response", "tastes": "world.tastes",
        "titles": "world.titles", "claim": "claims", "network": "world.network", "link_recommender": "system.people",
        "arrivals": "system.arrivals",
    }  # fmt: skip
    for family, members in Component.registry.items():
        for found in members.values():
            if found.__module__.startswith("recsim."):
                assert found.__module__.removeprefix("recsim.").startswith(homes[family])


# -- libraries ----

HOMES = {
    "mesa": {"clock.py", "simulation.py"},
    "implicit": {"system/recommenders/als.py", "system/recommenders/bpr.py"},
    "seaborn": {"plot/page.py", "plot/ticks.py"},
    "matplotlib": {"plot/page.py", "plot/palette.py", "plot/panels.py"},
    "ruamel": {"reading/__init__.py"},
    "tqdm": {"progress.py"},
    "river": {"system/interventions/adwin.py"},
    "distributed": {"experiment/cluster.py"},
    "cloudpickle": {"experiment/classes.py"},
    "xarray": {"experiment/ensemble.py"},
    "networkx": {"world/network/textbook.py"},
    "pyarrow": set(),
}
COMMON = {"numpy", "scipy", "pydantic", "pydantic_core", "pandas", "threadpoolctl", "recsim"}


def test_every_library_has_one_home() -> None:
    found: dict[str, set[str]] = {}
    for name in TREES:
        for module in imports(name, typing=False):
            found.setdefault(module.split(".")[0], set()).add(name)
    foreign = {name: files for name, files in found.items() if name not in sys.stdlib_module_names | COMMON}
    assert foreign == {name: files for name, files in HOMES.items() if files}
    for file in found["pandas"]:
        assert not file.startswith(("base/", "world/", "system/", "metrics/")), f"{file}: the engine is arrays"


def test_base_knows_numpy_and_pydantic_only() -> None:
    libraries = {module.split(".")[0] for name in TREES if half(name) == "base" for module in imports(name)}
    assert libraries - sys.stdlib_module_names == {"numpy", "pydantic", "pydantic_core", "recsim"}


HEAVY = ("pandas", "seaborn", "matplotlib", "implicit", "numba", "networkx", "dask", "starlette")


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import recsim", (*HEAVY, "mesa", "numpy", "scipy", "pydantic", "ruamel")),
        ("import recsim.scenario", (*HEAVY, "mesa")),
        ("from recsim.scenario import Scenario; Scenario().plain()", (*HEAVY, "mesa")),
    ],
)
def test_importing_stays_fast(code: str, unwanted: tuple[str, ...]) -> None:
    ask = f"{code}; import sys; print(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    env = {**os.environ, "PYTHONPATH": str(ROOT.parent)}
    done = subprocess.run([sys.executable, "-c", ask], env=env, capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & set(unwanted)


# -- what appears nowhere ----


def test_random_numbers_come_from_one_place() -> None:
    for name, tree in TREES.items():
        modules = set(imports(name))
        assert not modules & {"random", "secrets", "numpy.random", "uuid"}, name
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and name != "base/draws.py":
                assert ast.unparse(node) not in ("np.random", "numpy.random"), f"{name}:{node.lineno}"
    draws = ast.unparse(TREES["base/draws.py"])
    assert set(re.findall(r"np\.random\.(\w+)", draws)) == {"Generator", "Philox"}, "no numpy generator without a key"


def test_nothing_depends_on_hashes_or_addresses() -> None:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if ENGINE.search(name) and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("hash", "id"), f"{name}:{node.lineno}"


def is_set(node: ast.AST) -> bool:
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")
    both = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor))
    return isinstance(node, (ast.Set, ast.SetComp)) or called or (both and (is_set(node.left) or is_set(node.right)))  # type: ignore[attr-defined]


def walks_a_set(tree: ast.AST) -> list[int]:
    """Lines on which something goes through a set in whatever order it has."""
    named = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None and is_set(node.value)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    walked: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.For, ast.comprehension)):
            walked.append(node.iter)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("list", "tuple", "enumerate", "zip", "map", "iter", "next"):
                walked += node.args
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            walked += node.args if node.func.attr in ("join", "array", "extend") else []
    return [one.lineno for one in walked if is_set(one) or (isinstance(one, ast.Name) and one.id in named)]  # type: ignore[attr-defined]


def test_nothing_goes_through_a_set() -> None:
    for name, tree in TREES.items():
        assert not walks_a_set(tree), f"{name}:{walks_a_set(tree)}"


@pytest.mark.parametrize(
    "code",
    ["for x in {1, 2}: pass", "[x for x in set(y)]", "list({a for a in b})", "s = {1}\nfor x in s: pass",
     "','.join(set(a) | b)", "for i, x in enumerate(frozenset(a)): pass"],
)  # fmt: skip
def test_the_test_of_sets_can_fail(code: str) -> None:
    assert walks_a_set(ast.parse(code))
    assert not walks_a_set(ast.parse("for x in sorted({1, 2}): pass\ny = 3 in {1, 2}"))


def test_nothing_is_pickled_or_executed() -> None:
    for name, tree in TREES.items():
        modules = {module.split(".")[0] for module in imports(name)}
        sent = {"cloudpickle"} if name == "experiment/classes.py" else set()  # classes on their way to a worker
        assert not (modules - sent) & {"pickle", "marshal", "shelve", "joblib", "cloudpickle", "dill"}, name
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("eval", "exec", "compile", "__import__"), f"{name}:{node.lineno}"
                if called in ("np.load", "np.save", "np.lib.format.read_array"):
                    given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                    assert given.get("allow_pickle") == "False", f"{name}:{node.lineno} {called}"
                assert called not in ("np.savez", "np.savez_compressed"), f"{name}:{node.lineno}"


def test_time_does_not_enter_a_result() -> None:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if ENGINE.search(name) and isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("time.time", "time.time_ns", "datetime.now", "datetime.datetime.now"), name
                assert called != "time.perf_counter" or name == "simulation.py", f"{name}: only `seconds` are timed"


# -- sizes and names ----

LONG_FILES = {
    "base/component.py": (230, "one class, its registry, and the kinds of numbers and names that fields are made of"),
    "claims/pairs.py": (225, "four forms that compare two sides, which share how they do it"),
    "experiment/ensemble.py": (240, "the result as a class with its tables"),
    "simulation.py": (390, "the loop: construction, seven phases, and what people may ask of a running tick"),
    "system/service.py": (310, "the platform at work: one class, the phases it takes part in"),
    "runs.py": (320, "running to the end, and the result as a class with its tables"),
    "checkpoint.py": (290, "capture, restore, save, load: they have to be read together"),
    "cli.py": (260, "one function a verb, and how their mistakes are told"),
    "world/world.py": (345, "the truth: one class, a tick, and what others may know"),
    "reading/document.py": (240, "YAML text to plain data with a place for every value"),
    "base/flow.py": (380, "the values that cross, every field with its docstring"),
}
LONG_FUNCTIONS: dict[str, tuple[int, str]] = {}


def test_files_are_short() -> None:
    lengths = {name: len((ROOT / name).read_text().splitlines()) for name in TREES}
    for name, length in lengths.items():
        assert length <= LONG_FILES.get(name, (220, ""))[0], f"{name} has {length} lines"
    assert sorted(lengths.values())[len(lengths) // 2] <= 90, "the median file"


def test_functions_are_short() -> None:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or 0) - node.lineno + 1
                limit = LONG_FUNCTIONS.get(f"{name}:{node.name}", (50, ""))[0]
                assert length <= limit, f"{name}:{node.lineno} {node.name} has {length} lines"


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    for file in FILES:
        for part in file.relative_to(ROOT).with_suffix("").parts:
            assert part in ("__init__", "__main__") or part not in sys.stdlib_module_names, file


def test_names_say_what_things_are() -> None:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                assert not re.search(r"(Manager|Helper|Utils?|Handler|Wrapper)$", node.name), f"{name}: {node.name}"
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert not re.match(r"_?(get|compute|process|do)_[a-z]", node.name), f"{name}: {node.name}"
        assert not re.search(r"(utils?|helpers?|misc|common)\.py$", name)


def test_the_product_does_not_cite_its_workshop() -> None:
    text = [*FILES, *ROOT.parent.glob("*.md"), *(ROOT.parent / "scenarios").rglob("*.yaml")]
    for file in text:
        assert not re.search(r"/w[o]rk/|shared/reference|DESIGN\.md|oracle numbers|loops:O\d", file.read_text()), file


# -- memory ----


def test_nothing_of_users_times_items_is_built() -> None:
    users, items = 3000, 2000
    spec = Scenario.parse(
        {
            "ticks": 3,
            "users": {"count": users},
            "items": {"count": items},
            "system": {"warmup": {"ticks": 1}, "recommender": {"kind": "als", "factors": 16, "threads": 1}},
        }
    )
    Simulation(spec.override("users.count", 10)).step()  # what is imported on first use is not what is measured
    tracemalloc.start()
    try:
        sim = Simulation(spec)
        while sim.running:
            sim.step()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(sim.service.log) > users
    assert peak < users * items * 4 * 0.5, f"{peak / 2**20:.1f} MiB"


def test_memory_grows_with_users_not_with_cells() -> None:
    """Twice the users and twice the items: twice the memory, not four times."""
    peaks = []
    for scale in (1, 2):
        size = {"users": {"count": 1500 * scale}, "items": {"count": 1000 * scale}, "cohort_size": 512}
        system = {"warmup": {"ticks": 1}, "recommender": {"kind": "als", "factors": 8, "threads": 1}}
        spec = Scenario.parse({"ticks": 2, **size, "system": system})
        tracemalloc.start()
        try:
            sim = Simulation(spec)
            while sim.running:
                sim.step()
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 2.6 * peaks[0], [f"{peak / 2**20:.1f} MiB" for peak in peaks]
