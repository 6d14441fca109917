//! The findings of `check`, as text and as JSON.

use std::io::Write;

use serde::Serialize;

use super::{ExportError, made_by};
use crate::capture::Capture;
use crate::lens::{AttentionKind, Check, DIAGNOSIS_TOKENS, Diagnosis, Trust, diagnosis};
use crate::safe;
use crate::token::Label;

/// What a check of a model found.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The run.
    pub capture: &'a Capture,
    /// What was found in its own numbers.
    pub trust: &'a Trust,
    /// What made the reference, safe to show; `None` where there was none.
    pub reference: Option<&'a str>,
    /// What the reference does not hold.
    pub absent: &'a [&'static str],
    /// Everything that was checked.
    pub checks: &'a [Check],
}

/// Writes a report for a person: the model, how its layers attend, and a line for each check.
///
/// # Errors
/// What `out` reports.
pub fn report(report: &Report, out: &mut dyn Write) -> Result<(), ExportError> {
    let Report { capture, trust, .. } = report;
    let (origin, shape) = (&capture.origin, &capture.shape);
    writeln!(
        out,
        "{} ({}, {})",
        origin.name, origin.family, origin.format
    )?;
    writeln!(
        out,
        "{} layers, {} heads, {} tokens, {} on {}",
        shape.layers,
        shape.heads,
        capture.len(),
        origin.dtype,
        origin.device
    )?;
    match report.reference {
        Some("") => writeln!(out, "reference: of unknown origin")?,
        Some(made_by) => writeln!(out, "reference: {made_by}")?,
        None => writeln!(out, "text: {}", Label::of_text(&capture.text).clip(200))?,
    }
    for said in &trust.assumed {
        writeln!(out, "assumed: {said}")?;
    }
    writeln!(out, "\nattention")?;
    for (layers, kind) in kinds(trust) {
        writeln!(out, "  {}: {kind}", ranges(&layers))?;
    }
    writeln!(out, "\nchecks")?;
    let wide = report.checks.iter().map(|check| check.what.len()).max();
    let wide = wide.unwrap_or(0);
    for check in report.checks {
        let verdict = if check.holds { "ok" } else { "FAILED" };
        let (what, found) = (check.what, number(check.measured));
        let limit = number(check.limit);
        let line = format!("  {verdict:<6}  {what:<wide$}  {found:>7}  limit {limit:<5}");
        match check.at.is_empty() || check.measured == 0.0 {
            true => writeln!(out, "{}", line.trim_end())?,
            false => writeln!(out, "{line}  {}", check.at)?,
        }
    }
    let mut layers = trust.layers.iter();
    if let Some(layer) = layers.find(|layer| layer.rows_recomputed < layer.rows) {
        let (anew, rows) = (layer.rows_recomputed, layer.rows);
        let told = format!("{anew} of {rows} rows of each head were recomputed");
        writeln!(
            out,
            "  {:<6}  row sums: {told}; the others are the run's own",
            "-"
        )?;
    }
    for what in report.absent {
        writeln!(out, "  {:<6}  {what}: not in the file", "-")?;
    }
    writeln!(out, "\nmodel")?;
    let found = diagnosis(capture);
    for said in &found {
        writeln!(out, "  diagnosis: {said}")?;
    }
    if capture.len() < DIAGNOSIS_TOKENS {
        writeln!(
            out,
            "  diagnosis: it takes a text of at least {DIAGNOSIS_TOKENS} tokens"
        )?;
    } else if found.is_empty() {
        writeln!(out, "  diagnosis: nothing is wrong in all heads alike")?;
    }
    if let Some(loss) = capture.loss {
        let uniform = uniform_loss(capture);
        let guess = format!("a uniform guess has ln {} = {uniform:.3}", shape.vocabulary);
        let worse = match loss > uniform {
            true => ": the model predicts this text worse than that",
            false => "",
        };
        writeln!(
            out,
            "  loss of the text: {loss:.3} nats a token, {guess}{worse}"
        )?;
    }
    let failed = report.checks.iter().filter(|check| !check.holds).count();
    if failed == 0 {
        let all = report.checks.len();
        match found.is_empty() {
            true => writeln!(out, "\nall {all} checks hold")?,
            false => writeln!(
                out,
                "\nall {all} checks hold: the numbers are right, the model is not (see diagnosis)"
            )?,
        }
    }
    Ok(())
}

/// The loss of a uniform guess, ln V, in nats a token.
fn uniform_loss(capture: &Capture) -> f64 {
    (capture.shape.vocabulary as f64).ln()
}

/// Writes a report as one JSON object: `made_by`, `recipe`, `holds`, `reference`, `absent`,
/// `checks` with `what`, `measured`, `limit`, `holds` and `at`, `diagnosis`, `loss` (nats a token, null
/// where it is not known) beside `uniform_loss` (ln V), and `trust` by layer.
///
/// # Errors
/// What `out` reports.
pub fn report_json(report: &Report, out: &mut dyn Write) -> Result<(), ExportError> {
    #[derive(Serialize)]
    struct Document<'a> {
        made_by: String,
        recipe: &'a crate::capture::Origin,
        tokens: usize,
        holds: bool,
        reference: Option<&'a str>,
        absent: &'a [&'static str],
        checks: &'a [Check],
        diagnosis: Vec<Diagnosis>,
        loss: Option<f64>,
        uniform_loss: f64,
        trust: &'a Trust,
    }
    let document = Document {
        made_by: made_by(report.capture),
        recipe: &report.capture.origin,
        tokens: report.capture.len(),
        holds: report.checks.iter().all(|check| check.holds),
        reference: report.reference,
        absent: report.absent,
        checks: report.checks,
        diagnosis: diagnosis(report.capture),
        loss: report.capture.loss,
        uniform_loss: uniform_loss(report.capture),
        trust: report.trust,
    };
    safe::json(&document, true, out)?;
    Ok(out.write_all(b"\n")?)
}

/// The layers that attend alike, each kind once and in the order of its first layer.
fn kinds(trust: &Trust) -> Vec<(Vec<usize>, &AttentionKind)> {
    let mut kinds: Vec<(Vec<usize>, &AttentionKind)> = Vec::new();
    for layer in &trust.layers {
        let same = kinds.iter_mut().find(|(_, kind)| **kind == layer.attention);
        match same {
            Some((layers, _)) => layers.push(layer.layer),
            None => kinds.push((vec![layer.layer], &layer.attention)),
        }
    }
    kinds
}

/// Ascending layers in words: "layers 0-2, 4".
fn ranges(layers: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &layer in layers {
        match parts.last_mut() {
            Some((_, to)) if *to + 1 == layer => *to = layer,
            _ => parts.push((layer, layer)),
        }
    }
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(from, to)| match from == to {
            true => from.to_string(),
            false => format!("{from}-{to}"),
        })
        .collect();
    let word = if layers.len() == 1 { "layer" } else { "layers" };
    format!("{word} {}", parts.join(", "))
}

/// A measure in two digits; counts as they are.
fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        return format!("{value}");
    }
    let text = format!("{value:.1e}");
    text.replace(".0e", "e")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_told_in_ranges() {
        assert_eq!(ranges(&[0]), "layer 0");
        assert_eq!(ranges(&[0, 1, 2, 4, 6, 7]), "layers 0-2, 4, 6-7");
    }

    #[test]
    fn measures_are_short() {
        let told: Vec<String> = [0.0, 12.0, 5e-5, 1.234e-7, f64::NAN].map(number).into();
        assert_eq!(told, ["0", "12", "5e-5", "1.2e-7", "NaN"]);
    }
}
