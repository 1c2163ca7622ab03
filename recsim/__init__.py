"""recsim: what happens when a recommender system learns from the behaviour it has caused."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

# mesa and implicit import tqdm's notebook bar, which warns where ipywidgets is missing; nothing here needs it.
warnings.filterwarnings("ignore", message="IProgress not found")

_HOMES = {
    "Scenario": "recsim.scenario",
    "ScenarioError": "recsim.problems",
    "Simulation": "recsim.simulation",
    "Run": "recsim.runs",
    "Experiment": "recsim.experiment",
    "Ensemble": "recsim.experiment",
    "run": "recsim.entry",
    "load": "recsim.entry",
    "read": "recsim.reading",
    "compare": "recsim.experiment.comparing",
    "Claim": "recsim.claims",
    "Recommender": "recsim.system.recommenders",
    "Generator": "recsim.system.generators",
    "Reranker": "recsim.system.rerankers",
    "Intervention": "recsim.system.interventions",
    "Behaviour": "recsim.world.behaviours",
    "Dynamics": "recsim.world.dynamics",
    "Metric": "recsim.metrics",
}
__all__ = [
    "Behaviour",
    "Claim",
    "Dynamics",
    "Ensemble",
    "Experiment",
    "Generator",
    "Intervention",
    "Metric",
    "Recommender",
    "Reranker",
    "Run",
    "Scenario",
    "ScenarioError",
    "Simulation",
    "compare",
    "load",
    "read",
    "run",
]
__version__ = "0.4.0"

if TYPE_CHECKING:
    from recsim.claims import Claim
    from recsim.entry import load, run
    from recsim.experiment import Ensemble, Experiment
    from recsim.experiment.comparing import compare
    from recsim.metrics import Metric
    from recsim.problems import ScenarioError
    from recsim.reading import read
    from recsim.runs import Run
    from recsim.scenario import Scenario
    from recsim.simulation import Simulation
    from recsim.system.generators import Generator
    from recsim.system.interventions import Intervention
    from recsim.system.recommenders import Recommender
    from recsim.system.rerankers import Reranker
    from recsim.world.behaviours import Behaviour
    from recsim.world.dynamics import Dynamics


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import recsim` and `recsim --help` stay fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'recsim' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
