"""Writes blocks.gguf: random blocks of every type, and their values as the package gguf's NumPy code has them.

    pip install gguf
    python blocks.py [blocks of each type]
"""

import sys
from pathlib import Path

import numpy
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type, GGUFWriter, quants

# Each type, and where its blocks have half-precision numbers: any bits would make some of them infinite.
TYPES = [
    (Type.F16, [0]), (Type.BF16, []),
    (Type.Q4_0, [0]), (Type.Q4_1, [0, 2]), (Type.Q5_0, [0]), (Type.Q5_1, [0, 2]), (Type.Q8_0, [0]),
    (Type.Q2_K, [80, 82]), (Type.Q3_K, [108]), (Type.Q4_K, [0, 2]), (Type.Q5_K, [0, 2]), (Type.Q6_K, [208]),
    (Type.MXFP4, []),
]

blocks = int(sys.argv[1]) if len(sys.argv) > 1 else 2
random = numpy.random.default_rng(0)
writer = GGUFWriter(Path(__file__).with_name("blocks.gguf"), "blocks")
writer.add_array("blocks.values", [0.1, -1e-45, 3.4028235e38])
for kind, halves in TYPES:
    size = GGML_QUANT_SIZES[kind][1]
    raw = random.integers(0, 256, (blocks, size), dtype=numpy.uint8)
    for at in halves:
        scale = random.normal(0, 0.1, (blocks, 1)).astype(numpy.float16)
        raw[:, at : at + 2] = scale.view(numpy.uint8)
    if kind == Type.BF16:
        raw = random.normal(0, 0.1, (blocks, 1)).astype(numpy.float32).view(numpy.uint8)[:, 2:].copy()
    name = kind.name.lower()
    writer.add_tensor(name, raw, raw_dtype=kind)
    writer.add_tensor(name + ".f32", quants.dequantize(raw, kind).astype(numpy.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
