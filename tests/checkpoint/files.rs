//! Files and folders: what opens, and the sentence that each of the others gets.

use headlight::checkpoint::{Checkpoint, Dtype, Error, Format};

use crate::writer::{file, safetensors, six, small_safetensors, torch_zip, weights};

fn refused(path: &std::path::Path) -> String {
    Checkpoint::open(path).unwrap_err().to_string()
}

fn torch() -> Vec<u8> {
    torch_zip(&weights(), &[("0", six(1.0)), ("1", six(7.0))])
}

#[test]
fn a_file_is_known_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "model.pt", &small_safetensors());
    let checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!(checkpoint.format(), Format::Safetensors);
    assert_eq!(checkpoint.tensors()["b"].dtype, Dtype::F16);
    assert_eq!(checkpoint.read_f32("b").unwrap(), [1.5]);
    assert_eq!(checkpoint.read_bytes("a").unwrap(), six(1.0));
    assert_eq!(checkpoint.config().unwrap()["n_head"], 2);
    // "c" is another name for "a".
    assert_eq!(checkpoint.read_bytes("c").unwrap(), six(1.0));
    assert_eq!(checkpoint.extra().keys().collect::<Vec<_>>(), ["format"]);

    let path = file(folder.path(), "weights.safetensors", &torch());
    assert_eq!(
        Checkpoint::open(&path).unwrap().format(),
        Format::PyTorchZip
    );
}

#[test]
fn bytes_in_memory_open_like_a_file() {
    let bytes: &'static [u8] = Vec::leak(small_safetensors());
    let checkpoint = Checkpoint::from_bytes("demo", bytes).unwrap();
    assert_eq!(
        (checkpoint.name().as_str(), checkpoint.folder()),
        ("demo", None)
    );
    assert_eq!(checkpoint.read_bytes("a").unwrap(), six(1.0));
    assert_eq!(checkpoint.bytes_on_disk(), bytes.len() as u64);
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "demo.safetensors", bytes);
    assert_eq!(
        Checkpoint::open(&path).unwrap().sha256().unwrap(),
        checkpoint.sha256().unwrap()
    );
    assert!(Checkpoint::from_bytes("cut", &bytes[..bytes.len() - 1]).is_err());
}

#[test]
fn what_is_no_checkpoint_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (bytes, what) in [
        (b"".as_slice(), "an empty file"),
        (
            b"epoch 1: loss 3.2\n",
            "text that begins with 'epoch 1: loss 3.2'",
        ),
        (b"  <!DOCTYPE html>\n<html>", "an HTML page"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:12",
            "a Git LFS pointer",
        ),
        (b"{\"model_type\": \"gpt2\"}", "JSON text"),
        (b"\x1f\x8b\x08\x00", "gzip-compressed data"),
        (
            b"\x00\x01\x02\xff\xfe",
            "data of an unknown kind (first bytes 00 01 02 ff fe)",
        ),
        (b"\x1b[2Jboo", "data of an unknown kind"),
        ("naïve".as_bytes(), "text that begins with 'naïve'"),
    ] {
        let error = refused(&file(at, "model.pt", bytes));
        assert!(
            error.contains("is not a checkpoint") && error.contains(what),
            "{error}"
        );
        assert!(!error.contains(char::is_control), "{error:?}");
    }
    let error = refused(&at.join("nowhere.pt"));
    assert!(
        error.starts_with('\'') && error.ends_with("nowhere.pt' is not a file or folder."),
        "{error}"
    );
    let error = refused(&file(
        at,
        "pictures.npz",
        b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ));
    assert!(error.contains("data.pkl"), "{error}");
    #[cfg(unix)]
    assert!(
        refused(std::path::Path::new("/dev/null")).contains("neither a regular file nor a folder")
    );
}

#[test]
fn folders_hold_one_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(refused(at).contains("holds no checkpoint: it is empty"));
    file(at, "notes.txt", b"hello");
    assert!(refused(at).contains("it has 'notes.txt'"));
    // What a trainer leaves beside the model is not the model.
    file(at, "training_args.bin", &torch());
    file(at, "optimizer.pt", &torch());
    file(at, "meta.pkl", b"\x80\x04}\x94.");
    file(at, "ckpt.pt", &torch());
    let checkpoint = Checkpoint::open(at).unwrap();
    assert_eq!(checkpoint.read_f32("wte.weight").unwrap().len(), 6);
    assert_eq!(checkpoint.folder(), Some(at));
    file(at, "ckpt2.pt", &torch());
    let error = Checkpoint::open(at).unwrap_err();
    assert!(matches!(error, Error::SeveralCheckpoints { .. }));
    assert!(
        error
            .to_string()
            .contains("'ckpt.pt', 'ckpt2.pt'. Name the file to open."),
        "{error}"
    );
    // The Hugging Face name settles it.
    file(at, "model.safetensors", &small_safetensors());
    assert_eq!(Checkpoint::open(at).unwrap().format(), Format::Safetensors);
}

#[test]
fn a_config_beside_the_weights_is_read_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let path = file(at, "ckpt.pt", &torch());
    file(at, "config.json", b"{\"learning_rate\": 1}");
    assert!(Checkpoint::open(at).unwrap().config().is_some());
    // Beside a file that was named, only one that says what it describes.
    assert!(Checkpoint::open(&path).unwrap().config().is_none());
    file(at, "config.json", b"{\"model_type\": \"gpt2\"}");
    assert!(Checkpoint::open(&path).unwrap().config().is_some());

    file(at, "config.json", b"{\n  \"n_head\": ,\n}");
    let error = refused(at);
    assert!(
        error.contains("config.json' is not a usable model configuration")
            && error.contains("line 2 column"),
        "{error}"
    );
    file(at, "config.json", b"[1]");
    assert!(refused(at).contains("an array, but a JSON object is expected"));
    file(at, "config.json", &vec![b' '; 5 << 20]);
    assert!(refused(at).contains("larger than 4 MiB"));
}

#[test]
fn an_index_stays_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let index = |file_name: &str| {
        let text =
            serde_json::json!({"metadata": {"total_size": 26}, "weight_map": {"a": file_name}});
        file(
            at,
            "model.safetensors.index.json",
            text.to_string().as_bytes(),
        );
    };
    file(at, "part.safetensors", &small_safetensors());
    index("part.safetensors");
    let checkpoint = Checkpoint::open(at).unwrap();
    assert_eq!(checkpoint.format(), Format::ShardedSafetensors);
    assert_eq!(checkpoint.tensors().keys().collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(checkpoint.extra()["total_size"], 26);

    for outside in [
        "../part.safetensors",
        "/etc/passwd",
        "a/b",
        "..",
        ".",
        "",
        "a\\b",
        "./part.safetensors",
    ] {
        index(outside);
        let error = refused(at);
        assert!(
            error.contains("not a plain file name"),
            "{outside}: {error}"
        );
    }
    index("missing.safetensors");
    assert!(refused(at).contains("its shard 'missing.safetensors' is not there"));
    file(
        at,
        "other.safetensors",
        &safetensors(
            r#"{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
            &[1],
        ),
    );
    index("other.safetensors");
    assert!(
        refused(at)
            .contains("places the tensor 'a' in 'other.safetensors', which does not hold it")
    );
    file(at, "model.safetensors.index.json", b"{}");
    assert!(refused(at).contains("weight_map"));

    // Shards may be PyTorch files.
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "part.bin", &torch());
    let text = r#"{"weight_map": {"wte.weight": "part.bin", "h.0.weight": "part.bin"}}"#;
    file(
        folder.path(),
        "pytorch_model.bin.index.json",
        text.as_bytes(),
    );
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    assert_eq!(checkpoint.format(), Format::ShardedPyTorch);
    assert_eq!(checkpoint.read_f32("h.0.weight").unwrap()[0], 7.0);
}

#[test]
fn a_type_that_is_not_read_is_named_with_its_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let header = r#"{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"BOOL","shape":[2],"data_offsets":[2,4]}}"#;
    let path = file(
        folder.path(),
        "m.safetensors",
        &safetensors(header, &[0, 1, 0, 1]),
    );
    let checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!(checkpoint.read_f32("b").unwrap(), [0.0, 1.0]);
    let error = checkpoint.read_f32("a").unwrap_err().to_string();
    assert!(
        error.contains("'a'") && error.contains("type F8_E4M3"),
        "{error}"
    );
}

#[test]
fn names_in_the_hugging_face_cache_are_short() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder
        .path()
        .join("models--openai--gpt2/snapshots/0123abcd");
    std::fs::create_dir_all(&at).unwrap();
    let path = file(&at, "model.safetensors", &small_safetensors());
    assert_eq!(Checkpoint::open(&at).unwrap().name(), "openai/gpt2");
    assert_eq!(Checkpoint::open(&path).unwrap().name(), "openai/gpt2");
}
