"""Modules in files: which file a name stands for, what belongs to it, and when it is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.core.scenario import SourceFile
from harness.errors import UsageError
from harness.local_modules import (
    list_definitions,
    locate,
    read_sources,
    split_reference,
    verify_sources,
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh current folder, with a folder `m` for a matrix."""
    (tmp_path / "m").mkdir()
    monkeypatch.chdir(tmp_path)
    read_sources.cache_clear()
    return tmp_path


def put(path: Path | str, text: str = "") -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file.absolute()


def modules(path: str | None) -> dict[str, str]:
    assert path is not None
    return {each.module: each.name for each in read_sources(path)}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("envs/my_env.py:MyEnv", ("envs/my_env.py", "MyEnv")),
        ("my_env:X-v0", ("my_env", "X-v0")),
        ("a:b/my_env.py", ("a:b/my_env.py", "")),
        ("my_env", ("my_env", "")),
        ("ALE/Pong-v5", ("ALE/Pong-v5", "")),
    ],
)
def test_a_reference_is_a_module_and_a_name(text: str, parts: tuple[str, str]) -> None:
    assert split_reference(text) == parts


@pytest.mark.parametrize("name", ["local_zoo", "local_zoo.py"])
def test_a_file_beside_the_matrix_goes_before_one_in_the_current_folder(
    here: Path, name: str
) -> None:
    assert locate("local_zoo", Path("m")) is None
    current = put("local_zoo.py")
    assert Path(str(locate(name, Path("m")))) == current
    beside = put("m/local_zoo.py")
    assert Path(str(locate(name, Path("m")))) == beside


@pytest.mark.parametrize("written", ["../m/e.py", "m/e.py", "{here}/m/e.py", "sp ace/ü 1.py"])
def test_paths_of_all_kinds(here: Path, written: str) -> None:
    put("m/e.py")
    put("m/sp ace/ü 1.py")
    path = locate(written.format(here=here), Path("m"))
    assert path is not None
    assert Path(path).is_file()
    assert ".." not in path


def test_a_file_that_is_not_there(here: Path) -> None:
    put("m/my_env.py")
    with pytest.raises(UsageError, match=r"no file `my_emv.py`") as caught:
        locate("my_emv.py", Path("m"))
    assert caught.value.help == "did you mean `my_env.py`?"


@pytest.mark.parametrize(
    ("name", "what"), [("random", "Python itself"), ("gymnasium", "installed")]
)
def test_the_name_of_another_module_stands_for_no_file(here: Path, name: str, what: str) -> None:
    put(f"{name}.py")
    assert locate(name, Path("m")) is None
    put(f"m/{name}.py")
    with pytest.raises(UsageError, match=what) as caught:
        locate(name, Path("m"))
    assert f"write `{name}.py`" in caught.value.help


def test_a_file_with_the_name_of_another_module_does_not_take_it(here: Path) -> None:
    path = locate("random.py", here / "m" / "..") if put("random.py", "import random") else None
    assert modules(path) == {"local_random": "random.py"}
    put("gymnasium/core.py", "x = 1")
    package = put("gymnasium/__init__.py", "from .core import x")
    assert modules(str(package)) == {
        "local_gymnasium": "gymnasium/__init__.py",
        "local_gymnasium.core": "gymnasium/core.py",
    }


def test_a_folder_that_is_no_package(here: Path) -> None:
    put("m/things/inner.py")
    with pytest.raises(UsageError, match=r"has no `__init__.py`") as caught:
        locate("things", Path("m"))
    assert "`things.inner`" in caught.value.help
    assert modules(locate("things.inner", Path("m"))) == {"things.inner": "things/inner.py"}


def test_what_a_file_imports_belongs_to_it(here: Path) -> None:
    put("m/helper.py", "import deeper")
    put("m/deeper.py", "import os, json")
    put("m/registered.py")
    put("m/unrelated.py")
    put("m/lazy.py")
    put("above.py")
    put(
        "m/my_env.py",
        "import helper, above, random\n"
        "def make():\n    from lazy import x\n"
        "register('X-v0', entry_point='registered:Env')\n"
        "importlib.import_module('no_such_module')\n",
    )
    path = locate("my_env", Path("m"))
    assert list(modules(path)) == ["my_env", "above", "deeper", "helper", "lazy", "registered"]


def test_a_package_is_read_from_its_own_root(here: Path) -> None:
    put("m/pkg/__init__.py", "from pkg.sub import env")
    put("m/pkg/sub/__init__.py")
    put("m/pkg/sub/env.py", "from . import tools\nfrom ..base import Base\nfrom ....x import y")
    put("m/pkg/sub/tools.py")
    put("m/pkg/base.py")
    every = {"pkg", "pkg.base", "pkg.sub", "pkg.sub.env", "pkg.sub.tools"}
    for name in ("pkg", "pkg.sub.env", "pkg/__init__.py", "pkg/sub/env.py"):
        assert set(modules(locate(name, Path("m")))) == every
    main, *_ = read_sources(str(locate("pkg/sub/env.py", Path("m"))))
    assert (main.module, main.name) == ("pkg.sub.env", "pkg/sub/env.py")


def test_the_checksum_is_that_of_the_content(here: Path) -> None:
    first, *_ = read_sources(str(put("a/my_env.py", "x = 1")))
    same, *_ = read_sources(str(put("b/my_env.py", "x = 1")))
    other, *_ = read_sources(str(put("c/my_env.py", "x = 2")))
    assert first.version == same.version != other.version
    assert first.text == "x = 1"
    assert "x = 1" not in str(first.to_json())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"class A(:\n", "line 1, is no Python"),
        (b"x = 1\0", "no Python"),
        (b"\xff\xfe", "no Python"),
        (b"# coding: no-such\n", "no Python"),
        (b"(" * 5000, "no Python"),
        (b"#" * (2**22 + 1), "too large"),
    ],
)
def test_what_is_no_python(here: Path, content: bytes, words: str) -> None:
    Path("helper.py").write_bytes(content)
    file = put("my_env.py", "import helper")
    with pytest.raises(UsageError, match=words) as caught:
        read_sources(str(file))
    assert "helper.py" in caught.value.message


def test_names_that_a_file_offers(here: Path) -> None:
    text = "class A: pass\ndef make(): pass\nclass _B: pass\ngym.register(id='X-v0')\n"
    assert list_definitions(str(put("my_env.py", text))) == ("A", "make", "X-v0")


def test_a_record_is_held_against_the_files(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put("m/my_env.py", "x = 1")
    source = SourceFile.from_json(read_sources(str(file))[0].to_json())
    verify_sources([source], "`ppo@X`")
    # Moved together with the folder that the campaign is in.
    file.rename(put("moved/my_env.py"))
    monkeypatch.chdir("moved")
    verify_sources([source], "`ppo@X`")
    put("my_env.py", "x = 2")
    with pytest.raises(UsageError, match=rf"needs `my_env.py` as it was, {source.version}"):
        verify_sources([source], "`ppo@X`")
    Path("my_env.py").unlink()
    with pytest.raises(UsageError, match=r"needs `my_env.py` \(sha256:\w+\), which lay at /"):
        verify_sources([source], "`ppo@X`")
