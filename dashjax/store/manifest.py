"""The manifest of a reward table: read with every check there is, and written whole."""

import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from dashjax.errors import InputError
from dashjax.pools.pool import Pool
from dashjax.store import files
from dashjax.store.identity import Identity

SCHEMA_VERSION = 2
_MOST_BYTES = 1 << 27  # that of a table of a million datasets has fewer
_MOST_LEVELS = 64
_INT64 = 2**63


def _text(value: str) -> str:
    value.encode()  # a lone surrogate has no bytes
    return value


def _shallow(value: Any, levels: int = _MOST_LEVELS) -> Any:
    """The value, which must not be nested deeper than what reads it can follow."""
    if isinstance(value, dict | list):
        if not levels:
            raise ValueError(f"nested more than {_MOST_LEVELS} levels deep")
        for inner in value.values() if isinstance(value, dict) else value:
            _shallow(inner, levels - 1)
    return value


Text = Annotated[str, AfterValidator(_text)]
Whole = Annotated[int, Field(ge=0, lt=_INT64)]
Settings = Annotated[dict[str, Any], AfterValidator(lambda value: _shallow(value))]
_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class _Pool(BaseModel):
    model_config = _STRICT
    datasets: list[Text]
    groups: list[Text]
    group: list[Whole]
    sizes: list[Whole]
    costs: list[float]


class _Identity(BaseModel):
    model_config = _STRICT
    pool: _Pool
    targets: list[Text]
    fingerprint: Text
    reward: Text
    training: Settings
    versions: dict[str, Text]
    unit: Text
    direction: Text
    floor: list[float | None]


class Manifest(BaseModel):
    """What a table says of itself."""

    model_config = _STRICT
    schema_version: int = Field(alias="schema")
    identity: _Identity
    identity_hash: Text
    origin: Settings
    content: Text = ""
    parts: list[Text] = []

    @cached_property
    def about(self) -> Identity:
        """What the table is about."""
        saved: dict[str, Any] = self.identity.model_dump()
        pool = Pool(**{key: tuple(value) for key, value in saved.pop("pool").items()})
        targets, floor = tuple(saved.pop("targets")), tuple(saved.pop("floor"))
        return Identity(pool=pool, targets=targets, floor=floor, **saved)


def new_manifest(identity: Identity, origin: dict[str, Any]) -> Manifest:
    """The manifest of a table without rewards."""
    try:
        return Manifest(
            schema=SCHEMA_VERSION,
            identity=_Identity(**identity.plain()),
            identity_hash=identity.digest,
            origin=origin,
        )
    except ValidationError as error:
        raise InputError(f"this table cannot be kept: {_first(error)}; mend it") from error


def read_manifest(path: Path) -> Manifest:
    """What the table in a folder says of itself.

    Raises:
        InputError: if there is no table, or its manifest is damaged, edited or of another version.
    """
    file = path / "manifest.json"
    mend = "restore the file, or build or import the table anew in another folder"
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise InputError(f"{file} is larger than any manifest of a table; {mend}")
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{path} is no reward table: {file} cannot be read") from error
    _check_version(file, content)
    try:
        # by Python, which takes a path of any bytes in `origin`
        manifest = Manifest.model_validate(json.loads(content))
        digest = manifest.about.digest
    except (ValidationError, InputError, ValueError) as error:
        why = _first(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(f"{file} is damaged: {why}; {mend}") from error
    if digest != manifest.identity_hash:
        raise InputError(
            f"{file} was edited: its names, groups, reward, unit, floor or training are not those "
            f"that the rewards were measured with; {mend}"
        )
    return manifest


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Writes the manifest into a table's folder, whole."""
    text = json.dumps(manifest.model_dump(by_alias=True), indent=1) + "\n"
    files.write_whole(path / "manifest.json", lambda file: file.write_text(text))


def _check_version(file: Path, content: bytes) -> None:
    """Says so where a manifest is one, but of another version."""
    try:
        schema = json.loads(content).get("schema")
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{file} is damaged, or not of a reward table; build or import the table anew in "
            f"another folder"
        ) from error
    if schema != SCHEMA_VERSION:
        raise InputError(
            f"{file} has schema version {schema!r:.40}; this dashjax reads {SCHEMA_VERSION}: build "
            f"or import the table anew"
        )


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, in words."""
    found = error.errors(include_url=False)[0]
    where = ".".join(map(str, found["loc"])) or "the whole"
    return f"{where}: {found['msg'].lower()}"
