//! The list of tensors: name, shape, type and place of each, checked against the file's size.

use std::collections::HashSet;
use std::io::Read;

use super::block::BlockType;
use super::input::Input;
use crate::checkpoint::dtype::{Dtype, TensorInfo};
use crate::checkpoint::error::{listed, quoted, reason};

/// Most tensors: the largest models have a few thousand.
const MAX_TENSORS: u64 = 100_000;

/// Most dimensions of a tensor.
const MAX_DIMENSIONS: u32 = 4;

/// Bytes of the smallest entry: the length of its name, dimensions, type and offset.
const SMALLEST: u64 = 8 + 4 + 4 + 8;

/// A tensor and where its bytes lie.
pub(super) struct Stored {
    pub name: String,
    pub info: TensorInfo,
    /// From the beginning of the data, and after [`place`] from that of the file.
    pub offset: u64,
    /// Length in bytes; 0 for types whose size is not known here.
    pub length: usize,
}

/// Read the list, whose offsets still count from the beginning of the data.
pub(super) fn read<R: Read>(input: &mut Input<R>, count: u64) -> Result<Vec<Stored>, String> {
    let count = input.fits(count, SMALLEST)?;
    if count as u64 > MAX_TENSORS {
        return Err(format!(
            "it declares {count} tensors, more than {MAX_TENSORS}"
        ));
    }
    let mut tensors = Vec::new();
    let mut names = HashSet::new();
    for _ in 0..count {
        let name = input.name()?;
        let tensor = entry(input, name.clone())
            .map_err(|reason| format!("its tensor {} {reason}", quoted(&name)))?;
        if !names.insert(name) {
            return Err(format!("it has two tensors {}", quoted(&tensor.name)));
        }
        tensors.push(tensor);
    }
    Ok(tensors)
}

fn entry<R: Read>(input: &mut Input<R>, name: String) -> Result<Stored, String> {
    let within = |reason: String| format!("is not described whole: {reason}");
    let rank = input.u32().map_err(within)?;
    if rank > MAX_DIMENSIONS {
        return Err(format!(
            "has {rank} dimensions where at most {MAX_DIMENSIONS} are known"
        ));
    }
    let mut shape = Vec::new();
    for _ in 0..rank {
        shape.push(usize::try_from(input.u64().map_err(within)?).map_err(reason)?);
    }
    // The file has the fastest dimension first.
    shape.reverse();
    let dtype = dtype(input.u32().map_err(within)?);
    let offset = input.u64().map_err(within)?;
    if shape.contains(&0) {
        return Err(format!("has the shape {shape:?} and so no element"));
    }
    let row = shape.last().copied().unwrap_or(1);
    if dtype.block() > 1 && row % dtype.block() != 0 {
        return Err(format!(
            "has rows of {row} elements, which are not whole blocks of {} elements of its type {dtype}",
            dtype.block()
        ));
    }
    let info = TensorInfo { dtype, shape };
    let length = info
        .bytes()
        .ok_or_else(|| format!("has the shape {:?}, which is too large", info.shape))?;
    Ok(Stored {
        name,
        info,
        offset,
        length,
    })
}

/// Make offsets count from the beginning of the file, whose data begin at `start`, and check that each tensor
/// lies in the file, at a multiple of `alignment`, and shares no byte with another.
pub(super) fn place(
    tensors: &mut [Stored],
    start: u64,
    alignment: u64,
    size: u64,
) -> Result<(), String> {
    let mut ends = Vec::new();
    for tensor in tensors {
        if !tensor.offset.is_multiple_of(alignment) {
            return Err(format!(
                "its tensor {} lies at {}, which is not a multiple of the alignment {alignment}",
                quoted(&tensor.name),
                tensor.offset
            ));
        }
        let place = tensor.offset.checked_add(start);
        let end = place.and_then(|place| place.checked_add(tensor.length as u64));
        match (place, end) {
            (Some(place), Some(end)) if end <= size => {
                tensor.offset = place;
                ends.push((place, end, &tensor.name));
            }
            _ => {
                return Err(format!(
                    "its tensor {} should have {} bytes from {} on, after the {start} bytes of metadata, but \
                     the whole file has {size}; it is cut off or damaged",
                    quoted(&tensor.name),
                    tensor.length,
                    tensor.offset
                ));
            }
        }
    }
    ends.sort_unstable();
    // No byte is then decoded twice, and what all tensors need is bounded by the file.
    match ends
        .iter()
        .zip(ends.iter().skip(1))
        .find(|((_, end, _), (next, ..))| end > next)
    {
        Some(((.., one), (.., other))) => Err(format!(
            "its tensors {} share bytes; it is damaged",
            listed(&[one, other])
        )),
        None => Ok(()),
    }
}

/// The element type with GGML's number `kind`.
fn dtype(kind: u32) -> Dtype {
    match kind {
        0 => Dtype::F32,
        1 => Dtype::F16,
        2 => Dtype::Block(BlockType::Q4_0),
        3 => Dtype::Block(BlockType::Q4_1),
        6 => Dtype::Block(BlockType::Q5_0),
        7 => Dtype::Block(BlockType::Q5_1),
        8 => Dtype::Block(BlockType::Q8_0),
        9 => Dtype::Other("q8_1"),
        10 => Dtype::Block(BlockType::Q2_K),
        11 => Dtype::Block(BlockType::Q3_K),
        12 => Dtype::Block(BlockType::Q4_K),
        13 => Dtype::Block(BlockType::Q5_K),
        14 => Dtype::Block(BlockType::Q6_K),
        15 => Dtype::Other("q8_k"),
        16 => Dtype::Other("iq2_xxs"),
        17 => Dtype::Other("iq2_xs"),
        18 => Dtype::Other("iq3_xxs"),
        19 => Dtype::Other("iq1_s"),
        20 => Dtype::Other("iq4_nl"),
        21 => Dtype::Other("iq3_s"),
        22 => Dtype::Other("iq2_s"),
        23 => Dtype::Other("iq4_xs"),
        24 => Dtype::I8,
        25 => Dtype::I16,
        26 => Dtype::I32,
        27 => Dtype::I64,
        28 => Dtype::F64,
        29 => Dtype::Other("iq1_m"),
        30 => Dtype::BF16,
        34 => Dtype::Other("tq1_0"),
        35 => Dtype::Other("tq2_0"),
        39 => Dtype::Block(BlockType::MXFP4),
        40 => Dtype::Other("nvfp4"),
        41 => Dtype::Other("q1_0"),
        _ => Dtype::Other("an unknown type"),
    }
}
