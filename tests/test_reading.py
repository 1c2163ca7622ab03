from __future__ import annotations

import re
import sys
import threading
import time
from pathlib import Path
from random import Random

import pytest

from recsim.problems import ScenarioError
from recsim.problems.scalars import meant, scalar
from recsim.reading import find, overrides, parse, read, value
from recsim.reading.locating import packaged
from recsim.scenario import Scenario

KB = 250_000
PLACE = re.compile(r"^[^\n]+?:(\d+):(\d+)  ", re.MULTILINE)


def mistakes(text: str) -> ScenarioError:
    with pytest.raises(ScenarioError) as caught:
        parse(text, "x.yaml")
    return caught.value


def test_a_message_is_exactly_as_designed(tmp_path: Path) -> None:
    path = tmp_path / "bubble.yaml"
    path.write_text("\n" * 12 + "system:\n  retrain_evry: 5\n")
    with pytest.raises(ScenarioError) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path}:14:3  unknown field 'retrain_evry' in 'system'\n"
        "   13 | system:\n"
        "   14 |   retrain_evry: 5\n"
        "      |   ^^^^^^^^^^^^\n"
        "   did you mean 'retrain_every'?  (ticks between retrainings, integer ≥ 1, once or never; default 1)\n"
        "   more: recsim explain system.retrain_every"
    )


def test_the_value_is_marked_where_the_value_is_wrong() -> None:
    lines = str(mistakes("users:\n  count: 5\n  activity: 1.5\n")).split("\n")
    assert lines[0] == "x.yaml:3:13  'users.activity.share': 1.5 is above 1"
    assert lines[2:4] == ["    3 |   activity: 1.5", "      |             ^^^"]


def test_all_mistakes_of_a_file_are_told_in_its_order() -> None:
    text = """
ticks: -1
ticks: 2
seed: 1e30
users:
  count: &a 1000
  behaviours: [{kind: drfit}, {kind: position_bias, strength: -1}]
items: {count: *a, cuont: 3}
system: !x {slate_size: 0}
1: 2
<<: {}
interventions:
- {kind: monitor, metric: exposure_gini}
"""
    error = mistakes(text)
    places = [(int(line), int(column)) for line, column in PLACE.findall(str(error))]
    assert places == sorted(places) and len(places) == len(error.problems)
    assert [line for line, _ in places] == [2, 3, 4, 6, 7, 7, 8, 8, 9, 9, 10, 11]
    for words in ("twice, already in line 2", "beyond ±1e+15", "anchor '&a'", "alias '*a'", "tag '!x'", "merge key"):
        assert words in str(error)


def test_yaml_is_1_2() -> None:
    scalars = {"1e3": 1000.0, "010": 10, "0o10": 8, "0x1F": 31, ".5": 0.5, "12:30": "12:30", "1_000": "1_000", "-7": -7}
    scalars |= {"no": "no", "off": "off", "yes": "yes", "true": True, "False": False, "~": None, "": None, "null": None}
    assert {text: scalar(text) for text in scalars} == scalars
    assert parse("ticks: 1e1\nabout: no\n") == Scenario(ticks=10, about="no")
    with pytest.raises(ScenarioError, match="in YAML 1.2 'yes', 'no', 'on' and 'off' are text"):
        parse("system: {repeats: yes}")


@pytest.mark.parametrize("text", ["1" * 21, "9" * 20_000, "1e16", "-1e400", ".inf", "-.INF", ".nan", "0x" + "f" * 30])
def test_numbers_out_of_proportion_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"digits|beyond|finite"):
        scalar(text)
    assert (mistakes(f"ticks: {text}").problems[0].place or ())[1:3] == (1, 8)
    assert parse(f"about: '{text}'").about == text


def test_what_looks_like_a_number_is_recognised() -> None:
    looks = {
        "1,000": 1000,
        "1_000": 1000,
        "50%": 0.5,
        "5": 5,
        "yes": True,
        "Off": False,
        "x": "x",
        "1e99": "1e99",
        "": "",
    }
    assert {text: meant(text) for text in looks} == looks


def test_good_files_are_read() -> None:
    text = "ticks: 5\nusers: {activity: 0.5}\nsystem:\n  recommender: als\n"
    spec = Scenario(ticks=5, users={"activity": 0.5}, system={"recommender": "als"})
    for good in (text, text.replace("\n", "\r\n"), "\ufeff" + text, "---\n" + text, text + "...\n", f"# c\n{text}#"):
        assert parse(good) == spec
    assert read(text) == spec


@pytest.mark.parametrize("name", sorted(packaged()))
def test_a_packaged_scenario_is_found_by_name(name: str) -> None:
    assert read(name).about and read(name) == read(packaged()[name])


def test_a_missing_file_is_answered_with_close_names(tmp_path: Path) -> None:
    (tmp_path / "bubble.yaml").write_text("ticks: 1")
    with pytest.raises(
        ScenarioError, match="no such file, and no packaged scenario of that name\n   did you mean 'hello'"
    ):
        find("helo")
    with pytest.raises(ScenarioError, match=r"did you mean '.*bubble\.yaml'"):
        find(tmp_path / "buble.yaml")
    with pytest.raises(ScenarioError, match=r"is a folder\n   name a file in it: .*bubble\.yaml"):
        read(tmp_path)
    for name in ("", "a\0b", "x" * 5000, "no/such/folder/x.yaml", "\x1b[31m"):
        with pytest.raises(ScenarioError) as caught:
            read(name)
        assert "\x1b" not in str(caught.value)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no pipes with names here")
    import os

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(ScenarioError, match="not a regular file"):
            read(path)


HOSTILE: dict[str, str | bytes] = {
    "empty": "",
    "only comments": "# nothing\n\n",
    "only spaces": " " * 1000,
    "a null": "~",
    "a list": "- a\n- b\n",
    "a text": "hello",
    "a number": "5",
    "brackets 1e2": "[" * 100,
    "brackets 1e5": "[" * 100_000,
    "closed brackets 1e5": "a: " + "[" * 100_000 + "]" * 100_000,
    "braces 1e5": "{a: " * 60_000,
    "dashes 1e5": "- " * 100_000,
    "questions 1e5": "? " * 100_000,
    "indents": "".join(" " * depth + "a:\n" for depth in range(600)),
    "33 deep in a change": "interventions: [{kind: change, path: about, value: " + "[" * 33 + "]" * 33 + "}]",
    "20 thousand values": "a: [" + "1," * 25_000 + "1]",
    "100 thousand keys": "".join(f"k{number}: 1\n" for number in range(25_000)),
    "10 MB line": "about: " + "x" * 10_000_000,
    "10 MB of lines": "a: 1\n" * 2_000_000,
    "long plain text in a wrong place": "ticks: " + "x" * KB,
    "long quoted text": 'ticks: "' + "x" * KB + '"',
    "unclosed quote": 'about: "' + "x\n" * (KB // 2),
    "unclosed single quote": "about: 'x",
    "escapes": 'ticks: "' + r"\n" * (KB // 2) + '"',
    "20 thousand digits": "seed: " + "9" * 20_000,
    "21 digits": "seed: 100000000000000000000",
    "nan": "ticks: .nan",
    "inf": "users: {activity: .inf}",
    "1e400": "items: {quality_mean: 1e400}",
    "-1e16": "items: {quality_mean: -1e16}",
    "laughs": "a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
    "many laughs": "".join(f"k{n}: &k{n} [*k{max(n - 1, 0)}, *k{max(n - 1, 0)}]\n" for n in range(500)),
    "an alias of itself": "a: &a [*a]",
    "an alias of nothing": "ticks: *none",
    "an anchor": "ticks: &x 5",
    "an anchored key": "&k ticks: 5",
    "an alias as key": "*x : 5",
    "anchors without end": "&" * KB,
    "a merge key": "<<: {ticks: 5}",
    "a merge of an alias": "users: &u {count: 5}\nitems:\n  <<: *u\n",
    "a python tag": "about: !!python/object/apply:os.system ['true']",
    "a python name": "about: !!python/name:os.system",
    "a plain tag": "ticks: !!int '5'",
    "a private tag": "ticks: !mine 5",
    "a verbatim tag": "ticks: !<tag:yaml.org,2002:int> 5",
    "a lone tag": "ticks: ! 5",
    "a tagged mapping": "!!map {ticks: 5}",
    "a set": "!!set {a, b}",
    "binary": "about: !!binary R0lGODlhDAAMAIQAAP",
    "a YAML directive": "%YAML 1.1\n---\nticks: 5\n",
    "a TAG directive": "%TAG ! tag:x,2000:\n---\nticks: 5\n",
    "two documents": "ticks: 5\n---\nticks: 6\n",
    "many documents": "--- 1\n" * 40_000,
    "after the end": "ticks: 5\n...\nseed: 3\n",
    "a key twice": "ticks: 5\nticks: 5\n",
    "a deep key twice": "users:\n  count: 1\n  activity: {kind: share, share: 1, share: 0}\n",
    "a number as key": "5: ticks",
    "a truth as key": "true: 5",
    "nothing as key": ": 5",
    "a list as key": "? [a, b]\n: 5",
    "a mapping as key": "{a: b}: 5",
    "a dunder": "__class__: x\n__init__: y\n",
    "a method": "model_config: {}\nparse: 3\noverride: 3\nself: 3\ncls: 3\n",
    "a tab": "users:\n\tcount: 5\n",
    "a tab in flow": "users: {\n\t\tcount: x}\n",
    "two colons": "about: this: that",
    "no colon": "ticks 5\nseed 1\n",
    "bad indentation": "users:\n  count: 5\n activity: 1\n",
    "an at sign": "about: @home",
    "a backtick": "about: `x`",
    "a percent": "%%%",
    "an unknown escape": r'about: "\q"',
    "a hidden NUL": 'about: "\\0"',
    "a hidden colour": 'about: "\\e[31mred"',
    "a hidden surrogate": 'about: "\\ud800"',
    "beyond unicode": 'about: "\\UFFFFFFFF"',
    "NUL": "ticks: 5\0",
    "NUL bytes": b"\0" * 1000,
    "a bell": "about: \a",
    "colours": "about: \x1b[31mred\x1b[0m",
    "a new title": "about: \x1b]0;owned\x07",
    "C1": "about: \x9b31m",
    "a turned text": "about: \u202egnp.yaml",
    "an isolate": "ti\u2066cks: 5",
    "a line separator": "ticks: 5\u2028seed: 1",
    "a mark in the middle": "ticks:\ufeff 5",
    "UTF-16": "ticks: 5".encode("utf-16"),
    "UTF-16 without mark": "ticks: 5\nseed: 1".encode("utf-16-le"),
    "UTF-32": "ticks: 5".encode("utf-32"),
    "Latin-1": "about: caf\xe9".encode("latin-1"),
    "overlong": b"about: \xc0\xaf",
    "a surrogate in bytes": b"about: \xed\xa0\x80",
    "gzip": b"\x1f\x8b\x08\x00" + bytes(range(256)),
    "zip": b"PK\x03\x04" + b"x" * 100,
    "png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "pickle": b"\x80\x04\x95\x10\x00",
    "noise": Random(1).randbytes(100_000),
    "html": "<!DOCTYPE html><html><body>404</body></html>",
    "json with a comma": '{"ticks": 5,, }',
    "cyrillic a": "sсenario: 1\nsееd: 2\n",  # noqa: RUF001
}
WITHOUT_PLACE = {
    "10 MB line",
    "10 MB of lines",
    "NUL bytes",
    "UTF-16",
    "UTF-16 without mark",
    "UTF-32",
    "gzip",
    "zip",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_quickly_and_with_its_line(name: str, tmp_path: Path) -> None:
    content = HOSTILE[name]
    path = tmp_path / "hostile.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    start = time.process_time()
    with pytest.raises(ScenarioError) as caught:
        read(path)
    assert time.process_time() - start < 2.0  # of this process, on a loaded machine; alone all take less than 0.7
    text = str(caught.value)
    assert text.count("\n") < 800 and len(text) < 200_000
    assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]", text)
    places = [one.place for one in caught.value.problems]
    assert all(place is not None and bool(place.line) != (name in WITHOUT_PLACE) for place in places)
    if name not in WITHOUT_PLACE:
        assert all(place.quoted and place.quoted[-1][0] == place.line for place in places if place is not None)
        assert PLACE.search(text)


def test_the_usual_bombs_cost_less_than_a_tenth_of_a_second(tmp_path: Path) -> None:
    for name in ("10 MB line", "dashes 1e5", "questions 1e5", "laughs", "UTF-16", "noise", "33 deep in a change"):
        content = HOSTILE[name]
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        fastest = min(_seconds(tmp_path / name) for _ in range(3))
        assert fastest < 0.1, name


def _seconds(path: Path) -> float:
    start = time.process_time()
    with pytest.raises(ScenarioError):
        read(path)
    return time.process_time() - start


def test_a_small_stack_is_enough() -> None:
    failures: list[BaseException] = []

    def attempt() -> None:
        try:
            for name in ("brackets 1e5", "braces 1e5", "indents"):
                mistakes(str(HOSTILE[name]))
        except BaseException as error:  # noqa: BLE001  (RecursionError is what this is about)
            failures.append(error)

    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert not failures


PIECES = [
    ":",
    " ",
    "\n",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    '"',
    "'",
    "#",
    "&a ",
    "*a",
    "!x ",
    "|",
    ">",
    "%",
    "?",
    "~",
    "\t",
    "é",
    "漢",
    "1e999",
    "-1",
    "0",
    "kind",
    "name",
    "start",
    "{after: x}",
    "null",
    "true",
    "no",
    "...",
    "---\n",
    "<<",
    "\\",
    "\x1b",
    "\u202e",
]


def mutated(text: str, random: Random) -> str:
    for _ in range(random.randint(1, 4)):
        at, until = sorted(random.randrange(len(text) + 1) for _ in range(2))
        until = min(until, at + random.randint(1, 12))
        choice = random.randrange(5)
        if choice == 0:
            text = text[:at] + text[until:]
        elif choice == 1:
            text = text[:at] + random.choice(PIECES) + text[at:]
        elif choice == 2:
            text = text[:at] + text[at:until] * 2 + text[until:]
        elif choice == 3:
            lines = text.split("\n")
            first, second = (random.randrange(len(lines)) for _ in range(2))
            lines[first], lines[second] = lines[second], lines[first]
            text = "\n".join(lines)
        else:
            text = text[:at] + random.choice(PIECES) + text[until:]
    return text


def test_mutated_files_give_a_scenario_or_mistakes_with_their_places() -> None:
    seeds = [path.read_text() for path in packaged().values()]
    outcomes = {"read": 0, "refused": 0}
    for seed in range(2200):
        random = Random(seed)
        text = mutated(random.choice(seeds), random)
        try:
            assert isinstance(parse(text, "m.yaml"), Scenario)
            outcomes["read"] += 1
        except ScenarioError as error:
            outcomes["refused"] += 1
            lines = re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))
            assert error.problems
            for problem in error.problems:
                place = problem.place
                assert place is not None and 1 <= place.line <= len(lines), seed
                assert place.quoted[-1] == (place.line, lines[place.line - 1])
                assert 1 <= place.column <= len(lines[place.line - 1]) + 1
            assert len(PLACE.findall(str(error))) == len(error.problems)
    assert min(outcomes.values()) > 150


def test_values_of_the_command_line_are_yaml() -> None:
    assert overrides(["a.b={kind: als, factors: 8}", "c=", "d= never", "e==", "f=[1, 2.5]"]) == {
        "a.b": {"kind": "als", "factors": 8},
        "c": None,
        "d": "never",
        "e": "=",
        "f": [1, 2.5],
    }
    assert value("1e3") == 1000
    with pytest.raises(ScenarioError) as caught:
        overrides(["ticks", "=5", "a=[", "b=&x 1"])
    assert len(caught.value.problems) == 4
    assert "write --set path=value" in str(caught.value)


def test_a_decimal_comma_in_braces_is_recognised() -> None:
    error = mistakes("users: {behaviours: [{kind: drift, rate: 0,05}]}\nsystem: {holdout: 0,1}\n")
    assert [one.text.split(" has")[0] for one in error.problems] == ["'0,05'", "'0,1'"]
    assert error.problems[0].hint == "decimals take a point: write 0.05"
    assert (error.problems[0].place or ())[1:4] == (1, 42, 4)
    assert "decimals take a point: write 0.1" in str(mistakes("system:\n  holdout: 0,1\n"))
    assert "the key is 1, not text" in str(mistakes("system: {holdout: 0, 1}\n"))


def test_a_tab_is_shown() -> None:
    lines = str(mistakes("users:\n\tcount: 5\n")).split("\n")
    assert "    2 | →count: 5" in lines and "      | ^" in lines


def test_set_without_a_value_and_with_brackets_is_answered() -> None:
    with pytest.raises(ScenarioError) as caught:
        overrides(["ticks", "=5", "users.behaviours[0].rate=0.1"])
    assert "scenario" not in str(caught.value).split("\n")[0]
    assert str(caught.value).startswith("--set ticks  says no value\n   write --set path=value, as in --set ticks=20")
    assert "write users.behaviours.0.rate=…, or the entry's kind" in str(caught.value)


def test_packaged_names_come_before_files_that_are_no_closer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("help", "hell", "yellow", "hello2"):
        (tmp_path / f"{name}.yaml").write_text("ticks: 1")
    with pytest.raises(ScenarioError, match="did you mean 'hello', 'hello2.yaml' or 'hell.yaml'"):
        find("helo")
    with pytest.raises(ScenarioError, match="did you mean 'hello2.yaml'"):
        find("hello22.yaml")
