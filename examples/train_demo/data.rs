//! Batches: rows of tokens cut from the endless text of a seed.

use super::random::Random;
use super::story;

/// Row `row` of step `step`: `length + 1` tokens, whose first `length` are inputs and last `length` are targets.
///
/// Only the arguments decide the row, so a run that is taken up again sees the text it would have seen.
///
/// # Errors
/// What `encode` reports.
pub fn row<E>(
    encode: impl Fn(&str) -> Result<Vec<u32>, E>,
    seed: u64,
    step: usize,
    row: usize,
    length: usize,
) -> Result<Vec<u32>, E> {
    let rng = &mut Random::new(seed, (step as u64) << 16 | row as u64);
    let mut ids = Vec::with_capacity(length + 256);
    // Two rows of three begin with a document, as prompts do; the others anywhere, so that places mean nothing.
    let skip = if rng.chance(0.67) { 0 } else { rng.below(40) };
    while ids.len() <= length + skip {
        let text = story::document(seed, rng.next());
        ids.extend(encode(&text)?);
        ids.push(0);
    }
    ids.drain(..skip);
    ids.truncate(length + 1);
    Ok(ids)
}
