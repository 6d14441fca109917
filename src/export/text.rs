//! The pattern analysis as text, in the wording of gpt-from-scratch's analyze_attention.py.

use std::io::Write;

use rayon::prelude::*;

use super::{ExportError, find_layer};
use crate::capture::{Capture, Layer, Query};
use crate::lens::{Pattern, Scale, Select, top_keys};

/// Width of the rules under headings, in characters.
const RULE: usize = 60;

/// Queries that are computed at a time.
const BLOCK: usize = 256;

/// Writes, for each of `layers` and each token but the first whose query is kept, the `top_k` keys that it attends to
/// most, over the mean of the layer's heads.
///
/// Begins with an empty line. Equal weights stand in the order of the reversed argsort that the
/// script uses: the later key first; weights are rounded to three decimals for display only.
/// Tokens are written as [`Label::plain`](crate::token::Label::plain) writes them, so nothing of a
/// text reaches a terminal as a control character.
///
/// # Errors
/// A layer that the capture does not hold, before anything is written; what `out` reports.
pub fn analyze(
    capture: &Capture,
    layers: &[Layer],
    top_k: usize,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let records: Vec<_> = layers
        .iter()
        .map(|&layer| find_layer(capture, layer))
        .collect::<Result<_, _>>()?;
    let token = |position| {
        capture
            .label(position)
            .map(|l| l.plain())
            .unwrap_or_default()
    };
    let double = "=".repeat(RULE);
    let single = "-".repeat(RULE);
    writeln!(out, "\n{double}\nATTENTION PATTERN ANALYSIS\n{double}")?;
    for record in records {
        let pattern = Pattern::new(record, Select::Mean, Scale::Raw);
        writeln!(out, "\nLayer {}:\n{single}", record.layer)?;
        let queries: Vec<Query> = (record.rule.from.max(1)..capture.len())
            .map(Query)
            .collect();
        for block in queries.chunks(BLOCK) {
            let lists = block
                .par_iter()
                .map(|&query| top_keys(&pattern, query, top_k));
            let lists: Vec<_> = lists.collect();
            for (query, keys) in block.iter().zip(lists) {
                writeln!(out, "  '{}' attends most to:", token(query.0))?;
                for (rank, key) in (1..).zip(keys) {
                    let name = token(key.position);
                    writeln!(out, "    {rank}. '{name}' (weight: {:.3})", key.weight)?;
                }
            }
        }
    }
    Ok(())
}
