"""Every scenario that ships runs, and so does every notebook."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import recsim
from recsim.data import DataError
from recsim.experiment import Experiment
from recsim.reading import read
from recsim.runs import prepared

TOP = Path(__file__).parents[1]
SCENARIOS = sorted((TOP / "scenarios").rglob("*.yaml"))
NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))


def early(treatments, tick):
    """Treatments as plain data, begun by this tick."""
    found = [dict(one) for one in treatments]
    for one in found:
        start = one.get("start", 0)
        one["start"] = min(start, tick) if isinstance(start, int) else start
    return found


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario_runs_in_all_its_arms_and_asks_a_question(path):
    scenario = read(path)
    assert scenario.about.endswith("?")
    small = {f"{section}.count": 300 for section in ("users", "items") if getattr(scenario, section).count}
    ticks = scenario.system.warmup.ticks + 3
    if scenario.data is not None:
        try:
            scenario = prepared(path)
        except DataError as error:
            pytest.skip(f"needs data: set RECSIM_DATA ({str(error).splitlines()[0]})")
    treatments = early([one.block() for one in scenario.interventions], ticks)
    changes = {**small, "ticks": ticks, "claims": [], "interventions": treatments}
    if scenario.experiment is None:
        run = recsim.run(scenario, set=changes)
        assert run.metrics["tick"].max() == ticks
        assert run.wide().iloc[-1].notna().any()
        return
    changes["experiment.arms"] = {
        arm: {field: early(value, ticks) if field == "interventions" else value for field, value in changed.items()}
        for arm, changed in scenario.experiment.arms.items()
    }
    found = Experiment(scenario, seeds=1, set=changes).run(jobs=1)
    assert found.failures.empty, found.failures.to_string()
    for arm, metrics in found.metrics.groupby("arm"):
        assert metrics["tick"].max() == ticks, arm
        assert metrics.loc[metrics["tick"] == ticks, "value"].notna().any(), arm
    assert set(found.metrics["arm"]) == set(found.arms)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs_and_is_stored_without_outputs(path):
    notebook = nbformat.read(path, 4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(TOP)}}).execute()
    shown = [output for cell in code for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert not any(output.output_type == "stream" and output.name == "stderr" for output in shown)
