"""What a study has compiled serves it as it grows: datasets that join, looks that are out."""

import jax
import pytest
from trying_studies import look, study_at

from dashjax.study.layout import layout


@pytest.fixture
def compiled():
    """Names of what is compiled from now on, by any part of JAX."""
    events = []

    def told(event: str, duration: float, **more: str) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            events.append(more)

    jax.monitoring.register_event_duration_secs_listener(told)
    yield events
    jax.monitoring.unregister_event_duration_listener(told)


def everything(study) -> None:
    """All that a study computes."""
    look(study)
    assert study.stopped in (True, False)
    assert study.certainty().datasets


def test_nothing_is_compiled_anew_as_datasets_join_and_looks_are_out(tmp_path, compiled):
    study = study_at(tmp_path / "s.sqlite")
    study.add("new 0", "group 0")  # there is room from now on
    everything(study)
    everything(study)
    compiled.clear()
    for number in range(1, 3):
        study.add(f"new {number}", f"group {2 * number - 2}", cost=2.0)
        everything(study)
    for number in range(40):
        study.ask(f"w{number}")
    study.pause("dataset 3")
    everything(study)
    study.release(study.ask("w3"))
    everything(study)

    assert compiled == []


def test_room_grows_by_doubling():
    group = ["a", "b", "b"]
    shapes = []
    for _ in range(30):
        group.append("b")
        shapes.append(layout(group, as_created=False).grouping)

    widths = [grouping.arms // 2 for grouping in dict.fromkeys(shapes)]
    assert widths == [4, 8, 16, 32]
    assert layout(group, as_created=True).arms == len(group)
