"""`transfer.tune_across`: what a matrix must have to choose one configuration for all scenarios."""

import pytest

SCORED = "{name: %s, random: 20, reference: 500}"
TWO = f"scenarios: [{SCORED % 'CartPole-v1'}, {SCORED % 'Acrobot-v1'}]\nalgorithms: [ppo]\n"


def test_one_configuration_is_asked_for_by_its_rule(load):
    assert load(TWO).cells[0].transfer.tune_across is None
    cells = load(TWO + "transfer: {seeds: 2, tune_across: worst}\n").cells
    assert [cell.transfer.tune_across for cell in cells] == ["worst", "worst"]
    assert [cell.identity() for cell in cells] == [cell.identity() for cell in load(TWO).cells]


@pytest.mark.parametrize(
    ("text", "message", "help_"),
    [
        (
            TWO.replace(", " + SCORED % "Acrobot-v1", "")
            + "transfer: {seeds: 2, tune_across: mean}\n",
            "`transfer.tune_across`: `ppo` has one scenario, CartPole-v1",
            "name another one, or set it to null in an override for `ppo@*`",
        ),
        (
            TWO + "transfer: {tune_across: mean}\n",
            "`transfer.tune_across` chooses on fresh seeds, and `transfer.seeds` is 0",
            "write `transfer: {seeds: 2, tune_across: mean}`",
        ),
        (
            TWO.replace(SCORED % "Acrobot-v1", "{name: own, env: CartPole-v1}")
            + "transfer: {seeds: 2, tune_across: mean}\n",
            "`transfer.tune_across`: `own` has no `random` and `reference` score",
            "give the scenario both: they are 0 and 1 of the normalised scores",
        ),
        (
            TWO + "overrides: [{match: '*@Acrobot-v1', transfer: {tune_across: worst}}]\n"
            "transfer: {seeds: 2, tune_across: mean}\n",
            "`transfer.tune_across` has two values in cells of `ppo`",
            "one configuration is chosen by one of `mean` and `worst`",
        ),
        (TWO + "transfer: {seeds: 2, tune_across: best}\n", "`tune_across` must be", ""),
    ],
)
def test_what_cannot_be_chosen_is_said_where_it_is_asked_for(problems, text, message, help_):
    (found,) = problems(text)
    assert found.message.startswith(message)
    assert help_ in (found.help or "")
    assert found.line


def test_an_algorithm_may_be_left_out(load):
    text = TWO.replace("[ppo]", "[ppo, a2c]") + "transfer: {seeds: 2, tune_across: mean}\n"
    text += "overrides: [{match: 'a2c@*', transfer: {tune_across: null}}]\n"
    asked = {cell.algorithm.name: cell.transfer.tune_across for cell in load(text).cells}
    assert asked == {"ppo": "mean", "a2c": None}
