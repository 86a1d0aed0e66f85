"""Several PPO agents updated as one, in stacked arrays, against one after another.

    python tests/benchmarks/stacked.py [--agents 5 10] [--rounds 5] [CASE ...]

The trainings of one configuration on many seeds have equal shapes, so that K of them could run in
one process: products agent by agent, everything between them (activations, losses, the heads, Adam)
in one call for all. Both ways update from the same rollouts in turns and are charged the CPU time
they took; `equal` says whether every weight of every agent is the same to the last bit. `training`
is what a training would gain as a whole: its rollouts and evaluations cannot be joined without
changing the random streams that an environment may draw from. Prints one JSON object.
"""

import argparse
import json
import math
import os
import sys
import time
from statistics import median

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
import torch
from side_by_side import run

from harness.learners.distributions import HALF, HALF_LOG_TWO_PI, Gaussian
from harness.learners.on_policy_updates import PpoSettings, ppo_update
from harness.learners.optimizers import clip_gradient
from harness.learners.rollouts import normalise, read_samples
from harness.training import build

WIDE = {"policy_kwargs": {"net_arch": [256, 256]}}
CASES = {
    "CartPole-v1": ("CartPole-v1", 1, {}),
    "Pendulum-v1": ("Pendulum-v1", 1, {}),
    "CartPole-v1, 8 environments, 20 epochs of 256": (
        "CartPole-v1", 8, {"n_steps": 32, "batch_size": 256, "n_epochs": 20},
    ),
    "CartPole-v1, 256 units, batches of 16": (
        "CartPole-v1", 8, {"n_steps": 32, "batch_size": 16, "n_epochs": 4, **WIDE},
    ),
    "CartPole-v1, 256 units, batches of 64": (
        "CartPole-v1", 1, {"n_steps": 512, "n_epochs": 4, **WIDE},
    ),
}  # fmt: skip
PARTS = ("inputs", "actions", "values", "log_probs", "advantages", "returns")


def main() -> None:
    """Measure the chosen cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--agents", type=int, nargs="+", default=[5, 10])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    found = {}
    for case in given.cases or CASES:
        for agents in given.agents:
            name = f"{case}, {agents} agents"
            found[name] = measured(*CASES[case], agents, given.rounds)
            print(name, found[name], file=sys.stderr, flush=True)
    print(json.dumps(found, indent=1))


def measured(env, n_envs, arguments, agents, rounds):
    """Medians over rounds, each of which updates every agent in both ways."""
    learners = [build(run("ppo", env, n_envs, arguments, seed=k)) for k in range(agents)]
    first = learners[0]
    size = first.n_steps * first.n_envs
    for learner in learners:
        learner.learn(size)
    begun = time.process_time()
    for learner in learners:
        learner.learn(size, reset_num_timesteps=False)
    whole = (time.process_time() - begun) / agents
    settings = PpoSettings(
        clip_range=0.2, clip_range_vf=None, epochs=first.n_epochs, batch_size=first.batch_size,
        normalize=True, target_kl=None,
    )  # fmt: skip
    engines = [learner.engine for learner in learners]
    data = [read_samples(each.rollout_buffer, each.engine.encode) for each in learners]
    for engine in engines:
        engine.optimizer.synchronise()
    stack = Stack(engines)
    weights = first._loss_weights()

    def alone(seed):
        for place, (engine, part) in enumerate(zip(engines, data, strict=True)):
            np.random.seed(seed + place)  # noqa: NPY002  (the one that updates draw from)
            ppo_update(engine, part, settings, weights)

    def together(seed):
        randoms = [np.random.RandomState(seed + place) for place in range(agents)]
        stacked_update(stack, data, settings, weights, randoms)

    times = []
    for seed in range(0, 1000 * rounds, 1000):
        works = (alone, together) if seed % 2000 else (together, alone)
        spent = {work: cost(work, seed) / agents for work in works}
        times.append((spent[alone], spent[together]))
    for learner in learners:
        learner.env.close()
    one, many = (median(column) for column in zip(*times, strict=True))
    batches = settings.epochs * -(-size // settings.batch_size)
    return {
        "alone_us": round(1e6 * one / batches, 1),
        "together_us": round(1e6 * many / batches, 1),
        "update": round(median(alone / joined for alone, joined in times), 2),
        "training": round(whole / (whole - one + many), 2),
        "equal": all(
            np.array_equal(engine.memory.parameters, own)
            for engine, own in zip(engines, stack.parameters, strict=True)
        ),
    }


def cost(work, seed):
    begun = time.process_time()
    work(seed)
    return time.process_time() - begun


class Stack:
    """The networks of K engines, actor and critic alike, in arrays whose first dimension is K."""

    def __init__(self, engines):
        memory = engines[0].memory
        state = [engine.optimizer._state.arrays for engine in engines]
        self.parameters = np.stack([engine.memory.parameters for engine in engines])
        self.gradient = np.zeros_like(self.parameters)
        self.mean = np.stack([each["exp_avg"] for each in state])
        self.square = np.stack([each["exp_avg_sq"] for each in state])
        self.descent, self.agents = engines[0].optimizer, range(len(engines))
        self.count = int(self.descent._state.steps[0])
        self.activation = engines[0].network._actor._activation

        def pair(*names):
            """Views of parameters and gradients, (K, len(names), ...)."""
            shape, start = memory._shapes[names[0]], memory._starts[names[0]]
            place = slice(start, start + len(names) * math.prod(shape))
            whole = (len(engines), len(names), *shape)
            return self.parameters[:, place].reshape(whole), self.gradient[:, place].reshape(whole)

        self.layers = []
        depth = len(engines[0].network._actor.widths)
        for place in range(0, 2 * depth, 2):
            paths = [f"mlp_extractor.{net}_net.{place}" for net in ("policy", "value")]
            self.layers.append(
                [pair(*(f"{path}.{part}" for path in paths)) for part in ("weight", "bias")]
            )
        names = [f"{net}_net.{part}" for net in ("action", "value") for part in ("weight", "bias")]
        self.action, self.action_bias, self.value, self.value_bias = map(pair, names)
        self.log_std = pair("log_std") if isinstance(engines[0].distribution, Gaussian) else None
        self.tensors = [
            [torch.from_numpy(own) for own in flat]
            for flat in (self.parameters, self.gradient, self.mean, self.square)
        ]
        self.batches = {}

    def forward(self, inputs):
        """Actor's outputs (K, n, B) and values (K, B) of inputs (K, B, d)."""
        hidden, *_, out, values = self._batch(inputs.shape[1])
        below = None
        for (weight, bias), output in zip(self.layers, hidden, strict=True):
            for agent in self.agents:
                for net in (0, 1):
                    last = inputs[agent] if below is None else below[agent, net]
                    np.dot(last, weight[0][agent, net].T, out=output[agent, net])
            np.add(output, bias[0][:, :, None], out=output)
            self.activation.apply(output)
            below = output
        for agent in self.agents:
            np.dot(self.action[0][agent, 0], below[agent, 0].T, out=out[agent])
            np.dot(below[agent, 1], self.value[0][agent, 0, 0], out=values[agent])
        out += self.action_bias[0][:, 0, :, None]
        values += self.value_bias[0][:, 0]
        return out, values

    def backward(self, inputs, d_out, d_values):
        """Fill the gradients."""
        hidden, deltas, scratch, ones, *_ = self._batch(inputs.shape[1])
        for agent in self.agents:
            np.dot(d_out[agent], hidden[-1][agent, 0], out=self.action[1][agent, 0])
            np.dot(d_out[agent], ones[0], out=self.action_bias[1][agent, 0])
            np.dot(d_values[agent], hidden[-1][agent, 1], out=self.value[1][agent, 0, 0])
            np.dot(d_out[agent].T, self.action[0][agent, 0], out=deltas[-1][agent, 0])
        np.add.reduce(d_values, axis=1, keepdims=True, out=self.value_bias[1][:, 0])
        np.multiply(d_values[:, :, None], self.value[0][:, 0], out=deltas[-1][:, 1])
        for place in range(len(hidden) - 1, -1, -1):
            weight, bias = self.layers[place]
            self.activation.slope(hidden[place], scratch[place])
            deltas[place] *= scratch[place]
            below = hidden[place - 1] if place else inputs[:, None]
            np.matmul(deltas[place].swapaxes(2, 3), below, out=weight[1])
            np.matmul(ones, deltas[place], out=bias[1][:, :, None])
            if place:
                np.matmul(deltas[place], weight[0], out=deltas[place - 1])

    def assess(self, out, actions):
        """Log-probabilities and entropies (K, B)."""
        if self.log_std is not None:
            log_std = self.log_std[0][:, 0, :, None]
            self.std = np.exp(log_std)
            self.z = (actions.swapaxes(1, 2) - out) / self.std
            log_probs = np.add.reduce(self.z * self.z, axis=1)
            log_probs *= -HALF
            log_probs -= np.add.reduce(log_std + HALF_LOG_TWO_PI, axis=1)
            entropies = np.add.reduce(log_std + (HALF + HALF_LOG_TWO_PI), axis=1)
            return log_probs, np.broadcast_to(entropies, log_probs.shape)
        out -= np.maximum.reduce(out, axis=1, keepdims=True)
        self.shares = np.exp(out)
        totals = np.add.reduce(self.shares, axis=1, keepdims=True)
        self.shares /= totals
        out -= np.log(totals)
        rows, columns = np.ogrid[: out.shape[0], : out.shape[2]]
        self.chosen = (rows, actions[:, :, 0].astype(np.intp, copy=False), columns)
        return out[self.chosen], -np.add.reduce(self.shares * out, axis=1)

    def head_gradient(self, d_log_prob):
        """Gradient of the actor's outputs (K, n, B), without a bonus for entropy."""
        d_log_prob = d_log_prob[:, None]
        if self.log_std is not None:
            result = self.z * d_log_prob
            np.add.reduce(result * self.z - d_log_prob, axis=2, out=self.log_std[1][:, 0])
            return result / self.std
        result = self.shares * -d_log_prob
        result[self.chosen] += d_log_prob[:, 0]
        return result

    def step(self, most):
        """Clip every agent's gradient, then Adam for all."""
        for own in self.gradient:
            clip_gradient(own, most)
        descent = self.descent
        first, second = descent._betas
        self.count += 1
        count = torch.tensor(float(self.count))
        torch._fused_adam_(
            *self.tensors, [], [count] * len(self.agents), lr=descent._rate, beta1=first,
            beta2=second, weight_decay=0.0, eps=float(descent._eps), amsgrad=False,
            maximize=False,
        )  # fmt: skip

    def _batch(self, size):
        if size not in self.batches:

            def arrays():
                return [
                    np.empty((len(self.agents), 2, size, weight[0].shape[2]), np.float32)
                    for weight, _ in self.layers
                ]

            shapes = [(len(self.agents), self.action[0].shape[2], size), (len(self.agents), size)]
            ends = [np.empty(shape, np.float32) for shape in shapes]
            ones = np.ones((1, size), np.float32)
            self.batches[size] = (arrays(), arrays(), arrays(), ones, *ends)
        return self.batches[size]


def stacked_update(stack, data, settings, weights, randoms):
    """All epochs of one update of PPO for all agents, each with its own permutations."""
    low, high = np.float32(1 - settings.clip_range), np.float32(1 + settings.clip_range)
    count, size = len(data[0]), settings.batch_size
    log = np.empty((4, len(data), count), np.float32)
    for _ in range(settings.epochs):
        orders = [random.permutation(count) for random in randoms]
        shuffled = [part[order] for part, order in zip(data, orders, strict=True)]
        inputs, actions, _, log_probs, gains, returns = (
            np.stack([getattr(part, name) for part in shuffled]) for name in PARTS
        )
        gains = np.stack([normalise(own, size) for own in gains])
        for start in range(0, count, size):
            place = slice(start, start + size)
            out, values = stack.forward(inputs[:, place])
            found, log[0][:, place] = stack.assess(out, actions[:, place])
            logs = np.subtract(found, log_probs[:, place], out=log[1][:, place])
            ratios = np.exp(logs)
            plain = gains[:, place] * ratios
            bounded = gains[:, place] * np.minimum(np.maximum(ratios, low), high)
            np.minimum(plain, bounded, out=log[2][:, place])
            errors = np.subtract(values, returns[:, place])
            log[3][:, place] = errors
            plain *= np.less_equal(plain, bounded)
            plain *= np.float32(-1 / plain.shape[1])
            d_out = stack.head_gradient(plain)
            errors *= np.float32(weights.value * 2 / plain.shape[1])
            stack.backward(inputs[:, place], d_out, errors)
            stack.step(weights.max_norm)


if __name__ == "__main__":
    main()
