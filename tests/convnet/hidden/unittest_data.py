"""The stored inputs and expected values of the students' unittests, made out of the reference.

`build` gives one `.npz` for each test class in reference/convnet/tests, whose cases are written there a second
time: the tests, not this module, are what students get. Inputs are whole numbers or multiples of 1/64 and never
at a place where right solutions differ (0 for ReLU, equal numbers in a pooling window), so the files are small
and exact.
"""

import io
import zipfile

import numpy as np

NEVER = (1980, 1, 1, 0, 0, 0)  # the zip's oldest date: the same bytes every time
# Expected values are rounded to multiples of this, which changes them by 4e-6 at most: 1/40 of the tolerance.
QUANTUM = 2.0**-17
BY_SIZE = (np.int8, np.int16, np.float16, np.int32, np.float32, np.float64)

ACTIVATIONS = ("Linear", "Sigmoid", "TanH", "ReLU", "ArcTan", "SoftMax")
ACTIVATION_SHAPES = ((72, 61), (128, 311), (223, 61))
CROSS_ENTROPY_SHAPES = ((72, 3), (128, 10), (223, 5))
L2_SHAPES = ((72, 1), (128, 1), (223, 1))

DENSE = (  # shape of the input, n_out, activation
    ((72, 61), 32, "relu"),
    ((128, 20), 17, "tanh"),
    ((223, 9), 5, "linear"),
)
CONVOLUTIONS = (  # shape of the input, n_out, kernel_shape, stride, activation
    ((16, 16, 16, 3), 32, (3, 3), 1, "relu"),
    ((16, 16, 16, 3), 32, (3, 5), 1, "relu"),
    ((16, 32, 24, 21), 7, (5, 5), 1, "relu"),
    ((16, 32, 24, 21), 7, (5, 5), 2, "relu"),
    ((16, 32, 24, 21), 18, (3, 3), 3, "tanh"),
)
POOLINGS = (  # shape of the input, kernel_shape, mode, stride, pad
    ((24, 12, 12, 8), (3, 3), "max", 2, 0),
    ((24, 44, 48, 4), (2, 2), "max", 2, 0),
    ((24, 12, 12, 8), (2, 2), "average", 1, 0),
    ((24, 44, 48, 4), (3, 5), "max", 4, "valid"),
    ((24, 44, 48, 4), (5, 5), "average", 1, 2),
)
FLATTENINGS = (((6, 5, 4, 3), "first"), ((6, 5, 4, 3), -1), ((6, 5, 4, 3), "last"))  # shape, keep_dim


def build(activations, losses, layers):
    """The data files of the students' unittests.

    Args:
        activations, losses, layers: The reference's modules of these names.

    Returns:
        {file name: content}, such as {"TestReLU.npz": b"..."}. The same zlib gives the same bytes.
    """
    classes = {
        f"Test{name}": _activation_cases(getattr(activations, name)(), i)
        for i, name in enumerate(ACTIVATIONS)
    }
    classes |= {
        "TestCrossEntropy": _loss_cases(
            losses.CrossEntropy("cross_entropy"), CROSS_ENTROPY_SHAPES, _distributions
        ),
        "TestL2": _loss_cases(losses.L2("l2"), L2_SHAPES, _numbers),
        "TestFullyConnected": _dense_cases(layers.FullyConnected),
        "TestConv2D": _convolution_cases(layers.Conv2D),
        "TestPool2D": _pooling_cases(layers.Pool2D),
        "TestFlatten": _flatten_cases(layers.Flatten),
    }
    return {f"{name}.npz": npz(arrays) for name, arrays in classes.items()}


def npz(arrays):
    """The bytes of a compressed `.npz` without the time of its making.

    Args:
        arrays: {name: array}.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", NEVER)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # whichever system it is made on
            entry.external_attr = 0o644 << 16
            file.writestr(entry, member.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


def smallest(array):
    """The same numbers in the smallest type that holds all of them exactly."""
    array = np.asarray(array)
    with np.errstate(over="ignore", invalid="ignore"):
        return next(a for a in (array.astype(t) for t in BY_SIZE) if np.array_equal(a, array))


def _case(case, inputs, output, backward, **more):
    expected = {"output": output, "backward": backward}
    rounded = {name: np.round(np.asarray(a) / QUANTUM) * QUANTUM for name, a in expected.items()}
    arrays = {"input": np.stack(inputs), **more, **rounded}
    return {f"{case}{name}": smallest(array) for name, array in arrays.items()}


def _activation_cases(activation, seed):
    rng, out = np.random.default_rng([4, seed]), {}
    for case, shape in enumerate(ACTIVATION_SHAPES):
        Z = _without_zeros(rng, 64, shape) / 16  # few different values: small files
        dY = rng.integers(-4, 5, shape) / 2
        out |= _case(case, [Z], activation.forward(Z), activation.backward(Z, dY), upstream_grad=dY)
    return out


def _distributions(rng, shape):
    """One-hot targets, and rows of probabilities, multiples of 1/64 and at least 1/32, that add up to 1."""
    n, k = shape
    Y = np.eye(k)[rng.integers(0, k, n)]
    shares = np.stack([rng.multinomial(64 - 2 * k, np.full(k, 1 / k)) for _ in range(n)])
    return Y, (shares + 2) / 64


def _numbers(rng, shape):
    return tuple(_without_zeros(rng, 256, shape) / 64 for _ in range(2))


def _loss_cases(loss, shapes, draw):
    rng, out = np.random.default_rng([5, len(loss.name)]), {}
    for case, shape in enumerate(shapes):
        Y, Y_hat = draw(rng, shape)
        out |= _case(case, [Y, Y_hat], loss.forward(Y, Y_hat), loss.backward(Y, Y_hat))
    return out


def _dense_cases(layer_class):
    rng, out = np.random.default_rng(42), {}
    for case, (shape, n_out, activation) in enumerate(DENSE):
        W = rng.integers(-1, 2, (shape[1], n_out))
        b = rng.integers(-2, 3, (1, n_out)) + 0.5
        # Small inputs for tanh, which is 1 nearly everywhere else.
        X = rng.integers(-3, 4, shape) / (8 if activation == "tanh" else 1)
        layer = layer_class(n_out=n_out, activation=activation, weight_init="ones")
        out |= _layer_case(case, layer, X, rng, W=W, b=b)
    return out


def _convolution_cases(layer_class):
    rng, out = np.random.default_rng(62), {}
    for case, (shape, n_out, kernel_shape, stride, activation) in enumerate(CONVOLUTIONS):
        # Few weights of each filter are not 0, so sums stay small: for tanh, and for the size of the files.
        n_weights = kernel_shape[0] * kernel_shape[1] * shape[3]
        share = min(1.0, (4 if activation == "tanh" else 12) / n_weights)
        W_shape = (*kernel_shape, shape[3], n_out)
        W = rng.integers(0, 2, W_shape) * 2 - 1
        W[rng.random(W_shape) >= share] = 0
        b = rng.integers(-1, 2, (1, n_out)) + 0.5  # a half: no sum is 0, where ReLU has no derivative
        X = rng.integers(-1, 2, shape)
        layer = layer_class(
            n_out=n_out,
            kernel_shape=kernel_shape,
            activation=activation,
            stride=stride,
            pad="same",
            weight_init="ones",
        )
        out |= _layer_case(case, layer, X, rng, W=W, b=b)
    return out


def _pooling_cases(layer_class):
    rng, out = np.random.default_rng(63), {}
    for case, (shape, kernel_shape, mode, stride, pad) in enumerate(POOLINGS):
        n, rows, cols, n_channels = shape
        # 64 different numbers, repeated every 8 rows and columns: all differ within a window of up to 8 x 8.
        tiles = np.stack([rng.permutation(64) - 32 for _ in range(n * n_channels)])
        tiles = tiles.reshape(n, n_channels, 8, 8).transpose(0, 2, 3, 1)
        X = tiles[:, np.arange(rows) % 8][:, :, np.arange(cols) % 8]
        layer = layer_class(kernel_shape=kernel_shape, mode=mode, stride=stride, pad=pad)
        out |= _layer_case(case, layer, X, rng)
    return out


def _flatten_cases(layer_class):
    rng, out = np.random.default_rng(64), {}
    for case, (shape, keep_dim) in enumerate(FLATTENINGS):
        out |= _layer_case(
            case, layer_class(keep_dim=keep_dim), rng.permutation(np.prod(shape)).reshape(shape), rng
        )
    return out


def _layer_case(case, layer, X, rng, **parameters):
    """Run a layer as the unittests do, with the parameters replaced after a first pass."""
    X = X.astype(np.float64)
    output = layer.forward(X)
    if parameters:
        layer.parameters |= {name: value.astype(np.float64) for name, value in parameters.items()}
        output = layer.forward(X)
    dY = rng.integers(-2, 3, output.shape)
    return _case(case, [X], output, layer.backward(dY.astype(np.float64)), upstream_grad=dY, **parameters)


def _without_zeros(rng, largest, shape):
    """Whole numbers from -largest to largest, without 0."""
    return rng.integers(1, largest + 1, shape) * rng.choice([-1, 1], shape)
