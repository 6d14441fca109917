//! The README is held to the program.
#![cfg(test)]

use std::path::Path;

use headlight::lens::Measure;

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).unwrap()
}

/// Holds the part of the README between two marks to `table`. `HEADLIGHT_WRITE_README=1 cargo test
/// --test readme -- --test-threads=1` writes it anew.
fn held(mark: &str, table: &str) {
    let text = readme();
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let from = text.find(&begin).unwrap() + begin.len();
    let to = text.find(&end).unwrap();
    if std::env::var_os("HEADLIGHT_WRITE_README").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        let new = format!("{}{table}{}", &text[..from], &text[to..]);
        std::fs::write(path, new).unwrap();
        return;
    }
    assert_eq!(&text[from..to], table);
}

#[test]
fn the_key_table_is_the_action_table() {
    held("keys", &headlight::view::Keymap::default().markdown());
}

#[test]
fn the_table_of_numbers_is_that_of_the_program() {
    let mut table = "| name | what it tells | definition | unit | undefined where |\n\
                     | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for measure in Measure::ALL {
        table += &format!(
            "| `{}` | {} | {} | {} | {} |\n",
            measure.name(),
            measure.doc(),
            measure.definition(),
            measure.unit(),
            measure.undefined_when()
        );
    }
    held("numbers", &table);
}

#[test]
fn its_links_and_pictures_are_there() {
    let text = readme();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = 0;
    for part in text.split("](").skip(1) {
        let link = part.split(')').next().unwrap();
        match link.strip_prefix('#') {
            Some(heading) => {
                let mut headings = text.lines().filter_map(|line| line.strip_prefix('#'));
                let slug = |h: &str| {
                    h.trim_start_matches('#')
                        .trim()
                        .to_lowercase()
                        .replace(' ', "-")
                };
                let found = |h: &str| slug(h) == heading;
                assert!(headings.any(found), "{link}");
            }
            None => assert!(root.join(link).exists(), "{link}"),
        }
        found += 1;
    }
    assert!(found >= 3);
}

#[test]
fn every_family_is_told() {
    let text = readme();
    for family in headlight::model::family::FAMILIES {
        assert!(text.contains(family.name), "{}", family.name);
        for name in family.model_types() {
            assert!(text.contains(&format!("`{name}`")), "{name}");
        }
    }
}
