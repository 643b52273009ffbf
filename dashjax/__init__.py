"""Which datasets are worth taking? Try as few as possible, and know how sure.

The public names are listed, with their types, in `__init__.pyi`. They are loaded when they are
first used: `import dashjax` by itself loads neither JAX nor NumPy.
"""

import lazy_loader

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
