"""What dashjax is compared with: subsets of samples or datasets that are chosen without exploring.

Static ones are chosen once, from features; dynamic ones anew in each epoch of a training. Names
and sources are on the page docs/baselines.md; a name is loaded when it is first used.

Example:
    >>> import dashjax as dj, numpy as np
    >>> points = np.array([[0.0], [1.0], [9.0], [11.0]])
    >>> rows = dj.baselines.coresets(points, 2, known=points[:1])
    >>> dj.baselines.datasets_of(rows, owner=[0, 0, 1, 1], count=1).tolist()
    [1]
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
