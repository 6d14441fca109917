//! The program under the limits that hold for every file.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Seconds of processor time.
const SECONDS: u32 = 10;

/// Bytes of private memory whatever the file, and for each byte of it.
const ALWAYS: u64 = 100 << 20;
const EACH: u64 = 20;

/// The longest message.
const LONGEST: usize = 20_000;

/// What the program said.
#[derive(Debug)]
pub struct Answer {
    pub status: i32,
    /// Its beginning.
    #[allow(dead_code, reason = "shown where an assertion fails")]
    pub said: String,
}

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_headlight")
}

/// Bytes of a file or of all files in a folder.
fn size(path: &Path) -> u64 {
    let Ok(found) = std::fs::metadata(path) else {
        return 0;
    };
    if found.is_file() {
        use std::os::unix::fs::MetadataExt;
        // What holes don't hold does not count.
        return found.len().min(found.blocks() * 512);
    }
    let entries = std::fs::read_dir(path).into_iter().flatten();
    entries.map(|entry| size(&entry.unwrap().path())).sum()
}

/// A capture of the demo.
pub fn capture(folder: &Path) -> Vec<u8> {
    let path = folder.join("sound.headlight");
    let made = Command::new(program())
        .args(["capture", "--text", "The cat sat.", "--output"])
        .arg(&path)
        .env("XDG_CONFIG_HOME", "/nowhere")
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    std::fs::read(path).unwrap()
}

/// Opens a file in one way; what `way` writes goes into `folder`.
pub fn opened(path: &Path, folder: &Path, way: &[&str], text: Option<&str>) -> Answer {
    let out = |name: &str| -> PathBuf { folder.join(format!("said.{name}")) };
    let mut command = Command::new("sh");
    // The shell sets the limit, which the program inherits.
    let limited = format!("ulimit -t {SECONDS}; exec \"$0\" \"$@\"");
    command.args(["-c", &limited, program()]);
    let (verb, rest) = way.split_first().unwrap();
    command.arg(verb).arg(path).args(rest);
    if rest.last() == Some(&"--output") {
        command.arg(folder.join("written.headlight"));
    }
    if let Some(text) = text {
        let file = folder.join("text.txt");
        std::fs::write(&file, text).unwrap();
        command.arg("--text-file").arg(file);
    }
    let mut child = command
        .env("XDG_CONFIG_HOME", "/nowhere")
        .env("HF_HUB_OFFLINE", "1")
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(out("stdout")).unwrap())
        .stderr(std::fs::File::create(out("stderr")).unwrap())
        .spawn()
        .unwrap();
    let limit = ALWAYS + EACH * size(path);
    let begun = Instant::now();
    let mut most = 0;
    let status = loop {
        most = most.max(private(child.id()));
        // As soon as it is too much, before the machine suffers.
        if most > limit || begun.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
            child.wait().unwrap();
            let took = begun.elapsed();
            panic!("{path:?} {way:?}: {most} bytes of {limit} after {took:?}");
        }
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let mut said = String::new();
    for name in ["stdout", "stderr"] {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(out(name)).unwrap();
        file.take(16 << 20).read_to_end(&mut bytes).unwrap();
        let text =
            String::from_utf8(bytes).unwrap_or_else(|_| panic!("{path:?}: {name} is not UTF-8"));
        assert_eq!(text.chars().find(obeyed), None, "{path:?} {way:?} {name}");
        if name == "stderr" {
            assert!(
                !text.contains("panicked") && !text.contains("RUST_BACKTRACE"),
                "{text}"
            );
            assert!(
                text.len() <= LONGEST,
                "{path:?} {way:?}: {} bytes",
                text.len()
            );
            said = text.chars().take(500).collect();
        }
    }
    let status = status
        .code()
        .unwrap_or_else(|| panic!("{path:?} {way:?} ended by a signal: {status}, {said}"));
    Answer { status, said }
}

/// What a terminal obeys: controls, but for those that end a line or jump, and what turns the writing direction.
fn obeyed(c: &char) -> bool {
    let bidirectional = ['\u{61c}', '\u{200e}', '\u{200f}'].contains(c)
        || ('\u{202a}'..='\u{202e}').contains(c)
        || ('\u{2066}'..='\u{2069}').contains(c);
    bidirectional || (c.is_control() && *c != '\n' && *c != '\t')
}

/// Bytes of memory that are the process's own.
fn private(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kibibytes =
        line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
