//! The switches that the shared references leave as they usually stand: tiny models in
//! `variants/`, made with transformers by `make.py` there.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{Cases, assert_agree, cases, checkpoint_of, errors, measure, name};

/// The folder of a variant.
pub fn folder(name: &str) -> PathBuf {
    let all = cases(Cases::Variants).into_iter();
    let mut found = all.filter(|path| path.ends_with(name));
    found.next().unwrap()
}

/// A configuration in a variant's folder.
pub fn config(path: &Path) -> Map<String, Value> {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn variants_agree() {
    assert_agree(measure(Cases::Variants));
}

#[test]
fn variants_agree_with_the_configurations_of_transformers_5() {
    let mut measured = Vec::new();
    for case in cases(Cases::Variants) {
        let newer = case.join("config-5.json");
        if newer.exists() {
            let mut checkpoint = checkpoint_of(&case);
            checkpoint.set_config(config(&newer));
            measured.push((name(&case), errors(&case, &checkpoint, None)));
        }
    }
    assert!(!measured.is_empty());
    assert_agree(measured);
}
