"""Tables and pictures of results; they read result files only.

Here are the words and tables, listed in `__init__.pyi` and loaded when they are first used; `plots`
and `contact` have the pictures, and load matplotlib.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
