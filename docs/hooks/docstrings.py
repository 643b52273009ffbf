"""Docstrings as the pages of the API show them."""

import re

from griffe import Class, Extension, Object

_HEADING = re.compile(r"^Example:$", re.MULTILINE)
_END = re.compile(r"^    (def |@|\"\"\")", re.MULTILINE)


class Shown(Extension):
    """Sets examples as code, and shows the fields of tuples with their comments."""

    def on_object(self, *, obj: Object, **_: object) -> None:
        """Calls the section `Example:` by the name under which it is set as code."""
        if obj.docstring:
            obj.docstring.value = _HEADING.sub("Examples:", obj.docstring.value)

    def on_class(self, *, cls: Class, **_: object) -> None:
        """Puts the fields of a named tuple before its first section."""
        if "NamedTuple" not in map(str, cls.bases) or not cls.docstring:
            return
        text = cls.docstring.value
        if "Attributes:\n" in text:
            return
        _, _, body = cls.source.split('"""', 2)
        fields = _END.split(body)[0].rstrip()
        lines = [line[4:] for line in fields.splitlines() if line.strip()]
        block = "\n".join(["```python", *lines, "```"])
        before, heading, after = text.partition("Example")
        cls.docstring.value = f"{before.rstrip()}\n\n{block}\n\n{heading}{after}"
