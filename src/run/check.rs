//! `headlight check`: whether the numbers of a model can be believed.

use super::inputs::Inputs;
use super::memory::Job;
use super::reference::Reference;
use super::session::{Keep, Session};
use super::{RunError, error, explore, input, source};
use crate::capture::file::Opened;
use crate::capture::{Capture, Head, Layer, Query};
use crate::cli::CheckArgs;
use crate::export::{self, Report};
use crate::lens::{
    Check, Differences, LOGIT_LIMIT, WEIGHT_LIMIT, WEIGHT_MEAN_LIMIT, compare_row, look_ahead,
    own_checks, trust,
};

/// Multiplications that are spent on computing the rows of a layer anew: all rows of GPT-2 small at
/// 3000 tokens.
const BUDGET: usize = 1 << 32;

/// Runs the model, checks its numbers, and compares them with the reference where there is one.
///
/// # Errors
/// [`RunError::Failed`] where a check does not hold, after the report.
pub(super) fn check(mut args: CheckArgs) -> Result<(), RunError> {
    let inputs = Inputs::of(&args.run);
    args.reference
        .iter()
        .for_each(|path| inputs.add(path.clone()));
    inputs.refuse_standard_output()?;
    let mut reference = match &args.reference {
        Some(path) => Some(Reference::open(path)?),
        None => None,
    };
    if let Some(opened) = source::capture(&args.run, &mut explore::loading())? {
        return of_capture(&opened, reference, args.json);
    }
    if reference.is_some() && args.run.tokenizer.is_none() {
        // The reference brings ids, so the model's vocabulary is not needed.
        args.run.tokenizer = Some(input::IDS.into());
    }
    let text = match &reference {
        Some(reference) => {
            let ids: Vec<String> = reference.ids.iter().map(u32::to_string).collect();
            ids.join(" ")
        }
        None => input::text(&args.run)?,
    };
    let session = Session::open(
        &args.run,
        &text,
        Job::check(reference.is_some()),
        &mut explore::loading(),
    )?;
    if let Some(reference) = &reference {
        reference.check_ids(&session.shape())?;
    }
    let keep = Keep {
        logits: reference.as_ref().is_some_and(|r| r.has("logits")),
        ..Keep::default()
    };
    let capture = match &reference {
        Some(reference) => session.run_ids(&reference.ids, keep)?,
        None => session.run(&text, keep, &|| false, &mut |_| {})?,
    };
    let found = trust(&capture, BUDGET);
    let mut checks = own_checks(&found);
    let ids: Vec<u32> = capture.tokens.iter().map(|token| token.id).collect();
    if let Some((_, before)) = ids.split_last()
        && !before.is_empty()
    {
        let shorter = session.run_ids(before, Keep::default())?;
        checks.push(look_ahead(&capture, &shorter));
    }
    let mut absent = Vec::new();
    if let Some(reference) = &mut reference {
        match reference.has("attention") {
            true => checks.extend(weights(&capture, reference)?),
            false => absent.push("attention"),
        }
        match reference.has("logits") {
            true => checks.push(logits(&capture, reference)?),
            false => absent.push("logits"),
        }
    }
    let report = Report {
        capture: &capture,
        trust: &found,
        reference: reference.as_ref().map(|r| r.made_by.as_str()),
        absent: &absent,
        checks: &checks,
    };
    tell(&report, args.json)
}

/// Checks a capture from a file: its checksums, its own numbers, and its weights against the
/// reference where there is one.
fn of_capture(
    opened: &Opened,
    mut reference: Option<Reference>,
    json: bool,
) -> Result<(), RunError> {
    opened.verify_all()?;
    let capture = &opened.capture;
    let found = trust(capture, BUDGET);
    let mut checks = own_checks(&found);
    let mut absent = Vec::new();
    if let Some(reference) = &mut reference {
        reference.check_same_ids(capture.tokens.iter().map(|token| token.id))?;
        match reference.has("attention") {
            true => checks.extend(weights(capture, reference)?),
            false => absent.push("attention"),
        }
    }
    let report = Report {
        capture,
        trust: &found,
        reference: reference.as_ref().map(|r| r.made_by.as_str()),
        absent: &absent,
        checks: &checks,
    };
    tell(&report, json)
}

/// Prints a report.
///
/// # Errors
/// [`RunError::Failed`] where a check does not hold.
fn tell(report: &Report, json: bool) -> Result<(), RunError> {
    error::warn(&report.capture.origin.warnings);
    let checks = report.checks;
    let mut out = Vec::new();
    match json {
        true => export::report_json(report, &mut out)?,
        false => export::report(report, &mut out)?,
    }
    error::print(&out)?;
    match checks.iter().filter(|check| !check.holds).count() {
        0 => Ok(()),
        failed => Err(RunError::Failed(format!(
            "{failed} of {} checks failed",
            checks.len()
        ))),
    }
}

/// Every weight of every head against the reference's.
fn weights(capture: &Capture, reference: &mut Reference) -> Result<[Check; 2], RunError> {
    let (n, shape) = (capture.len(), capture.shape);
    let mut rows = reference.rows("attention", &[shape.layers, shape.heads, n, n])?;
    let mut differences = Differences::default();
    for layer in (0..shape.layers).map(Layer) {
        let record = capture.layer(layer);
        for head in (0..shape.heads).map(Head) {
            for query in (0..n).map(Query) {
                let expected = rows.next(n)?;
                if let Some(record) = record.filter(|record| query.0 >= record.rule.from) {
                    compare_row(&mut differences, record, head, query, &expected);
                }
            }
        }
    }
    Ok([
        differences.largest("weights: largest |difference|", WEIGHT_LIMIT),
        differences.mean("weights: mean |difference|", WEIGHT_MEAN_LIMIT),
    ])
}

/// Every logit against the reference's.
fn logits(capture: &Capture, reference: &mut Reference) -> Result<Check, RunError> {
    let vocabulary = capture.shape.vocabulary;
    let mut rows = reference.rows("logits", &[capture.len(), vocabulary])?;
    let mut differences = Differences::default();
    let found = capture.logits.iter().flat_map(|all| all.chunks(vocabulary));
    for (i, row) in found.enumerate() {
        for (id, (&found, expected)) in row.iter().zip(rows.next(vocabulary)?).enumerate() {
            differences.take(found, expected, || format!("token {i}, logit of id {id}"));
        }
    }
    Ok(differences.largest("logits: largest |difference|", LOGIT_LIMIT))
}
