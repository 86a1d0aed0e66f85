"""Pickles inside saved models, read with a list of what may be in them.

A pickle can call anything that can be imported. stable-baselines3 writes spaces, the class of a
policy and its arguments as pickles alone, so these are read here: names of the list below, classes
only, and nothing that opens, starts or imports.
"""

from __future__ import annotations

import base64
import io
import pickle
import re
from collections.abc import Mapping
from typing import Any, Final

from harness.errors import UsageError

_PICKLED: Final = ":serialized:"
"""Key under which stable-baselines3 writes what JSON cannot hold."""

_CLASSES: Final = re.compile(
    r"gymnasium\.spaces(\.\w+)?"
    r"|(stable_baselines3|sb3_contrib)(\.\w+)*\.(policies|torch_layers|distributions)"
    r"|torch\.nn\.modules\.\w+|torch\.optim\.\w+"
)
"""Modules whose own classes may be named."""

_NAMES: Final = frozenset(
    {
        *(f"builtins.{name}" for name in ("dict", "list", "tuple", "set", "frozenset", "slice")),
        *(f"builtins.{name}" for name in ("int", "float", "bool", "str", "bytes", "complex")),
        *("collections.OrderedDict", "_codecs.encode"),
        *("numpy.ndarray", "numpy.dtype", "numpy.random._pickle.__generator_ctor"),
        *("numpy.random._pickle.__bit_generator_ctor", "numpy.random._pcg64.PCG64"),
        *("numpy.random._generator.Generator", "numpy.random.bit_generator.SeedSequence"),
        "numpy.random.bit_generator.__pyx_unpickle_SeedSequence",
        *(
            f"numpy.{core}.{name}"
            for core in ("core", "_core")
            for name in ("multiarray._reconstruct", "multiarray.scalar", "numeric._frombuffer")
        ),
    }
)


class _ModelUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if f"{module}.{name}" in _NAMES or re.fullmatch(
            r"numpy\.(dtypes\.)?\w+", f"{module}.{name}"
        ):
            value = super().find_class(module, name)
            if f"{module}.{name}" in _NAMES or _is_number_type(value):
                return value
        elif _CLASSES.fullmatch(module) and name.isidentifier():
            value = super().find_class(module, name)
            if isinstance(value, type) and value.__module__.startswith(module.partition(".")[0]):
                return value
        raise UsageError(
            f"it holds `{module}.{name}`, which is not read from a saved model",
            help="a model holds spaces, policies and networks of stable-baselines3 and torch",
        )


def _is_number_type(value: object) -> bool:
    import numpy as np

    return isinstance(value, type) and issubclass(value, np.generic | np.dtype)


def read_object(data: Mapping[str, object], key: str) -> Any:
    """An entry of a model's description: plain JSON as it is, a pickle read.

    Args:
        data: As `harness.saved_models.read_description` gives it.
        key: Of the entry; None where there is none.

    Raises:
        UsageError: The pickle names something else than a model needs.
        Exception: It is no pickle.
    """
    value = data.get(key)
    if not (isinstance(value, Mapping) and _PICKLED in value):
        return value
    return _ModelUnpickler(io.BytesIO(base64.b64decode(value[_PICKLED]))).load()
