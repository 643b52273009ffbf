import os

from dashjax import devices


def test_what_the_user_set_for_xla_stays(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=3 --xla_dump_to=there")

    devices.use_all_cores()
    once = os.environ["XLA_FLAGS"]
    devices.use_all_cores(large_pools=True)

    assert once.startswith("--xla_force_host_platform_device_count=3 --xla_dump_to=there ")
    assert once.count("device_count") == 1
    assert "cpu-parallel-task-assigner" in once
    assert os.environ["XLA_FLAGS"] == once  # set already
