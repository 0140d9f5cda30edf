"""Ways to write a convolution in NumPy: stride 1, padding "same", linear, NHWC. Each is a forward and a backward pass.

They are what the reference is compared with; students write some of them.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def _pad(X, kh, kw):
    return np.pad(X, ((0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2), (0, 0)))


def _crop(dX, kh, kw):
    return dX[:, kh // 2 : dX.shape[1] - kh // 2, kw // 2 : dX.shape[2] - kw // 2]


def im2col_kept(X, W, b, dZ):
    """The windows as one matrix, kept for dW; dX by one product for each kernel offset."""
    (m, H, Q, _), (kh, kw, c, f) = X.shape, W.shape
    padded, windows = _pad(X, kh, kw), np.empty((m, H, Q, kh, kw, c), X.dtype)
    for u, v in np.ndindex(kh, kw):
        windows[:, :, :, u, v] = padded[:, u : u + H, v : v + Q]
    matrix = windows.reshape(m * H * Q, -1)
    Z = (matrix @ W.reshape(-1, f) + b).reshape(m, H, Q, f)
    if dZ is None:
        return Z
    flat, dX = dZ.reshape(-1, f), np.zeros_like(padded)
    for u, v in np.ndindex(kh, kw):
        dX[:, u : u + H, v : v + Q] += (flat @ W[u, v].T).reshape(m, H, Q, c)
    return Z, _crop(dX, kh, kw), (matrix.T @ flat).reshape(W.shape), flat.sum(axis=0)


def channels_first(X, W, b, dZ):
    """A copy with the channels first, whose planes are copied and added for each kernel offset."""
    (m, H, Q, _), (kh, kw, c, f) = X.shape, W.shape
    padded = np.ascontiguousarray(_pad(X, kh, kw).transpose(3, 0, 1, 2))
    windows = np.empty((kh, kw, c, m, H, Q), X.dtype)
    for u, v in np.ndindex(kh, kw):
        windows[u, v] = padded[:, :, u : u + H, v : v + Q]
    matrix = windows.reshape(kh * kw * c, -1)
    Z = (matrix.T @ W.reshape(-1, f) + b).reshape(m, H, Q, f)
    if dZ is None:
        return Z
    flat, dX = dZ.reshape(-1, f), np.zeros_like(padded)
    shares = (W.reshape(-1, f) @ flat.T).reshape(windows.shape)
    for u, v in np.ndindex(kh, kw):
        dX[:, :, u : u + H, v : v + Q] += shares[u, v]
    return Z, _crop(dX.transpose(1, 2, 3, 0), kh, kw), (matrix @ flat).reshape(W.shape), flat.sum(axis=0)


def product_per_offset(X, W, b, dZ):
    """No matrix of windows: one product for each kernel offset, forward and backward."""
    (m, H, Q, _), (kh, kw, c, f) = X.shape, W.shape
    padded, Z = _pad(X, kh, kw), np.zeros((m, H, Q, f), X.dtype)
    for u, v in np.ndindex(kh, kw):
        Z += padded[:, u : u + H, v : v + Q] @ W[u, v]
    Z += b
    if dZ is None:
        return Z
    flat, dX, dW = dZ.reshape(-1, f), np.zeros_like(padded), np.empty_like(W)
    for u, v in np.ndindex(kh, kw):
        dW[u, v] = padded[:, u : u + H, v : v + Q].reshape(-1, c).T @ flat
        dX[:, u : u + H, v : v + Q] += (flat @ W[u, v].T).reshape(m, H, Q, c)
    return Z, _crop(dX, kh, kw), dW, flat.sum(axis=0)


def window_view_and_tensordot(X, W, b, dZ):
    """NumPy's view of all windows, and tensordot over it; dX as a convolution with the filters turned round."""
    kh, kw = W.shape[:2]
    windows = sliding_window_view(_pad(X, kh, kw), (kh, kw), axis=(1, 2))  # (m, H, Q, c, kh, kw)
    Z = np.tensordot(windows, W, axes=((4, 5, 3), (0, 1, 2))) + b
    if dZ is None:
        return Z
    dW = np.tensordot(windows, dZ, axes=((0, 1, 2), (0, 1, 2))).transpose(1, 2, 0, 3)
    back = sliding_window_view(_pad(dZ, kh, kw), (kh, kw), axis=(1, 2))
    dX = np.tensordot(back, W[::-1, ::-1], axes=((4, 5, 3), (0, 1, 3)))
    return Z, dX, dW, dZ.sum(axis=(0, 1, 2))


def einsum_optimised(X, W, b, dZ):
    """The formulas as they stand, in np.einsum with optimize=True."""
    kh, kw = W.shape[:2]
    windows = sliding_window_view(_pad(X, kh, kw), (kh, kw), axis=(1, 2))
    Z = np.einsum("nrqcuv,uvcf->nrqf", windows, W, optimize=True) + b
    if dZ is None:
        return Z
    dW = np.einsum("nrqcuv,nrqf->uvcf", windows, dZ, optimize=True)
    back = sliding_window_view(_pad(dZ, kh, kw), (kh, kw), axis=(1, 2))
    dX = np.einsum("nrqfuv,uvcf->nrqc", back, W[::-1, ::-1], optimize=True)
    return Z, dX, dW, dZ.sum(axis=(0, 1, 2))


VARIANTS = {
    "im2col kept, a product per offset": im2col_kept,
    "channels first, planes": channels_first,
    "a product per offset": product_per_offset,
    "window view and tensordot": window_view_and_tensordot,
    "einsum, optimised": einsum_optimised,
}
