//! Character and word vocabularies of from-scratch scripts.

use headlight::token::{Error, Tokenizer};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn stoi(entries: &[&str]) -> Tokenizer {
    let map = entries
        .iter()
        .enumerate()
        .map(|(id, entry)| (entry.to_string(), json!(id)))
        .collect();
    Tokenizer::from_characters(&map, "the checkpoint").unwrap()
}

fn characters(text: &str) -> Tokenizer {
    let mut chars: Vec<char> = text.chars().collect();
    chars.sort_unstable();
    chars.dedup();
    let map = chars
        .iter()
        .enumerate()
        .map(|(id, c)| (c.to_string(), json!(id)))
        .collect();
    Tokenizer::from_characters(&map, "the checkpoint").unwrap()
}

#[test]
fn characters_one_by_one() {
    let tokenizer = stoi(&["\n", " ", "a", "b", "é"]);
    assert_eq!(tokenizer.source(), "characters of the checkpoint");
    assert_eq!(tokenizer.vocab_size(), 5);
    assert_eq!(tokenizer.encode("ab é\n").unwrap(), [2, 3, 1, 4, 0]);
    assert_eq!(tokenizer.decode(&[2, 3, 1, 4, 0]), "ab é\n");
    assert_eq!(tokenizer.token_bytes(4).unwrap(), "é".as_bytes());
    assert_eq!(tokenizer.token_bytes(5), None);
    assert_eq!(tokenizer.label(1).text(), "·");
    assert_eq!(tokenizer.encode("").unwrap(), Vec::<u32>::new());
}

#[test]
fn a_character_that_is_not_there_is_shown_with_its_place() {
    let error = stoi(&["\n", " ", "a", "b"]).encode("ab\u{1b}").unwrap_err();
    let Error::NotInVocabulary {
        position, entries, ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!((*position, *entries), (3, 4));
    let said = error.to_string();
    assert!(said.contains("'\\u{1b}' (U+001B)"), "{said}");
    assert!(said.contains("⏎ · a b"), "{said}");
    assert!(said.contains("--tokenizer PATH"), "{said}");
    assert!(!said.contains(char::is_control), "{said}");
}

#[test]
fn an_unknown_entry_stands_for_the_rest() {
    let tokenizer = stoi(&["<unk>", "a", " "]);
    assert_eq!(tokenizer.source(), "characters of the checkpoint");
    assert_eq!(tokenizer.encode("a z").unwrap(), [1, 2, 0]);
    // Its name in a text is characters like any others.
    assert_eq!(tokenizer.encode("<unk>").unwrap(), [0; 5]);
}

#[test]
fn pieces_take_the_longest_that_fits() {
    let tokenizer = stoi(&["a", "b", "c", "ab", "abc"]);
    assert_eq!(
        tokenizer.source(),
        "characters and pieces of the checkpoint"
    );
    assert_eq!(tokenizer.encode("abcabba").unwrap(), [4, 3, 1, 0]);
}

#[test]
fn words_are_found_between_spaces() {
    let tokenizer = stoi(&["the", "cat", "sat", "on", "mat", ".", "a", "don't", "--"]);
    assert_eq!(tokenizer.source(), "words of the checkpoint");
    let ids = tokenizer.encode("the cat sat on\n a mat. don't--").unwrap();
    assert_eq!(ids, [0, 1, 2, 3, 6, 4, 5, 7, 8]);
    assert_eq!(tokenizer.decode(&[0, 1]), "the cat");
    // `cat` is an entry, `cats` is not: no word is cut in two.
    let error = tokenizer.encode("the cats").unwrap_err();
    let Error::NotInVocabulary { part, position, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!((part.as_str(), *position), ("the word 'cats'", 5));
    let error = tokenizer.encode("cat!").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the character '!' (U+0021) (character 4 of the text)"),
        "{error}"
    );
}

#[test]
fn words_may_have_spaces_as_tokens() {
    let tokenizer = stoi(&["the", "cat", " ", "\n", "<|unk|>"]);
    assert_eq!(tokenizer.encode("the cat\nsat").unwrap(), [0, 2, 1, 3, 4]);
    assert_eq!(tokenizer.decode(&[0, 2, 1]), "the cat");
}

#[test]
fn itos_is_the_same_the_other_way_round() {
    let tokenizer = Tokenizer::from_itos(&map(json!({"0": "a", "2": "b"})), "meta.pkl").unwrap();
    assert_eq!(tokenizer.source(), "characters of meta.pkl");
    assert_eq!(tokenizer.vocab_size(), 3);
    assert_eq!(tokenizer.encode("ba").unwrap(), [2, 0]);
}

#[test]
fn bad_lists_are_refused_with_what_was_found() {
    let said = |result: Result<Tokenizer, Error>| result.unwrap_err().to_string();
    for (bad, found) in [
        (json!({}), "empty"),
        (json!({"a": -1}), "'a' has -1"),
        (json!({"a": 4_294_967_296_u64}), "4294967296"),
        (json!({"a\u{1b}": [1]}), "'a\\u{1b}' has [1]"),
    ] {
        let said = said(Tokenizer::from_characters(&map(bad), "meta.pkl"));
        assert!(said.contains(found) && said.contains("meta.pkl"), "{said}");
    }
    for bad in [json!({"a": "b"}), json!({"0": 1}), json!({"-1": "a"})] {
        let said = said(Tokenizer::from_itos(&map(bad), "meta.pkl"));
        assert!(said.contains("expected an id with its text"), "{said}");
    }
    // The largest id costs nothing.
    let huge = Tokenizer::from_characters(&map(json!({"a": u32::MAX})), "x").unwrap();
    assert_eq!(huge.vocab_size(), 1 << 32);
}

#[test]
fn ids_that_the_model_does_not_have_are_named() {
    let tokenizer = Tokenizer::gpt2().unwrap();
    let ids = tokenizer.encode("The cat").unwrap();
    tokenizer.check_fits(&ids, 50257).unwrap();
    let said = tokenizer.check_fits(&ids, 1000).unwrap_err().to_string();
    for part in [
        "'·cat'",
        "3797",
        "1000",
        "50257",
        "GPT-2 BPE (built in)",
        "--tokenizer PATH",
        "token 2",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    tokenizer.check_fits(&[], 0).unwrap();
}

proptest! {
    #[test]
    fn characters_come_back(text in "\\PC{1,40}[\n\t ]{0,3}") {
        let tokenizer = characters(&text);
        let ids = tokenizer.encode(&text).unwrap();
        prop_assert_eq!(ids.len(), text.chars().count());
        prop_assert_eq!(tokenizer.decode(&ids), text);
    }

    #[test]
    fn any_list_takes_or_refuses_any_text(entries in prop::collection::vec(".{0,4}", 1..20), text in ".{0,40}") {
        let map = entries.iter().enumerate().map(|(id, entry)| (entry.clone(), json!(id))).collect();
        let tokenizer = Tokenizer::from_characters(&map, "a list").unwrap();
        match tokenizer.encode(&text) {
            Ok(ids) => prop_assert!(ids.iter().all(|&id| tokenizer.token_bytes(id).is_some())),
            Err(error) => prop_assert!(!error.to_string().contains(char::is_control)),
        }
    }
}
