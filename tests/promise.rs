//! What a run is said to need is what it takes, and under a limit it runs or is refused.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use gpt2::Gpt2;

#[path = "common/gpt2.rs"]
mod gpt2;

const PROGRAM: &str = env!("CARGO_BIN_EXE_headlight");

/// The text of a number of tokens.
fn ids(tokens: usize) -> String {
    let ids: Vec<String> = (0..tokens).map(|at| (at % 400).to_string()).collect();
    ids.join(" ")
}

/// A model and how it is run.
struct Case {
    model: Gpt2,
    dtype: &'static str,
    tokens: usize,
    command: &'static str,
}

impl Case {
    fn run(&self, program: &str, folder: &Path, more: &[&str]) -> Command {
        let path = folder.join("model");
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("config.json"), self.model.config()).unwrap();
        let weights = path.join("model.safetensors");
        if !weights.exists() {
            self.model.safetensors(&weights, self.dtype);
        }
        let mut command = Command::new(program);
        command.args(more);
        if program != PROGRAM {
            command.arg(PROGRAM);
        }
        command.args(self.command.split(' '));
        command.args(["--tokenizer", "ids", "--text", &ids(self.tokens)]);
        command.arg(&path).current_dir(folder);
        command.env("XDG_CONFIG_HOME", "/nowhere");
        command.env_remove("RUST_BACKTRACE");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What the dry run says that it needs in all, in MiB.
    fn promise(&self, folder: &Path) -> f64 {
        let mut command = self.run(PROGRAM, folder, &[]);
        let output = command.arg("--dry-run").output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let line = told.lines().find_map(|line| line.strip_prefix("in all"));
        let line = line.unwrap_or_else(|| panic!("{told}{:?}", output.stderr));
        let mut words = line.split_whitespace();
        let number: f64 = words.next().unwrap().parse().unwrap();
        match words.next() {
            Some("GiB") => number * 1024.0,
            Some("MiB") => number,
            unit => panic!("{unit:?} in {told}"),
        }
    }

    /// The most private memory that it takes, in MiB.
    fn peak(&self, folder: &Path) -> f64 {
        let mut child = self
            .run(PROGRAM, folder, &[])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let status = format!("/proc/{}/status", child.id());
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
            let found = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            peak = peak.max(found.unwrap_or(0u64));
            thread::sleep(Duration::from_micros(300));
        }
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", self.command);
        peak as f64 / 1024.0
    }

    /// What is wrong where what is said is less than what is taken, or more than a tenth above it.
    fn broken(&self) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let (promise, peak) = (self.promise(folder.path()), self.peak(folder.path()));
        let ratio = promise / peak;
        let (model, command, tokens) = (self.model, self.command, self.tokens);
        let said = format!(
            "{command} of {tokens} tokens, {model:?} {}: {promise} MiB said, {peak:.1} taken: {ratio:.3}",
            self.dtype
        );
        println!("{said}");
        // What was said is rounded to a MiB.
        let rounded = (promise + 0.5) / peak >= 1.0 && (promise - 0.5) / peak <= 1.1;
        (peak >= 100.0 && !rounded).then_some(said)
    }
}

/// Asserts that every promise is kept, after all have been measured.
fn assert_kept(cases: impl IntoIterator<Item = Case>) {
    let broken: Vec<String> = cases.into_iter().filter_map(|case| case.broken()).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

const fn gpt2(vocabulary: u64, context: u64, width: u64, layers: u64, heads: u64) -> Gpt2 {
    Gpt2 {
        vocabulary,
        context,
        width,
        layers,
        heads,
    }
}

const fn case(model: Gpt2, dtype: &'static str, tokens: usize, command: &'static str) -> Case {
    Case {
        model,
        dtype,
        tokens,
        command,
    }
}

/// 150 MiB of weights, most of them of the vocabulary.
const WIDE: Gpt2 = gpt2(80_000, 1024, 384, 4, 6);
/// 130 MiB of weights, most of them of blocks.
const DEEP: Gpt2 = gpt2(1000, 4096, 384, 18, 6);

const NPZ: &str = "export --format npz --layers 0 --heads 0 --output o.npz";
const JSON: &str = "export --format json --layers 0 --heads 0 --output o.json";
const CAPTURE: &str = "capture --output o.headlight";

#[test]
fn what_is_said_to_be_needed_is_what_is_taken() {
    assert_kept([
        case(WIDE, "F32", 6, "check"),
        case(WIDE, "BF16", 60, "check --dtype bf16"),
        case(DEEP, "F16", 200, CAPTURE),
        case(
            WIDE,
            "F32",
            100,
            "export --format png --layers 0 --output o.png",
        ),
    ]);
}

#[test]
#[ignore = "runs some thirty models for minutes"]
fn what_is_said_to_be_needed_is_what_is_taken_at_every_shape() {
    let long = gpt2(500, 8192, 256, 8, 4);
    let small = gpt2(50_257, 1024, 768, 12, 12);
    assert_kept([
        case(WIDE, "F32", 6, "analyze --output-dir o"),
        case(WIDE, "F32", 800, "analyze --output-dir o"),
        case(WIDE, "BF16", 400, "check"),
        case(WIDE, "F16", 400, "check --dtype f16"),
        case(WIDE, "F32", 300, NPZ),
        case(WIDE, "F32", 300, JSON),
        case(
            WIDE,
            "F32",
            300,
            "export --format npz --logits --layers 0 --heads 0 --output o",
        ),
        case(DEEP, "F32", 6, "check"),
        case(DEEP, "F32", 1500, "check"),
        case(DEEP, "F32", 1500, "check --last 20"),
        case(DEEP, "F32", 1500, "check --layers 0-2"),
        case(DEEP, "F32", 1500, "check --capture-dtype f16"),
        case(DEEP, "F32", 1500, CAPTURE),
        case(
            DEEP,
            "BF16",
            700,
            "capture --dtype bf16 --output o.headlight",
        ),
        case(DEEP, "F32", 1000, "analyze --output-dir o"),
        case(long, "F32", 4000, CAPTURE),
        case(long, "F32", 4000, NPZ),
        case(long, "F32", 4000, "check --last 100"),
        case(long, "F32", 3000, "analyze --output-dir o"),
        case(small, "F32", 6, "check"),
        case(small, "F32", 600, "check"),
        case(small, "F32", 600, "analyze --output-dir o"),
        case(small, "BF16", 6, "check --dtype bf16"),
        case(small, "BF16", 500, "check --dtype bf16"),
        case(small, "F16", 500, CAPTURE),
    ]);
}

/// Ran to its end, or was refused with what would make it fit.
fn assert_ran_or_refused(output: &Output, limit: &str) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => true,
        Some(1) => {
            let sentence = said.lines().last().unwrap_or_default();
            let told = sentence.contains("makes it fit") || sentence.contains("a smaller model");
            assert!(told && sentence.contains("are free"), "{limit}: {said}");
            false
        }
        _ => panic!("{limit}: {:?}, {said}", output.status),
    }
}

/// Runs a case under limits from hopeless to ample: each is kept or told, and the flag that is
/// offered makes it fit.
fn under_limits(limited: &dyn Fn(&Case, &Path, u64) -> Output) {
    let folder = tempfile::tempdir().unwrap();
    let cases = ["check", "check --dtype bf16"].map(|command| case(WIDE, "F32", 40, command));
    let [plain, halved] = &cases;
    let promise = plain.promise(folder.path()) as u64;
    let mut outcomes = Vec::new();
    for percent in [30, 60, 85, 95, 102, 130, 200] {
        let limit = promise * percent / 100;
        let output = limited(plain, folder.path(), limit);
        let ran = assert_ran_or_refused(&output, &format!("{limit} MiB"));
        let said = String::from_utf8_lossy(&output.stderr);
        if !ran && said.contains("--dtype bf16 makes it fit") {
            let output = limited(halved, folder.path(), limit);
            assert!(assert_ran_or_refused(
                &output,
                &format!("bf16 in {limit} MiB")
            ));
        }
        outcomes.push(ran);
    }
    println!("{promise} MiB said: {outcomes:?}");
    assert!(!outcomes[0] && outcomes[6], "{outcomes:?}");
    assert!(outcomes.is_sorted(), "{outcomes:?}");
}

#[test]
fn under_a_limit_of_data_it_runs_or_is_refused() {
    under_limits(&|case, folder, mebibytes| {
        let script = format!(r#"ulimit -d {}; exec "$@""#, mebibytes << 10);
        let mut command = case.run("sh", folder, &["-c", &script, "sh"]);
        command.output().unwrap()
    });
}

#[test]
fn under_a_limit_of_addresses_it_runs_or_is_refused() {
    under_limits(&|case, folder, mebibytes| {
        let script = format!(r#"ulimit -v {}; exec "$@""#, (mebibytes + 100) << 10);
        let mut command = case.run("sh", folder, &["-c", &script, "sh"]);
        command.output().unwrap()
    });
}

/// A control group of its own; gone when dropped.
struct Group(PathBuf);

impl Group {
    /// One, where they can be made here.
    fn new() -> Option<Self> {
        let name = format!("headlight-test-{}", std::process::id());
        for root in ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"] {
            let group = Path::new(root).join(&name);
            if fs::create_dir(&group).is_ok() {
                let group = Self(group);
                if group.limit().is_some() {
                    return Some(group);
                }
            }
        }
        None
    }

    fn limit(&self) -> Option<PathBuf> {
        let files = ["memory.max", "memory.limit_in_bytes"].map(|file| self.0.join(file));
        files.into_iter().find(|file| file.exists())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn in_a_control_group_it_runs_or_is_refused() {
    let Some(group) = Group::new() else {
        eprintln!("skipped: no control group can be made here");
        return;
    };
    under_limits(&|case, folder, mebibytes| {
        fs::write(group.limit().unwrap(), (mebibytes << 20).to_string()).unwrap();
        let script = format!(
            r#"echo $$ > {}; exec "$@""#,
            group.0.join("cgroup.procs").display()
        );
        let mut command = case.run("sh", folder, &["-c", &script, "sh"]);
        command.output().unwrap()
    });
}
