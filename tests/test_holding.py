"""BLAS is held to one thread while anybody is inside, from whichever thread, and no longer."""

import sys
import threading

import numpy as np
import pytest
import threadpoolctl

from recsim.holding import _OneThread, one_thread
from recsim.simulation import Simulation
from tests.helpers import run_all, tiny


def widths() -> list[int]:
    """How many threads each BLAS of this process may use."""
    np.ones((2, 2)) @ np.ones((2, 2))
    return [one["num_threads"] for one in threadpoolctl.threadpool_info() if one["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def _wide():
    """There are two threads to be held back, whatever the machine."""
    one_thread.look()
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        if set(widths()) != {2}:
            pytest.skip("this BLAS has one thread only")
        yield
        assert set(widths()) == {2}, "it is left as it was found"


def test_it_is_held_inside_and_let_go_outside():
    with one_thread:
        assert set(widths()) == {1}
    assert set(widths()) == {2}


def test_it_is_held_until_the_outermost_has_left():
    with one_thread:
        with one_thread:
            pass
        assert set(widths()) == {1}
    assert set(widths()) == {2}


def test_an_exception_lets_it_go_too():
    with pytest.raises(ArithmeticError), one_thread, one_thread:
        raise ArithmeticError
    assert set(widths()) == {2} and one_thread._inside == 0


def test_any_thread_holds_it_whoever_has_held_it_before():
    """As workers do that run branches in threads, after the main thread has run something itself."""
    with one_thread:
        pass
    seen = []

    def hold():
        with one_thread:
            seen.append(set(widths()))

    for _ in range(2):
        thread = threading.Thread(target=hold)
        thread.start()
        thread.join(10)
    assert seen == [{1}, {1}] and set(widths()) == {2}


def test_it_is_held_until_the_last_thread_has_left():
    """Two threads overlap, and the one that came first leaves first."""
    first_in, second_in, first_out, done = (threading.Event() for _ in range(4))
    seen = {}

    def first():
        with one_thread:
            first_in.set()
            second_in.wait(10)
        first_out.set()

    def second():
        first_in.wait(10)
        with one_thread:
            second_in.set()
            first_out.wait(10)
            seen["second alone"] = set(widths())
        done.set()

    threads = [threading.Thread(target=act) for act in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert done.is_set() and seen == {"second alone": {1}}
    assert set(widths()) == {2}


def test_many_threads_that_come_and_go_leave_it_as_it_was():
    wrong = []

    def come_and_go(number):
        for turn in range(40):
            try:
                with one_thread:
                    if set(widths()) != {1}:
                        wrong.append(number)
                    if (number + turn) % 3 == 0:
                        raise LookupError
            except LookupError:
                pass

    threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(6)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    finally:
        sys.setswitchinterval(interval)
    assert not wrong and one_thread._inside == 0 and set(widths()) == {2}


def test_looking_for_libraries_while_somebody_is_inside_lets_nothing_go(monkeypatch):
    holder = _OneThread()
    with holder:
        monkeypatch.setitem(sys.modules, "a_library_that_came_meanwhile", sys)
        holder.look()
        assert set(widths()) == {1}
    assert set(widths()) == {2}
    before = holder._controller
    holder.look()
    assert holder._controller is not before, "what came meanwhile is looked for when nobody is inside"


def test_a_simulation_holds_it_in_its_ticks_and_between_them_does_not():
    seen = []
    sim = Simulation(tiny())
    retrain = sim.retrain
    sim.retrain = lambda: (seen.append(set(widths())), retrain())
    run_all(sim)
    assert seen == [{1}] * 6 and set(widths()) == {2}


def test_a_simulation_that_fails_lets_it_go():
    sim = Simulation(tiny())

    def fail():
        raise ArithmeticError

    sim.retrain = fail
    with pytest.raises(ArithmeticError):
        sim.step()
    assert set(widths()) == {2}
