//! Layers and heads that the command line names.

use std::collections::HashSet;

use super::RunError;
use crate::cli::{Picks, RunArgs};

/// The indices of a list, each once and in the order given; all where there is no list.
pub(super) fn picks(
    what: &str,
    picks: Option<&Picks>,
    count: usize,
) -> Result<Vec<usize>, RunError> {
    let Some(Picks(ranges)) = picks else {
        return Ok((0..count).collect());
    };
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    for range in ranges {
        in_range(what, *range.start(), count)?;
        in_range(what, *range.end(), count)?;
        if range.is_empty() {
            return Err(RunError::Usage(format!(
                "the range {}-{} is empty",
                range.start(),
                range.end()
            )));
        }
        for index in range.clone() {
            if seen.insert(index) {
                all.push(index);
            }
        }
    }
    Ok(all)
}

/// An index that exists, or an error that gives the range.
pub(super) fn in_range(what: &str, index: usize, count: usize) -> Result<usize, RunError> {
    if index < count {
        return Ok(index);
    }
    Err(RunError::Usage(format!(
        "there is no {what} {index}: the {what}s are 0 to {}",
        count.saturating_sub(1)
    )))
}

/// The layers that a run keeps, ascending.
pub(super) fn kept(args: &RunArgs, count: usize) -> Result<Vec<usize>, RunError> {
    let mut kept = picks("layer", args.layers.as_ref(), count)?;
    kept.sort_unstable();
    Ok(kept)
}

/// A layer that is kept, or an error that tells why there is none.
pub(super) fn find_kept(layer: usize, kept: &[usize], count: usize) -> Result<usize, RunError> {
    in_range("layer", layer, count)?;
    match kept.contains(&layer) {
        true => Ok(layer),
        false => Err(RunError::Usage(format!(
            "layer {layer} is not kept; the kept layers are {}",
            ranges(kept)
        ))),
    }
}

/// Ascending indices as `--layers` takes them: `0-3,11`.
pub(super) fn ranges(indices: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &at in indices {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == at => *last = at,
            _ => runs.push((at, at)),
        }
    }
    let word = |(first, last): (usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    runs.into_iter().map(word).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_what_picks_read() {
        let all = [0, 1, 2, 3, 7, 11, 12];
        assert_eq!(ranges(&all), "0-3,7,11-12");
        let read: Picks = ranges(&all).parse().unwrap();
        assert_eq!(picks("layer", Some(&read), 13).unwrap(), all);
        assert!(
            find_kept(4, &all, 13)
                .unwrap_err()
                .to_string()
                .contains("0-3,7,11-12")
        );
    }
}
