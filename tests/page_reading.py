"""Pages read without a browser."""

import re
from html.parser import HTMLParser

NASTY = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "a & b")
_VOID = {"meta", "link", "br", "img"}


class PageReader(HTMLParser):
    """What is in a page; fails where elements do not close in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.html = text
        self.open: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.text: list[str] = []
        self.feed(text)
        assert not self.open

    @property
    def said(self) -> str:
        """All text on one line."""
        return " ".join(" ".join(self.text).split())

    def asks_for_nothing(self) -> bool:
        """Whether nothing in the page leads elsewhere."""
        addresses = [attrs.get(name) for _, attrs in self.elements for name in ("src", "href")]
        own = all(one.startswith(("#", "data:")) for one in addresses if one is not None)
        plain = re.sub(r"data:[a-z+/]+;base64,[A-Za-z0-9+/=]+", "", self.html)
        return own and not re.search(r"https?:|url\(|@import", plain)

    def columns_of(self, label: str) -> list[str]:
        """The headings of the table in the region of that label."""
        (rest,) = self.html.split(f'aria-label="{label}"')[1:]
        head = rest.partition("</thead>")[0]
        return re.findall(r"<button[^>]*>([^<]*)", head)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
