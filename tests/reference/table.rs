//! README's table of families: what each was proven on, and the largest error seen.

use std::collections::BTreeMap;
use std::path::Path;

use headlight::checkpoint::Checkpoint;
use headlight::model::family::{self, ARCHITECTURES, FAMILIES, Family};

use super::measure::Errors;
use super::{Cases, cases, checkpoint_of, converted, errors, hints, mingpt, name, stories};

/// What is known of one family.
#[derive(Default)]
struct Proof {
    cases: usize,
    /// How the files of the cases are stored.
    stored: Vec<String>,
    weight: f32,
    /// `None` where no reference has logits.
    logit: Option<f32>,
    gguf: Vec<String>,
}

impl Proof {
    fn take(&mut self, stored: &str, errors: &Errors) {
        self.cases += 1;
        if !self.stored.iter().any(|known| known == stored) {
            self.stored.push(stored.to_owned());
        }
        self.weight = self.weight.max(errors.weight);
        if errors.logit.is_finite() {
            self.logit = Some(self.logit.unwrap_or(0.0).max(errors.logit));
        }
    }
}

/// How the weights of a case are stored: "PyTorch", "GGUF q8_0".
fn stored(checkpoint: &Checkpoint) -> String {
    let tensors = checkpoint.tensors().values();
    let matrices = tensors.filter(|info| info.shape.len() > 1 && info.dtype.is_float());
    // Rows that do not fill a block are stored otherwise.
    let smallest = matrices.map(|info| info.dtype.name().to_owned());
    let kinds = ["mxfp4", "q8_0", "f16", "bf16", "f32"];
    let all: Vec<String> = smallest.map(|dtype| dtype.to_lowercase()).collect();
    let kind = kinds.iter().find(|kind| all.iter().any(|d| d == *kind));
    format!("{} {}", checkpoint.format(), kind.unwrap_or(&""))
        .trim()
        .to_owned()
}

fn proofs() -> BTreeMap<String, Proof> {
    let mut proofs: BTreeMap<String, Proof> = BTreeMap::new();
    for folder in [
        Cases::Families,
        Cases::Checkpoints,
        Cases::Gguf,
        Cases::Variants,
    ] {
        for case in cases(folder) {
            let name = name(&case);
            let checkpoint = match folder {
                Cases::Gguf => converted(&case),
                _ => checkpoint_of(&case),
            };
            let plan = family::plan(&checkpoint, &hints(&name)).unwrap();
            let errors = errors(&case, &checkpoint, None);
            let stored = stored(&checkpoint);
            let proof = proofs.entry(plan.spec.family).or_default();
            match stored.strip_prefix("GGUF ") {
                Some(kind) => {
                    proof.gguf.push(kind.to_owned());
                    proof.take("GGUF", &errors);
                }
                None => proof.take(&stored, &errors),
            }
        }
    }
    let others = [
        ("mingpt", "safetensors f32", mingpt::errors()),
        ("meta-llama", "llama2.c f32", stories::errors()),
    ];
    for (family, stored, errors) in others {
        let proof = proofs.entry(family.to_owned()).or_default();
        proof.take(stored, &errors);
    }
    proofs
}

/// A family's row; without numbers where `numbers` is false.
fn row(family: &Family, proof: Option<&Proof>, numbers: bool) -> String {
    let types = family.model_types();
    let known_by = match types {
        [] => family.writer.to_owned(),
        types => types
            .iter()
            .map(|t| format!("`{t}`"))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let read = ARCHITECTURES
        .iter()
        .find(|a| types.contains(&a.model_type))
        .map(|a| format!("`{}`", a.name));
    let mut gguf = read.unwrap_or_else(|| "—".to_owned());
    let nothing = Proof::default();
    let proof = proof.unwrap_or(&nothing);
    if !proof.gguf.is_empty() {
        gguf.push_str(&format!(": {}", proof.gguf.join(", ")));
    } else if gguf != "—" {
        gguf.push_str(": not proven");
    }
    let stored: Vec<&str> = proof.stored.iter().map(String::as_str).collect();
    let stored: Vec<&str> = stored.into_iter().filter(|s| *s != "GGUF").collect();
    let on = match (proof.cases, stored.join(", ")) {
        (0, _) => "not proven".to_owned(),
        (_, on) => on,
    };
    let number = |value: Option<f32>| match (value, numbers, proof.cases) {
        (Some(value), true, 1..) => format!("{value:.1e}"),
        (Some(_), false, 1..) => "·".to_owned(),
        _ => "—".to_owned(),
    };
    format!(
        "| {} | {known_by} | {on} | {gguf} | {} | {} | {} |\n",
        family.name,
        proof.cases,
        number(Some(proof.weight)),
        number(proof.logit)
    )
}

const HEAD: &str = "| family | `model_type`, or written by | proven on | GGUF architecture | cases | weights | logits |\n\
                    | --- | --- | --- | --- | --- | --- | --- |\n";

fn table(proofs: &BTreeMap<String, Proof>, numbers: bool) -> String {
    let mut told: Vec<&str> = Vec::new();
    let mut table = HEAD.to_owned();
    for family in FAMILIES {
        if told.contains(&family.name) {
            continue;
        }
        told.push(family.name);
        table.push_str(&row(family, proofs.get(family.name), numbers));
    }
    table
}

/// The last two columns, the numbers, put out of sight: they differ a little from machine to
/// machine.
fn without_numbers(table: &str) -> String {
    let lines = table.lines().map(|line| {
        let mut cells: Vec<String> = line.split(" | ").map(str::to_owned).collect();
        let last = cells.len().saturating_sub(2);
        for cell in cells.iter_mut().skip(last) {
            let number = cell.trim_end_matches(" |").parse::<f32>().is_ok();
            if number {
                *cell = if cell.ends_with('|') { "· |" } else { "·" }.to_owned();
            }
        }
        cells.join(" | ") + "\n"
    });
    lines.collect()
}

/// `HEADLIGHT_WRITE_README=1 cargo test --test reference the_table -- --ignored` writes the table anew.
#[test]
#[ignore = "reads ../shared"]
fn the_table_of_families_is_what_was_measured() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- families -->\n", "<!-- /families -->");
    let from = text.find(begin).unwrap() + begin.len();
    let to = text.find(end).unwrap();
    let proofs = proofs();
    if std::env::var_os("HEADLIGHT_WRITE_README").is_some() {
        let table = table(&proofs, true);
        std::fs::write(&path, format!("{}{table}{}", &text[..from], &text[to..])).unwrap();
        return;
    }
    assert_eq!(without_numbers(&text[from..to]), table(&proofs, false));
}
