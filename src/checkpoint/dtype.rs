//! Element types, and their way to `f32`.

use half::slice::HalfFloatSliceExt;

use super::gguf::BlockType;

/// Element type of a stored tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// IEEE 754 double precision.
    F64,
    /// IEEE 754 single precision.
    F32,
    /// IEEE 754 half precision.
    F16,
    /// bfloat16: the upper half of an `F32`.
    BF16,
    /// Signed 64-bit integer.
    I64,
    /// Signed 32-bit integer.
    I32,
    /// Signed 16-bit integer.
    I16,
    /// Signed 8-bit integer.
    I8,
    /// Unsigned 64-bit integer.
    U64,
    /// Unsigned 32-bit integer.
    U32,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 8-bit integer.
    U8,
    /// One byte per element, 0 or 1.
    Bool,
    /// Blocks of quantised elements, as in GGUF files.
    Block(BlockType),
    /// A type that the file names and that is not converted here (an 8-bit float, a complex number).
    Other(&'static str),
}

impl Dtype {
    /// The short lower-case name that PyTorch users know, as `f32` or `bf16`.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F64 => "f64",
            Dtype::F32 => "f32",
            Dtype::F16 => "f16",
            Dtype::BF16 => "bf16",
            Dtype::I64 => "i64",
            Dtype::I32 => "i32",
            Dtype::I16 => "i16",
            Dtype::I8 => "i8",
            Dtype::U64 => "u64",
            Dtype::U32 => "u32",
            Dtype::U16 => "u16",
            Dtype::U8 => "u8",
            Dtype::Bool => "bool",
            Dtype::Block(block) => block.name(),
            Dtype::Other(name) => name,
        }
    }

    /// Whether this is one of the four floating point types that can be read, or blocks that stand for them.
    pub fn is_float(self) -> bool {
        matches!(
            self,
            Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::Block(_)
        )
    }

    /// Elements that are stored together and can't be read apart: 1 but for [`Dtype::Block`].
    pub fn block(self) -> usize {
        match self {
            Dtype::Block(block) => block.elements(),
            _ => 1,
        }
    }

    /// Bytes per [`Dtype::block`], which is an element of most types; 0 for [`Dtype::Other`], which has no size
    /// known here.
    pub fn size(self) -> usize {
        match self {
            Dtype::F64 | Dtype::I64 | Dtype::U64 => 8,
            Dtype::F32 | Dtype::I32 | Dtype::U32 => 4,
            Dtype::F16 | Dtype::BF16 | Dtype::I16 | Dtype::U16 => 2,
            Dtype::I8 | Dtype::U8 | Dtype::Bool => 1,
            Dtype::Block(block) => block.bytes(),
            Dtype::Other(_) => 0,
        }
    }
}

impl std::fmt::Display for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Element type and extents of a tensor, outermost dimension first; a scalar has no dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Element type as stored.
    pub dtype: Dtype,
    /// Extents, outermost first.
    pub shape: Vec<usize>,
}

impl TensorInfo {
    /// Number of elements, or `None` where the product does not fit a `usize`.
    pub fn elements(&self) -> Option<usize> {
        if self.shape.contains(&0) {
            return Some(0);
        }
        self.shape
            .iter()
            .try_fold(1usize, |total, &extent| total.checked_mul(extent))
    }

    /// Bytes that the elements take as they are stored (0 for [`Dtype::Other`]), or `None` where the number
    /// does not fit a `usize`.
    pub fn bytes(&self) -> Option<usize> {
        self.elements()?
            .div_ceil(self.dtype.block())
            .checked_mul(self.dtype.size())
    }
}

/// Bytes that are read and converted at a time: they stay in a processor's cache.
pub(super) const PIECE: usize = 256 << 10;

/// An empty vector with room for `elements`, or what is wrong.
pub(super) fn room(elements: usize) -> Result<Vec<f32>, String> {
    let mut out = Vec::new();
    out.try_reserve_exact(elements)
        .map_err(|_| format!("there is not enough memory for its {elements} elements as f32"))?;
    Ok(out)
}

/// Convert little-endian elements to `f32`, to the end of `out`: none of [`Dtype::Other`].
pub(super) fn extend_f32(dtype: Dtype, bytes: &[u8], out: &mut Vec<f32>) {
    // One line a type: the element width, and how an element becomes an f32.
    macro_rules! each {
        ($type:ty) => {
            out.extend(
                bytes
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&chunk| <$type>::from_le_bytes(chunk) as f32),
            )
        };
    }
    match dtype {
        Dtype::F64 => each!(f64),
        Dtype::F32 => each!(f32),
        Dtype::F16 => {
            // In blocks, so that the hardware conversion is used without a second full-size copy.
            let mut block = [0f32; 256];
            for part in bytes.chunks(2 * block.len()) {
                let halves: Vec<half::f16> = part
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&chunk| half::f16::from_le_bytes(chunk))
                    .collect();
                if let Some(block) = block.get_mut(..halves.len()) {
                    halves.convert_to_f32_slice(block);
                    out.extend_from_slice(block);
                }
            }
        }
        Dtype::BF16 => out.extend(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|&chunk| f32::from_bits(u32::from(u16::from_le_bytes(chunk)) << 16)),
        ),
        Dtype::I64 => each!(i64),
        Dtype::I32 => each!(i32),
        Dtype::I16 => each!(i16),
        Dtype::I8 => each!(i8),
        Dtype::U64 => each!(u64),
        Dtype::U32 => each!(u32),
        Dtype::U16 => each!(u16),
        Dtype::U8 => each!(u8),
        Dtype::Bool => out.extend(bytes.iter().map(|&byte| f32::from(u8::from(byte != 0)))),
        Dtype::Block(block) => block.decode(bytes, out),
        Dtype::Other(_) => {}
    }
}

/// Bytes from which on two forms of a tensor are not held side by side.
const LARGE: usize = 16 << 20;

/// Convert elements that were read whole, and give their memory back while the result grows.
///
/// # Errors
/// Where memory is short, and for a part of an element.
pub(super) fn into_f32(dtype: Dtype, mut bytes: Vec<u8>) -> Result<Vec<f32>, String> {
    let (size, length) = (dtype.size(), bytes.len());
    let blocks = length.checked_div(size).unwrap_or(0);
    if blocks * size != length {
        return Err(format!(
            "{length} bytes are not a whole number of {dtype} elements"
        ));
    }
    let elements = blocks.saturating_mul(dtype.block());
    let mut out = room(elements)?;
    if length <= LARGE {
        extend_f32(dtype, &bytes, &mut out);
        return Ok(out);
    }
    // From the end, because a vector shrinks there only. Zeroed memory is not resident before it is written.
    drop(out);
    let mut out = vec![0.0; elements];
    let mut piece = Vec::new();
    let step = PIECE / size;
    let mut end = blocks;
    while end > 0 {
        let start = (end - 1) / step * step;
        piece.clear();
        extend_f32(
            dtype,
            bytes.get(start * size..).unwrap_or_default(),
            &mut piece,
        );
        if let Some(place) = out.get_mut(start * dtype.block()..end * dtype.block()) {
            place.copy_from_slice(&piece);
        }
        bytes.truncate(start * size);
        if bytes.capacity() - bytes.len() >= LARGE {
            bytes.shrink_to_fit();
        }
        end = start;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_f32(dtype: Dtype, bytes: &[u8]) -> Vec<f32> {
        into_f32(dtype, bytes.to_vec()).unwrap()
    }

    #[test]
    fn every_type_becomes_f32() {
        let cases: [(Dtype, Vec<u8>, [f32; 2]); 13] = [
            (
                Dtype::F64,
                [1.5f64, -2.0].map(f64::to_le_bytes).concat(),
                [1.5, -2.0],
            ),
            (
                Dtype::F32,
                [1.5f32, -2.0].map(f32::to_le_bytes).concat(),
                [1.5, -2.0],
            ),
            (
                Dtype::F16,
                [0x3e00u16, 0xc000].map(u16::to_le_bytes).concat(),
                [1.5, -2.0],
            ),
            (
                Dtype::BF16,
                [0x3fc0u16, 0xc000].map(u16::to_le_bytes).concat(),
                [1.5, -2.0],
            ),
            (
                Dtype::I64,
                [7i64, -8].map(i64::to_le_bytes).concat(),
                [7.0, -8.0],
            ),
            (
                Dtype::I32,
                [7i32, -8].map(i32::to_le_bytes).concat(),
                [7.0, -8.0],
            ),
            (
                Dtype::I16,
                [7i16, -8].map(i16::to_le_bytes).concat(),
                [7.0, -8.0],
            ),
            (
                Dtype::I8,
                [7i8, -8].map(i8::to_le_bytes).concat(),
                [7.0, -8.0],
            ),
            (
                Dtype::U64,
                [7u64, 8].map(u64::to_le_bytes).concat(),
                [7.0, 8.0],
            ),
            (
                Dtype::U32,
                [7u32, 8].map(u32::to_le_bytes).concat(),
                [7.0, 8.0],
            ),
            (
                Dtype::U16,
                [7u16, 8].map(u16::to_le_bytes).concat(),
                [7.0, 8.0],
            ),
            (Dtype::U8, vec![7, 255], [7.0, 255.0]),
            (Dtype::Bool, vec![0, 1], [0.0, 1.0]),
        ];
        for (dtype, bytes, expected) in cases {
            assert_eq!(bytes.len(), 2 * dtype.size(), "{dtype}");
            assert_eq!(to_f32(dtype, &bytes), expected, "{dtype}");
        }
        assert!(into_f32(Dtype::Other("F8_E4M3"), vec![1, 2]).is_err());
        assert!(into_f32(Dtype::F32, vec![1, 2]).is_err());
    }

    #[test]
    fn f16_blocks_join_without_a_seam() {
        let values: Vec<f32> = (0..1000).map(|i| i as f32 / 4.0 - 100.0).collect();
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|&v| half::f16::from_f32(v).to_le_bytes())
            .collect();
        assert_eq!(to_f32(Dtype::F16, &bytes), values);
    }

    #[test]
    fn large_tensors_are_converted_from_the_end() {
        for (dtype, size) in [(Dtype::F32, 4), (Dtype::U16, 2), (Dtype::I64, 8)] {
            let elements = (2 * LARGE + 3 * PIECE) / size + 7;
            let bytes: Vec<u8> = (0..elements)
                .flat_map(|i| match dtype {
                    Dtype::F32 => (i as f32).to_le_bytes().to_vec(),
                    Dtype::U16 => (i as u16).to_le_bytes().to_vec(),
                    _ => (i as i64).to_le_bytes().to_vec(),
                })
                .collect();
            let expected = |i: usize| match dtype {
                Dtype::U16 => i as u16 as f32,
                _ => i as f32,
            };
            let values = into_f32(dtype, bytes).unwrap();
            assert_eq!(values.len(), elements);
            let wrong = (0..elements).find(|&i| values[i] != expected(i));
            assert_eq!(wrong, None, "{dtype}");
        }
    }

    #[test]
    fn element_counts_do_not_wrap() {
        let info = |shape: &[usize]| TensorInfo {
            dtype: Dtype::F32,
            shape: shape.to_vec(),
        };
        assert_eq!(info(&[]).elements(), Some(1));
        assert_eq!(info(&[2, 3]).elements(), Some(6));
        assert_eq!(info(&[usize::MAX, 2]).elements(), None);
        assert_eq!(info(&[usize::MAX, 2, 0]).elements(), Some(0));
        assert_eq!(info(&[2, 3]).bytes(), Some(24));
        assert_eq!(info(&[usize::MAX / 2]).bytes(), None);
    }
}
