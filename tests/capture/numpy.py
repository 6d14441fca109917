"""Writes the files of NumPy that the tests read: python3 numpy.py (in this folder)."""

import sys

sys.path.pop(0)  # This file is not the library.
import numpy as np

n = 5
scores = np.sin(np.arange(2 * 3 * n * n)).reshape(2, 3, n, n) * 3
mask = np.tril(np.ones((n, n), bool))
exp = np.where(mask, np.exp(scores), 0)
weights = exp / exp.sum(-1, keepdims=True)
tokens = np.array(["The", " cat", " sät", "\n", "The"])

np.savez("stored.npz", attention=weights, tokens=tokens)
np.savez_compressed("packed.npz", attention=weights.astype("f2"), input_ids=np.array([7, 300, 9, 2, 7]))
everywhere = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
everywhere[1, 0, 3, 1] = np.nan
np.savez("everywhere.npz", attention=everywhere.astype("f4"), tokens=tokens)
np.savez("fortran.npz", attention=np.asfortranarray(weights), tokens=tokens)
np.savez("objects.npz", attention=weights, tokens=np.array(list(tokens), dtype=object))
