"""The networks, their layers and the update rules.

Two classes are called `TwoLayerNet`: `nndl.neural_net`'s hides `nndl.fc_net`'s here, so name the module.
"""

# ruff: noqa: F403
from .fc_net import *  # isort: skip
from .layer_utils import *  # isort: skip
from .neural_net import *  # isort: skip
from .optim import *  # isort: skip
