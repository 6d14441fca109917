//! The real binary without a display: what it prints, writes, and says of bad input.
#![cfg(test)]

#[path = "../common/mod.rs"]
mod common;
mod formats;
mod overwrite;
#[path = "../common/schema.rs"]
mod schema;
mod sinks;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{data, shared};
use safetensors::SafeTensors;

fn headlight(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_headlight"))
        .args(arguments)
        .env_remove("RUST_BACKTRACE")
        // No settings but those of a test.
        .env("XDG_CONFIG_HOME", "/nowhere")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Fails with this status, prints nothing, and says every one of these on standard error.
fn refused(arguments: &[&str], status: i32, said: &[&str]) {
    let output = headlight(arguments);
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {error}");
    assert_eq!(stdout(&output), "", "{arguments:?}");
    for part in said {
        assert!(
            error.contains(part),
            "{arguments:?}: '{part}' is not in: {error}"
        );
    }
    assert!(
        !error.contains("panicked") && !error.contains('\u{1b}'),
        "{error}"
    );
}

const SEED_TEXT: &str =
    "The cat sat on the mat. It was fluffy. The dogs near the old barn were barking.";

/// The text of the references in `tests/data`.
const REFERENCE_TEXT: &str = "The cat sat on the mat. It was fluffy. The dogs ran.";

/// What `export` writes as JSON.
fn exported(arguments: &[&str]) -> serde_json::Value {
    let json = ["--format", "json", "--output", "-"];
    let output = headlight(&[&["export"], arguments, &json].concat());
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[ignore = "reads ../shared"]
fn analyze_prints_what_the_seed_prints_and_saves_its_plots() {
    let model = shared("reference/checkpoints/gpt_from_scratch/best_model.pt");
    let run = shared("reference/seed-run/stdout.txt");
    let folder = tempfile::tempdir().unwrap();
    let plots = folder.path().join("plots");
    let output = headlight(&[
        "analyze",
        "--checkpoint",
        model.to_str().unwrap(),
        "--text",
        SEED_TEXT,
        "--output-dir",
        plots.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let analysis = |text: &str| -> String {
        let from = text.find("ATTENTION PATTERN ANALYSIS").unwrap();
        let to = text.find("Saved:").unwrap();
        text[from..to].to_owned()
    };
    let expected = std::fs::read_to_string(run).unwrap();
    assert_same_analysis(&analysis(&stdout(&output)), &analysis(&expected));
    for name in [
        "layer_0_all_heads",
        "layer_1_all_heads",
        "layer_2_all_heads",
        "attention_flow",
    ] {
        let bytes = std::fs::read(plots.join(format!("{name}.png"))).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"), "{name}");
    }
    assert_eq!(std::fs::read_dir(&plots).unwrap().count(), 4);
}

/// The same lines, but that a weight may be off by one in its last digit: two runs in f32 can stand
/// on either side of where the third digit is rounded.
fn assert_same_analysis(found: &str, expected: &str) {
    assert_eq!(found.lines().count(), expected.lines().count());
    for (found, expected) in found.lines().zip(expected.lines()) {
        let parts = |line: &str| -> Option<(String, f64)> {
            let (label, weight) = line.split_once(" (weight: ")?;
            Some((label.to_owned(), weight.strip_suffix(')')?.parse().ok()?))
        };
        match (parts(found), parts(expected)) {
            (Some((label, weight)), Some((same, reference))) => {
                assert_eq!(label, same);
                assert!((weight - reference).abs() < 0.0015, "{found} {expected}");
            }
            _ => assert_eq!(found, expected),
        }
    }
}

#[test]
fn analyze_of_one_head_plots_that_head() {
    let folder = tempfile::tempdir().unwrap();
    let plots = folder.path().to_str().unwrap();
    let output = headlight(&[
        "analyze",
        "--layer",
        "1",
        "--head",
        "2",
        "--top-k",
        "1",
        "--output-dir",
        plots,
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("Layer 0:") && text.contains("Layer 3:"));
    assert!(text.contains("    1. '") && !text.contains("    2. '"));
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["attention_flow.png", "layer_1_head_2.png"]);
}

#[test]
fn the_demo_looks_where_grammar_points() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.json");
    let output = headlight(&[
        "export",
        "--format",
        "json",
        "--output",
        file.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(json["text"], "The cat sat on the mat. It was fluffy.");
    assert_eq!(json["recipe"]["sha256"].as_str().unwrap().len(), 64);
    let text = json.to_string();
    assert!(
        text.contains("\"induction\""),
        "the numbers of each head are there"
    );
}

#[test]
fn arrays_have_the_layout_of_the_reference() {
    let case = data("scripts/nanogpt");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.safetensors");
    let output = headlight(&[
        "export",
        case.join("ckpt.pt").to_str().unwrap(),
        "--text",
        REFERENCE_TEXT,
        "--format",
        "safetensors",
        "--logits",
        "--output",
        file.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let (ours, theirs) = (
        std::fs::read(file).unwrap(),
        std::fs::read(case.join("reference.safetensors")).unwrap(),
    );
    let (ours, theirs) = (
        SafeTensors::deserialize(&ours).unwrap(),
        SafeTensors::deserialize(&theirs).unwrap(),
    );
    for (name, tolerance) in [("attention", 5e-5), ("logits", 5e-4)] {
        let (a, b) = (ours.tensor(name).unwrap(), theirs.tensor(name).unwrap());
        assert_eq!(a.shape(), b.shape(), "{name}");
        let floats = |data: &[u8]| -> Vec<f32> {
            let chunks = data.as_chunks::<4>().0.iter();
            chunks.map(|b| f32::from_le_bytes(*b)).collect()
        };
        let pairs = floats(a.data()).into_iter().zip(floats(b.data()));
        let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        assert!(worst <= tolerance, "{name}: {worst}");
    }
    let ids = |file: &SafeTensors| file.tensor("input_ids").unwrap().data().to_vec();
    assert_eq!(ids(&ours), ids(&theirs));
}

#[test]
fn random_weights_come_from_the_seed_alone() {
    let folder = tempfile::tempdir().unwrap();
    let export = |seed: &str, name: &str| {
        let file = folder.path().join(name);
        let output = headlight(&[
            "export",
            "--untrained",
            "--number-of-layers",
            "1",
            "--number-of-heads",
            "2",
            "--embedding-dimension",
            "16",
            "--context-length",
            "32",
            "--seed",
            seed,
            "--format",
            "safetensors",
            "--output",
            file.to_str().unwrap(),
        ]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stderr(&output).contains("random"), "it is said");
        let bytes = std::fs::read(file).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        file.tensor("attention").unwrap().data().to_vec()
    };
    let first = export("7", "a.safetensors");
    assert_eq!(first, export("7", "b.safetensors"));
    assert_ne!(first, export("8", "c.safetensors"));
}

#[test]
fn folders_of_transformers_open() {
    for form in ["hub/gpt2_sharded", "hub/gpt2_bin"] {
        let path = data(form);
        let json = exported(&[path.to_str().unwrap(), "--text", "The cat"]);
        assert_eq!(json["recipe"]["family"], "gpt2", "{form}");
    }
}

#[test]
#[ignore = "reads ../shared"]
fn a_model_of_a_tutorial_opens_with_the_vocabulary_inside() {
    let path = shared("models/charlm-slm4096/ckpt.pt");
    let corpus = std::fs::read_to_string(path.with_file_name("corpus.txt")).unwrap();
    let text: String = corpus.chars().take(40).collect();
    let json = exported(&[path.to_str().unwrap(), "--text", &text]);
    assert_eq!(json["recipe"]["family"], "plain-gpt");
}

/// A pickle of `{name: {key: value}}`, in the text protocol, keys and values as they are written.
fn pickle(name: &str, entries: &[(String, String)]) -> String {
    let entries: String = entries
        .iter()
        .map(|(key, value)| format!("{key}\n{value}\ns"))
        .collect();
    format!("(dS'{name}'\n(d{entries}s.")
}

#[test]
fn vocabularies_lie_in_meta_pkl_beside_the_checkpoint() {
    let model = data("scripts/nanogpt/ckpt.pt");
    let word = |i| match i {
        0..32 => format!("w{}", "x".repeat(i)),
        _ => format!("v{}", "x".repeat(i)),
    };
    let words: Vec<String> = (0..384).map(word).collect();
    let numbered = || words.iter().enumerate();
    let stoi: Vec<_> = numbered()
        .map(|(i, word)| (format!("S'{word}'"), format!("I{i}")))
        .collect();
    let itos: Vec<_> = numbered()
        .map(|(i, word)| (format!("I{i}"), format!("S'{word}'")))
        .collect();
    for meta in [pickle("stoi", &stoi), pickle("itos", &itos)] {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("ckpt.pt");
        std::fs::copy(&model, &copy).unwrap();
        std::fs::write(folder.path().join("meta.pkl"), meta).unwrap();
        let output = headlight(&[
            "export",
            copy.to_str().unwrap(),
            "--text",
            "wxx w wxxxx",
            "--format",
            "json",
            "--output",
            "-",
        ]);
        assert!(output.status.success(), "{}", stderr(&output));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["recipe"]["family"], "nanogpt");
        let ids = json["input_ids"].to_string();
        assert_eq!(ids, "[2,0,4]");
        assert!(
            json["recipe"]["tokenizer"]
                .as_str()
                .unwrap()
                .contains("meta.pkl")
        );
    }
}

#[test]
fn models_without_a_vocabulary_open_on_token_ids() {
    for (model, heads) in [
        ("scripts/nanogpt/ckpt.pt", None),
        ("scripts/llms_from_scratch/model.pth", Some("4")),
    ] {
        let path = data(model);
        let mut arguments = vec!["export", path.to_str().unwrap(), "--tokenizer", "ids"];
        arguments.extend(["--text", "3 1,2\n 31", "--format", "json", "--output", "-"]);
        arguments.extend(heads.into_iter().flat_map(|n| ["--number-of-heads", n]));
        let output = headlight(&arguments);
        assert!(output.status.success(), "{model}: {}", stderr(&output));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["input_ids"].to_string(), "[3,1,2,31]");
        arguments[5] = "3 x";
        refused(&arguments, 1, &["'x' is not a token id"]);
        arguments[5] = "3 9999";
        refused(&arguments, 1, &["9999"]);
    }
}

#[test]
fn a_text_past_the_context_is_cut_with_both_numbers() {
    let text = "The cat sat on the mat. ".repeat(40);
    let output = headlight(&[
        "export", "--text", &text, "--format", "json", "--output", "-",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(
        said.contains("281 tokens") && said.contains("at most 128"),
        "{said}"
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["input_ids"].as_array().unwrap().len(), 128);
    assert!(json["recipe"]["warnings"].to_string().contains("281"));
}

#[test]
fn models_open_by_name_from_the_cache() {
    let home = tempfile::tempdir().unwrap();
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let model = home.path().join("hub/models--some--demo");
    let snapshot = model.join("snapshots").join(commit);
    std::fs::create_dir_all(&snapshot).unwrap();
    std::fs::create_dir_all(model.join("refs")).unwrap();
    std::fs::write(model.join("refs/main"), commit).unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/demo.safetensors");
    std::fs::copy(demo, snapshot.join("model.safetensors")).unwrap();
    let run = |name: &str| {
        Command::new(env!("CARGO_BIN_EXE_headlight"))
            .args(["export", name, "--format", "json", "--output", "-"])
            .env_remove("HF_HUB_CACHE")
            .env_remove("HUGGINGFACE_HUB_CACHE")
            .env("HF_HOME", home.path())
            .env("HF_HUB_OFFLINE", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    for name in ["some/demo", "some/demo@0123456"] {
        let output = run(name);
        assert!(output.status.success(), "{}", stderr(&output));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(json.to_string().contains(&format!("\"{name}\"")), "{json}");
    }
    let output = run("some/other");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("hf download some/other"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_begin_of_text_is_put_and_left_out_as_asked() {
    let model = data("hub/gpt2_bin");
    let model = model.to_str().unwrap();
    let run = |flags: &[&str]| -> serde_json::Value {
        let fixed = ["export", model, "--format", "json", "--output", "-"];
        let output = headlight(&[&fixed, flags].concat());
        assert!(output.status.success(), "{flags:?}: {}", stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let labels = |run: &serde_json::Value| -> Vec<String> {
        let tokens = run["tokens"].as_array().unwrap().iter();
        tokens
            .map(|token| token["label"].as_str().unwrap().to_owned())
            .collect()
    };
    let plain = run(&["--text", "The <|endoftext|>"]);
    assert!(!labels(&plain).contains(&"⟨|endoftext|⟩".to_owned()));
    assert_eq!(plain["recipe"]["tokenizer"], "tokenizer.json");
    let begun = run(&["--text", "The <|endoftext|>", "--bos"]);
    assert_eq!(labels(&begun)[0], "⟨|endoftext|⟩");
    assert_eq!(labels(&begun)[1..], labels(&plain));
    assert_eq!(begun["text"], "The <|endoftext|>");
    let recipe = &begun["recipe"];
    assert_eq!(
        recipe["tokenizer"],
        "tokenizer.json, ⟨|endoftext|⟩ before the text"
    );
    assert!(recipe["command"].as_str().unwrap().contains("--bos"));
    let left_out = run(&["--text", "The <|endoftext|>", "--no-bos"]);
    assert_eq!(left_out["input_ids"], plain["input_ids"]);
    let special = run(&["--text", "The <|endoftext|>", "--special"]);
    assert_eq!(labels(&special), ["The", "·", "⟨|endoftext|⟩"]);
    // Cut to the context, the text is still without it.
    let long = run(&["--text", &"The cat. ".repeat(200), "--bos"]);
    assert_eq!(long["input_ids"].as_array().unwrap().len(), 64);
    assert!(long["text"].as_str().unwrap().starts_with("The cat. The"));
    refused(
        &["analyze", "--bos"],
        1,
        &["no begin-of-text token", "--bos"],
    );
    refused(
        &["analyze", "--bos", "--no-bos"],
        2,
        &["cannot be used with"],
    );
}

#[test]
fn a_tokenizer_of_another_size_is_refused_or_told() {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/checkpoints/demo.safetensors");
    let bytes = std::fs::read(demo).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let own = &header.metadata().as_ref().unwrap()["tokenizer"];
    let own: serde_json::Value = serde_json::from_str(own).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, tokenizer: &serde_json::Value| -> String {
        let path = folder.path().join(name);
        std::fs::write(&path, tokenizer.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let run = |tokenizer: &str, text: &str, more: &[&str]| {
        let fixed = ["export", "--format", "json", "--output", "-"];
        let given = ["--tokenizer", tokenizer, "--text", text];
        headlight(&[&fixed, &given[..], more].concat())
    };

    let mut larger = own.clone();
    larger["model"]["vocab"]["zzz"] = 3072.into();
    let output = run(&write("larger.json", &larger), "The cat", &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("3073 entries and the model 3072"), "{said}");

    // As published models of text have it for pictures.
    let mut added = own;
    let token = serde_json::json!({
        "id": 3072, "content": "<picture>", "special": true, "normalized": false,
        "single_word": false, "lstrip": false, "rstrip": false,
    });
    added["added_tokens"].as_array_mut().unwrap().push(token);
    let added = write("added.json", &added);
    let output = run(&added, "A <picture>", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let run_of: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let notes = run_of["recipe"]["notes"].to_string();
    assert!(notes.contains("the last 1 are added tokens"), "{notes}");
    let output = run(&added, "A <picture>", &["--special"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("⟨picture⟩") && said.contains("3072 entries"),
        "{said}"
    );

    let few = serde_json::json!({ "stoi": { "a": 0, "b": 1, " ": 2 } });
    let output = run(&write("few.json", &few), "a b", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("3 entries and the model 3072"), "{said}");
}

#[cfg(not(any(feature = "cuda", feature = "metal")))]
#[test]
fn absent_devices_fall_back_and_say_so() {
    let output = headlight(&[
        "export", "--device", "cuda", "--format", "json", "--output", "-",
    ]);
    assert!(output.status.success());
    assert!(stderr(&output).contains("'cuda' is not available, using cpu"));
}

#[test]
fn a_dry_run_tells_the_need_and_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("never.json");
    let export = [
        "export",
        "--format",
        "json",
        "--output",
        output.to_str().unwrap(),
    ];
    let dry = |context: &str| {
        let sizes = ["--untrained", "--context-length", context];
        let ran = ["--text", "The cat sat.", "--dry-run"];
        let ran = headlight(&[&export[..], &sizes, &ran].concat());
        assert!(ran.status.success(), "{}", stderr(&ran));
        ran
    };
    let ran = dry("4096");
    assert!(!stderr(&ran).contains("were cut"));
    let told = stdout(&ran);
    let names: Vec<&str> = told
        .lines()
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    let lines = ["program", "weights", "capture", "work", "in"];
    assert_eq!(names[..5], lines, "{told}");
    assert!(told.contains("4 layers of 4 heads, 4 tokens"), "{told}");
    assert!(!told.contains(" 0 bytes"), "{told}");
    assert!(!output.exists());
    let cut = dry("3");
    assert!(stdout(&cut).contains("4 heads, 3 tokens"));
    assert!(stderr(&cut).contains("at most 3: the last 1 were cut"));
}

#[test]
fn bad_input_is_a_sentence_and_a_status() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let output = at("never.json");
    let export = |arguments: &[&str]| -> Vec<String> {
        let mut all = vec!["export".to_owned()];
        all.extend(arguments.iter().map(|a| (*a).to_owned()));
        all.extend(["--format", "json", "--output"].map(str::to_owned));
        all.push(output.clone());
        all
    };
    let check = |arguments: &[&str], status: i32, said: &[&str]| {
        let all = export(arguments);
        refused(
            &all.iter().map(String::as_str).collect::<Vec<_>>(),
            status,
            said,
        );
    };
    std::fs::write(at("empty.pt"), "").unwrap();
    std::fs::write(at("text.pt"), "hello, I am no checkpoint").unwrap();
    std::fs::write(at("latin1.txt"), b"caf\xe9").unwrap();
    check(&["no/such\u{1b}[31mfile.pt"], 1, &["file.pt"]);
    check(&[&at("empty.pt")], 1, &["empty"]);
    check(&[&at("text.pt")], 1, &["text.pt"]);
    check(&["--text", ""], 1, &["empty"]);
    check(&["--text-file", &at("latin1.txt")], 1, &["UTF-8", "byte 3"]);
    check(&["--text-file", &at("none.txt")], 1, &["none.txt"]);
    check(&["--layers", "0-9"], 2, &["layer 9", "0 to 3"]);
    check(&["--heads", "4"], 2, &["head 4", "0 to 3"]);
    check(&["--layers", "x"], 2, &["not a whole number"]);
    check(
        &["--embedding-dimension", "10", "--number-of-heads", "3"],
        2,
        &["divide", "1, 2, 5, 10"],
    );
    let said = ["number of layers = 0", "at least 1"];
    check(&["--number-of-layers", "0"], 2, &said);
    check(&["--embedding-dimension", "99999999"], 2, &["smaller"]);
    check(&["--no-such-flag"], 2, &["--no-such-flag"]);
    check(&["--no\u{7}flag"], 2, &["--no\\u{7}flag"]);
    check(&["--layers", "\u{9b}31m"], 2, &["\\u{9b}31m"]);
    refused(&["analyze", "--layer", "4"], 2, &["layer 4", "0 to 3"]);
    refused(&["analyze", "--head", "9"], 2, &["head 9", "0 to 3"]);
    refused(
        &["export", "--format", "npz", "--output", "-"],
        2,
        &["json"],
    );
    assert!(!Path::new(&output).exists());
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 3, "nothing half-written stays");
    let whole = std::fs::read(data("scripts/nanogpt/ckpt.pt")).unwrap();
    std::fs::write(at("cut.pt"), &whole[..whole.len() / 2]).unwrap();
    check(&[&at("cut.pt")], 1, &["cut.pt", "cut off"]);
    std::fs::remove_file(at("cut.pt")).unwrap();
    let path = data("scripts/rnn/model.pt");
    check(
        &[path.to_str().unwrap()],
        1,
        &["no attention", "cell.weight_ih"],
    );
    let path = data("scripts/llms_from_scratch/model.pth");
    let said = ["--number-of-heads", "1, 2, 4, 8, 16"];
    check(&[path.to_str().unwrap()], 1, &said);
    // Away from the vocabulary that lies beside it.
    std::fs::copy(path, at("bare.pth")).unwrap();
    check(
        &[&at("bare.pth"), "--number-of-heads", "4"],
        1,
        &["--tokenizer"],
    );
    std::fs::create_dir(at("mamba")).unwrap();
    std::fs::write(at("mamba/config.json"), r#"{"model_type": "mamba"}"#).unwrap();
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/checkpoints/demo.safetensors");
    let tensors = std::fs::read(demo).unwrap();
    let length = u64::from_le_bytes(tensors[..8].try_into().unwrap()) as usize;
    // The same header without the configuration that the demo carries.
    let mut header: serde_json::Value = serde_json::from_slice(&tensors[8..8 + length]).unwrap();
    header.as_object_mut().unwrap().remove("__metadata__");
    let header = serde_json::to_vec(&header).unwrap();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(&tensors[8 + length..]);
    std::fs::write(at("mamba/model.safetensors"), file).unwrap();
    check(&[&at("mamba")], 1, &["'mamba'", "gpt2", "llama"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let pipe = pipe.to_str().unwrap();
    for (arguments, said) in [
        (vec!["check", pipe], "neither a regular file nor a folder"),
        (vec!["check", "--reference", pipe], "not a regular file"),
        (vec!["check", "--tokenizer", pipe], "not a regular file"),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_headlight"))
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if start.elapsed() > Duration::from_secs(60) {
                child.kill().unwrap();
                panic!("{arguments:?} waits");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

#[test]
fn the_explorer_without_a_terminal_names_what_works() {
    refused(&[], 1, &["analyze", "export"]);
}

#[test]
#[ignore = "reads ../shared"]
fn assumptions_are_told() {
    let path = shared("models/untrained-char/tiny_shakespeare.pt");
    let folder = tempfile::tempdir().unwrap();
    let vocabulary: serde_json::Map<String, serde_json::Value> = ('A'..='z')
        .map(|c| (c.to_string(), serde_json::json!(c as u32 - 'A' as u32)))
        .collect();
    let vocabulary = serde_json::json!({ "stoi": vocabulary });
    let file = folder.path().join("stoi.json");
    std::fs::write(&file, vocabulary.to_string()).unwrap();
    let output = headlight(&[
        "export",
        path.to_str().unwrap(),
        "--tokenizer",
        file.to_str().unwrap(),
        "--number-of-heads",
        "4",
        "--text",
        "hello",
        "--format",
        "json",
        "--output",
        "-",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let assumed = json["recipe"]["assumed"].to_string();
    assert!(
        assumed.contains("--attention-scale") && assumed.contains("GELU"),
        "{assumed}"
    );
}

#[test]
fn completions_and_the_manual_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let output = headlight(&["completions", shell]);
        assert!(
            output.status.success() && stdout(&output).contains("analyze"),
            "{shell}"
        );
    }
    let page = stdout(&headlight(&["man"]));
    assert!(page.starts_with(".ie") || page.contains(".TH"));
    for command in ["analyze", "export", "check", "completions"] {
        assert!(page.contains(command), "{command}");
    }
}

/// Asserts that a program which checks a file finds nothing wrong.
fn checked_by(program: &str, arguments: &[&str], file: &Path) {
    let checked = Command::new(program).args(arguments).arg(file).output();
    let output = checked.unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = stderr(&output);
    assert!(
        output.status.success() && said.is_empty(),
        "{program}: {said}"
    );
}

#[test]
fn completions_are_scripts_of_their_shells() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let file = folder.path().join(shell);
        let script = headlight(&["completions", shell]).stdout;
        for flag in ["watch", "print-config", "mouse"] {
            assert!(
                String::from_utf8_lossy(&script).contains(flag),
                "{shell}: {flag}"
            );
        }
        std::fs::write(&file, script).unwrap();
        // What tells a first word that is a model from a command is in the script.
        let told = match shell {
            "zsh" => &[
                "words=(headlight explore",
                "\":: :_headlight_first\"",
                "case $line[1] in",
            ][..],
            "fish" => &["if contains -- \"$argv[1]\" explore analyze"],
            _ => &[],
        };
        let script = std::fs::read_to_string(&file).unwrap();
        for part in told {
            assert!(script.contains(part), "{shell}: {part}");
        }
        assert!(shell != "zsh" || !script.contains("$line[2]"));
    }
}

#[test]
#[ignore = "needs bash, zsh, fish and groff"]
fn the_shells_and_groff_find_nothing_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, arguments: &[&str]| {
        let file = folder.path().join(name);
        std::fs::write(&file, headlight(arguments).stdout).unwrap();
        file
    };
    for (shell, arguments) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        checked_by(shell, &[arguments], &write(shell, &["completions", shell]));
    }
    // Every warning is said, and there is none.
    let page = write("headlight.1", &["man"]);
    checked_by("groff", &["-man", "-Tutf8", "-ww", "-z"], &page);
}

#[test]
fn the_manual_is_a_page_with_every_key() {
    let text = stdout(&headlight(&["man"]));
    for part in [
        ".SH KEYS",
        ".SH FILES",
        "config.toml",
        ":open MODEL",
        "\\&Ctrl\\-d, \\&PgDn",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn the_settings_in_force_are_printed_and_what_is_wrong_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "top-k = 5\n[keys.heatmap]\nleft = \"Alt-h\"\n").unwrap();
    let printed = stdout(&headlight(&[
        "--config",
        path,
        "--scale",
        "log",
        "--print-config",
    ]));
    for line in [
        "top-k = 5",
        "scale = \"log\"",
        "left = \"Alt-h\"",
        "[keys.heatmap]",
    ] {
        assert!(
            printed.lines().any(|found| found == line),
            "{line}: {printed}"
        );
    }
    // What is printed is a file of settings that says the same.
    std::fs::write(&file, &printed).unwrap();
    assert_eq!(
        stdout(&headlight(&["--config", path, "--print-config"])),
        printed
    );
    std::fs::write(&file, "top-k = 1\n").unwrap();
    let analysis = stdout(&headlight(&[
        "analyze",
        "--config",
        path,
        "--output-dir",
        path,
    ]));
    assert!(
        analysis.contains("    1. ") && !analysis.contains("    2. "),
        "{analysis}"
    );
    for (text, line) in [("\n\ncolour = 1", "line 3"), ("color = ", "line 1")] {
        std::fs::write(&file, text).unwrap();
        refused(
            &["--config", path, "--print-config"],
            1,
            &["config.toml", line],
        );
        refused(&["analyze", "--config", path], 1, &["config.toml", line]);
    }
    refused(
        &["--config", "no/such.toml", "--print-config"],
        1,
        &["no/such.toml"],
    );
}

#[test]
fn heads_come_out_as_text_and_as_svg() {
    let heads = ["--layers", "1", "--heads", "0,2", "--output", "-"];
    let run = |format: &str| {
        let arguments = [&["export", "--format", format], &heads[..]].concat();
        headlight(&arguments)
    };
    let text = stdout(&run("text"));
    assert!(
        text.contains("Layer 1, Head 0") && text.contains("Layer 1, Head 2"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
    assert!(stdout(&run("ansi")).contains("\u{1b}[48;5;"));
    let svg = stdout(&run("svg"));
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("Layer 1, Head 0") && svg.contains("Layer 1, Head 2"));
    let layers = ["export", "--format", "svg", "--output", "-"];
    refused(&layers, 2, &["heads of one layer"]);
}

#[test]
fn a_closed_pipe_is_an_end() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_headlight"))
        .args(["export", "--format", "json", "--output", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_capture_stands_for_its_model_in_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let run = path("run.headlight");
    let text = "The keys to the cabinet are rusty.";
    let output = headlight(&["capture", "--text", text, "--output", &run]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("Saved: "));

    let plots = path("plots");
    let analyze = |more: &[&str]| {
        let output = headlight(&[&["analyze", "--output-dir", &plots], more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    assert_eq!(analyze(&["--text", text]), analyze(&[&run]));
    let export = |format: &str, more: &[&str]| {
        let file = path("export");
        let output =
            headlight(&[&["export", "--format", format, "--output", &file], more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        std::fs::read(file).unwrap()
    };
    let arrays = |bytes: &[u8]| {
        let tensors = SafeTensors::deserialize(bytes).unwrap();
        tensors.tensor("attention").unwrap().data().to_vec()
    };
    let live = export("safetensors", &["--text", text]);
    assert_eq!(arrays(&live), arrays(&export("safetensors", &[&run])));
    let json = |bytes: &[u8]| -> serde_json::Value {
        let mut json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        json["recipe"]["command"].take();
        json
    };
    let live = json(&export("json", &["--text", text]));
    assert_eq!(live, json(&export("json", &[&run])));
    let checked = headlight(&["check", &run]);
    assert!(
        stdout(&checked).contains("all 3 checks hold"),
        "{}",
        stderr(&checked)
    );

    refused(
        &["analyze", &run, "--text", "x"],
        2,
        &["--text needs a model"],
    );
    refused(
        &["capture", &run, "--output", "x"],
        2,
        &["is already a capture"],
    );
    let arguments = [
        "export", &run, "--logits", "--format", "npz", "--output", "x",
    ];
    refused(&arguments, 2, &["holds no logits"]);
    refused(&["analyze", &run, "--layer", "9"], 2, &["no layer 9"]);

    // What was damaged is used by no command.
    let mut bytes = std::fs::read(&run).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&run, &bytes).unwrap();
    for arguments in [
        vec!["check", &run],
        vec!["analyze", &run],
        vec!["export", &run, "--format", "json", "--output", "-"],
    ] {
        refused(&arguments, 1, &["is damaged", "checksums"]);
    }
    std::fs::write(&run, &bytes[..middle]).unwrap();
    refused(&["analyze", &run], 1, &["is damaged", "and the file has"]);
}

#[test]
fn layers_and_queries_that_are_not_kept_are_absent_and_never_zero() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let text = "The keys to the cabinet are rusty.";
    let json = |arguments: &[&str]| -> serde_json::Value {
        let all = [&["export", "--format", "json", "--output", "-"], arguments];
        let output = headlight(&all.concat());
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let whole = json(&["--text", text]);
    let part = json(&["--text", text, "--layers", "1,3", "--last", "3"]);
    let n = whole["tokens"].as_array().unwrap().len();
    assert!(n > 4);
    let layers = part["attention"].as_array().unwrap();
    let ids: Vec<u64> = layers
        .iter()
        .map(|l| l["layer"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [1, 3]);
    for layer in layers {
        let at = layer["layer"].as_u64().unwrap() as usize;
        for (head, found) in layer["heads"].as_array().unwrap().iter().enumerate() {
            let rows = found["weights"].as_array().unwrap();
            let expected = whole["attention"][at]["heads"][head]["weights"]
                .as_array()
                .unwrap();
            assert_eq!(rows.len(), n);
            assert!(rows[..n - 3].iter().all(serde_json::Value::is_null));
            assert_eq!(rows[n - 3..], expected[n - 3..]);
        }
    }
    assert_eq!(part["predictions"], whole["predictions"]);

    // A capture keeps what was kept, and its layers can be picked from.
    let run = path("run.headlight");
    let capture = ["capture", "--text", text, "--output", &run];
    let output = headlight(&[&capture[..], &["--layers", "1,3", "--last", "3"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let opened = json(&[&run]);
    assert_eq!(opened["attention"], part["attention"]);
    assert_eq!(json(&[&run, "--layers", "3"])["attention"][0], layers[1]);
    let checked = headlight(&["check", &run]);
    assert!(checked.status.success(), "{}", stderr(&checked));
    let checked = headlight(&["check", "--text", text, "--layers", "0-1", "--last", "4"]);
    assert!(checked.status.success(), "{}", stderr(&checked));
    let plots = path("plots");
    let analyze = [
        "analyze",
        "--output-dir",
        &plots,
        "--text",
        text,
        "--layers",
        "1",
    ];
    let output = headlight(&analyze);
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stdout(&output);
    assert!(
        told.contains("Layer 1:") && !told.contains("Layer 0:"),
        "{told}"
    );

    refused(
        &["analyze", &run, "--layer", "2"],
        2,
        &["layer 2 is not kept", "1,3"],
    );
    refused(
        &["analyze", &run, "--layers", "2"],
        2,
        &["layer 2 is not kept", "1,3"],
    );
    refused(
        &["analyze", &run, "--last", "2"],
        2,
        &["--last needs a model"],
    );
    refused(&["analyze", "--layers", "9"], 2, &["no layer 9"]);
    refused(&["analyze", "--last", "0"], 2, &["--last"]);
}

#[test]
fn a_capture_is_compared_with_a_reference() {
    let variants = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/variants");
    let case = variants.join("qwen2_no_window");
    let folder = tempfile::tempdir().unwrap();
    let reference = case.join("reference.safetensors");
    let tensors = std::fs::read(&reference).unwrap();
    let tensors = SafeTensors::deserialize(&tensors).unwrap();
    let ids = tensors.tensor("input_ids").unwrap();
    let ids = ids.data().as_chunks().0.iter();
    let ids: Vec<String> = ids.map(|b| i64::from_le_bytes(*b).to_string()).collect();
    let run = folder.path().join("run.headlight");
    let (run, case) = (run.to_str().unwrap(), case.to_str().unwrap());
    let capture = |more: &[&str]| {
        let ids = ids.join(" ");
        let arguments = [
            "capture",
            case,
            "--tokenizer",
            "ids",
            "--text",
            &ids,
            "--output",
            run,
        ];
        let output = headlight(&[&arguments, more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
    };
    let reference = reference.to_str().unwrap();
    capture(&[]);
    let output = headlight(&["check", run, "--reference", reference]);
    let said = stdout(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("all 5 checks hold"), "{said}");
    // In f16, rows hold by what it may move, and the difference to the reference is told.
    capture(&["--capture-dtype", "f16"]);
    let said = stdout(&headlight(&["check", run, "--reference", reference]));
    assert!(said.contains("ok      row sums"), "{said}");
    assert!(said.contains("FAILED  weights: largest"), "{said}");
}

#[test]
fn pictures_take_a_map_and_a_scale_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let picture = |flags: &[&str]| {
        let path = folder.path().join("head.png");
        let mut arguments = vec!["export", "--format", "png", "--layers", "0", "--heads", "1"];
        arguments.extend(["--output", path.to_str().unwrap()]);
        arguments.extend(flags);
        let output = headlight(&arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        // The pixels alone: the text entries hold the command line.
        let bytes = std::fs::read(&path).unwrap();
        let pixels = bytes.windows(4).position(|at| at == b"IDAT").unwrap();
        bytes[pixels..].to_vec()
    };
    let usual = picture(&[]);
    assert_eq!(picture(&["--colormap", "blues", "--scale", "raw"]), usual);
    assert_ne!(picture(&["--colormap", "viridis"]), usual);
    assert_ne!(picture(&["--scale", "row-max"]), usual);

    let path = folder.path().join("run.json");
    let json = [
        "export",
        "--format",
        "json",
        "--output",
        path.to_str().unwrap(),
    ];
    for flag in [["--colormap", "grey"], ["--scale", "log"]] {
        refused(
            &[&json[..], &flag].concat(),
            2,
            &["for pictures", "--format png"],
        );
    }
    refused(&["--colormap", "jet"], 2, &["jet", "viridis", "diverging"]);
    assert!(!path.exists());
}

#[test]
fn random_weights_take_token_ids_too() {
    let json = exported(&[
        "--untrained",
        "--number-of-layers",
        "1",
        "--number-of-heads",
        "1",
        "--embedding-dimension",
        "8",
        "--tokenizer",
        "ids",
        "--text",
        "7 50256 7",
    ]);
    let ids: Vec<u64> = json["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|token| token["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [7, 50256, 7]);
}
