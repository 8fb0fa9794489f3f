"""Products and linear algebra."""

from functools import partial

import numpy as np

from tests.power.rules.base import normal, rule, several, spd, square_matrix

_rule = partial(rule, "linear algebra")


def _t(a):
    return np.swapaxes(a, -1, -2)


def _solve_pull(g, y, a, b):
    gb = np.linalg.solve(a.T, g)
    return -np.outer(gb, y), gb


def _cholesky_pull(g, y, a):
    """Murray (2016), "Differentiation of the Cholesky decomposition"; `a` is taken symmetric."""
    inner = np.tril(y.T @ g)
    inner[np.diag_indices(len(a))] /= 2
    half = np.linalg.solve(y.T, np.linalg.solve(y.T, inner.T).T)
    return (half + half.T) / 2


def _symmetric(f):
    return lambda a: f((a + a.T) / 2)


def _eigenvalues_pull(g, y, a):
    vectors = np.linalg.eigh((a + a.T) / 2)[1]
    return (vectors * g) @ vectors.T


def _singular_values_pull(g, y, a):
    u, _, vt = np.linalg.svd(a, full_matrices=False)
    return (u * g) @ vt


def _cross_pull(g, y, a, b):
    return np.cross(b, g), np.cross(g, a)


def _kron_pull(g, y, a, b):
    blocks = g.reshape(a.shape[0], b.shape[0], a.shape[1], b.shape[1])
    return np.einsum("iajb,ab->ij", blocks, b), np.einsum("iajb,ij->ab", blocks, a)


def _cube_pull(g, y, a):
    t = a.T
    return g @ t @ t + t @ g @ t + t @ t @ g


def _chain_pull(g, y, a, b, c):
    return g @ (b @ c).T, a.T @ g @ c.T, (a @ b).T @ g


def _gram(gs, a):
    return a @ (gs[0] + gs[0].T) + gs[1] * np.ones_like(a)


def _expm_pade(a):
    """The matrix exponential of a small matrix by its series."""
    total = term = np.eye(len(a), dtype=a.dtype)
    for k in range(1, 25):
        term = term @ a / k
        total = total + term
    return total


def _expm_pull(g, y, a):
    """The derivative stands in the exponential of a block matrix (Van Loan 1978)."""
    n = len(a)
    block = np.zeros((2 * n, 2 * n), a.dtype)
    block[:n, :n] = block[n:, n:] = a.T
    block[:n, n:] = g
    return _expm_pade(block)[:n, n:].copy()


RULES = [
    _rule("matmul", np.matmul, lambda g, y, a, b: (g @ b.T, a.T @ g), normal(3, 4), normal(4, 2)),
    _rule("matmul_square", np.matmul, lambda g, y, a, b: (g @ b.T, a.T @ g), normal(3, 3),
          normal(3, 3), neighbour=lambda g, y, a, b: (g @ b, a @ g)),
    _rule("matrix_vector", np.matmul, lambda g, y, a, x: (np.outer(g, x), a.T @ g), normal(3, 4),
          normal(4)),
    _rule("vector_matrix", np.matmul, lambda g, y, x, a: (a @ g, np.outer(x, g)), normal(3),
          normal(3, 3), neighbour=lambda g, y, x, a: (a.T @ g, np.outer(g, x))),
    _rule("dot", np.dot, lambda g, y, a, b: (g * b, g * a), normal(6), normal(6),
          neighbour=lambda g, y, a, b: (g * a, g * b)),
    _rule("outer", np.outer, lambda g, y, a, b: (g @ b, g.T @ a), normal(3), normal(4)),
    _rule("batched_matmul", np.matmul, lambda g, y, a, b: (g @ _t(b), _t(a) @ g), normal(2, 3, 4),
          normal(2, 4, 2)),
    _rule("matmul_shared", np.matmul, lambda g, y, a, b: (g @ b.T, (_t(a) @ g).sum(0)),
          normal(3, 2, 4), normal(4, 2), dropped_term=lambda g, y, a, b: (g @ b.T, a[0].T @ g[0])),
    _rule("einsum_bilinear", lambda x, w, z: np.einsum("bi,oij,bj->bo", x, w, z),
          lambda g, y, x, w, z: (np.einsum("bo,oij,bj->bi", g, w, z),
                                 np.einsum("bo,bi,bj->oij", g, x, z),
                                 np.einsum("bo,bi,oij->bj", g, x, w)),
          normal(2, 3), normal(2, 3, 4), normal(2, 4)),
    _rule("tensordot", lambda a, b: np.tensordot(a, b, 2),
          lambda g, y, a, b: (np.einsum("il,jkl->ijk", g, b), np.einsum("il,ijk->jkl", g, a)),
          normal(2, 3, 2), normal(3, 2, 4)),
    _rule("matrix_chain", lambda a, b, c: a @ b @ c, _chain_pull, normal(2, 3), normal(3, 3),
          normal(3, 2), neighbour=lambda g, y, a, b, c: (g @ (b.T @ c).T, a.T @ g @ c.T,
                                                        (a @ b).T @ g)),
    _rule("inverse", np.linalg.inv, lambda g, y, a: -y.T @ g @ y.T, square_matrix(3),
          neighbour=lambda g, y, a: -y @ g @ y),
    _rule("determinant", np.linalg.det, lambda g, y, a: g * y * np.linalg.inv(a).T,
          square_matrix(3), neighbour=lambda g, y, a: g * y * np.linalg.inv(a)),
    _rule("log_determinant", lambda a: np.linalg.slogdet(a)[1],
          lambda g, y, a: g * np.linalg.inv(a).T, square_matrix(4),
          neighbour=lambda g, y, a: g * np.linalg.inv(a)),
    _rule("solve", np.linalg.solve, _solve_pull, square_matrix(3), normal(3),
          neighbour=lambda g, y, a, b: (_solve_pull(g, y, a, b)[0].T.copy(),
                                        np.linalg.solve(a.T, g))),
    _rule("cholesky", _symmetric(np.linalg.cholesky), _cholesky_pull, spd(3)),
    _rule("eigenvalues", _symmetric(np.linalg.eigvalsh), _eigenvalues_pull, spd(4)),
    _rule("singular_values", lambda a: np.linalg.svd(a, compute_uv=False), _singular_values_pull,
          lambda rng: np.diag([1.0, 2.0, 3.5]) @ np.linalg.qr(rng.normal(size=(4, 3)))[0].T),
    _rule("trace", np.trace, lambda g, y, a: g * np.eye(len(a), dtype=a.dtype), normal(4, 4)),
    _rule("frobenius", np.linalg.norm, lambda g, y, a: g * a / y, normal(3, 4)),
    _rule("quadratic_form", lambda a, x: x @ a @ x,
          lambda g, y, a, x: (g * np.outer(x, x), g * (a + a.T) @ x), normal(4, 4), normal(4),
          dropped_term=lambda g, y, a, x: (g * np.outer(x, x), g * a @ x)),
    _rule("cross", np.cross, _cross_pull, normal(2, 3), normal(2, 3),
          neighbour=lambda g, y, a, b: (np.cross(g, b), np.cross(a, g))),
    _rule("kronecker", np.kron, _kron_pull, normal(2, 3), normal(2, 2)),
    _rule("matrix_cube", lambda a: a @ a @ a, _cube_pull, normal(3, 3),
          dropped_term=lambda g, y, a: 3 * g @ a.T @ a.T),
    _rule("matrix_exponential", _expm_pade, _expm_pull, normal(3, 3),
          neighbour=lambda g, y, a: g @ y.T),
    several("linear algebra", "gram_and_sum", lambda a: (a.T @ a, a.sum()),
            lambda gs, ys, a: _gram(gs, a), normal(4, 3),
            dropped_term=lambda gs, ys, a: a @ (gs[0] + gs[0].T)),
]  # fmt: skip
