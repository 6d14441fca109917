//! SentencePiece vocabularies in their own file and in llama2.c's.

use std::fs;

use headlight::token::{EncodeOptions, Tokenizer};
use tempfile::tempdir;

use crate::common::shared;

const AS_CONFIGURED: EncodeOptions = EncodeOptions {
    bos: None,
    special: false,
};

/// A field of a protocol buffer with a length.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        field.push(length as u8 | 0x80);
        length >>= 7;
    }
    field.push(length as u8);
    [field, bytes.to_vec()].concat()
}

fn piece(text: &str, score: f32, kind: u8) -> Vec<u8> {
    let piece = [
        field(1, text.as_bytes()),
        vec![5 << 3 >> 1 | 1],
        score.to_le_bytes().to_vec(),
    ];
    let mut piece = piece.concat();
    if kind != 1 {
        piece.extend([3 << 3, kind]);
    }
    field(1, &piece)
}

/// A `tokenizer.model` of these pieces; `spec` is the trainer's and the normalizer's part.
fn model(pieces: &[(&str, f32, u8)], spec: &[Vec<u8>]) -> Vec<u8> {
    let pieces: Vec<u8> = pieces
        .iter()
        .flat_map(|(text, score, kind)| piece(text, *score, *kind))
        .collect();
    [pieces, spec.concat()].concat()
}

const BPE: [u8; 2] = [3 << 3, 2];
/// Spaces are not collapsed.
const AS_LLAMA: [u8; 2] = [4 << 3, 0];

const PIECES: &[(&str, f32, u8)] = &[
    ("<unk>", 0.0, 2),
    ("<s>", 0.0, 3),
    ("</s>", 0.0, 3),
    ("<0xC3>", 0.0, 6),
    ("<0xA4>", 0.0, 6),
    ("ab", -1.0, 1),
    ("bc", -0.5, 1),
    ("▁a", -2.0, 1),
    ("▁", -9.0, 1),
    ("a", -9.0, 1),
    ("b", -9.0, 1),
    ("c", -9.0, 1),
];

fn open(bytes: &[u8]) -> Result<Tokenizer, String> {
    let folder = tempdir().unwrap();
    let path = folder.path().join("tokenizer.model");
    fs::write(&path, bytes).unwrap();
    Tokenizer::from_path(&path).map_err(|error| error.to_string())
}

fn labels(tokenizer: &Tokenizer, text: &str) -> String {
    let ids = tokenizer.encode_with(text, AS_CONFIGURED).unwrap().ids;
    let labels = ids.iter().map(|&id| tokenizer.label(id).text().to_owned());
    labels.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_best_score_is_merged_first() {
    let llama = open(&model(PIECES, &[field(2, &BPE), field(3, &AS_LLAMA)])).unwrap();
    assert_eq!(llama.source(), "tokenizer.model");
    assert_eq!(llama.vocab_size(), 12);
    assert_eq!(labels(&llama, "abc"), "⟨s⟩ ·a bc");
    assert_eq!(labels(&llama, "ab"), "⟨s⟩ · ab");
    assert_eq!(labels(&llama, "a  b"), "⟨s⟩ ·a · · b");
    assert_eq!(labels(&llama, "bä"), "⟨s⟩ · b <C3> <A4>");
    assert_eq!(labels(&llama, "b<s>"), "⟨s⟩ · b ⟨unk⟩");
    assert_eq!(llama.encode("").unwrap(), [0_u32; 0]);
    for text in ["abc", " a", "a  b", "bä"] {
        assert_eq!(llama.decode(&llama.encode(text).unwrap()), text);
    }
    // SentencePiece's own defaults.
    let defaults = open(&model(PIECES, &[field(2, &BPE)])).unwrap();
    assert_eq!(labels(&defaults, "  a  b "), "⟨s⟩ ·a · b");
    let bare = open(&model(PIECES, &[field(2, &BPE), field(3, &[3 << 3, 0])])).unwrap();
    assert_eq!(labels(&bare, "abc"), "⟨s⟩ a bc");
    // 41: bos_id, -1.
    let none = [&BPE[..], &[0xC8, 2], &[0xFF; 9], &[1]].concat();
    assert_eq!(
        open(&model(PIECES, &[field(2, &none)])).unwrap().bos(),
        None
    );
}

#[test]
fn the_configuration_beside_it_may_leave_the_begin_out() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    fs::write(
        path.join("tokenizer.model"),
        model(PIECES, &[field(2, &BPE)]),
    )
    .unwrap();
    let put = Tokenizer::beside(path).unwrap().unwrap();
    assert!(put.bos().unwrap().by_default);
    fs::write(
        path.join("tokenizer_config.json"),
        "{\"add_bos_token\": false}",
    )
    .unwrap();
    let left_out = Tokenizer::beside(path).unwrap().unwrap();
    assert!(!left_out.bos().unwrap().by_default);
    assert_eq!(left_out.assumed(), None);
}

#[test]
fn what_is_not_understood_is_refused() {
    let refused = |spec: &[Vec<u8>], said: &str| {
        let error = open(&model(PIECES, spec)).unwrap_err();
        assert!(
            error.contains(said) && error.contains("tokenizer.json"),
            "{error}"
        );
    };
    refused(&[], "unigram");
    refused(&[field(2, &[3 << 3, 4])], "type is 4");
    refused(&[field(2, &BPE), field(3, &field(2, b"map"))], "normalizer");
    refused(&[field(2, &BPE), field(3, &[5 << 3, 0])], "normalizer");
    let kind = open(&model(&[("a", 0.0, 9)], &[field(2, &BPE)])).unwrap_err();
    assert!(kind.contains("cut off"), "{kind}");
}

#[test]
fn changed_files_never_panic() {
    let whole = model(PIECES, &[field(2, &BPE), field(3, &AS_LLAMA)]);
    for at in 0..whole.len() {
        for with in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut changed = whole.clone();
            changed[at] = with;
            for bytes in [&changed[..], &changed[..at]] {
                match open(bytes) {
                    Ok(tokenizer) => {
                        let _ = tokenizer.encode("ab c<s>ä");
                        let _ = tokenizer.decode(&[0, 3, 7, u32::MAX]);
                    }
                    Err(error) => assert!(!error.contains(char::is_control), "{error}"),
                }
            }
        }
    }
}

/// llama2.c's form of the same pieces.
fn llama2c(pieces: &[(&str, f32, u8)]) -> Vec<u8> {
    let longest = pieces.iter().map(|piece| piece.0.len()).max().unwrap() as u32;
    let mut bytes = longest.to_le_bytes().to_vec();
    for (text, score, _) in pieces {
        let text = match *text {
            "<s>" => "\n<s>\n".to_owned(),
            "</s>" => "\n</s>\n".to_owned(),
            text => text.replace('▁', " "),
        };
        bytes.extend(score.to_le_bytes());
        bytes.extend((text.len() as i32).to_le_bytes());
        bytes.extend(text.bytes());
    }
    bytes
}

#[test]
fn llama2c_files_are_known_by_their_content_and_size() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("tokenizer.bin"), "something else").unwrap();
    assert!(Tokenizer::llama2c_beside(path, 12).unwrap().is_none());
    fs::write(path.join("tok12.bin"), llama2c(PIECES)).unwrap();
    let found = Tokenizer::llama2c_beside(path, 12).unwrap().unwrap();
    assert_eq!(found.source(), "tok12.bin");
    assert!(Tokenizer::llama2c_beside(path, 11).unwrap().is_none());
    let named = Tokenizer::from_path(&path.join("tok12.bin")).unwrap();
    for tokenizer in [found, named] {
        assert_eq!(labels(&tokenizer, "abc ä"), "⟨s⟩ ·a bc · <C3> <A4>");
        assert_eq!(
            tokenizer.decode(&tokenizer.encode("abc ä").unwrap()),
            "abc ä"
        );
    }
    let whole = llama2c(PIECES);
    for end in 0..whole.len() {
        assert!(
            open(&whole[..end]).is_err() || whole[..end].len() > 40,
            "{end}"
        );
    }
}

#[test]
#[ignore = "reads ../shared"]
fn stories260k_has_one_vocabulary_in_three_forms() {
    let folder = shared("models/stories260k");
    // The file of that name is of another program; the other one is llama2.c's.
    let own = Tokenizer::llama2c_beside(&folder, 512).unwrap().unwrap();
    assert_eq!(own.source(), "tok512.bin");
    assert!(own.bos().unwrap().by_default);
    let json = Tokenizer::beside(&folder.join("derived_hf"))
        .unwrap()
        .unwrap();
    let expected =
        fs::read_to_string(folder.join("llama2c_test_all.expected_stdout.py.txt")).unwrap();
    for line in expected
        .lines()
        .chain(["", " ", "  two  spaces ", "ä\u{1F9FF}", "tab\tand\r"])
    {
        let found = own.encode(line).unwrap();
        assert_eq!(found, json.encode(line).unwrap(), "{line:?}");
        assert_eq!(own.decode(&found), line);
    }
    for id in 0..512 {
        assert_eq!(own.token_bytes(id), json.token_bytes(id), "{id}");
        assert_eq!(own.label(id), json.label(id), "{id}");
    }
}
