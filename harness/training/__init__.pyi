from harness.training.learner import build as build
from harness.training.numerics import (
    gpus as gpus,
    numeric_versions as numeric_versions,
)
from harness.training.preloading import preload as preload
from harness.training.train_seeds import train as train
