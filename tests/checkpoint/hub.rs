//! Models by name, from a cache in the layout of huggingface_hub.

use std::fs;
use std::path::{Path, PathBuf};

use headlight::checkpoint::hub::Environment;
use headlight::checkpoint::{Checkpoint, Error};

use crate::writer::{file, safetensors, small_safetensors};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const OTHER: &str = "01239999999999999999999999999999999999ff";

/// A cache in a folder of its own.
struct Cache {
    folder: tempfile::TempDir,
}

impl Cache {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    fn environment(&self) -> Environment {
        Environment {
            hf_home: Some(self.folder.path().into()),
            ..Environment::default()
        }
    }

    fn open(&self, word: &str) -> Result<Checkpoint, Error> {
        Checkpoint::open_named(Path::new(word), &self.environment())
    }

    /// Why it is refused; nothing of it can drive a terminal.
    fn refused(&self, word: &str) -> String {
        let error = self.open(word).unwrap_err().to_string();
        assert!(!error.contains(char::is_control), "{error:?}");
        error
    }

    fn write(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A file of a snapshot: a link into `blobs`, as huggingface_hub makes it where links can be made.
    fn store(&self, model: &str, commit: &str, name: &str, bytes: &[u8]) {
        let blob = format!("{}-{commit}", name.replace('.', ""));
        self.write(&format!("{model}/blobs/{blob}"), bytes);
        let snapshot = self.path().join(model).join("snapshots").join(commit);
        fs::create_dir_all(&snapshot).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(format!("../../blobs/{blob}"), snapshot.join(name)).unwrap();
        #[cfg(not(unix))]
        fs::write(snapshot.join(name), bytes).unwrap();
    }

    /// A whole model, whose `main` is [`COMMIT`].
    fn model(&self, model: &str) {
        self.store(model, COMMIT, "model.safetensors", &small_safetensors());
        self.store(model, COMMIT, "config.json", b"{\"model_type\": \"gpt2\"}");
        self.write(&format!("{model}/refs/main"), COMMIT.as_bytes());
    }
}

#[test]
fn names_open_the_snapshot_of_main() {
    let cache = Cache::new();
    cache.model("models--gpt2");
    cache.model("models--Eleuther-AI--pythia-70m");
    for (word, folder) in [
        ("gpt2", "models--gpt2"),
        ("Eleuther-AI/pythia-70m", "models--Eleuther-AI--pythia-70m"),
    ] {
        let checkpoint = cache.open(word).unwrap();
        assert_eq!(checkpoint.name(), word);
        assert_eq!(checkpoint.read_f32("b").unwrap(), [1.5]);
        let snapshot = cache.path().join(folder).join("snapshots").join(COMMIT);
        assert_eq!(checkpoint.folder(), Some(snapshot.as_path()));
        // The same folder, named by its path.
        let checkpoint = cache.open(snapshot.to_str().unwrap()).unwrap();
        assert_eq!(checkpoint.name(), word);
    }
}

#[test]
fn revisions_are_branches_tags_commits_and_their_beginnings() {
    let cache = Cache::new();
    cache.model("models--a--b");
    let header = r#"{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#;
    cache.store(
        "models--a--b",
        OTHER,
        "model.safetensors",
        &safetensors(header, b"\x07"),
    );
    cache.write("models--a--b/refs/v1.0", OTHER.as_bytes());
    // The Hub's references to pull requests are paths; the newline is what an editor leaves.
    cache.write(
        "models--a--b/refs/refs/pr/1",
        format!("{OTHER}\n").as_bytes(),
    );
    for (revision, value) in [
        ("main", 1.5),
        ("v1.0", 7.0),
        ("refs/pr/1", 7.0),
        (COMMIT, 1.5),
        (OTHER, 7.0),
        ("01234", 1.5),
        ("0123999", 7.0),
    ] {
        let word = format!("a/b@{revision}");
        let checkpoint = cache.open(&word).unwrap();
        assert_eq!(checkpoint.read_f32("b").unwrap(), [value], "{word}");
        assert_eq!(checkpoint.name(), word);
    }
    let error = cache.refused("a/b@0123");
    assert!(
        error.contains("'0123' is the beginning of several commits of the cached model"),
        "{error}"
    );
    assert!(error.contains(COMMIT) && error.contains(OTHER), "{error}");
    for revision in ["012", "v2", "zzzz"] {
        let error = cache.refused(&format!("a/b@{revision}"));
        assert!(
            error.contains(&format!("no revision '{revision}'")),
            "{error}"
        );
        assert!(
            error.contains("open as a/b@REVISION: 'main', ") && error.contains("'v1.0'"),
            "{error}"
        );
        assert!(
            error.ends_with(&format!("hf download a/b --revision {revision}")),
            "{error}"
        );
    }
}

#[test]
fn a_path_that_exists_wins() {
    let cache = Cache::new();
    cache.model("models--tests");
    // The tests run in the repository, which has a folder of this name without a checkpoint.
    assert!(
        cache
            .refused("tests")
            .contains("The folder 'tests' holds no checkpoint")
    );
}

#[test]
fn what_is_not_there_is_named_with_the_places_and_the_command() {
    let cache = Cache::new();
    let error = cache.refused("gpt2");
    let hub = cache.path();
    assert!(
        error.starts_with("'gpt2' is not a file or folder, and no model of that name is in"),
        "{error}"
    );
    assert!(
        error.contains(&format!(
            "(searched: '{}', which does not exist; set by HF_HOME)",
            hub.display()
        )),
        "{error}"
    );
    assert!(
        error.ends_with("To download the model, run: hf download gpt2"),
        "{error}"
    );

    cache.model("models--openai-community--gpt2");
    let error = cache.refused("GPT2");
    assert!(
        error.contains(&format!("(searched: '{}'; set by HF_HOME)", hub.display())),
        "{error}"
    );
    assert!(
        error.contains("the cache has 'openai-community/gpt2'"),
        "{error}"
    );

    let nowhere = Checkpoint::open_named(Path::new("gpt2"), &Environment::default());
    let error = nowhere.unwrap_err().to_string();
    assert!(
        error.contains("neither HF_HOME nor a home folder"),
        "{error}"
    );
}

#[test]
fn mistyped_paths_are_never_names() {
    let cache = Cache::new();
    for word in ["ckpt.pt", "out/best_model.SAFETENSORS", "src/modle"] {
        let error = cache.refused(word);
        assert!(
            error == format!("'{word}' is not a file or folder."),
            "{error}"
        );
    }
    // What can be no name is only a path.
    for word in [
        "../gpt2",
        "/no/where",
        "a/b/c",
        "~/x",
        "a\u{1b}[2J",
        "gpt2@../../../etc",
        "a--b/..",
        "./x",
    ] {
        let error = cache.refused(word);
        assert!(
            error.ends_with("' is not a file or folder.") && !error.contains("hf download"),
            "{error}"
        );
    }
}

#[test]
fn unfinished_downloads_are_told() {
    let cache = Cache::new();
    let model = "models--a--b";
    // Only another revision.
    cache.store(model, COMMIT, "config.json", b"{}");
    let error = cache.refused("a/b");
    assert!(
        error.contains("has no revision 'main'") && error.contains(COMMIT),
        "{error}"
    );
    // The tokenizer and the configuration alone.
    cache.write("models--a--b/refs/main", COMMIT.as_bytes());
    let error = cache.refused("a/b");
    assert!(
        error.contains("has no weights") && error.contains("'config.json'"),
        "{error}"
    );
    assert!(!error.contains("not finished"), "{error}");
    cache.write("models--a--b/blobs/abc.incomplete", b"half");
    let error = cache.refused("a/b");
    assert!(
        error.contains("the download of a file was not finished"),
        "{error}"
    );
    assert!(error.ends_with("hf download a/b"), "{error}");
    // One of two parts, without the index and with it.
    let part = "model-00001-of-00002.safetensors";
    cache.store(model, COMMIT, part, &small_safetensors());
    let error = cache.refused("a/b");
    assert!(
        error.contains("parts of a model without the index"),
        "{error}"
    );
    let index =
        format!(r#"{{"weight_map":{{"a":"{part}","d":"model-00002-of-00002.safetensors"}}}}"#);
    cache.store(
        model,
        COMMIT,
        "model.safetensors.index.json",
        index.as_bytes(),
    );
    let error = cache.refused("a/b");
    assert!(
        error.contains("its shard 'model-00002-of-00002.safetensors' is not there"),
        "{error}"
    );
    assert!(error.ends_with("hf download a/b"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_to_nothing_are_told() {
    let cache = Cache::new();
    cache.model("models--a--b");
    fs::remove_file(
        cache
            .path()
            .join(format!("models--a--b/blobs/modelsafetensors-{COMMIT}")),
    )
    .unwrap();
    let error = cache.refused("a/b");
    assert!(
        error.contains("not downloaded: 'model.safetensors'"),
        "{error}"
    );
}

#[test]
fn references_cannot_lead_out_of_the_cache() {
    let cache = Cache::new();
    let outside = file(
        cache.folder.path(),
        "model.safetensors",
        &small_safetensors(),
    );
    for target in [
        "../../../",
        outside.to_str().unwrap(),
        "",
        "\u{1b}[2J",
        "..",
        &"a".repeat(4000),
    ] {
        cache.write("models--a--b/refs/main", target.as_bytes());
        let error = cache.refused("a/b");
        assert!(
            error.contains("does not hold a commit") || error.contains("lacks commit"),
            "{error}"
        );
    }
}
