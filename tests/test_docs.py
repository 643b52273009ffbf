"""The pages say what there is: every public name, every section that a docstring cites."""

import pkgutil
import re
from pathlib import Path
from types import ModuleType

import dashjax as dj

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs"
CITED = re.compile(r"docs/mathematics\.md, sections? (\d+(?:\.\d+)?)")


def public() -> dict[str, object]:
    """Every public name, those in namespaces as `policies.lucb`."""
    found: dict[str, object] = {}
    for name in dj.__all__:
        thing = getattr(dj, name)
        if isinstance(thing, ModuleType):
            found |= {f"{name}.{own}": getattr(thing, own) for own in thing.__all__}
        else:
            found[name] = thing
    return found


def documented() -> dict[str, object]:
    """What the pages of the API show, by the path that they name."""
    text = "\n".join(page.read_text() for page in (PAGES / "api").glob("*.md"))
    return {path: pkgutil.resolve_name(path) for path in re.findall(r"^::: (\S+)", text, re.M)}


def test_the_pages_of_the_api_show_the_public_names_and_no_others() -> None:
    shown, names = documented(), public()
    assert len(names) >= 30
    missing = [name for name, thing in names.items() if not any(thing is s for s in shown.values())]
    private = [path for path, s in shown.items() if not any(s is thing for thing in names.values())]
    assert not missing, "add to docs/api"
    assert not private, "not public"


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()
    for page in PAGES.rglob("*.md"):
        assert f" {page.relative_to(PAGES)}\n" in navigation


def test_no_page_speaks_of_what_only_its_authors_have() -> None:
    for page in (*PAGES.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"):
        assert not re.search(r"/work\b|/tmp\b|\bspec section\b|\.\./shared", page.read_text()), page


def test_every_section_that_is_cited_is_there() -> None:
    headings = re.findall(r"^##+ (\d+(?:\.\d+)?)", (PAGES / "mathematics.md").read_text(), re.M)
    cited = {}
    for path in (ROOT / "dashjax").rglob("*.py"):
        text = path.read_text()
        assert not re.search(r"\bspec (section|\d)", text, re.IGNORECASE), path
        cited |= dict.fromkeys(CITED.findall(re.sub(r"\s+", " ", text)), path)
    assert len(cited) >= 10
    for section, path in cited.items():
        assert section in headings, path
