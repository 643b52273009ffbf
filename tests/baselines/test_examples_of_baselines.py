"""Every public name of the baselines has an example, and it runs."""

import doctest
import inspect

import pytest

import dashjax as dj


@pytest.mark.parametrize("name", sorted(dj.baselines.__all__))
def test_a_baseline_has_an_example_that_runs(name):
    text = inspect.getdoc(getattr(dj.baselines, name)) or ""
    if name in ("Choice", "Axes", "Activity"):  # what functions give, whose examples show them
        return
    found = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    assert found.examples, f"{name} has no example"
    said: list[str] = []
    doctest.DocTestRunner().run(found, out=said.append)
    assert not said, "".join(said)
