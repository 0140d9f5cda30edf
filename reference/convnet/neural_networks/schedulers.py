"""Schedules: the learning rate of each epoch. Given.

Source: handout, question 5.
"""

from abc import ABC, abstractmethod

import numpy as np


def initialize_scheduler(name, lr, decay=None, stage_length=None, staircase=None):
    """A schedule by its name; the exponential one gets the last three arguments as they are.

    Args:
        name: "constant" or "exponential".
        lr: The learning rate at the start, float.
        decay, stage_length, staircase: As in `Exponential`.

    Returns:
        The `Scheduler`.

    Raises:
        NotImplementedError: For any other name.
    """
    if name == "constant":
        return Constant(lr=lr)
    if name == "exponential":
        return Exponential(lr=lr, decay=decay, stage_length=stage_length, staircase=staircase)
    raise NotImplementedError(f'lr_scheduler must be "constant" or "exponential", got {name!r}')


class Scheduler(ABC):
    """What all schedules share: `scheduler(epoch)` is the learning rate of that epoch."""

    def __call__(self, epoch):
        return self.scheduled_lr(epoch)

    @abstractmethod
    def scheduled_lr(self, epoch):
        """The learning rate of an epoch, float; epochs count from 0."""


class Constant(Scheduler):
    """The same learning rate in every epoch.

    Args:
        lr: The learning rate, float.
    """

    def __init__(self, lr=0.01):
        self.lr = lr

    def scheduled_lr(self, epoch):
        """`lr`, whatever the epoch."""
        return self.lr


class Exponential(Scheduler):
    """A learning rate that shrinks by the factor `decay` in every `stage_length` epochs.

    Args:
        lr: The learning rate of epoch 0, float.
        decay: The factor, float in (0, 1].
        stage_length: Epochs in a stage, a positive number.
        staircase: True to stay the same within a stage, False to shrink in every epoch.
    """

    def __init__(self, lr=0.01, decay=0.9, stage_length=1000, staircase=False):
        self.lr = lr
        self.decay = decay
        self.stage_length = stage_length
        self.staircase = staircase

    def scheduled_lr(self, epoch):
        """lr * decay ** (epoch / stage_length), the exponent rounded down on a staircase."""
        stages = epoch / self.stage_length
        if self.staircase:
            stages = np.floor(stages)
        return self.lr * self.decay**stages
