//! The quantised element types of GGML, decoded block by block.
//!
//! Each decoder is written as the formula of one element, so that it reads like the definition of its type in
//! GGML's `ggml-common.h` and `ggml-quants.c`. Products and sums are taken in the order of the NumPy reference
//! in GGML's Python package, and the tests hold the values equal to that to the last bit.

use std::array::from_fn;

use half::f16;

/// A type that stores its elements in blocks with a common scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(non_camel_case_types)]
pub enum BlockType {
    /// 4 bits around 0 and a scale for 32 elements.
    Q4_0,
    /// 4 bits, a scale and a minimum for 32 elements.
    Q4_1,
    /// 5 bits around 0 and a scale for 32 elements.
    Q5_0,
    /// 5 bits, a scale and a minimum for 32 elements.
    Q5_1,
    /// 8 bits and a scale for 32 elements.
    Q8_0,
    /// 4-bit floats and a power of two for 32 elements, after the OCP Microscaling specification 1.0.
    MXFP4,
    /// 2 bits; 256 elements in sub-blocks of 16, whose scales and minima have 4 bits.
    Q2_K,
    /// 3 bits; 256 elements in sub-blocks of 16, whose scales have 6 bits.
    Q3_K,
    /// 4 bits; 256 elements in sub-blocks of 32, whose scales and minima have 6 bits.
    Q4_K,
    /// 5 bits; 256 elements in sub-blocks of 32, whose scales and minima have 6 bits.
    Q5_K,
    /// 6 bits; 256 elements in sub-blocks of 16, whose scales have 8 bits.
    Q6_K,
}

impl BlockType {
    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            BlockType::Q4_0 => "q4_0",
            BlockType::Q4_1 => "q4_1",
            BlockType::Q5_0 => "q5_0",
            BlockType::Q5_1 => "q5_1",
            BlockType::Q8_0 => "q8_0",
            BlockType::MXFP4 => "mxfp4",
            BlockType::Q2_K => "q2_k",
            BlockType::Q3_K => "q3_k",
            BlockType::Q4_K => "q4_k",
            BlockType::Q5_K => "q5_k",
            BlockType::Q6_K => "q6_k",
        }
    }

    /// Elements in a block. Rows are a whole number of blocks long.
    pub fn elements(self) -> usize {
        match self {
            BlockType::Q4_0
            | BlockType::Q4_1
            | BlockType::Q5_0
            | BlockType::Q5_1
            | BlockType::Q8_0
            | BlockType::MXFP4 => 32,
            BlockType::Q2_K
            | BlockType::Q3_K
            | BlockType::Q4_K
            | BlockType::Q5_K
            | BlockType::Q6_K => 256,
        }
    }

    /// Bytes of a block.
    pub fn bytes(self) -> usize {
        match self {
            BlockType::Q4_0 => 18,
            BlockType::Q4_1 => 20,
            BlockType::Q5_0 => 22,
            BlockType::Q5_1 => 24,
            BlockType::Q8_0 => 34,
            BlockType::MXFP4 => 17,
            BlockType::Q2_K => 84,
            BlockType::Q3_K => 110,
            BlockType::Q4_K => 144,
            BlockType::Q5_K => 176,
            BlockType::Q6_K => 210,
        }
    }

    /// Decode whole blocks to the end of `out`; the bytes of a part of a block are left.
    pub(in crate::checkpoint) fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            BlockType::Q4_0 => each(bytes, out, q4_0),
            BlockType::Q4_1 => each(bytes, out, q4_1),
            BlockType::Q5_0 => each(bytes, out, q5_0),
            BlockType::Q5_1 => each(bytes, out, q5_1),
            BlockType::Q8_0 => each(bytes, out, q8_0),
            BlockType::MXFP4 => each(bytes, out, mxfp4),
            BlockType::Q2_K => each(bytes, out, q2_k),
            BlockType::Q3_K => each(bytes, out, q3_k),
            BlockType::Q4_K => each(bytes, out, q4_k),
            BlockType::Q5_K => each(bytes, out, q5_k),
            BlockType::Q6_K => each(bytes, out, q6_k),
        }
    }
}

fn each<const BYTES: usize, const ELEMENTS: usize>(
    bytes: &[u8],
    out: &mut Vec<f32>,
    decode: impl Fn(&[u8; BYTES]) -> [f32; ELEMENTS],
) {
    for block in bytes.as_chunks().0 {
        out.extend_from_slice(&decode(block));
    }
}

/// The half-precision number in two bytes of a block.
fn half(low: u8, high: u8) -> f32 {
    f16::from_le_bytes([low, high]).to_f32()
}

/// Bits `shift..shift + bits` of a byte.
fn field(byte: u8, shift: usize, bits: u32) -> u8 {
    (byte >> shift) & ((1 << bits) - 1)
}

/// Element `i` of 32 in four bits: the first sixteen are the lower halves of the bytes from `start` on.
fn nibble<const N: usize>(b: &[u8; N], start: usize, i: usize) -> u8 {
    field(b[start + i % 16], i / 16 * 4, 4)
}

/// Element `i` of 32 in five bits: the fifth bits are four bytes in front of the others.
fn five_bits<const N: usize>(b: &[u8; N], start: usize, i: usize) -> u8 {
    nibble(b, start + 4, i) | field(b[start + i / 8], i % 8, 1) << 4
}

fn q4_0(b: &[u8; 18]) -> [f32; 32] {
    let d = half(b[0], b[1]);
    from_fn(|i| d * (f32::from(nibble(b, 2, i)) - 8.0))
}

fn q4_1(b: &[u8; 20]) -> [f32; 32] {
    let (d, minimum) = (half(b[0], b[1]), half(b[2], b[3]));
    from_fn(|i| d * f32::from(nibble(b, 4, i)) + minimum)
}

fn q5_0(b: &[u8; 22]) -> [f32; 32] {
    let d = half(b[0], b[1]);
    from_fn(|i| d * (f32::from(five_bits(b, 2, i)) - 16.0))
}

fn q5_1(b: &[u8; 24]) -> [f32; 32] {
    let (d, minimum) = (half(b[0], b[1]), half(b[2], b[3]));
    from_fn(|i| d * f32::from(five_bits(b, 4, i)) + minimum)
}

fn q8_0(b: &[u8; 34]) -> [f32; 32] {
    let d = half(b[0], b[1]);
    from_fn(|i| d * f32::from(b[2 + i].cast_signed()))
}

/// The numbers of four bits: a sign, two bits of exponent, one of mantissa. Both zeros are the same, as in GGML.
const E2M1: [f64; 16] = [
    0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0,
];

fn mxfp4(b: &[u8; 17]) -> [f32; 32] {
    // In f64, where this is no subnormal number.
    let scale = 2f64.powi(i32::from(b[0]) - 127);
    from_fn(|i| (E2M1[usize::from(nibble(b, 1, i))] * scale) as f32)
}

/// Element `i` of 256 in two bits: four elements that are 32 apart share a byte.
fn two_bits<const N: usize>(b: &[u8; N], start: usize, i: usize) -> u8 {
    field(b[start + i / 128 * 32 + i % 32], i / 32 % 4 * 2, 2)
}

fn q2_k(b: &[u8; 84]) -> [f32; 256] {
    let (d, dmin) = (half(b[80], b[81]), half(b[82], b[83]));
    let scale: [f32; 16] = from_fn(|k| d * f32::from(field(b[k], 0, 4)));
    let minimum: [f32; 16] = from_fn(|k| dmin * f32::from(field(b[k], 4, 4)));
    from_fn(|i| scale[i / 16] * f32::from(two_bits(b, 16, i)) - minimum[i / 16])
}

fn q3_k(b: &[u8; 110]) -> [f32; 256] {
    let d = half(b[108], b[109]);
    let scale: [f32; 16] = from_fn(|k| {
        let low = field(b[96 + k % 8], k / 8 * 4, 4);
        let high = field(b[104 + k % 4], k / 4 * 2, 2);
        d * (f32::from(low | high << 4) - 32.0)
    });
    from_fn(|i| {
        // The third bit says that 4 is not taken off.
        let third = field(b[i % 32], i / 32, 1);
        let q = f32::from(two_bits(b, 32, i)) - f32::from(4 - 4 * third);
        scale[i / 16] * q
    })
}

/// The scales and minima of Q4_K and Q5_K: twice eight numbers of 6 bits in 12 bytes, multiplied by their own
/// scales at the block's beginning.
fn scales_and_minima<const N: usize>(b: &[u8; N]) -> ([f32; 8], [f32; 8]) {
    let (d, dmin) = (half(b[0], b[1]), half(b[2], b[3]));
    let packed = |low_shift: usize, place: usize, k: usize| {
        if k < 4 {
            field(b[4 + place + k], 0, 6)
        } else {
            let low = field(b[12 + k - 4], low_shift, 4);
            low | field(b[4 + place + k - 4], 6, 2) << 4
        }
    };
    (
        from_fn(|k| d * f32::from(packed(0, 0, k))),
        from_fn(|k| dmin * f32::from(packed(4, 4, k))),
    )
}

/// Element `i` of 256 in four bits: two elements that are 32 apart share a byte.
fn four_bits<const N: usize>(b: &[u8; N], start: usize, i: usize) -> u8 {
    field(b[start + i / 64 * 32 + i % 32], i / 32 % 2 * 4, 4)
}

fn q4_k(b: &[u8; 144]) -> [f32; 256] {
    let (scale, minimum) = scales_and_minima(b);
    from_fn(|i| scale[i / 32] * f32::from(four_bits(b, 16, i)) - minimum[i / 32])
}

fn q5_k(b: &[u8; 176]) -> [f32; 256] {
    let (scale, minimum) = scales_and_minima(b);
    from_fn(|i| {
        let q = four_bits(b, 48, i) | field(b[16 + i % 32], i / 32, 1) << 4;
        scale[i / 32] * f32::from(q) - minimum[i / 32]
    })
}

fn q6_k(b: &[u8; 210]) -> [f32; 256] {
    let d = half(b[208], b[209]);
    let scale: [f32; 16] = from_fn(|k| d * f32::from(b[192 + k].cast_signed()));
    from_fn(|i| {
        let low = field(b[i / 128 * 64 + i % 64], i / 64 % 2 * 4, 4);
        let q = low | two_bits(b, 128, i) << 4;
        scale[i / 16] * (f32::from(q) - 32.0)
    })
}
