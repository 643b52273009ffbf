"""One decision: what is believed, what is done, when it is enough, what is recommended."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["beliefs", "environments", "policies", "stopping"]
)
