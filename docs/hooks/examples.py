"""Examples in docstrings are shown as code."""

import re

from griffe import Extension, Object

_HEADING = re.compile(r"^Example:$", re.MULTILINE)


class ExamplesAsCode(Extension):
    """Calls the section `Example:` by the name under which it is set as code."""

    def on_object(self, *, obj: Object, **_: object) -> None:
        """Renames the section in one docstring."""
        if obj.docstring:
            obj.docstring.value = _HEADING.sub("Examples:", obj.docstring.value)
