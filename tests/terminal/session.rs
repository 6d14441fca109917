//! A program in a pseudo terminal, seen through an emulator.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{
    Child, CommandBuilder, MasterPty, PtyPair, PtySize, SlavePty, native_pty_system,
};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// How long to wait for what must come. Other programs may share the processor.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Begins a synchronized update.
const BEGIN: &[u8] = b"\x1b[?2026h";

/// Ends one.
const END: &[u8] = b"\x1b[?2026l";

/// An untrained model of the smallest useful size: no file, no network.
const MODEL: [&str; 14] = [
    "--untrained",
    "--number-of-layers",
    "2",
    "--number-of-heads",
    "2",
    "--embedding-dimension",
    "32",
    "--context-length",
    "64",
    "--seed",
    "1",
    "--text",
    "The cat sat on the mat.",
    "--color=256",
];

/// The program's path.
pub fn program() -> &'static str {
    env!("CARGO_BIN_EXE_headlight")
}

/// The explorer on a small model.
pub fn explorer() -> CommandBuilder {
    let mut command = CommandBuilder::new(program());
    command.args(MODEL);
    prepared(command)
}

/// The explorer on the demo, with these arguments.
pub fn demo(arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(program());
    command.args(arguments);
    prepared(command)
}

/// The explorer on a model and a text that keep it busy for seconds, however many cores there are.
pub fn busy_explorer() -> CommandBuilder {
    let mut command = CommandBuilder::new(program());
    command.args(["--untrained", "--seed", "1", "--color=256", "--threads=1"]);
    command.args(["--number-of-layers", "8", "--number-of-heads", "8"]);
    command.args(["--embedding-dimension", "128", "--context-length", "4096"]);
    command.arg("--text");
    command.arg("The cat sat on the mat and it slept there. ".repeat(340));
    prepared(command)
}

/// The explorer started by a shell script that names it `"$@"`.
pub fn explorer_in_shell(script: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", script, "sh", program()]);
    command.args(MODEL);
    prepared(command)
}

/// A shell script that names the explorer on the demo, with these arguments, `"$@"`.
pub fn demo_in_shell(script: &str, arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", script, "sh", program()]);
    command.args(arguments);
    prepared(command)
}

fn prepared(mut command: CommandBuilder) -> CommandBuilder {
    command.env("TERM", "xterm-256color");
    command.env_remove("NO_COLOR");
    // No settings but those of a test.
    command.env("XDG_CONFIG_HOME", "/nowhere");
    command
}

/// All that came out so far.
struct Output {
    emulator: vt100::Parser,
    bytes: Vec<u8>,
}

impl Output {
    /// Where a mark stands last.
    fn last(&self, mark: &[u8]) -> Option<usize> {
        let mut places = self.bytes.windows(mark.len());
        places.rposition(|place| place == mark)
    }

    /// Whether no frame is half on the screen: terminals show a synchronized update as a whole.
    fn is_whole(&self) -> bool {
        self.last(END) >= self.last(BEGIN)
    }
}

/// A running program and its terminal.
pub struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    // Kept open, so that the terminal outlives the program.
    _slave: Box<dyn SlavePty + Send>,
    writer: Box<dyn Write + Send>,
    output: Arc<Mutex<Output>>,
    modes: String,
}

fn open(width: u16, height: u16) -> PtyPair {
    let size = PtySize {
        rows: height,
        cols: width,
        pixel_width: 0,
        pixel_height: 0,
    };
    native_pty_system().openpty(size).unwrap()
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

impl Session {
    /// Starts a command in a terminal of its own.
    pub fn start(command: CommandBuilder, width: u16, height: u16) -> Self {
        let pair = open(width, height);
        let modes = modes(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (rows, columns) = (height.try_into().unwrap(), width.try_into().unwrap());
        let output = Arc::new(Mutex::new(Output {
            emulator: vt100::Parser::new(rows, columns, 0),
            bytes: Vec::new(),
        }));
        let filled = output.clone();
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut output = filled.lock().unwrap();
                output.emulator.process(&buffer[..count]);
                output.bytes.extend_from_slice(&buffer[..count]);
            }
        });
        Self {
            writer: pair.master.take_writer().unwrap(),
            child,
            master: pair.master,
            _slave: pair.slave,
            output,
            modes,
        }
    }

    /// Starts the explorer and waits until it shows a capture and rests.
    pub fn explore(width: u16, height: u16) -> Self {
        let session = Self::start(explorer(), width, height);
        session.wait_shown();
        session
    }

    /// Waits until the explorer shows a whole capture, exactly, and rests. That it rests alone would
    /// not tell: where the processor is busy, a run may be silent for long.
    pub fn wait_shown(&self) {
        self.wait("capture", |screen| {
            let text = screen.contents();
            // The header names the screen once a capture is there.
            let done = text.contains("Heads") && !text.contains("cancels");
            screen.alternate_screen() && done && !text.contains("coarse")
        });
        self.wait_quiet();
    }

    /// Waits until the screen satisfies `shown`, with no frame half on it.
    pub fn wait(&self, what: &str, shown: impl Fn(&vt100::Screen) -> bool) {
        let start = Instant::now();
        loop {
            let output = self.output.lock().unwrap();
            if output.is_whole() && shown(output.emulator.screen()) {
                return;
            }
            drop(output);
            let text = self.text();
            assert!(start.elapsed() < PATIENCE, "no {what} in\n{text}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until what came satisfies `came`.
    pub fn wait_bytes(&self, what: &str, came: impl Fn(&[u8]) -> bool) {
        let start = Instant::now();
        while !came(&self.output.lock().unwrap().bytes) {
            assert!(start.elapsed() < PATIENCE, "no {what} came");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until the screen says this.
    pub fn wait_text(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits until the screen looks like this, colours included.
    pub fn wait_look(&self, expected: &[String]) {
        let start = Instant::now();
        while !self.output.lock().unwrap().is_whole() || self.look() != expected {
            if start.elapsed() > PATIENCE {
                assert_eq!(self.look(), expected);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a whole frame was sent.
    pub fn wait_frame(&self) {
        let start = Instant::now();
        loop {
            let output = self.output.lock().unwrap();
            if output.last(END).is_some() && output.is_whole() {
                return;
            }
            drop(output);
            assert!(start.elapsed() < PATIENCE, "no frame");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until nothing came for 300 ms. Where the processor is busy more may come all the same:
    /// what must be there is to be waited for by itself.
    pub fn wait_quiet(&self) {
        let start = Instant::now();
        loop {
            let before = self.count();
            thread::sleep(Duration::from_millis(300));
            if self.count() == before && self.output.lock().unwrap().is_whole() {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "it never rests");
        }
    }

    /// The text on the screen.
    pub fn text(&self) -> String {
        self.output.lock().unwrap().emulator.screen().contents()
    }

    /// Every line with its colours and attributes. A cell that was never written counts as blank.
    pub fn look(&self) -> Vec<String> {
        let output = self.output.lock().unwrap();
        let screen = output.emulator.screen();
        let (rows, columns) = screen.size();
        let line = |row| {
            let mut line = String::new();
            let mut style = None;
            for cell in (0..columns.get()).filter_map(|column| screen.cell(row, column)) {
                // Of a blank only the ground is seen.
                let blank = cell.contents().trim().is_empty();
                let inked = !blank || cell.underline() || cell.inverse();
                let new = (
                    inked.then_some((cell.fgcolor(), cell.bold())),
                    cell.bgcolor(),
                    cell.underline(),
                    cell.inverse(),
                );
                if style.replace(new) != Some(new) {
                    line.push_str(&format!("{new:?}"));
                }
                line.push_str(if cell.has_contents() {
                    cell.contents()
                } else {
                    " "
                });
            }
            line
        };
        (0..rows.get()).map(line).collect()
    }

    /// How many bytes came so far.
    pub fn count(&self) -> usize {
        self.output.lock().unwrap().bytes.len()
    }

    /// The bytes that came after the first `count`.
    pub fn bytes_after(&self, count: usize) -> Vec<u8> {
        self.output.lock().unwrap().bytes[count..].to_vec()
    }

    /// Types.
    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
    }

    /// Changes the terminal's size.
    pub fn resize(&self, width: u16, height: u16) {
        let mut output = self.output.lock().unwrap();
        let (rows, columns) = (height.try_into().unwrap(), width.try_into().unwrap());
        output.emulator.screen_mut().set_size(rows, columns);
        drop(output);
        self.tell_size(width, height);
    }

    /// Tells the program a size, and leaves the emulator as it is.
    pub fn tell_size(&self, width: u16, height: u16) {
        let size = PtySize {
            rows: height,
            cols: width,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.master.resize(size).unwrap();
    }

    /// Writes over the screen, as another program would; the explorer is told nothing.
    pub fn scribble(&self) {
        let mut output = self.output.lock().unwrap();
        output
            .emulator
            .process(b"\x1b[m\x1b[2J\x1b[5;5Hanother program was here");
    }

    /// Stops the program from outside and waits until it stands.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
        let pid = Pid::from_raw(i32::try_from(self.child.process_id().unwrap()).unwrap());
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
        assert!(
            waitid(WaitId::Pid(pid.unwrap()), stopped)
                .unwrap()
                .is_some()
        );
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Sends a signal to every process of the terminal's foreground.
    pub fn signal_group(&self, signal: Signal) {
        let group = self.master.process_group_leader().unwrap();
        rustix::process::kill_process_group(Pid::from_raw(group).unwrap(), signal).unwrap();
    }

    /// The exit status, and how long it took to come.
    pub fn wait_exit(&mut self) -> (u32, Duration) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.exit_code(), start.elapsed());
            }
            assert!(start.elapsed() < PATIENCE, "no exit:\n{}", self.text());
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The most memory that was the program's own, in KiB.
    pub fn peak(&self) -> u64 {
        let pid = self.child.process_id().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let word = line.unwrap().split_whitespace().nth(1).unwrap();
        word.parse().unwrap()
    }

    /// Whether the program still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asserts that the terminal is as it was before the program started.
    pub fn assert_restored(&self) {
        // What was written before the exit may still be on its way.
        self.wait("restored screen", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
        assert_eq!(modes(self.master.as_ref()), self.modes);
        let output = self.output.lock().unwrap();
        assert!(
            output.last(END) > output.last(BEGIN),
            "a synchronized update never ends"
        );
        let cell = output.emulator.screen();
        assert_eq!(cell.fgcolor(), vt100::Color::Default);
        assert_eq!(cell.bgcolor(), vt100::Color::Default);
        let mouse = cell.mouse_protocol_mode();
        assert_eq!(mouse, vt100::MouseProtocolMode::None);
        assert!(!cell.bold() && !cell.inverse() && !cell.underline());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A test that failed leaves nothing running; one that passed has nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command until it shows the explorer, then hangs the terminal up: every descriptor of its
/// other end is closed. Gives the exit status and how long it took.
pub fn hang_up(command: CommandBuilder) -> (u32, Duration) {
    let pair = open(80, 24);
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut emulator = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
    let mut buffer = [0; 65536];
    while !emulator.screen().alternate_screen() {
        let count = reader.read(&mut buffer).unwrap();
        assert!(count > 0, "it ended: {}", emulator.screen().contents());
        emulator.process(&buffer[..count]);
    }
    drop(reader);
    drop(pair.master);
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status.exit_code(), start.elapsed());
        }
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("it outlives its terminal");
        }
        thread::sleep(Duration::from_millis(1));
    }
}
