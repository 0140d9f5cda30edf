"""Windows of images as the columns of a matrix, and zero padding. Given.

Images are (N, H, W, C) except where it says "channels first". A kernel has kh x kw entries; it moves by
`stride` along both axes and has R x Q places in the padded image.
"""

import numpy as np


def im2col_indices(X, kernel_shape, stride, pad):
    """Where each entry of each window lies in the padded images.

    Args:
        X: Images before padding, channels first, shape (N, C, H, W). Only the shape matters.
        kernel_shape: (kh, kw).
        stride: int.
        pad: (top, bottom, left, right), int.

    Returns:
        i, j: Rows and columns, int, shape (C kh kw, R Q).
        k: Channels, int, shape (C kh kw, 1).
    """
    _, n_channels, in_rows, in_cols = X.shape
    kh, kw = kernel_shape
    out_rows = (in_rows + pad[0] + pad[1] - kh) // stride + 1
    out_cols = (in_cols + pad[2] + pad[3] - kw) // stride + 1

    # Within a window, one number for each entry; then the corner of each window.
    k, u, v = (a.reshape(-1, 1) for a in np.indices((n_channels, kh, kw)))
    top, left = (stride * a.reshape(1, -1) for a in np.indices((out_rows, out_cols)))
    return u + top, v + left, k


def im2col(X, kernel_shape, stride, pad):
    """The windows of a batch of images as columns: a convolution becomes one matrix product.

    Args:
        X: Images, shape (N, H, W, C).
        kernel_shape: (kh, kw).
        stride: int.
        pad: As in `pad2d`.

    Returns:
        X_col: Shape (kh kw C, R Q N). Row c kh kw + u kw + v holds entry (u, v) of channel c; column
            (r Q + q) N + n holds the window at (r, q) of image n.
        p: The padding as (top, bottom, left, right).
    """
    X_pad, p = pad2d(X, pad, kernel_shape, stride)
    i, j, k = im2col_indices(X.transpose(0, 3, 1, 2), kernel_shape, stride, p)
    windows = X_pad.transpose(0, 3, 1, 2)[:, k, i, j]  # (N, C kh kw, R Q)
    return windows.transpose(1, 2, 0).reshape(len(k), -1), p


def col2im(X_col, X, W_shape, stride, pad):
    """Add up columns at the places in the images where `im2col` took them from.

    Applied to the gradient of `im2col`'s output it gives the gradient of its input: an entry that lies in
    several windows gets the sum of all of them.

    Args:
        X_col: Columns as of `im2col`, shape (kh kw C, R Q N).
        X: Images before padding, shape (N, H, W, C). Only the shape matters.
        W_shape: Shape of the convolution's weights, (kh, kw, C, n_out).
        stride: int.
        pad: (top, bottom, left, right), int, as `im2col` returns it.

    Returns:
        float64, channels first, without the padding: shape (N, C, H, W).
    """
    n_examples, in_rows, in_cols, _ = X.shape
    kh, kw, n_channels, _ = W_shape
    i, j, k = im2col_indices(X.transpose(0, 3, 1, 2), (kh, kw), stride, pad)
    images = np.zeros((n_examples, n_channels, in_rows + pad[0] + pad[1], in_cols + pad[2] + pad[3]))
    windows = X_col.reshape(len(k), -1, n_examples).transpose(2, 0, 1)  # (N, C kh kw, R Q)
    # `images[:, k, i, j] += windows` would keep only one of the windows that overlap.
    np.add.at(images, (slice(None), k, i, j), windows)
    return images[:, :, pad[0] : pad[0] + in_rows, pad[2] : pad[2] + in_cols]


def compute_pad(X, kernel_shape, stride):
    """The zeros to put on each side so that a convolution keeps the size of the images.

    Args:
        X: Images, shape (N, H, W, C). Only the shape matters.
        kernel_shape: (kh, kw).
        stride: int.

    Returns:
        (rows, rows, columns, columns), where each is int(((stride - 1) n - stride + k) / 2) for n rows or
        columns and a kernel of k.
    """
    rows, cols = (int(((stride - 1) * n - stride + k) / 2) for n, k in zip(X.shape[1:3], kernel_shape))
    return rows, rows, cols, cols


def pad2d(X, pad, kernel_shape=None, stride=None):
    """Put zeros around images.

    Args:
        X: Images, shape (N, H, W, C).
        pad: One number for all sides, (rows, columns), (top, bottom, left, right), or "same" for what
            `compute_pad` says.
        kernel_shape: (kh, kw). Only "same" reads it.
        stride: int. Only "same" reads it.

    Returns:
        X_pad: Shape (N, top + H + bottom, left + W + right, C).
        p: (top, bottom, left, right).

    Raises:
        ValueError: If pad is none of these, or "same" without a kernel_shape and a stride.
    """
    if isinstance(pad, str):
        if pad != "same":
            raise ValueError(f'pad must be "same", an int, or a tuple of 2 or 4; got {pad!r}')
        if kernel_shape is None or stride is None:
            raise ValueError('pad "same" needs a kernel_shape and a stride')
        p = compute_pad(X, kernel_shape, stride)
    else:
        numbers = tuple(np.ravel(pad).tolist())
        if len(numbers) not in (1, 2, 4):
            raise ValueError(f'pad must be "same", an int, or a tuple of 2 or 4; got {pad!r}')
        # 1: the same on all sides; 2: each for two sides; 4: as it is.
        p = tuple(n for n in numbers for _ in range(4 // len(numbers)))
    top, bottom, left, right = p
    return np.pad(X, ((0, 0), (top, bottom), (left, right), (0, 0))), p
