//! The numbers of heads as a table.

use std::io::Write;

use super::{ExportError, Request};
use crate::capture::Capture;
use crate::lens::{Measure, Repeats, head_kind, numbers};

/// Writes comma-separated values: a line of names, then a line for every chosen head with `layer`,
/// `head`, each [`Measure`] under its name, and `kind`. A number that the text does not define or
/// that is not finite is empty, as is a kind that no number shows. Every cell is a number or a word
/// of headlight's own, so no cell needs quotes and a spreadsheet finds no formula.
///
/// # Errors
/// A layer or head that the capture does not hold, before anything is written; what `out` reports.
pub fn csv(capture: &Capture, request: &Request, out: &mut dyn Write) -> Result<(), ExportError> {
    let records = request.records(capture)?;
    let repeats = Repeats::of(capture);
    let names = Measure::ALL.map(Measure::name).join(",");
    writeln!(out, "layer,head,{names},kind")?;
    for record in records {
        for &head in &request.heads {
            let found = numbers(record, head, &repeats);
            let cells = Measure::ALL.map(|measure| {
                let number = found.get(measure).filter(|number| number.is_finite());
                number.map_or_else(String::new, |number| number.to_string())
            });
            let kind = head_kind(record, head, &found, &repeats);
            let kind = kind.map_or("", |kind| kind.kind.name());
            let layer = record.layer;
            writeln!(out, "{layer},{head},{},{kind}", cells.join(","))?;
        }
    }
    Ok(out.flush()?)
}
