//! Files are whole or absent.

use std::fs;
use std::io::Write;

use headlight::export::{ExportError, write_atomically};

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plot.png");
    write_atomically(&path, |out| Ok(out.write_all(b"whole")?)).unwrap();
    let failed = write_atomically(&path, |out| {
        out.write_all(b"ha")?;
        Err(ExportError::Empty)
    });
    assert!(matches!(failed, Err(ExportError::Empty)));
    assert_eq!(fs::read(&path).unwrap(), b"whole");
    assert_eq!(names(folder.path()), ["plot.png"]);
    write_atomically(&path, |out| Ok(out.write_all(b"new")?)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(folder.path()), ["plot.png"]);
}

/// However the process ends in the middle.
#[cfg(target_os = "linux")]
#[test]
fn what_is_half_written_has_no_name() {
    use rustix::fs::{Mode, OFlags};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.headlight");
    fs::write(&path, "old").unwrap();
    let mut seen = Vec::new();
    write_atomically(&path, |out| {
        out.write_all(b"half")?;
        out.flush()?;
        seen = names(folder.path());
        Ok(())
    })
    .unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"half");
    assert_eq!(names(folder.path()), ["run.headlight"]);
    let nameless = OFlags::TMPFILE | OFlags::RDWR;
    match rustix::fs::open(folder.path(), nameless, Mode::RUSR) {
        Ok(_) => assert_eq!(seen, ["run.headlight"]),
        Err(_) => println!("skipped: this file system has no files without a name"),
    }
}

#[test]
fn a_path_that_can_hold_no_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        folder.path().to_path_buf(),
        folder.path().join("absent/plot.png"),
    ] {
        let error = write_atomically(&path, |_| Ok(())).unwrap_err();
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
    assert!(names(folder.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn pipes_and_links_stay_what_they_are() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let reader = Command::new("cat")
        .arg(&pipe)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    write_atomically(&pipe, |out| Ok(out.write_all(b"through")?)).unwrap();
    assert_eq!(reader.wait_with_output().unwrap().stdout, b"through");
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());

    // What a shell makes of `>(command)`.
    #[cfg(target_os = "linux")]
    {
        use std::io::Read;
        use std::os::fd::AsRawFd;

        let (mut reader, writer) = std::io::pipe().unwrap();
        let path = format!("/dev/fd/{}", writer.as_raw_fd());
        write_atomically(path.as_ref(), |out| Ok(out.write_all(b"through")?)).unwrap();
        drop(writer);
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "through");
    }

    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "old").unwrap();
    symlink(&file, &link).unwrap();
    write_atomically(&link, |out| Ok(out.write_all(b"new")?)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&file).unwrap(), b"new");
    // What it names may be absent.
    fs::remove_file(&file).unwrap();
    write_atomically(&link, |out| Ok(out.write_all(b"newer")?)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&file).unwrap(), b"newer");
}

#[cfg(unix)]
#[test]
fn names_may_be_long_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x".repeat(255));
    for mode in [0o600, 0o640] {
        write_atomically(&path, |out| Ok(out.write_all(b"whole")?)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        write_atomically(&path, |out| Ok(out.write_all(b"new")?)).unwrap();
        let found = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode);
    }
    assert_eq!(fs::read(&path).unwrap(), b"new");
}
