"""Running scenarios from Python: what comes out, where it is written, and that nothing is ever lost."""

import json

import numpy as np
import pandas as pd
import pytest

import recsim
from recsim.folder import RunExistsError, free_place
from recsim.runs import ResumeError, resume
from recsim.simulation import Simulation

RECORDED = {"record": {"users": 3, "items": "all", "every": 2, "events": True}}


@pytest.fixture
def scenario(tiny):
    return tiny(**RECORDED)


def test_a_packaged_scenario_runs_by_its_name():
    run = recsim.run("hello", set={"ticks": 3, "users.count": 50, "items.count": 40})
    assert run.metrics["tick"].max() == 3
    assert run.scenario.users.count == 50


def test_the_frame_is_tidy_and_the_wide_one_agrees_with_it(scenario):
    run = recsim.run(scenario)
    assert list(run.metrics.columns) == ["tick", "metric", "group", "value"]
    clicks = run.metrics[(run.metrics["metric"] == "clicks_per_session") & (run.metrics["tick"] == 4)]
    assert run.wide().loc[4, "clicks_per_session"] == clicks["value"].item()


def test_the_table_tells_the_first_defined_value_the_last_and_the_change(scenario):
    run = recsim.run(scenario)
    gini = run.wide()["exposure_gini"]
    row = run.table.loc["exposure_gini"]
    assert np.isnan(gini.loc[0])
    assert (row["start"], row["end"]) == (gini.loc[1], gini.iloc[-1])
    assert row["change"] == row["end"] - row["start"]


def test_what_is_saved_is_what_is_loaded(scenario, tmp_path):
    run = recsim.run(scenario)
    loaded = recsim.load(run.save(tmp_path / "here"))
    pd.testing.assert_frame_equal(loaded.metrics, run.metrics, check_exact=True)
    assert loaded.scenario == run.scenario
    assert loaded.provenance == run.provenance
    assert loaded.traces.keys() == run.traces.keys() == {"ticks", "tastes", "slates", "picks", "views", "clicks"}
    for name, array in run.traces.items():
        assert np.array_equal(loaded.traces[name], array)
    pd.testing.assert_frame_equal(loaded.events, run.events)


def test_traces_have_the_promised_shapes_and_contents(scenario):
    run, sim = recsim.run(scenario), Simulation(scenario)
    while sim.running:
        sim.step()
    assert run.traces["ticks"].tolist() == [0, 2, 4, 6]
    assert run.traces["tastes"].shape == (4, 3, 8)
    assert np.array_equal(run.traces["tastes"][-1], sim.world.users.tastes[:3])
    assert np.array_equal(run.traces["clicks"][-1], sim.service.items.clicks_now)
    assert (run.traces["slates"][0] == -1).all()
    assert len(run.events) == len(sim.service.log)


def test_saving_over_results_is_refused_and_they_stay(scenario, tmp_path):
    run = recsim.run(scenario, out=tmp_path / "here")
    before = (tmp_path / "here" / "metrics.csv").read_bytes()
    for again in (lambda: run.save(tmp_path / "here"), lambda: recsim.run(scenario, out=tmp_path / "here")):
        with pytest.raises(RunExistsError, match="holds results already"):
            again()
    assert (tmp_path / "here" / "metrics.csv").read_bytes() == before


def test_a_file_in_the_way_is_refused(scenario, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunExistsError, match="is a file"):
        recsim.run(scenario, out=tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_loading_what_is_no_run_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no metrics\.csv"):
        recsim.load(tmp_path)


def test_the_same_scenario_gives_the_same_files(scenario, tmp_path):
    for name in ("one", "other"):
        recsim.run(scenario, out=tmp_path / name)
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert {str(path) for path in files} >= {"metrics.csv", "metrics.png", "events/clicks.parquet", "traces/tastes.npy"}
    for path in files:
        if path.name != "timings.json":
            assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "other" / path).read_bytes(), path


def test_provenance_names_seed_versions_and_the_scenario(scenario, tmp_path):
    recsim.run(scenario, seed=9, out=tmp_path / "here")
    about = json.loads((tmp_path / "here" / "provenance.json").read_text())
    assert about["seed"] == 9
    assert about["versions"]["numpy"] == np.__version__
    assert len(about["scenario_sha256"]) == 64
    assert about["scenario_sha256"] != recsim.run(scenario, seed=8).provenance["scenario_sha256"]


def test_the_written_scenario_has_every_default_and_runs_to_the_same_numbers(scenario, tmp_path):
    run = recsim.run(scenario, out=tmp_path / "here")
    text = (tmp_path / "here" / "scenario.yaml").read_text()
    assert "regularization: 0.01" in text
    again = recsim.run(tmp_path / "here" / "scenario.yaml")
    pd.testing.assert_frame_equal(again.metrics, run.metrics, check_exact=True)


def test_a_free_place_is_never_one_that_exists(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(free_place("hello", 1)) == "results/hello-1"
    assert str(free_place("hello", 1)) == "results/hello-1-2"


def test_a_run_shows_itself_in_a_notebook_and_escapes_what_users_wrote(tiny):
    run = recsim.run(tiny(about="<script>alert(1)</script>"))
    page = run._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "exposure_gini" in page
    assert "exposure_gini" in repr(run)


def test_a_run_holds_no_live_model(scenario):
    run = recsim.run(scenario)
    assert not any(isinstance(value, Simulation) for value in vars(run).values())


def test_progress_in_a_pipe_is_lines_with_time_left(scenario, capsys):
    recsim.run(scenario, progress=True)
    lines = capsys.readouterr().err.strip().splitlines()
    assert "0/6" in lines[0]
    assert "6/6" in lines[-1]
    assert "<" in lines[0]  # elapsed<remaining
    assert not any("\r" in line for line in lines)


def test_picks_made_by_hand_are_written_and_replayed(scenario, tmp_path):
    from recsim.cli import main
    from recsim.folder import claim, provenance
    from recsim.runs import finish

    folder = claim(tmp_path / "here", scenario, provenance(scenario))
    finish(Simulation(scenario), scenario, folder, inputs={4: {0: 2, 7: 0}})
    assert pd.read_csv(folder / "inputs.csv").to_numpy().tolist() == [[4, 0, 2], [4, 7, 0]]
    assert main(["replay", str(folder), "--quiet"]) == 0
    (folder / "inputs.csv").unlink()
    assert main(["replay", str(folder), "--quiet"]) == 1


def test_a_directory_with_anything_in_it_is_not_written_into(scenario, tmp_path):
    (tmp_path / "metrics.png").write_text("precious")
    with pytest.raises(RunExistsError, match="is not empty"):
        recsim.run(scenario, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.png"]


def test_a_run_whose_scenario_was_edited_is_not_gone_on_with(scenario, tmp_path):
    from recsim.folder import claim, provenance

    folder = claim(tmp_path / "here", scenario, provenance(scenario))
    text = (folder / "scenario.yaml").read_text()
    (folder / "scenario.yaml").write_text(text.replace("slate_size: 5", "slate_size: 4"))
    with pytest.raises(ResumeError, match=r"scenario\.yaml is not what the run was begun with"):
        resume(folder)
    (folder / "scenario.yaml").write_text(text)
    assert resume(folder).table.equals(recsim.run(scenario).table)
    with pytest.raises(RunExistsError, match="this run is finished"):
        resume(folder)


def test_a_run_whose_data_have_changed_is_not_gone_on_with(tmp_path):
    from recsim.folder import claim, provenance
    from recsim.runs import prepared

    pairs = [f"{user},{movie},4.0" for user in range(30) for movie in range(user % 7, 20, 3)]
    (tmp_path / "ratings.csv").write_text("\n".join(["userId,movieId,rating", *pairs]))
    genres = ["Comedy" if movie % 2 else "Drama" for movie in range(20)]
    for number, kinds in enumerate((genres, genres[::-1])):
        (tmp_path / "movies.csv").write_text("\n".join(["movieId,genres", *(f"{i},{g}" for i, g in enumerate(kinds))]))
        spec = prepared("movielens", set={"ticks": 2, "users.tastes.factors": 3}, data=tmp_path)
        if number == 0:
            folder = claim(tmp_path / "here", spec, provenance(spec))
    with pytest.raises(ResumeError, match="the data in .* is not what the run was begun with"):
        resume(folder)


def test_plain_data_is_a_scenario_too_and_other_things_are_refused_in_words():
    assert recsim.run({"ticks": 1, "users": {"count": 20}, "items": {"count": 20}}).metrics["tick"].max() == 1
    with pytest.raises(TypeError, match="not a int"):
        recsim.run(3)
    with pytest.raises(ValueError, match="checkpoint_every is '3'"):
        recsim.run("hello", checkpoint_every="3")


def test_a_run_that_measures_nothing_has_empty_results(tiny, tmp_path):
    run = recsim.run(tiny(metrics=[]), out=tmp_path / "here")
    assert run.table.empty
    assert recsim.load(tmp_path / "here").metrics.empty
    with pytest.raises(ValueError, match="nothing was measured"):
        run.plot()
