"""Every Example in a public docstring runs, and says what it says."""

import doctest
import importlib
import inspect
import pkgutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras
import gankeras.testing

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def package_modules():
    for info in pkgutil.walk_packages(gankeras.__path__, "gankeras."):
        if not info.name.startswith("gankeras.cli"):
            yield importlib.import_module(info.name)


def examples() -> list[doctest.DocTest]:
    """One test for each docstring with `>>>`, found where its object is defined."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    names = {"gankeras": gankeras, "gk": gankeras, "keras": keras, "np": np, "tf": tf}
    found = []
    for module in [gankeras, *package_modules()]:
        found += [test for test in finder.find(module, extraglobs=names) if test.examples]
    return sorted(found, key=lambda test: test.name)


EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    runner.run(example, out=printed.append)
    assert not runner.failures, "".join(printed)


def public_objects():
    """Classes and functions that a user reaches as `gk.name` or `gk.namespace.name`."""
    for name, value in sorted(vars(gankeras).items()):
        if name.startswith("_"):
            continue
        if inspect.ismodule(value) and hasattr(value, "__path__"):
            members = sorted(vars(value).items())
        else:
            members = [(name, value)]
        for member_name, member in members:
            is_ours = getattr(member, "__module__", "").startswith("gankeras")
            if is_ours and not member_name.startswith("_") and callable(member):
                yield f"{member.__module__}.{member_name}", member


PUBLIC = dict(public_objects())


@pytest.mark.parametrize("name", PUBLIC)
def test_public_object_says_what_it_is_for(name):
    text = inspect.getdoc(PUBLIC[name])
    assert text, f"{name} has no docstring"
    first = text.splitlines()[0]
    assert first.endswith(".") or first.endswith("?"), first
    assert not first.startswith("Initialize"), first


# Interfaces and records: nothing is done with one but subclassing or reading it, and the classes
# that do (`Hinge`, `R1`, `ImageCodec`, `DCGAN` ...) show how.
WITHOUT_EXAMPLE = {
    "gankeras.core.adversarial_model.AdversarialModel",
    "gankeras.core.batch.AdversarialBatch",
    "gankeras.core.codec.Codec",
    "gankeras.domain.Domain",
    "gankeras.layers.differentiable_augmentation.DifferentiableAugmentation",
    "gankeras.losses.adversarial_loss.AdversarialLoss",
    "gankeras.regularizers.regularizer.Regularizer",
}
SHOWN = [name for name in PUBLIC if "gankeras.testing" not in name and name not in WITHOUT_EXAMPLE]


@pytest.mark.parametrize("name", SHOWN)
def test_public_object_shows_an_example(name):
    assert ">>>" in (inspect.getdoc(PUBLIC[name]) or ""), f"{name} has no Example"


def test_exemptions_exist():
    assert set(PUBLIC) >= WITHOUT_EXAMPLE


def test_a_wrong_example_is_caught():
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    runner.run(wrong, out=lambda text: None)
    assert runner.failures == 1
