"""A scheduler with several workers, really running on this machine: the same bytes, also when a worker is killed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import recsim
from recsim.experiment import Experiment
from recsim.runs import read_metrics

SPEC = {
    "ticks": 6,
    "users": {"count": 60},
    "items": {"count": 50},
    "metrics": ["coverage", "utility", "slate_overlap"],
    "system": {"slate_size": 5, "warmup": {"ticks": 2}, "recommender": {"kind": "als", "factors": 4}},
    "experiment": {
        "seeds": 4,
        "arms": {
            "uniform": {"system.recommender": "uniform"},
            "late": {"interventions": [{"kind": "exploration", "start": 4}]},
        },
    },
}
SCRIPT = """
import json, os, signal, sys
from pathlib import Path
import recsim

class Once(recsim.Behaviour):
    '''Kills the worker that meets it first.'''
    marker: str = ""
    '''A file that is made before.'''
    def after(self, world, feedback, draws):
        if self.marker and world.tick == 5:
            try:
                os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return
            os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    from distributed import LocalCluster
    spec, out, how = json.loads(Path("spec.json").read_text()), sys.argv[1], sys.argv[2]
    spec["users"]["behaviours"] = [{"kind": "once", "marker": os.path.abspath("marker") if how == "kill" else ""}]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        if how == "far":  # workers that see no folder of ours
            import tempfile
            from recsim.experiment import cells
            cluster.get_client().run(hide)
        found = recsim.run(spec, out=out, on=cluster.scheduler_address)
    print(len(found.failures), len(found.metrics))
"""
HIDE = """
def hide():
    from recsim.experiment import cells
    cells.TOKEN = "no.such.token"

"""


@pytest.fixture(scope="module")
def here():
    class Once(recsim.Behaviour):
        """Harmless here."""

        marker: str = ""
        """Not used."""

    spec = json.loads(json.dumps(SPEC))
    spec["users"]["behaviours"] = [{"kind": "once", "marker": ""}]
    return Experiment(spec).run(jobs=1).metrics


@pytest.mark.parametrize("how", ["calm", "kill", "far"])
def test_a_cluster_gives_the_same_numbers(how, here, tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    (tmp_path / "script.py").write_text(SCRIPT.replace("if __name__", HIDE + "if __name__", 1))
    command = [sys.executable, "script.py", "out", how]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.stdout.split() == ["0", str(len(here))], done.stderr
    assert (tmp_path / "marker").exists() == (how == "kill")
    assert read_metrics(tmp_path / "out" / "metrics.csv").equals(here)
    assert len(list((tmp_path / "out" / "cells").glob("*-*/metrics.csv"))) == 12
    assert not list(Path(tmp_path / "out" / "cells").glob(".*"))


def test_the_command_line_reaches_a_scheduler_by_its_file(tmp_path):
    """What the README says of a cluster, with Dask's own command line."""
    (tmp_path / "spec.yaml").write_text(json.dumps(SPEC))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    dask = [sys.executable, "-m", "dask"]
    scheduler = subprocess.Popen(
        [*dask, "scheduler", "--scheduler-file", "s.json", "--port", "0", "--no-dashboard"], **quiet
    )
    worker = subprocess.Popen(
        [*dask, "worker", "--scheduler-file", "s.json", "--nworkers", "2", "--nthreads", "1", "--no-dashboard"], **quiet
    )
    try:
        command = [sys.executable, "-m", "recsim", "run", "spec.yaml", "-o", "out", "--on", "s.json", "--quiet"]
        for _ in range(100):
            if (tmp_path / "s.json").exists():
                break
            subprocess.run([sys.executable, "-c", "import time; time.sleep(0.2)"], check=True)
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
    finally:
        worker.terminate(), scheduler.terminate()
        worker.wait(20), scheduler.wait(20)
    assert read_metrics(tmp_path / "out" / "metrics.csv").equals(Experiment(SPEC).run(jobs=1).metrics)
