//! What training scripts save beside the weights, and how the model is told from it.

use headlight::checkpoint::{Checkpoint, Error, Format, read_pickle_value};

use crate::writer::{
    Py, file, named_zip, pickle, raw_zip, six, torch_tar, torch_zip, weights, with_zip64,
};

fn six_values(first: f32) -> Vec<f32> {
    (0..6).map(|i| first + i as f32).collect()
}

#[test]
fn an_optimizer_costs_nothing_and_may_be_broken() {
    let folder = tempfile::tempdir().unwrap();
    let moments = |key| {
        Py::Dict(vec![(
            "state",
            Py::Dict(vec![(
                "0",
                Py::Tensor(key, 400_000_000, vec![20_000, 20_000]),
            )]),
        )])
    };
    for (what, storages) in [
        // 1.6 GB of moments that are not there, and ones of which only some bytes are.
        ("missing", vec![("0", six(1.0)), ("1", six(7.0))]),
        (
            "short",
            vec![("0", six(1.0)), ("1", six(7.0)), ("9", vec![1, 2, 3])],
        ),
    ] {
        let root = Py::Dict(vec![
            ("optimizer_state_dict", moments("9")),
            ("model_state_dict", weights()),
            ("config", Py::Dict(vec![("number_of_heads", Py::Int(2))])),
        ]);
        let path = file(folder.path(), what, &torch_zip(&root, &storages));
        let checkpoint = Checkpoint::open(&path).unwrap();
        assert_eq!(
            checkpoint.tensors().keys().collect::<Vec<_>>(),
            ["h.0.weight", "wte.weight"],
            "{what}"
        );
        assert_eq!(checkpoint.read_f32("wte.weight").unwrap(), six_values(1.0));
        assert_eq!(checkpoint.read_f32("h.0.weight").unwrap(), six_values(7.0));
        assert!(checkpoint.extra().is_empty(), "{:?}", checkpoint.extra());
    }
}

#[test]
fn a_corrupt_storage_is_an_error_of_its_tensor_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = torch_zip(&weights(), &[("0", six(1.0)), ("1", six(7.0))]);
    // The first float of storage "1": the archive's checksum no longer agrees.
    let at = bytes
        .windows(24)
        .position(|window| window == six(7.0))
        .unwrap();
    bytes[at] ^= 1;
    let path = file(folder.path(), "ckpt.pt", &bytes);
    let checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!(checkpoint.read_f32("wte.weight").unwrap(), six_values(1.0));
    let error = checkpoint.read_f32("h.0.weight").unwrap_err().to_string();
    assert!(
        error.contains("'h.0.weight'") && error.contains("checksum"),
        "{error}"
    );
    let error = checkpoint.read_f32("nope").unwrap_err().to_string();
    assert!(
        error.starts_with("There is no tensor 'nope' in "),
        "{error}"
    );
}

#[test]
fn a_view_cannot_declare_more_than_the_file_could_hold() {
    let folder = tempfile::tempdir().unwrap();
    // One element, expanded to 2^30 by strides of zero.
    let mut data = pickle(&Py::Dict(vec![(
        "a.weight",
        Py::Tensor("0", 1, vec![1, 1]),
    )]));
    let strides = [
        b"t(J".as_slice(),
        &1u32.to_le_bytes(),
        b"J",
        &1u32.to_le_bytes(),
    ]
    .concat();
    let at = data
        .windows(strides.len())
        .position(|w| w == strides)
        .unwrap();
    for (from, value) in [
        (at + 3, 0u32),
        (at + 8, 0),
        (at - 9, 1 << 15),
        (at - 4, 1 << 15),
    ] {
        data[from..from + 4].copy_from_slice(&value.to_le_bytes());
    }
    let path = file(
        folder.path(),
        "ckpt.pt",
        &raw_zip(&data, &[("0", vec![0; 4])]),
    );
    let checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!(checkpoint.tensors()["a.weight"].shape, [1 << 15, 1 << 15]);
    let error = checkpoint.read_f32("a.weight").unwrap_err().to_string();
    assert!(error.contains("far more than the file holds"), "{error}");
}

#[test]
fn configurations_are_read_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let root = Py::Dict(vec![
        ("model", weights()),
        (
            "config",
            Py::Object(
                "__main__\nGPTConfig",
                vec![
                    ("n_head", Py::Int(12)),
                    ("dropout", Py::Float(0.1)),
                    ("dtype", Py::Class("torch\nbfloat16")),
                    ("act", Py::Class("torch.nn.modules.activation\nGELU")),
                ],
            ),
        ),
        ("step", Py::Int(5)),
        ("tokenizer", Py::Str("char")),
    ]);
    let path = file(
        folder.path(),
        "ckpt.pt",
        &torch_zip(&root, &[("0", six(1.0)), ("1", six(7.0))]),
    );
    let checkpoint = Checkpoint::open(&path).unwrap();
    let expected = serde_json::json!({"n_head": 12, "dropout": 0.1, "dtype": "bfloat16"});
    assert_eq!(checkpoint.config(), Some(&expected));
    assert_eq!(checkpoint.extra()["step"], 5);
    assert_eq!(checkpoint.extra()["tokenizer"], "char");
    assert_eq!(
        checkpoint.notes(),
        [
            "The value 'config.act' is an object of type 'torch.nn.modules.activation.GELU' and is left out."
        ]
    );
}

#[test]
fn wrappers_prefixes_are_taken_off_where_all_names_have_them() {
    let folder = tempfile::tempdir().unwrap();
    let tensor = |key| Py::Tensor(key, 6, vec![2, 3]);
    let storages = [("0", six(1.0)), ("1", six(7.0))];
    for (a, b, names) in [
        (
            "_orig_mod.wte.weight",
            "_orig_mod.h.weight",
            ["h.weight", "wte.weight"],
        ),
        (
            "module._orig_mod.a.weight",
            "module._orig_mod.b.weight",
            ["a.weight", "b.weight"],
        ),
        (
            "module.a.weight",
            "b.weight",
            ["b.weight", "module.a.weight"],
        ),
    ] {
        let root = Py::Dict(vec![(
            "model",
            Py::Dict(vec![(a, tensor("0")), (b, tensor("1"))]),
        )]);
        let path = file(folder.path(), "ckpt.pt", &torch_zip(&root, &storages));
        let checkpoint = Checkpoint::open(&path).unwrap();
        assert_eq!(checkpoint.tensors().keys().collect::<Vec<_>>(), names);
        assert_eq!(checkpoint.read_f32(names[0]).unwrap().len(), 6);
    }
}

#[test]
fn the_oldest_layout_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let whole = torch_tar();
    let checkpoint = Checkpoint::open(&file(folder.path(), "old.pth", &whole)).unwrap();
    assert_eq!(checkpoint.format(), Format::PyTorchTar);
    assert_eq!(checkpoint.tensors()["wte.weight"].shape, [2, 3]);
    assert_eq!(checkpoint.read_f32("wte.weight").unwrap(), six_values(1.0));
    assert_eq!(checkpoint.config().unwrap()["n_head"], 2);
    for length in (0..whole.len()).step_by(7) {
        let path = file(folder.path(), "cut.pth", &whole[..length]);
        if let Ok(checkpoint) = Checkpoint::open(&path) {
            assert_eq!(checkpoint.read_f32("wte.weight").unwrap(), six_values(1.0));
        }
    }
}

#[test]
fn two_models_and_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let storages = [("0", six(1.0)), ("1", six(7.0))];
    let root = Py::Dict(vec![("generator", weights()), ("discriminator", weights())]);
    let path = file(folder.path(), "gan.pt", &torch_zip(&root, &storages));
    let error = Checkpoint::open(&path).unwrap_err();
    assert!(matches!(error, Error::Ambiguous { .. }), "{error}");
    assert!(
        error.to_string().contains("'generator', 'discriminator'"),
        "{error}"
    );

    let root = Py::Dict(vec![("epoch", Py::Int(3)), ("optimizer", weights())]);
    let path = file(folder.path(), "optimizer.pt", &torch_zip(&root, &storages));
    let error = Checkpoint::open(&path).unwrap_err().to_string();
    assert!(
        error.contains("without any model tensor") && error.contains("'epoch'"),
        "{error}"
    );

    let path = file(folder.path(), "list.pt", &torch_zip(&Py::Str("hello"), &[]));
    assert!(Checkpoint::open(&path).is_err());
}

#[test]
fn a_vocabulary_pickle_is_json() {
    let folder = tempfile::tempdir().unwrap();
    // pickle.dumps({'vocab_size': 2, 'itos': {0: '\n', 1: 'a'}, 'stoi': {'\n': 0, 'a': 1}}, 4)
    let bytes = b"\x80\x04\x95?\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\nvocab_size\x94K\x02\x8c\x04itos\x94}\x94(K\x00\x8c\x01\n\x94K\x01\x8c\x01a\x94u\x8c\x04stoi\x94}\x94(h\x04K\x00h\x05K\x01uu.";
    let path = file(folder.path(), "meta.pkl", bytes);
    let expected = serde_json::json!({
        "vocab_size": 2, "itos": {"0": "\n", "1": "a"}, "stoi": {"\n": 0, "a": 1},
    });
    assert_eq!(read_pickle_value(&path).unwrap(), expected);
    // It is no checkpoint, and says what it is.
    let error = Checkpoint::open(&path).unwrap_err().to_string();
    assert!(
        error.contains("Python pickle file without any model tensor") && error.contains("'stoi'"),
        "{error}"
    );

    let path = file(folder.path(), "cut.pkl", &bytes[..40]);
    let error = read_pickle_value(&path).unwrap_err().to_string();
    assert!(error.contains("cut off"), "{error}");
}

#[test]
fn a_whole_archive_opens_whatever_the_lengths_of_its_names() {
    let folder = tempfile::tempdir().unwrap();
    for length in 1..=120 {
        let root: String = "epoch=9-val_loss=3.10 "
            .chars()
            .cycle()
            .take(length)
            .collect();
        for spare in [0, 30, length] {
            let mut state = vec![("model", weights())];
            let note = "x".repeat(spare).leak();
            state.push(("note", Py::Str(note)));
            let storages = [("0", six(1.0)), ("1", six(7.0))];
            let plain = named_zip(&root, &pickle(&Py::Dict(state)), &storages);
            for (what, bytes) in [("plain", plain.clone()), ("zip64", with_zip64(plain))] {
                let path = file(folder.path(), "best.ckpt", &bytes);
                let checkpoint = Checkpoint::open(&path);
                let checkpoint =
                    checkpoint.unwrap_or_else(|error| panic!("{length} {what}: {error}"));
                assert_eq!(checkpoint.read_f32("wte.weight").unwrap(), six_values(1.0));
                assert_eq!(checkpoint.read_f32("h.0.weight").unwrap(), six_values(7.0));
            }
        }
    }
}

#[test]
fn a_compressed_archive_opens_and_one_that_unpacks_to_too_much_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let deflated = |pickle: &[u8], storage: &[u8]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        for (name, bytes) in [
            ("data.pkl", pickle),
            ("data/0", storage),
            ("data/1", storage),
        ] {
            zip.start_file(format!("m/{name}"), options).unwrap();
            std::io::Write::write_all(&mut zip, bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let sound = deflated(&pickle(&weights()), &six(1.0));
    let path = file(folder.path(), "small.pt", &sound);
    let checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!(checkpoint.read_f32("wte.weight").unwrap(), six_values(1.0));

    // One value, put into the memo a hundred million times; as many marks; as many small texts.
    for part in [b"\x94".as_slice(), b"(", b"X\x01\0\0\0a"] {
        let mut bomb = b"\x80\x04N".to_vec();
        bomb.extend(part.repeat((16 << 20) / part.len()));
        bomb.push(b'.');
        let path = file(folder.path(), "bomb.pt", &deflated(&bomb, &six(1.0)));
        let error = Checkpoint::open(&path).unwrap_err().to_string();
        assert!(error.contains("far more than the file holds"), "{error}");
    }
}
