import os

from dashjax.engine import devices


def test_what_the_user_set_for_xla_stays(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=3 --xla_dump_to=there")

    devices.use_all_cores()
    once = os.environ["XLA_FLAGS"]
    devices.use_all_cores()

    assert once.startswith("--xla_force_host_platform_device_count=3 --xla_dump_to=there ")
    assert once.count("device_count") == 1
    assert "cpu-parallel-task-assigner" in once
    assert "--xla_cpu_prefer_vector_width=512" in once
    assert os.environ["XLA_FLAGS"] == once  # set already


def test_vectors_that_the_user_wants_narrower_stay_so(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_prefer_vector_width=256")

    devices.use_all_cores()

    assert os.environ["XLA_FLAGS"].count("prefer_vector_width") == 1
