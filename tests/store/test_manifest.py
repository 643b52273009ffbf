"""A manifest of a wrong form is refused in one sentence, whatever is wrong with it."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashjax.errors import InputError
from dashjax.pools.pool import Pool
from dashjax.store.identity import Cell, Identity
from dashjax.store.reward_table import load_table
from dashjax.store.table_writer import writing

NESTED: list[Any] = []
for _ in range(500):
    NESTED = [NESTED]

POOL = ("identity", "pool")
MALFORMED: list[tuple[tuple[str | int, ...], Any]] = [
    ((), None),
    ((), []),
    ((), "text"),
    ((), 2),
    ((), NESTED),
    (("schema",), None),
    (("schema",), "2"),
    (("schema",), 2.5),
    (("schema",), NESTED),
    (("identity",), None),
    (("identity",), []),
    (("identity",), {}),
    (("identity_hash",), 0),
    (("identity_hash",), "0"),
    (("origin",), "here"),
    (("origin", "file"), NESTED),
    (("content",), 7),
    (("content",), "0"),
    (("parts",), None),
    (("parts",), {}),
    (("parts",), [1]),
    (("parts",), ["rewards/part-none.parquet"]),
    (("parts",), ["../../etc/passwd"]),
    (POOL, None),
    (POOL, []),
    ((*POOL, "datasets"), "a"),
    ((*POOL, "datasets", 0), None),
    ((*POOL, "datasets", 0), "b"),
    ((*POOL, "datasets", 0), chr(0xD800)),
    ((*POOL, "groups"), []),
    ((*POOL, "groups", 0), {}),
    ((*POOL, "group", 0), 1.5),
    ((*POOL, "group", 0), -1),
    ((*POOL, "group", 0), 9),
    ((*POOL, "group", 0), True),
    ((*POOL, "group", 0), 2**70),
    ((*POOL, "sizes", 0), 2**63),
    ((*POOL, "sizes", 0), 10**400),
    ((*POOL, "sizes", 0), -1),
    ((*POOL, "sizes"), None),
    ((*POOL, "costs", 0), "1"),
    ((*POOL, "costs", 0), 0.0),
    ((*POOL, "costs", 0), -1.0),
    ((*POOL, "costs", 0), float("nan")),
    ((*POOL, "costs", 0), float("inf")),
    (("identity", "targets"), []),
    (("identity", "targets", 0), None),
    (("identity", "targets", 0), "knee"),
    (("identity", "fingerprint"), None),
    (("identity", "reward"), ["gain"]),
    (("identity", "training"), []),
    (("identity", "training", "rate"), float("nan")),
    (("identity", "training", "rate"), NESTED),
    (("identity", "versions", "jax"), 1),
    (("identity", "unit"), None),
    (("identity", "direction"), "up"),
    (("identity", "floor"), 0.5),
    (("identity", "floor"), [0.5]),
    (("identity", "floor", 0), "0.5"),
    (("identity", "floor", 0), float("inf")),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("table") / "table"
    pool = Pool(("a", "b"), ("north", "south"), (0, 1), (5, 6), (1.0, 2.0))
    about = Identity(pool, ("hand", "knee"), "", "gain", {"rate": 0.5}, floor=(0.5, None))
    with writing(path, about, {}) as writer:
        writer.add_rewards([(Cell("hand", "a", 0), 0.5, 1.0)])
    return path


def put(content: Any, keys: tuple[str | int, ...], value: Any) -> Any:
    """The content with another value in its place."""
    if not keys:
        return value
    place = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return content


@pytest.mark.parametrize(
    ("keys", "value"), MALFORMED, ids=[f"{keys} {value!r:.20}" for keys, value in MALFORMED]
)
def test_a_malformed_manifest_ends_in_one_sentence(
    made: Path, keys: tuple[str | int, ...], value: Any
) -> None:
    manifest = made / "manifest.json"
    sound = manifest.read_text()
    try:
        manifest.write_text(json.dumps(put(json.loads(sound), keys, value)))
        with pytest.raises(InputError) as refused:
            load_table(made)
    finally:
        manifest.write_text(sound)
    assert str(made) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < len(str(made)) + 400
    load_table(made)
