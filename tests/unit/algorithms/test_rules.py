import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.algorithms import rules
from harness.core.arguments import NETWORKS
from harness.core.costs.training_steps import whole_rollouts
from harness.core.spaces.domain import Choice, Float, Int
from harness.core.spaces.value_rules import Context
from harness.errors import UsageError

HERE = Context(n_envs=1, steps=100_000, action="Box")
every_rule = pytest.mark.parametrize(
    "rule",
    [
        rules.action_noise,
        rules.bounded_rollout,
        rules.bounded_target_update,
        rules.bounded_warmup,
        rules.entropy_bonus,
        rules.fitted_batch,
        rules.kept_quantiles,
        rules.network,
        rules.scheduled_learning_rate,
        rules.top_directions,
        rules.updates_per_step,
        rules.whole_directions,
        rules.whole_updates,
        rules.bounded_train_freq,
    ],
    ids=lambda rule: rule.__name__,
)


@every_rule
def test_rules_leave_alone_what_they_do_not_find(rule):
    assert rule({"gamma": 0.9}, HERE) == {"gamma": 0.9}


@every_rule
def test_rules_do_not_write_into_their_input(rule):
    values = {
        "n_steps": 4096,
        "batch_size": 60,
        "net_arch": "small",
        "learning_rate": 0.1,
        "lr_schedule": "linear",
        "entropy_bonus": False,
        "train_freq": 500,
        "replay_ratio": 0.0011,
        "noise": "normal",
        "noise_sigma": 0.1,
        "learning_starts": 99_999,
        "target_update_interval": 99_999,
        "n_quantiles": 5,
        "top_quantiles_to_drop_per_net": 9,
        "n_delta": 8,
        "top_fraction": 0.55,
    }
    before = dict(values)
    assert rule(values, Context(n_envs=3, steps=1000, action="Box")) != before
    assert values == before


@pytest.mark.parametrize(
    ("n_steps", "n_envs", "steps", "expected"),
    [
        (2048, 1, 100_000, 2048),
        (4096, 8, 20_000, 512),
        (5, 1, 100_000, 5),
        (5, 1, 10, 5),
        (1024, 1, 1000, 128),
        (1024, 4, 100, 8),
        (64, 1, 256, 64),
    ],
)
def test_rollouts_leave_room_for_four_updates(n_steps, n_envs, steps, expected):
    context = Context(n_envs=n_envs, steps=steps, action="Box")
    assert rules.bounded_rollout({"n_steps": n_steps}, context) == {"n_steps": expected}


@pytest.mark.parametrize(
    ("n_steps", "n_envs", "batch_size", "expected"),
    [(128, 1, 64, 64), (32, 3, 64, 48), (32, 1, 512, 32), (101, 1, 64, 101), (128, 5, 64, 64)],
)
def test_batches_move_to_the_nearest_divisor(n_steps, n_envs, batch_size, expected):
    context = Context(n_envs=n_envs, steps=100_000, action="Box")
    values = {"n_steps": n_steps, "batch_size": batch_size}
    assert rules.fitted_batch(values, context)["batch_size"] == expected


@given(st.integers(2, 20_000), st.integers(1, 4096))
def test_no_divisor_is_nearer_than_the_batch(rollout, wanted):
    values = {"n_steps": rollout, "batch_size": wanted}
    found = rules.fitted_batch(values, HERE)["batch_size"]
    divisors = [size for size in range(2, rollout + 1) if rollout % size == 0]
    assert found in divisors
    best = min(max(size / wanted, wanted / size) for size in divisors)
    assert max(found / wanted, wanted / found) == pytest.approx(best)


@given(
    st.integers(8, 9000),
    st.integers(2, 4096),
    st.integers(1, 16),
    st.integers(1000, 100_000),
    st.sampled_from(["n_steps", "batch_size"]),
)
def test_what_the_matrix_fixes_stays_and_the_batches_are_whole(
    n_steps, batch_size, n_envs, steps, name
):
    context = Context(n_envs=n_envs, steps=steps, action="Box", fixed=frozenset({name}))
    values = {"n_steps": n_steps, "batch_size": batch_size}
    ruled = rules.fitted_batch(rules.bounded_rollout(values, context), context)
    assert ruled[name] == values[name]
    assert ruled["n_steps"] * n_envs % ruled["batch_size"] == 0


def test_a_fixed_batch_moves_the_rollout_to_the_nearest_whole_number_of_batches():
    context = Context(n_envs=4, steps=100_000, action="Box", fixed=frozenset({"batch_size"}))
    values = {"n_steps": 128, "batch_size": 96}
    assert rules.fitted_batch(values, context) == {"n_steps": 120, "batch_size": 96}


@pytest.mark.parametrize(
    ("label", "layers"),
    [
        ("tiny", [64]),
        ("big", [400, 300]),
        ("[128, 128]", [128, 128]),
        ('{"pi": [64], "vf": [256]}', {"pi": [64], "vf": [256]}),
    ],
)
def test_networks_are_labels_or_json(label, layers):
    assert rules.network({"net_arch": label}, HERE) == {"net_arch": layers}


@pytest.mark.parametrize("label", ["huge", "[64,", None])
def test_other_networks_are_refused(label):
    with pytest.raises(UsageError, match="is no network") as caught:
        rules.network({"net_arch": label}, HERE)
    assert "small" in caught.value.help


def test_constant_rates_stay_numbers():
    values = {"learning_rate": 0.001, "lr_schedule": "constant"}
    assert rules.scheduled_learning_rate(values, HERE) == {"learning_rate": 0.001}


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_scheduled_rates_name_their_schedule(schedule):
    values = {"learning_rate": 0.001, "lr_schedule": schedule}
    assert rules.scheduled_learning_rate(values, HERE) == {
        "learning_rate": {"schedule": schedule, "initial": 0.001}
    }


def test_a_schedule_without_a_rate_is_dropped():
    assert rules.scheduled_learning_rate({"lr_schedule": "linear"}, HERE) == {}


def test_entropy_coefficient_is_zero_without_a_bonus():
    assert rules.entropy_bonus({"entropy_bonus": False}, HERE) == {"ent_coef": 0.0}
    with_bonus = {"entropy_bonus": True, "ent_coef": 0.03}
    assert rules.entropy_bonus(with_bonus, HERE) == {"ent_coef": 0.03}


@given(
    st.integers(0, 6).map(lambda power: 2**power),
    st.sampled_from([0.125, 0.25, 0.5, 1.0, 2.0]),
)
def test_the_replay_ratio_is_kept_exactly(train_freq, ratio):
    values = {"train_freq": train_freq, "replay_ratio": ratio}
    whole = rules.whole_updates(values, HERE)
    assert whole["replay_ratio"] == ratio
    ruled = rules.updates_per_step(whole, HERE)
    assert set(ruled) == {"train_freq", "gradient_steps"}
    assert ruled["gradient_steps"] == ruled["train_freq"] * ratio
    assert ruled["train_freq"] >= train_freq


def test_a_rollout_is_longer_rather_than_outside_of_its_range():
    domains = {"n_steps": Int(low=181, high=250)}
    context = Context(n_envs=1, steps=1000, action="Box", domains=domains)
    # Six rollouts of 185 steps would train 1,110; five of 200 train what is asked for.
    moved = rules.bounded_rollout({"n_steps": 185}, context)["n_steps"]
    assert moved >= 181
    assert whole_rollouts(1000, moved) <= 1050
    assert rules.bounded_rollout({"n_steps": 185}, replace(context, domains={}))["n_steps"] == 128


@pytest.mark.parametrize(
    ("frequencies", "train_freq", "ratio", "moved"),
    [
        # A frequency that gives the ratio, or else a ratio of the search that one gives.
        (Int(low=1, high=19, step=3), 7, 0.25, (16, 0.25)),
        (Int(low=1, high=19, step=3), 19, 0.25, (16, 0.25)),
        (Choice(options=(10, 30)), 10, 0.125, (10, 0.5)),
        (Choice(options=(10, 30)), 30, 0.25, (30, 0.5)),
    ],
)
def test_frequency_and_ratio_keep_to_their_ranges(frequencies, train_freq, ratio, moved):
    ratios = Choice(options=(0.125, 0.25, 0.5, 1, "auto"))
    domains = {"train_freq": frequencies, "replay_ratio": ratios}
    context = Context(n_envs=1, steps=100_000, action="Box", domains=domains)
    values = {"train_freq": train_freq, "replay_ratio": ratio}
    assert tuple(rules.whole_updates(values, context).values()) == moved


def test_warm_up_takes_a_tenth_at_most_of_the_budget():
    short = Context(n_envs=1, steps=2000, action="Box")
    assert rules.bounded_warmup({"learning_starts": 10_000}, short) == {"learning_starts": 200}
    assert rules.bounded_warmup({"learning_starts": 50}, short) == {"learning_starts": 50}


@pytest.mark.parametrize(
    ("interval", "n_envs", "steps", "expected"),
    [(10_000, 1, 4000, 400), (100, 1, 4000, 100), (100, 128, 100_000, 128), (500, 8, 40, 8)],
)
def test_target_networks_are_updated_within_the_budget(interval, n_envs, steps, expected):
    context = Context(n_envs=n_envs, steps=steps, action="Discrete")
    ruled = rules.bounded_target_update({"target_update_interval": interval}, context)
    assert ruled == {"target_update_interval": expected}


def test_noise_has_a_json_form():
    assert rules.action_noise({"noise": "none"}, HERE) == {"action_noise": None}
    assert rules.action_noise({"noise": "normal", "noise_sigma": 0.2}, HERE) == {
        "action_noise": {"noise": "normal", "sigma": 0.2}
    }


def test_one_quantile_is_kept():
    values = {"n_quantiles": 5, "top_quantiles_to_drop_per_net": 9}
    assert rules.kept_quantiles(values, HERE)["top_quantiles_to_drop_per_net"] == 4


@pytest.mark.parametrize(("n_delta", "fraction", "n_top"), [(8, 1.0, 8), (8, 0.5, 4), (2, 0.1, 1)])
def test_a_fraction_of_the_directions_is_kept(n_delta, fraction, n_top):
    values = {"n_delta": n_delta, "top_fraction": fraction}
    assert rules.top_directions(values, HERE) == {"n_delta": n_delta, "n_top": n_top}


def test_a_fraction_without_a_share_in_its_range_stays():
    context = replace(HERE, domains={"top_fraction": Float(low=0.2, high=0.6)})
    for n_delta, fraction in ((1, 0.4), (2, 0.5), (4, 0.5)):
        values = {"n_delta": n_delta, "top_fraction": 0.4 if n_delta < 4 else 0.45}
        assert rules.whole_directions(values, context)["top_fraction"] == fraction


def test_not_more_than_all_directions_are_kept():
    values = {"n_delta": 2, "n_top": 4}
    assert rules.top_directions(values, HERE) == {"n_delta": 2, "n_top": 2}


def test_labels_of_networks_are_no_json():
    for label in NETWORKS:
        with pytest.raises(json.JSONDecodeError):
            json.loads(label)
