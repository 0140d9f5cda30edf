"""Train a network with one hidden layer on the Iris data, then test it. Given; the values are yours to change.

Run it from this folder: `python train_ffnn.py`. Figures and pictures go to `experiments/<model_name>/`.

Source: handout, question 5.
"""

import numpy as np

SEED = 0
# Before the package is imported: whatever it draws, it draws from this generator.
np.random.seed(SEED)

from neural_networks.datasets import initialize_dataset  # noqa: E402
from neural_networks.logs import Logger  # noqa: E402
from neural_networks.models import initialize_model  # noqa: E402
from neural_networks.utils.data_structures import AttrDict  # noqa: E402

# ---- Change these: try at least 3 combinations of learning rate and hidden width. ----

epochs = 100

# The hidden layer. n_out is its width.
fc1 = AttrDict(
    {"name": "fully_connected", "activation": "relu", "weight_init": "xavier_uniform", "n_out": 25}
)

# The output layer. Its width is that of the labels, and is filled in when training begins.
fc_out = AttrDict(
    {"name": "fully_connected", "activation": "softmax", "weight_init": "xavier_uniform", "n_out": None}
)

layer_args = [fc1, fc_out]

# The last three matter only if lr_scheduler is "exponential".
optimizer_args = AttrDict(
    {
        "name": "SGD",
        "lr": 0.01,
        "momentum": 0.9,
        "clip_norm": 1.0,
        "lr_scheduler": "constant",
        "lr_decay": 0.99,
        "stage_length": 1000,
        "staircase": True,
    }
)

data_args = AttrDict({"name": "iris", "batch_size": 25})

log_args = AttrDict({"save": True, "plot": True, "save_dir": "experiments/"})

# ---- The rest follows from them. ----

model_args = AttrDict(
    {
        "name": "feed_forward",
        "loss": "cross_entropy",
        "layer_args": layer_args,
        "optimizer_args": optimizer_args,
        "seed": SEED,
    }
)

# The folder of a run. A run with the same values writes over it.
model_name = (
    f"{model_args.name}_{data_args.name}_{len(layer_args) - 1}hiddenlayers_{fc1.n_out}{fc1.activation}"
    f"_lr{optimizer_args.lr}_{optimizer_args.lr_scheduler}_momentum{optimizer_args.momentum}"
    f"_clip{optimizer_args.clip_norm}_batch{data_args.batch_size}_{epochs}epochs_seed{SEED}"
)

if __name__ == "__main__":
    logger = Logger(model_name=model_name, model_args=model_args, data_args=data_args, **log_args)
    model = initialize_model(**model_args, logger=logger)
    dataset = initialize_dataset(**data_args)
    model.train(dataset, epochs=epochs)
    model.test(dataset)
