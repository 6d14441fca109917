//! The numbers of heads as a table.

use std::io::Write;

use serde_json::{Map, Value};

use super::{ExportError, Request};
use crate::capture::{Capture, Head, LayerRecord};
use crate::lens::{Repeats, head_kind, numbers};

/// Writes comma-separated values: a line of names, then a line for every chosen head with `layer`,
/// `head`, every number of the head under its name in JSON, and `kind`. A number that the text does
/// not define and a kind that no number shows are empty. Every cell is a number or a word of
/// headlight's own, so no cell needs quotes and a spreadsheet finds no formula.
///
/// # Errors
/// A layer or head that the capture does not hold, before anything is written; what `out` reports.
pub fn csv(capture: &Capture, request: &Request, out: &mut dyn Write) -> Result<(), ExportError> {
    let records = request.records(capture)?;
    let repeats = Repeats::of(capture);
    let mut has_names = false;
    for record in records {
        for &head in &request.heads {
            let row = Row::new(record, head, &repeats)?;
            if !has_names {
                let names: Vec<&str> = row.numbers.keys().map(String::as_str).collect();
                writeln!(out, "layer,head,{},kind", names.join(","))?;
                has_names = true;
            }
            let cells: Vec<String> = row.numbers.values().map(cell).collect();
            let (layer, kind) = (record.layer, row.kind);
            writeln!(out, "{layer},{head},{},{kind}", cells.join(","))?;
        }
    }
    Ok(out.flush()?)
}

/// The numbers of a head, each under its name.
struct Row {
    numbers: Map<String, Value>,
    kind: &'static str,
}

impl Row {
    fn new(record: &LayerRecord, head: Head, repeats: &Repeats) -> Result<Self, ExportError> {
        let found = numbers(record, head);
        let kind = head_kind(record, head, &found, repeats);
        Ok(Self {
            kind: kind.map_or("", |kind| kind.kind.name()),
            numbers: match serde_json::to_value(found)? {
                Value::Object(numbers) => numbers,
                _ => Map::new(),
            },
        })
    }
}

/// A number in as many digits as it has; nothing where there is none.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        number => number.to_string(),
    }
}
