//! JSON, safetensors and npz, read back by other readers.

use std::io::{Cursor, Read};
use std::sync::Arc;

use headlight::capture::{Capture, Head, Key, Layer, Query};
use headlight::export::{ExportError, Format, Request, attention_bytes, export};
use headlight::lens::{Measure, Repeats, numbers};
use safetensors::{Dtype, SafeTensors};

use crate::fixture::{break_row, capture, words};
use crate::schema::assert_fits;

fn bytes(capture: &Capture, request: &Request, format: Format) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    export(capture, request, format, &mut out).unwrap();
    out.into_inner()
}

/// A run with a window, chosen layers and heads in an order of their own, and logits.
fn chosen() -> (Capture, Request) {
    let mut capture = capture(&words(70), 3, 4, Some(40));
    capture.shape.vocabulary = 5;
    capture.logits = Some(Arc::new((0..350).map(|i| i as f32 / 7.0).collect()));
    let request = Request {
        layers: vec![Layer(2), Layer(0)],
        heads: vec![Head(3), Head(1), Head(0)],
        ..Request::default()
    };
    (capture, request)
}

/// The weights that `attention` must hold, 0 where masked.
fn expected(capture: &Capture, request: &Request) -> Vec<f32> {
    let n = capture.len();
    let mut all = Vec::new();
    for layer in &request.layers {
        for &head in &request.heads {
            for i in 0..n * n {
                let record = &capture.layers[layer.0];
                let weight = record.weight(head, Query(i / n), Key(i % n));
                all.push(weight.unwrap_or(0.0));
            }
        }
    }
    all
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let numbers = bytes.as_chunks::<4>().0.iter();
    numbers.map(|b| f32::from_le_bytes(*b)).collect()
}

#[test]
fn safetensors_reads_back() {
    let (capture, request) = chosen();
    let bytes = bytes(&capture, &request, Format::Safetensors);
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let attention = tensors.tensor("attention").unwrap();
    assert_eq!(attention.shape(), [2, 3, 70, 70]);
    assert_eq!(attention.dtype(), Dtype::F32);
    assert_eq!(floats(attention.data()), expected(&capture, &request));
    let size = attention_bytes(&capture, &request).unwrap();
    assert_eq!(attention.data().len() as u64, size);
    let ids = tensors.tensor("input_ids").unwrap();
    assert_eq!((ids.shape(), ids.dtype()), (&[70][..], Dtype::I64));
    let first = i64::from_le_bytes(ids.data()[..8].try_into().unwrap());
    assert_eq!(first, i64::from(capture.tokens[0].id));
    let logits = tensors.tensor("logits").unwrap();
    assert_eq!(logits.shape(), [70, 5]);
    assert_eq!(floats(logits.data()), **capture.logits.as_ref().unwrap());

    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().as_ref().unwrap();
    assert_eq!(metadata["text"], capture.text);
    assert_eq!(metadata["made_by"], "headlight 0.1.0");
    let recipe: serde_json::Value = serde_json::from_str(&metadata["recipe"]).unwrap();
    assert_eq!(recipe["sha256"], "00ff");
    assert_eq!(recipe["layers"], serde_json::json!([2, 0]));
    assert_eq!(recipe["heads"], serde_json::json!([3, 1, 0]));
    let tokens: Vec<String> = serde_json::from_str(&metadata["tokens"]).unwrap();
    assert_eq!((tokens.len(), tokens[1].as_str()), (70, "·cat"));
}

/// One entry of an npz: its dtype, its shape as Python writes it, and its data.
fn entry(bytes: &[u8], name: &str) -> (String, String, Vec<u8>) {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut entry = zip.by_name(&format!("{name}.npy")).unwrap();
    let mut npy = Vec::new();
    entry.read_to_end(&mut npy).unwrap();
    assert_eq!(&npy[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([npy[8], npy[9]]));
    assert_eq!((10 + length) % 64, 0);
    let header = String::from_utf8(npy[10..10 + length].to_vec()).unwrap();
    assert!(header.ends_with('\n') && header.contains("'fortran_order': False"));
    let between = |from: &str, to: &str| {
        let rest = header.split_once(from).unwrap().1;
        rest.split_once(to).unwrap().0.to_owned()
    };
    let found = (between("'descr': '", "'"), between("'shape': (", ")"));
    (found.0, found.1, npy[10 + length..].to_vec())
}

#[test]
fn npz_reads_back() {
    let (capture, request) = chosen();
    let bytes = bytes(&capture, &request, Format::Npz);
    let (dtype, shape, data) = entry(&bytes, "attention");
    assert_eq!((dtype.as_str(), shape.as_str()), ("<f4", "2, 3, 70, 70, "));
    assert_eq!(floats(&data), expected(&capture, &request));
    let (dtype, shape, data) = entry(&bytes, "input_ids");
    assert_eq!(
        (dtype.as_str(), shape.as_str(), data.len()),
        ("<i8", "70, ", 560)
    );
    let (_, shape, data) = entry(&bytes, "logits");
    assert_eq!(shape, "70, 5, ");
    assert_eq!(floats(&data), **capture.logits.as_ref().unwrap());
    let (dtype, shape, data) = entry(&bytes, "text");
    assert_eq!(
        (dtype, shape.as_str()),
        (format!("<U{}", data.len() / 4), "")
    );
    let units = data.as_chunks::<4>().0.iter();
    let text: String = units
        .map(|c| char::from_u32(u32::from_le_bytes(*c)).unwrap())
        .collect();
    assert_eq!(text, capture.text);
    assert_eq!(entry(&bytes, "tokens").1, "70, ");
    assert!(entry(&bytes, "recipe").0.starts_with("<U"));
}

#[test]
fn json_holds_everything_once() {
    let (capture, request) = chosen();
    let text = bytes(&capture, &request, Format::Json);
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_fits(&json, "chosen heads");
    assert_eq!(json["text"], capture.text);
    assert_eq!(json["recipe"]["family"], "gpt2");
    assert_eq!(json["scale"], "raw");
    assert_eq!(json["shape"]["heads"], 4);
    assert_eq!(json["tokens"][1]["label"], "·cat");
    assert_eq!(json["tokens"][1]["text"], " cat");
    assert_eq!(json["input_ids"][1], capture.tokens[1].id);
    assert_eq!(json["flow"].as_array().unwrap().len(), 3);
    assert_eq!(json["warnings"], serde_json::json!([]));
    assert_eq!(json["predictions"][3][0]["probability"], 0.75);
    assert_eq!(json["attention"][0]["layer"], 2);
    assert_eq!(json["attention"][0]["heads"][1]["head"], 1);
    let numbers = numbers(&capture.layers[2], Head(1), &Repeats::of(&capture));
    let found = json["attention"][0]["heads"][1]["numbers"]["entropy"].as_f64();
    assert!((found.unwrap() - Measure::Entropy.of(&numbers).unwrap()).abs() < 1e-12);
    let layers = json["attention"].as_array().unwrap().iter();
    let weights: Vec<f32> = layers
        .flat_map(|layer| layer["heads"].as_array().unwrap())
        .flat_map(|head| head["weights"].as_array().unwrap())
        .flat_map(|row| row.as_array().unwrap())
        .map(|weight| weight.as_f64().unwrap() as f32)
        .collect();
    assert_eq!(weights, expected(&capture, &request));
}

#[test]
fn json_tells_where_weights_are_no_numbers() {
    let mut capture = capture(&words(6), 2, 2, None);
    Arc::make_mut(&mut capture.origin).warnings = vec!["The text was cut.".into()];
    break_row(&mut capture, 1, 0, 3);
    let text = bytes(&capture, &Request::all(&capture), Format::Json);
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_fits(&json, "weights that are no numbers");
    let row = &json["attention"][1]["heads"][0]["weights"][3];
    assert_eq!(*row, serde_json::json!([null, null, null, null, 0.0, 0.0]));
    let warnings = json["warnings"].as_array().unwrap();
    assert_eq!(warnings[0], "The text was cut.");
    let said =
        "4 weights are not finite and are null here; the first is in layer 1, head 0, query 3";
    assert_eq!(warnings[1], said);
}

#[test]
fn what_is_not_there_is_refused_before_a_byte() {
    let capture = capture(&words(4), 2, 3, None);
    let ask = |layers: &[usize], heads: &[usize]| Request {
        layers: layers.iter().copied().map(Layer).collect(),
        heads: heads.iter().copied().map(Head).collect(),
        ..Request::default()
    };
    for format in Format::ALL {
        for request in [
            ask(&[0, 2], &[0]),
            ask(&[1], &[0, 3]),
            ask(&[], &[0]),
            ask(&[0], &[]),
        ] {
            let mut out = Cursor::new(Vec::new());
            assert!(export(&capture, &request, format, &mut out).is_err());
            assert!(out.into_inner().is_empty());
        }
        assert_eq!(format.name().parse::<Format>().unwrap(), format);
    }
    let error = "c\x1bv".parse::<Format>().unwrap_err();
    assert!(matches!(error, ExportError::NoFormat { .. }));
    let said = "there is no format 'c\\u{1b}v': the formats are json, csv, safetensors, npz, png, svg, text, ansi";
    assert_eq!(error.to_string(), said);
}
