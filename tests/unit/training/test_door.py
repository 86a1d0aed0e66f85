"""What the training door promises before anything heavy is imported."""

import subprocess
import sys

import pytest

from harness import training
from harness.training.numerics import blas, numeric_versions


def test_importing_the_door_imports_no_torch():
    code = (
        "import sys; from harness import training; training.numeric_versions();"
        "sys.exit(sorted({'torch', 'stable_baselines3', 'gymnasium'} & set(sys.modules)) != [])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_versions_name_all_that_changes_digits():
    versions = numeric_versions()
    assert set(versions) == {
        "gymnasium",
        "mujoco",
        "numpy",
        "python",
        "sb3-contrib",
        "stable-baselines3",
        "torch",
    }
    assert versions["numpy"][0].isdigit()
    assert versions["python"] == ".".join(map(str, sys.version_info[:3]))


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setattr("harness.training.numerics.NUMERIC", ("no-such-package",))
    assert numeric_versions()["no-such-package"] == "missing"


def library(path, **named):
    return {"user_api": "blas", "filepath": path, **named}


SCIPYS = library("/scipy.libs/b.so", internal_api="openblas", version="1", architecture="Zen")
NUMPYS = library("/numpy.libs/a.so", internal_api="openblas", version="2", architecture="Haswell")
OPENMP = {"user_api": "openmp", "filepath": "/torch/lib/libgomp.so", "internal_api": "openmp"}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([OPENMP, SCIPYS, NUMPYS], "openblas 2 Haswell"),
        ([library("/lib/libmkl.so", internal_api="mkl", version=None)], "mkl"),
        ([OPENMP], "unknown"),
    ],
)
def test_the_matrix_library_is_numpys(found, told, monkeypatch):
    monkeypatch.setattr("harness.training.numerics.threadpool_info", lambda: found)
    assert blas() == told


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute `trains`"):
        _ = training.trains
