//! What a run would take, in words.

use super::{Need, Sizes, free};
use crate::capture::bytes_in_words;
use crate::model::Precision;

/// A device with memory of its own.
#[derive(Clone, Copy, Debug)]
pub struct OnDevice {
    /// Bytes that a block of attention may take of it.
    pub block: u64,
    /// Bytes of it that are free, where it tells.
    pub free: Option<u64>,
}

/// What a run would take, in words: a line for each part, and what is free; of a device on lines of
/// their own, where it runs on one.
pub fn report(
    need: Need,
    tokens: usize,
    sizes: &Sizes,
    precision: Precision,
    device: Option<OnDevice>,
) -> String {
    let (layers, heads) = (sizes.layers, sizes.shape.heads);
    let line = |name: &str, bytes: u64, what: String| {
        format!("{name:8} {:>10}   {what}\n", bytes_in_words(bytes))
    };
    let (here, there) = match device {
        None => (need.weights + need.work, 0),
        Some(device) => (
            need.work,
            need.weights + sizes.on_device(tokens, device.block),
        ),
    };
    let least = need.process + here + need.capture;
    let all = least + need.edits;
    let mut report = line(
        "program",
        need.process,
        "with its tokenizer and the text".to_owned(),
    );
    report += &line(
        "weights",
        need.weights,
        format!("held in {}", precision.name()),
    );
    let mut kept = format!("{layers} layers of {heads} heads, {tokens} tokens");
    if let Some(last) = sizes.last.filter(|last| *last < tokens) {
        kept.push_str(&format!(", queries of the last {last}"));
    }
    report += &line("capture", need.capture, kept);
    let work = match device {
        None => need.work,
        Some(_) => there - need.weights,
    };
    report += &line(
        "work",
        work,
        "at most, while the model is loaded and runs and what comes of it is written".to_owned(),
    );
    if need.edits > 0 {
        let what = "values, so that an edited text runs from its change on";
        report += &line("edits", need.edits, what.to_owned());
    }
    if let Some(device) = device {
        report += &line("device", there, "weights and work".to_owned());
        if let Some(free) = device.free {
            let fits = if there <= free {
                "it fits"
            } else {
                "it does not fit"
            };
            report += &line("free", free, fits.to_owned());
        }
    }
    let what = if device.is_some() {
        "beside the device"
    } else {
        ""
    };
    report += &line("in all", all, what.to_owned());
    // What the process has is its own already.
    if let Some(free) = free().map(|free| free + need.process) {
        let fits = match (all <= free, least <= free) {
            (true, _) => "it fits",
            (false, true) => "it fits without the memory for edits",
            (false, false) => "it does not fit",
        };
        report += &line("free", free, fits.to_owned());
    }
    // Lines without a remark end with their number.
    report
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}
