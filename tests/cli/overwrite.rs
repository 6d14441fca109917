//! Nothing is written over what is read, by whatever way it is reached.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{headlight, refused, stderr};

/// The demo's weights.
fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/demo.safetensors")
}

/// A folder with the demo in it and files of every other kind that is read.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::copy(demo(), at("ckpt.safetensors")).unwrap();
    fs::write(at("text.txt"), "The cat sat.").unwrap();
    fs::create_dir(at("hf")).unwrap();
    for name in [
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "vocab.json",
        "merges.txt",
        "tokenizer.model",
        "tokenizer.bin",
        "tok512.bin",
        "meta.pkl",
        "model-1.safetensors",
        "model-2.safetensors",
        "notes.txt",
    ] {
        fs::write(at("hf").join(name), name).unwrap();
    }
    let index = r#"{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}"#;
    fs::write(at("hf/model.safetensors.index.json"), index).unwrap();
    folder
}

/// Every file of a folder and of those in it, and what it holds.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(contents(&path)),
            false => all.push((path.clone(), fs::read(path).unwrap())),
        }
    }
    all.sort();
    all
}

/// Fails for usage, names the output and leaves every file as it was.
fn refuses(folder: &Path, arguments: &[&str], said: &[&str]) {
    let before = contents(folder);
    refused(arguments, 2, said);
    assert!(contents(folder) == before, "{arguments:?} changed a file");
}

#[test]
fn an_output_that_is_an_input_is_refused_however_it_is_reached() {
    let folder = folder();
    let root = folder.path();
    let at = |name: &str| root.join(name).to_str().unwrap().to_owned();
    symlink(at("ckpt.safetensors"), at("link")).unwrap();
    symlink(at("link"), at("link of a link")).unwrap();
    fs::hard_link(at("ckpt.safetensors"), at("other name")).unwrap();
    symlink(at("hf"), at("folder")).unwrap();
    fs::write(at("reference.safetensors"), "").unwrap();
    let saved = headlight(&["capture", &at("ckpt.safetensors"), "--output", &at("run")]);
    assert!(saved.status.success(), "{}", stderr(&saved));

    let checkpoint = at("ckpt.safetensors");
    let roundabout = at("hf/../ckpt.safetensors");
    for output in [
        checkpoint.as_str(),
        &at("link"),
        &at("link of a link"),
        &at("other name"),
        &roundabout,
    ] {
        let said = &[output, "choose another output"];
        let json = ["--format", "json", "--output", output];
        refuses(root, &[&["export", &checkpoint], &json[..]].concat(), said);
        refuses(root, &["capture", &checkpoint, "--output", output], said);
        // The model is the link.
        let json = ["--format", "json", "--output", &checkpoint];
        refuses(root, &[&["export", output], &json[..]].concat(), &["input"]);
    }
    // A capture, a text and a configuration.
    for (arguments, input) in [
        (vec![at("run")], at("run")),
        (vec!["--checkpoint".to_owned(), at("run")], at("run")),
        (
            vec!["--text-file".to_owned(), at("text.txt")],
            at("text.txt"),
        ),
        (
            vec![
                checkpoint.clone(),
                "--model-config".to_owned(),
                at("hf/config.json"),
            ],
            at("hf/config.json"),
        ),
        (
            vec!["--tokenizer".to_owned(), at("hf/vocab.json")],
            at("hf/merges.txt"),
        ),
        (
            vec!["--tokenizer".to_owned(), at("folder")],
            at("hf/tokenizer.model"),
        ),
    ] {
        let mut words = vec!["export"];
        words.extend(arguments.iter().map(String::as_str));
        words.extend(["--format", "text", "--output", &input]);
        refuses(root, &words, &[&input, "choose another output"]);
    }
    // Every file of a folder that is read, by the folder, a link to it, a shard and the index.
    for model in [
        "hf",
        "folder",
        "hf/model-2.safetensors",
        "hf/model.safetensors.index.json",
    ] {
        for (path, _) in contents(&root.join("hf")) {
            let output = path.to_str().unwrap();
            if output.ends_with("notes.txt") {
                continue;
            }
            let words = ["export", &at(model), "--format", "json", "--output", output];
            refuses(root, &words, &[output, "choose another output"]);
        }
    }
}

#[test]
fn plots_are_not_written_over_what_is_read() {
    let folder = folder();
    let root = folder.path();
    let at = |name: &str| root.join(name).to_str().unwrap().to_owned();
    fs::create_dir(at("plots")).unwrap();
    for (name, input) in [
        ("attention_flow.png", "ckpt.safetensors"),
        ("layer_1_all_heads.png", "text.txt"),
        ("layer_0_all_heads.png", "settings.toml"),
    ] {
        fs::write(at("settings.toml"), "top-k = 2\n").unwrap();
        let plot = at(&format!("plots/{name}"));
        symlink(at(input), &plot).unwrap();
        let words = [
            "analyze",
            &at("ckpt.safetensors"),
            "--text-file",
            &at("text.txt"),
            "--config",
            &at("settings.toml"),
            "--output-dir",
            &at("plots"),
        ];
        refuses(root, &words, &[&plot, &at(input), "choose another output"]);
        fs::remove_file(plot).unwrap();
    }
}

#[test]
fn standard_streams_may_be_files_too() {
    let folder = folder();
    let text = folder.path().join("text.txt");
    let run = |command: &mut Command| {
        let output = command.stderr(Stdio::piped()).output().unwrap();
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("choose another output"), "{error}");
        assert_eq!(fs::read(&text).unwrap(), b"The cat sat.");
    };
    let program = || Command::new(env!("CARGO_BIN_EXE_headlight"));
    let appended = || fs::File::options().append(true).open(&text).unwrap();
    run(program()
        .args(["export", "--text-file", "-", "--format", "json", "--output"])
        .arg(&text)
        .stdin(fs::File::open(&text).unwrap()));
    run(program()
        .args(["export", "--format", "json", "--output", "-", "--text-file"])
        .arg(&text)
        .stdout(appended()));
    run(program()
        .args(["check", "--text-file"])
        .arg(&text)
        .stdout(appended()));
    run(program()
        .args(["export", "--format", "json", "--output", "/dev/stdout"])
        .arg("--text-file")
        .arg(&text)
        .stdout(appended()));
}

#[test]
fn files_that_are_not_read_are_replaced_as_ever() {
    let folder = folder();
    let root = folder.path();
    let at = |name: &str| root.join(name).to_str().unwrap().to_owned();
    let out = at("hf/notes.txt");
    for _ in 0..2 {
        let words = [
            "export",
            &at("ckpt.safetensors"),
            "--format",
            "text",
            "--output",
            &out,
        ];
        let output = headlight(&words);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(fs::read_to_string(&out).unwrap().contains("sat"));
    }
}
