"""Optimizers: how a parameter moves, given its gradient. Given.

Source: handout, question 5.
"""

from abc import ABC, abstractmethod

import numpy as np

from neural_networks.schedulers import initialize_scheduler


def initialize_optimizer(
    name,
    lr,
    lr_scheduler=None,
    momentum=None,
    clip_norm=None,
    lr_decay=None,
    staircase=None,
    stage_length=None,
):
    """An optimizer by its name; what is left out is handed on as None.

    Args:
        name: "SGD".
        lr: The learning rate at the start, float.
        lr_scheduler: "constant" or "exponential"; must be given.
        momentum: Share of the previous step that is added to the next, float; 0.0 for none; must be given.
        clip_norm: Largest L2 norm of a parameter's gradient, float; None for no limit.
        lr_decay, staircase, stage_length: As in `schedulers.Exponential`; only the exponential schedule
            reads them.

    Returns:
        The `Optimizer`.

    Raises:
        NotImplementedError: For an unknown name of an optimizer or of a schedule.
    """
    if name != "SGD":
        raise NotImplementedError(f'optimizer must be "SGD", got {name!r}')
    return SGD(
        lr=lr,
        lr_scheduler=lr_scheduler,
        momentum=momentum,
        clip_norm=clip_norm,
        lr_decay=lr_decay,
        stage_length=stage_length,
        staircase=staircase,
    )


class Optimizer(ABC):
    """What all optimizers share: `lr`, the rate at the start, and `lr_scheduler`, its course."""

    def __init__(self):
        self.lr = None
        self.lr_scheduler = None

    @abstractmethod
    def update(self, param_name, param, param_grad, epoch):
        """What to subtract from `param`; the model does the subtracting."""


class SGD(Optimizer):
    """Stochastic gradient descent with momentum and clipping.

    Args:
        lr: The learning rate at the start, float.
        lr_scheduler: "constant" or "exponential".
        momentum: Share of the previous step that is added to the next, float in [0, 1).
        clip_norm: Largest L2 norm of a parameter's gradient, float; None for no limit.
        lr_decay, stage_length, staircase: As in `schedulers.Exponential`.

    Raises:
        NotImplementedError: If the schedule is unknown.
    """

    def __init__(
        self, lr, lr_scheduler, momentum=0.0, clip_norm=None, lr_decay=0.9, stage_length=None, staircase=None
    ):
        super().__init__()
        self.lr = lr
        self.lr_scheduler = initialize_scheduler(
            lr_scheduler, lr=lr, decay=lr_decay, stage_length=stage_length, staircase=staircase
        )
        self.momentum = momentum
        self.clip_norm = clip_norm
        self.cache = {}  # the latest step of each parameter, by its name

    def update(self, param_name, param, param_grad, epoch):
        """The step of one parameter: momentum * (its previous step) + learning rate * gradient.

        Args:
            param_name: Name under which the step is remembered, such as "W0"; one for each parameter.
            param: The parameter, float, any shape. It is not changed here.
            param_grad: Its gradient, float, same shape. Where its L2 norm exceeds `clip_norm`, a copy
                scaled down to that norm is used.
            epoch: Number of the epoch from 0, for the schedule.

        Returns:
            delta, float, same shape: subtract it from the parameter.
        """
        if self.clip_norm is not None:
            norm = np.linalg.norm(param_grad)
            if norm > self.clip_norm:
                param_grad = param_grad * (self.clip_norm / norm)
        previous = self.cache.get(param_name, np.zeros_like(param))
        delta = self.momentum * previous + self.lr_scheduler(epoch) * param_grad
        self.cache[param_name] = delta
        return delta
