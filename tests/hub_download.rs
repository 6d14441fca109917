//! Downloads from a server of our own, with the cargo feature `hub`.
#![cfg(test)]
#![cfg(feature = "hub")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What the server has, and the paths that it was asked for.
struct Hub {
    files: Vec<(&'static str, Vec<u8>)>,
    asked: Mutex<Vec<String>>,
}

/// Answers as the Hub does: a list of files, and each file with its commit, hash and range.
fn answer(hub: &Hub, mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut from = 0;
    let mut to = usize::MAX;
    for line in lines.by_ref() {
        let line = line?.to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            let (a, b) = range.split_once('-').unwrap_or((range, ""));
            from = a.parse().unwrap_or(0);
            to = b.parse().unwrap_or(usize::MAX);
        }
        if line.is_empty() {
            break;
        }
    }
    hub.asked.lock().unwrap().push(path.clone());
    let file = path
        .strip_prefix("/some/demo/resolve/main/")
        .and_then(|name| hub.files.iter().find(|(n, _)| *n == name));
    if path == "/api/models/some/demo/revision/main" {
        let names: Vec<_> = hub
            .files
            .iter()
            .map(|(name, _)| serde_json::json!({ "rfilename": name }))
            .collect();
        let body = serde_json::json!({ "sha": COMMIT, "siblings": names }).to_string();
        let length = body.len();
        return write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        );
    }
    let Some((name, bytes)) = file else {
        return write!(
            stream,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    };
    let to = to.min(bytes.len() - 1);
    let part = &bytes[from..=to];
    write!(
        stream,
        "HTTP/1.1 206 Partial Content\r\nETag: \"etag-{}\"\r\nX-Repo-Commit: {COMMIT}\r\n\
         Content-Range: bytes {from}-{to}/{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        name.replace('.', ""),
        bytes.len(),
        part.len()
    )?;
    stream.write_all(part)
}

fn serve(hub: Arc<Hub>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(&hub, stream);
        }
    });
    address
}

fn export(home: &Path, server: &str, arguments: &[&str], offline: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_headlight"))
        .arg("export")
        .args(arguments)
        .args(["--format", "json", "--output", "-"])
        .env_remove("HF_HUB_CACHE")
        .env_remove("HUGGINGFACE_HUB_CACHE")
        .env("HF_HOME", home)
        .env("HF_ENDPOINT", server)
        .env("HF_HUB_OFFLINE", offline)
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn what_is_missing_is_fetched_once_and_opens() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/demo.safetensors");
    let demo = std::fs::read(demo).unwrap();
    let hub = Arc::new(Hub {
        files: vec![
            ("README.md", b"not fetched".to_vec()),
            ("model.safetensors", demo.clone()),
            ("pytorch_model.bin", b"not fetched".to_vec()),
        ],
        asked: Mutex::default(),
    });
    let server = serve(hub.clone());
    let home = tempfile::tempdir().unwrap();
    let error = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();

    let output = export(home.path(), &server, &["some/demo"], "1");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error(&output).contains("hf download some/demo"),
        "{}",
        error(&output)
    );
    assert!(hub.asked.lock().unwrap().is_empty(), "offline");

    let output = export(home.path(), &server, &["some/demo"], "");
    assert!(output.status.success(), "{}", error(&output));
    assert!(
        error(&output).contains("downloading model.safetensors: "),
        "{}",
        error(&output)
    );
    assert_eq!(
        error(&output).matches("downloading").count(),
        1,
        "a line a file"
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json.to_string().contains("\"some/demo\""));
    let model = home.path().join("hub/models--some--demo");
    let stored = model
        .join("snapshots")
        .join(COMMIT)
        .join("model.safetensors");
    assert_eq!(std::fs::read(stored).unwrap(), demo);
    assert_eq!(
        std::fs::read_to_string(model.join("refs/main")).unwrap(),
        COMMIT
    );
    let asked = std::mem::take(&mut *hub.asked.lock().unwrap());
    assert!(
        asked
            .iter()
            .all(|path| path.contains("/api/") || path.ends_with("/model.safetensors"))
    );

    // The second time nothing is asked.
    let output = export(home.path(), &server, &["some/demo"], "");
    assert!(output.status.success(), "{}", error(&output));
    assert!(hub.asked.lock().unwrap().is_empty());

    let output = export(home.path(), &server, &["some/other"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error(&output).contains("the Hub has no such model"),
        "{}",
        error(&output)
    );
    // A mistyped path is not asked for.
    hub.asked.lock().unwrap().clear();
    let output = export(home.path(), &server, &["ckpt.pt"], "");
    assert!(
        error(&output).contains("'ckpt.pt' is not a file or folder"),
        "{}",
        error(&output)
    );
    assert!(hub.asked.lock().unwrap().is_empty());
}
