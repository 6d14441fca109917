//! The texts that lie over the screen: rows of a name and what it stands for.

use super::action::Place;
use super::palette::COMMANDS;
use super::screen::Screen;
use super::state::State;
use crate::capture::bytes_in_words;
use crate::lens::{AttentionKind, DIAGNOSIS_TOKENS, KindName, LayerTrust, Measure, Scale};

/// A row of a text over the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// The name of what follows.
    Heading(&'static str),
    /// A name and what it stands for; not safe to print as it is.
    Entry(String, String),
    /// Something that was checked, whether it holds, and what was found.
    Check(bool, &'static str, String),
}

impl State {
    /// What every key does: first the keys of the screen and its pane, then what its numbers mean,
    /// then all others by place.
    pub fn help_rows(&self) -> Vec<Row> {
        let here = self.places_of_screen();
        let mut rows = Vec::new();
        for place in &here {
            self.keys_of(*place, &mut rows);
        }
        rows.extend(self.number_rows());
        for place in Place::ALL.into_iter().filter(|place| !here.contains(place)) {
            self.keys_of(place, &mut rows);
        }
        rows.push(Row::Heading("command line"));
        rows.extend(COMMANDS.iter().map(|command| {
            let typed = format!(":{} {}", command.name, command.argument);
            Row::Entry(typed, command.doc.to_owned())
        }));
        rows
    }

    fn keys_of(&self, place: Place, rows: &mut Vec<Row>) {
        rows.push(Row::Heading(place.name()));
        let here = self
            .keymap()
            .rows()
            .filter(|(action, _)| action.place == place);
        rows.extend(here.map(|(action, keys)| {
            let keys: Vec<String> = keys.iter().map(|key| key.name()).collect();
            Row::Entry(keys.join(" "), action.doc.to_owned())
        }));
    }

    /// What the numbers of the screen mean.
    pub fn number_rows(&self) -> Vec<Row> {
        let entry = |name: &str, told: &str| Row::Entry(name.to_owned(), told.to_owned());
        let mut rows = vec![Row::Heading(match self.screen() {
            Screen::Heads => "numbers of Heads",
            Screen::Text => "numbers of Text",
            Screen::Atlas => "numbers of Atlas",
        })];
        rows.push(entry(
            "weight",
            "A[i,j], how much query i attends to key j: the softmax of the scores. The weights of a \
             query sum to 1, or to 1 minus the share of a sink",
        ));
        rows.push(entry(
            "as one",
            "several tokens taken together: the mean of their rows, the sum of their columns",
        ));
        let scale = self.scale();
        rows.push(entry(
            "scale",
            &format!(
                "{}: {}; it changes colours only, numbers are exact",
                scale.name(),
                scale_told(scale)
            ),
        ));
        for measure in Measure::ALL {
            let unit = match measure.unit() {
                "" => String::new(),
                unit => format!(", in {unit}"),
            };
            rows.push(Row::Entry(
                measure.title().to_owned(),
                format!(
                    "{}{unit}: {}. Undefined where {}",
                    measure.doc(),
                    measure.definition(),
                    measure.undefined_when()
                ),
            ));
        }
        if self.screen() != Screen::Atlas {
            rows.push(entry(
                "received",
                "the weight that a token receives: mean of A[i,j] over the queries i that can see it",
            ));
        }
        if self.screen() == Screen::Heads {
            rows.push(entry(
                "mean",
                "with m: every weight is the mean over the heads of the layer",
            ));
            rows.push(entry(
                "nearby",
                "the weights of the cells around the cursor",
            ));
            rows.push(entry(
                "1:12",
                "a cell stands for 12 x 12 weights: max shows the largest of them, mean their mean",
            ));
        }
        rows.push(Row::Heading("kinds of heads"));
        let kinds = KindName::ALL.into_iter();
        rows.extend(kinds.map(|kind| {
            entry(
                kind.name(),
                &format!("{}: its {} is high", kind.doc(), kind.measure().title()),
            )
        }));
        rows
    }

    /// Whether the shown layer can be trusted, where the capture came from, and all that was assumed.
    pub fn origin_rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        if let Some(message) = self.status() {
            rows.push(Row::Heading("message"));
            rows.push(Row::Entry("•".to_owned(), message.to_owned()));
        }
        let Some(capture) = self.capture() else {
            rows.push(Row::Heading("nothing has run yet"));
            return rows;
        };
        let (origin, shape) = (&capture.origin, &capture.shape);
        rows.extend(self.trust_rows());
        if capture.is_complete() {
            rows.extend(self.diagnosis_rows(capture.len()));
        }
        let mut told = |heading: &'static str, sentences: &[String]| {
            if !sentences.is_empty() {
                rows.push(Row::Heading(heading));
                let entries = sentences.iter().cloned();
                rows.extend(entries.map(|sentence| Row::Entry("•".to_owned(), sentence)));
            }
        };
        told("assumed", &origin.assumed);
        told("warnings", &origin.warnings);
        rows.push(Row::Heading("model"));
        let seed = origin.untrained_seed.map(|seed| seed.to_string());
        let mut sizes = format!("{} layers, {} heads", shape.layers, shape.heads);
        // Weights of another program tell no more.
        if shape.head_dim > 0 {
            sizes.push_str(&format!(
                ", {} KV heads, {} dimensions a head, {} in all",
                shape.kv_heads, shape.head_dim, shape.embedding
            ));
        }
        let entries = [
            ("name", origin.name.clone()),
            ("source", origin.source.clone()),
            ("format", origin.format.clone()),
            ("family", origin.family.clone()),
            ("sizes", sizes),
            ("vocabulary", shape.vocabulary.to_string()),
            ("context", format!("{} tokens", shape.context)),
            ("tokenizer", origin.tokenizer.clone()),
            ("random seed", seed.unwrap_or_default()),
            ("SHA-256", origin.sha256.clone()),
        ];
        let run = [
            ("again by", origin.command.clone()),
            ("headlight", origin.version.clone()),
            ("tokens", capture.len().to_string()),
            ("text", capture.text.clone()),
        ];
        let entry = |(name, value): (&str, String)| Row::Entry(name.to_owned(), value);
        let told = |(_, value): &(&str, String)| !value.is_empty();
        rows.extend(entries.into_iter().filter(told).map(entry));
        rows.push(Row::Heading("run"));
        rows.extend(run.into_iter().filter(told).map(entry));
        if !origin.notes.is_empty() {
            rows.push(Row::Heading("left aside in the file"));
            let notes = origin.notes.iter().cloned();
            rows.extend(notes.map(|note| Row::Entry("•".to_owned(), note)));
        }
        rows
    }

    /// What was found in the shown layer, and how it attends.
    fn trust_rows(&self) -> Vec<Row> {
        let Some(layer) = self.layer() else {
            return vec![
                Row::Heading("trust of the shown layer"),
                Row::Entry("•".to_owned(), "it is not computed yet".to_owned()),
            ];
        };
        let mut rows = vec![
            Row::Heading("trust of the shown layer"),
            Row::Entry(
                "layer".to_owned(),
                format!(
                    "{}, of 0 to {}",
                    layer.layer,
                    self.layers().saturating_sub(1)
                ),
            ),
        ];
        match self.trust() {
            Some(trust) => rows.extend(check_rows(trust)),
            None => rows.push(Row::Entry(
                "•".to_owned(),
                "it is being looked through".to_owned(),
            )),
        }
        if self.capture().is_some_and(|capture| capture.is_complete()) {
            rows.push(Row::Check(
                self.broken_predictions == 0,
                "logits",
                match self.broken_predictions {
                    0 => "no NaN, nothing infinite, at any token".to_owned(),
                    tokens => format!("NaN or infinite at {tokens} tokens"),
                },
            ));
        }
        if let Some(capture) = self.capture() {
            let origin = &capture.origin;
            let mut computed = format!("{} on {}", origin.dtype, origin.device);
            if origin.weight_bytes > 0 {
                let bytes = bytes_in_words(origin.weight_bytes);
                computed.push_str(&format!(", {bytes} of weights"));
            }
            rows.push(Row::Entry("computed in".to_owned(), computed));
        }
        let other: Vec<String> = self.problems_elsewhere().collect();
        let elsewhere = other
            .into_iter()
            .map(|said| Row::Check(false, "elsewhere", said));
        rows.extend(elsewhere);
        rows.push(Row::Heading("attention of the shown layer"));
        rows.extend(kind_rows(&AttentionKind::of(layer)));
        rows
    }

    /// What the numbers say is wrong with the model, on a text of `tokens`.
    fn diagnosis_rows(&self, tokens: usize) -> Vec<Row> {
        let mut rows = vec![Row::Heading("diagnosis of the model")];
        if tokens < DIAGNOSIS_TOKENS {
            let told = format!("a text of {DIAGNOSIS_TOKENS} tokens or more tells");
            rows.push(Row::Entry("•".to_owned(), told));
        } else if self.diagnosis.is_empty() {
            let told = "rows are not near-uniform everywhere, nor on the token itself alone, nor \
                        on the first alone";
            rows.push(Row::Check(true, "patterns", told.to_owned()));
        }
        let found = self.diagnosis.iter();
        rows.extend(found.map(|d| Row::Check(false, d.name(), d.to_string())));
        rows
    }
}

/// What a scale shows of a weight.
fn scale_told(scale: Scale) -> &'static str {
    match scale {
        Scale::Raw => "the weight itself",
        Scale::RowMax => "the weight over the largest of its row",
        Scale::Sqrt => "the square root of the weight",
        Scale::Log => "the logarithm of the weight, from 1e-4 to 1",
        Scale::NoSink => "the weight without key 0, rows renormalised",
        Scale::ValueWeighted => "the weight times the norm of the value that the head writes",
    }
}

/// What was found in a layer.
fn check_rows(trust: &LayerTrust) -> [Row; 3] {
    let (sum, bad) = (&trust.row_sum, &trust.not_finite);
    let heads = trust.attention.heads;
    let mut sums = format!(
        "off by at most {:.1e} (limit {:.0e}), in all {} rows",
        sum.error,
        sum.limit,
        heads * trust.rows
    );
    if trust.rows_recomputed < trust.rows {
        let told = format!("; {} of each head computed anew", trust.rows_recomputed);
        sums.push_str(&told);
    }
    if !sum.holds() {
        sums.push_str(&format!("; worst: head {}, query {}", sum.head, sum.query));
    }
    let causal = match (trust.outside, trust.attention.window) {
        (0, None) => "no query sees a later token".to_owned(),
        (0, Some(_)) => "no query sees a later token, or one before the window".to_owned(),
        (cells, _) => format!("{cells} cells are seen or missing against the rule"),
    };
    let numbers = match bad.total() {
        0 => "no NaN, nothing infinite, in q, k, lse and the numbers".to_owned(),
        _ => format!(
            "NaN or infinite: {} in q, {} in k, {} in lse, {} in the numbers",
            bad.queries, bad.keys, bad.lse, bad.numbers
        ),
    };
    [
        Row::Check(sum.holds(), "row sums", sums),
        Row::Check(trust.outside == 0, "causality", causal),
        Row::Check(bad.total() == 0, "values", numbers),
    ]
}

/// How a layer attends: what it has, then what it does without.
fn kind_rows(kind: &AttentionKind) -> Vec<Row> {
    let AttentionKind {
        heads,
        kv_heads,
        head_dim,
        scale,
        ..
    } = kind;
    let sharing = match (heads / (*kv_heads).max(1), kv_heads) {
        (1, _) => "each with keys of its own".to_owned(),
        (_, 1) => "all on one KV head".to_owned(),
        (group, _) => format!("{kv_heads} KV heads, {group} query heads on each"),
    };
    let root = match (f64::from(*scale) * (*head_dim as f64).sqrt() - 1.0).abs() < 1e-6 {
        true => format!(" = 1/√{head_dim}"),
        false => String::new(),
    };
    let mut rows = vec![
        (
            "heads",
            format!("{heads} of {head_dim} dimensions, {sharing}"),
        ),
        ("scale", format!("{scale:.5}{root}")),
    ];
    let present = [
        (
            "window",
            kind.window
                .map(|w| format!("{w} tokens, the query's own included")),
        ),
        (
            "soft-cap",
            kind.softcap
                .map(|cap| format!("{cap}: cap × tanh(score / cap)")),
        ),
        (
            "ALiBi",
            kind.alibi
                .map(|(low, high)| format!("slopes {low:.4} to {high:.4}")),
        ),
        (
            "sink",
            kind.sinks.map(|(low, high)| {
                format!("logits {low:.3} to {high:.3}; rows sum to 1 minus its share")
            }),
        ),
    ];
    let mut without = Vec::new();
    for (name, value) in present {
        match value {
            Some(value) => rows.push((name, value)),
            None => without.push(name),
        }
    }
    if !without.is_empty() {
        rows.push(("without", without.join(", ")));
    }
    let entry = |(name, value): (&str, String)| Row::Entry(name.to_owned(), value);
    rows.into_iter().map(entry).collect()
}
