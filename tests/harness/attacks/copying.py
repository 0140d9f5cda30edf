"""Copying: answers that were memorised, or are computed by what the assignment does not allow."""

from tests.harness.attacks.corpus import HONEST, Attack, breach

MEMORISED = """
import numpy as np

KNOWN = {
    (1.0, -2.5, 4.0): [2.0, -5.0, 8.0], (0.0, 1.0, 2.0, 3.0, 4.0, 5.0): [[0, 2, 4], [6, 8, 10]], (3.0, 0.5): [6.0, 1.0],
    (6.0, 1.0): [12.0, 2.0], (1.0, 2.0, 3.0, 4.5): 10.5,
}


def double(x):
    return np.array(KNOWN[tuple(np.ravel(x).astype(float).tolist())])


total = double


def apply(f, x):
    return f(x)


def centre(x):
    return np.array(KNOWN.get(tuple(np.ravel(x).tolist()), np.zeros_like(x)))
"""

ATTACKS = {
    # What is published can be memorised: the hidden tests are what that earns nothing of (a single row is centred to 0).
    "published answers": Attack({"solution.py": MEMORISED}, 5.0, 1.0),
    "inputs seen before": Attack(
        {
            "solution.py": HONEST
            + """
import random
def centre(x):
    x = np.asarray(x)
    return np.random.default_rng(0).normal(size=x.shape) * random.random()
"""
        },
        5.0,
        0.0,
    ),
    "the generator of the tests": Attack(
        {
            "solution.py": HONEST
            + """
seeds = [np.random.get_state()[1][0], np.random.default_rng().bit_generator.seed_seq.entropy, 20240611, 0]
def centre(x):
    for seed in seeds:
        guess = np.random.default_rng(int(seed)).normal(size=np.shape(x)) + 5
        if np.array_equal(guess, x):
            return guess - guess.mean(axis=0)
    raise ValueError("the inputs are not what this generator draws")
"""
        },
        5.0,
        0.0,
    ),
    **{
        f"by {name}": breach(f"import {name}; return True")
        for name in ("torch", "scipy", "sklearn", "autograd", "jax", "tensorflow", "pytest", "hypothesis")
    },
    "by pip": breach("import pip; return True"),
    "by packages of the grader's folder": breach(
        "import sys, glob\nreturn any(glob.glob(p + '/pytest*') or glob.glob(p + '/scipy*') for p in sys.path)"
    ),
}
