//! What is printed where an output fails or a file is cut: one sentence on standard error, and
//! nothing that a library has to say.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use gpt2::Gpt2;

#[path = "common/gpt2.rs"]
mod gpt2;

const PROGRAM: &str = env!("CARGO_BIN_EXE_headlight");

fn prepared(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_remove("RUST_BACKTRACE")
        .env("XDG_CONFIG_HOME", "/nowhere")
        .stdin(Stdio::null());
    command
}

/// Failed with status 1 and this on standard error, to the letter.
fn assert_says(output: &Output, said: &str, what: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(error, format!("headlight: {said}\n"), "{what}");
    assert_eq!(output.status.code(), Some(1), "{what}");
}

/// Every command that writes a file, without its path.
const WRITERS: [&str; 8] = [
    "export --format npz",
    "export --format npz --logits",
    "export --format json",
    "export --format safetensors",
    "export --format png --layers 0",
    "export --format svg --layers 0 --heads 0",
    "export --format ansi --layers 0 --heads 0",
    "capture",
];

#[test]
fn a_full_disk_is_one_sentence() {
    for writer in WRITERS {
        let mut command = prepared(PROGRAM);
        command
            .args(writer.split(' '))
            .args(["--output", "/dev/full"]);
        let output = command.output().unwrap();
        let said = "/dev/full can't be written: No space left on device (os error 28)";
        assert_says(&output, said, writer);
        assert_eq!(output.stdout, b"", "{writer}");
    }
}

#[test]
fn a_file_past_the_limit_of_its_size_is_one_sentence_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for writer in WRITERS
        .into_iter()
        .filter(|writer| !writer.contains("ansi"))
    {
        // In blocks of 512 bytes.
        let script = r#"ulimit -f 4; exec "$@""#;
        let mut command = prepared("sh");
        command.args(["-c", script, "sh", PROGRAM]);
        command.args(writer.split(' ')).args(["--output", "out"]);
        let output = command.current_dir(folder.path()).output().unwrap();
        assert_says(
            &output,
            "out can't be written: File too large (os error 27)",
            writer,
        );
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 0, "{writer} left a file");
    }
}

#[test]
fn a_standard_output_that_takes_nothing_is_one_sentence() {
    for command in [
        "analyze",
        "check",
        "check --json",
        "analyze --dry-run",
        "export --format json --output -",
        "export --format svg --layers 0 --heads 0 --output -",
        "completions bash",
        "man",
        "--help",
        "export --help",
        "--version",
        "--print-config",
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut run = prepared(PROGRAM);
        run.args(command.split(' ')).stdout(full);
        let output = run.current_dir(folder.path()).output().unwrap();
        let said = "the output can't be written: No space left on device (os error 28)";
        assert_says(&output, said, command);
    }
}

#[test]
fn a_library_that_gives_up_on_a_file_prints_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    // The table of its normalizer names places that it does not have.
    let tokenizer = r#"{"version": "1.0", "added_tokens": [],
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": "BAAAAP////9hAA=="},
        "pre_tokenizer": null, "post_processor": null, "decoder": null,
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "é": 2}, "merges": []}}"#;
    fs::write(&path, tokenizer).unwrap();
    let mut command = prepared(PROGRAM);
    command.args(["analyze", "--text", "ae\u{301}b", "--tokenizer"]);
    let output = command.arg(&path).output().unwrap();
    let said = "the tokenizer (tokenizer.json) can't encode the text: the file contradicts itself \
                (the tokenizers library gave up on it)";
    assert_says(&output, said, "analyze");
}

/// Runs the program on a checkpoint that is cut when it was mapped and before its weights are read:
/// its configuration comes by way of a pipe, once the checkpoint is open.
#[test]
fn a_checkpoint_that_is_cut_while_it_is_read_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let model = Gpt2 {
        vocabulary: 65_536,
        context: 64,
        width: 128,
        layers: 1,
        heads: 2,
    };
    model.safetensors(&path("model.safetensors"), "F32");
    let made = Command::new("mkfifo").arg(path("config")).status();
    assert!(made.unwrap().success());
    let mut command = prepared(PROGRAM);
    command.args(["analyze", "--tokenizer", "ids", "--text", "5 17 3"]);
    command.arg(path("model.safetensors"));
    command.arg("--model-config").arg(path("config"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.current_dir(folder.path()).spawn().unwrap();
    let mut config = File::options().write(true).open(path("config")).unwrap();
    let file = File::options().write(true).open(path("model.safetensors"));
    file.unwrap().set_len(1 << 20).unwrap();
    config.write_all(model.config().as_bytes()).unwrap();
    drop(config);
    let output = child.wait_with_output().unwrap();
    let name = path("model.safetensors");
    let said = format!(
        "The tensor 'transformer.wte.weight' in '{}' could not be read: the file became shorter \
         after it was opened.",
        name.display()
    );
    assert_says(&output, &said, "analyze");
}

/// What is read of a capture is mapped: it is cut while its export waits for a reader.
#[test]
fn a_capture_that_is_cut_while_it_is_read_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run.headlight");
    let mut command = prepared(PROGRAM);
    command.args(["capture", "--untrained", "--number-of-layers", "16"]);
    command.args(["--number-of-heads", "2", "--embedding-dimension", "128"]);
    command.args(["--context-length", "1024", "--text"]);
    command.arg("The cat sat on the mat and it slept there. ".repeat(100));
    let made = command.arg("--output").arg(&run).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let mut command = prepared(PROGRAM);
    command
        .args(["export", "--format", "json", "--output", "-"])
        .arg(&run);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut begun = [0; 4096];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut begun)
        .unwrap();
    let file = File::options().write(true).open(&run).unwrap();
    file.set_len(1 << 20).unwrap();
    let mut output = child.wait_with_output().unwrap();
    // What was said of the run stands before.
    let said = String::from_utf8(output.stderr).unwrap();
    let warned = |line: &&str| line.starts_with("warning: ");
    let rest: String = said.split_inclusive('\n').skip_while(warned).collect();
    output.stderr = rest.into_bytes();
    let said = "a file was cut off while it was read, or its disk failed: wait until it is whole, \
                then open it again";
    assert_says(&output, said, "export");
}
