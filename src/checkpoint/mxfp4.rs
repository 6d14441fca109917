//! MXFP4 as Hugging Face folders have it: the blocks of a tensor `X` in `X_blocks` `[.., G, 16]`, bytes of two
//! elements each, and their scales in `X_scales` `[.., G]`. Both together are shown as the one tensor `X`
//! `[.., 32 G]` that they stand for, stored in the blocks that GGML has for this type.
//!
//! The format is that of the OCP Microscaling specification 1.0; the two names are those of gpt-oss.

use std::collections::BTreeMap;

use super::Place;
use super::dtype::{Dtype, TensorInfo};
use super::error::quoted;
use super::gguf::BlockType;

/// Bytes of the elements of a block.
const BYTES: usize = 16;

/// Put one tensor in place of each pair; a sentence on every pair whose shapes do not fit.
pub(super) fn pair(
    tensors: &mut BTreeMap<String, TensorInfo>,
    places: &mut BTreeMap<String, Place>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let names = tensors
        .keys()
        .filter_map(|name| name.strip_suffix("_blocks"));
    let names: Vec<String> = names.map(str::to_owned).collect();
    for name in names {
        let (blocks, scales) = (format!("{name}_blocks"), format!("{name}_scales"));
        let (Some(of_blocks), Some(of_scales)) = (tensors.get(&blocks), tensors.get(&scales))
        else {
            continue;
        };
        let bytes = of_blocks.dtype == Dtype::U8 && of_scales.dtype == Dtype::U8;
        if !bytes || tensors.contains_key(&name) {
            continue;
        }
        let Some(shape) = shape(&of_blocks.shape, &of_scales.shape) else {
            notes.push(format!(
                "The tensors {} {:?} and {} {:?} look like MXFP4, but their shapes do not fit each other.",
                quoted(&blocks),
                of_blocks.shape,
                quoted(&scales),
                of_scales.shape
            ));
            continue;
        };
        let (Some(place), Some(scale)) = (places.remove(&blocks), places.remove(&scales)) else {
            continue;
        };
        tensors.remove(&blocks);
        tensors.remove(&scales);
        let dtype = Dtype::Block(BlockType::MXFP4);
        tensors.insert(name.clone(), TensorInfo { dtype, shape });
        let place = Place {
            scales: Some(scale.stored),
            ..place
        };
        places.insert(name, place);
    }
    notes
}

/// The shape of the tensor that blocks and scales stand for.
fn shape(blocks: &[usize], scales: &[usize]) -> Option<Vec<usize>> {
    let (&BYTES, groups) = blocks.split_last()? else {
        return None;
    };
    let (last, outer) = scales.split_last()?;
    let row = last.checked_mul(2 * BYTES)?;
    (groups == scales && !outer.is_empty()).then(|| [outer, &[row]].concat())
}

/// Blocks as GGML has them, a scale in front of each, from blocks and scales that lie apart. The elements of a
/// byte are neighbours there (the first in its lower half), and 16 apart in GGML's.
pub(super) fn join(blocks: &[u8], scales: &[u8]) -> Result<Vec<u8>, String> {
    let (blocks, rest) = blocks.as_chunks::<BYTES>();
    if !rest.is_empty() || blocks.len() != scales.len() {
        return Err(format!(
            "there are {} scales for {} blocks",
            scales.len(),
            blocks.len()
        ));
    }
    let length = blocks.len() * (1 + BYTES);
    let mut out = Vec::new();
    out.try_reserve_exact(length)
        .map_err(|_| format!("there is not enough memory for its {length} bytes"))?;
    for (block, scale) in blocks.iter().zip(scales) {
        out.push(*scale);
        let element = |i: usize| {
            let byte = block.get(i / 2).copied().unwrap_or_default();
            (byte >> (i % 2 * 4)) & 15
        };
        out.extend((0..BYTES).map(|i| element(i) | element(i + BYTES) << 4));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::dtype::into_f32;

    #[test]
    fn neighbours_in_a_byte_stay_neighbours() {
        // Elements 0, 1, 2, ... of a block are the codes 0, 1, 2, ... 15 twice; its scale is 2.
        let block: Vec<u8> = (0..16u8)
            .map(|i| ((2 * i) % 16) | (((2 * i + 1) % 16) << 4))
            .collect();
        let joined = join(&block, &[128]).unwrap();
        let values = into_f32(Dtype::Block(BlockType::MXFP4), joined).unwrap();
        let half = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0].map(|v: f32| 2.0 * v);
        let negative = half.map(|v| -v);
        assert_eq!(values, [half, negative, half, negative].concat());
        assert!(
            join(&block, &[1, 2])
                .unwrap_err()
                .contains("2 scales for 1 blocks")
        );
        assert!(join(&block[1..], &[1]).is_err());
    }

    #[test]
    fn shapes_that_do_not_fit_are_not_a_pair() {
        assert_eq!(shape(&[2, 6, 3, 16], &[2, 6, 3]), Some(vec![2, 6, 96]));
        assert_eq!(shape(&[2, 6, 3, 8], &[2, 6, 3]), None);
        assert_eq!(shape(&[2, 6, 3, 16], &[2, 6, 4]), None);
        assert_eq!(shape(&[3, 16], &[3]), None);
        assert_eq!(shape(&[16], &[]), None);
    }
}
