"""What a node sends back: result or error, the log's end, the model, whole or not at all."""

import dataclasses
import json
import pickle
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from harness import saved_models
from harness.core.curriculum import Curriculum, Level
from harness.core.opponents import SavedModel
from harness.execution import Order, WorkerDiedError
from harness.execution.order_transport import keep, perform, resolve
from harness.saved_models import ModelContent
from harness.testing.executor_orders import answer, fail, order


class OddError(Exception):
    """Cannot be pickled back: its constructor wants more."""

    def __init__(self, one, two):
        super().__init__(one)


def odd(order):
    raise OddError("odd", "even")


def write(order: Order):
    order.log.write_bytes(b"said\n")
    order.save_to.write_bytes(b"model")
    order.save_to.with_suffix(".vecnormalize.npz").write_bytes(b"statistics")
    return answer(order)


def meet(order: Order):
    """Log what plays, and where it was found."""
    met = order.run.scenario.arguments["opponents"] + [
        one for level in order.run.scenario.curriculum.levels for one in level.arguments["rivals"]
    ]
    said = [
        [one.sampled, saved_models.read_verified_content(one).model.decode(), one.path]
        for one in met
    ]
    order.log.write_text(json.dumps(said))
    return answer(order)


def chatter(order: Order):
    order.log.write_bytes(b"x" * 2**20 + b"the end\n")
    return answer(order)


def sent(function, asked, folder, opponents=()):
    """The reply, after a journey."""
    with ThreadPoolExecutor(1) as executor:
        reply = perform(executor, function, asked, folder, opponents)
    assert list(folder.iterdir()) == []
    return pickle.loads(pickle.dumps(reply))


def future_of(reply):
    future = Future()
    resolve(reply, future)
    return future


@pytest.fixture
def node(tmp_path):
    folder = tmp_path / "node"
    folder.mkdir()
    return folder


def test_log_and_model_come_to_where_the_order_wants_them(tmp_path, node):
    asked = order(3, log=tmp_path / "runs.log", save_to=tmp_path / "models" / "a.zip")
    asked.log.write_text("earlier\n")
    reply = sent(write, asked, node)
    assert not asked.save_to.exists()
    keep(reply, asked)
    assert asked.log.read_text() == "earlier\nsaid\n"
    found = {path.name: path.read_bytes() for path in asked.save_to.parent.iterdir()}
    assert found == {"a.zip": b"model", "a.vecnormalize.npz": b"statistics"}
    assert future_of(reply).result().score == 3.0


def test_of_a_long_log_the_end_comes_back(tmp_path, node):
    asked = order(log=tmp_path / "runs.log")
    keep(sent(chatter, asked, node), asked)
    text = asked.log.read_text()
    assert text.startswith("[8 bytes left out]\n")
    assert text.endswith("xthe end\n")


def test_nothing_is_written_where_nothing_was_asked_for(tmp_path, node):
    keep(sent(answer, order(), node), order())
    assert [path.name for path in tmp_path.iterdir()] == ["node"]


def test_saved_models_are_met_on_a_machine_that_has_no_such_files(tmp_path, node):
    contents = [ModelContent(b"one", b"statistics"), ModelContent(b"two", None)]
    one, two = (SavedModel(path="/gone.zip", sha256=each.sha256) for each in contents)
    level = Level(name="easy", arguments={"rivals": [two]})
    asked = order(log=tmp_path / "log")
    scenario = dataclasses.replace(
        asked.run.scenario,
        arguments={"opponents": [one, dataclasses.replace(one, sampled=True)]},
        curriculum=Curriculum(levels=(level,), shares=(0.5,)),
    )
    asked = dataclasses.replace(asked, run=dataclasses.replace(asked.run, scenario=scenario))
    reply = sent(meet, asked, node, contents)
    assert reply.result.run_id == asked.run.id
    met = json.loads(reply.log)
    assert [each[:2] for each in met] == [[False, "one"], [True, "one"], [False, "two"]]
    assert all(path.startswith(str(node)) for _, _, path in met)


def test_an_error_comes_back_as_itself_with_its_traceback(node):
    error = future_of(sent(fail, order(5), node)).exception()
    assert isinstance(error, ArithmeticError)
    assert "seed 5" in str(error)
    assert "orders.py" in str(error.__cause__)


def test_an_error_that_cannot_travel_comes_back_as_text(node):
    error = future_of(sent(odd, order(), node)).exception()
    assert str(error) == "OddError: odd"


def test_a_death_keeps_its_reason():
    died = pickle.loads(pickle.dumps(WorkerDiedError(None, "node n2 was lost")))
    assert died.message == "worker process died: node n2 was lost"
    assert pickle.loads(pickle.dumps(WorkerDiedError(-9))).exit_status == -9


def test_an_order_is_the_same_after_its_journey(tmp_path):
    asked = order(log=tmp_path / "log")
    assert pickle.loads(pickle.dumps(asked)) == asked
    assert dataclasses.replace(asked, log=None) != asked
