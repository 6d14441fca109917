//! An output that fails once.

use std::io::{self, Seek, SeekFrom, Write};

/// Hands the first error on; what comes after it goes nowhere and succeeds. The ZIP writer completes
/// its archive when it is dropped and prints what fails then, after the error was told.
pub(super) struct FailedOnce<W> {
    out: W,
    /// Where the writer believes to be, once it failed.
    failed_at: Option<u64>,
    at: u64,
}

impl<W> FailedOnce<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            failed_at: None,
            at: 0,
        }
    }

    fn noted<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &done
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failed_at = Some(self.at);
        }
        done
    }
}

impl<W: Write> Write for FailedOnce<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(at) = &mut self.failed_at {
            *at += bytes.len() as u64;
            return Ok(bytes.len());
        }
        let written = self.out.write(bytes);
        let written = self.noted(written)?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failed_at.is_some() {
            return Ok(());
        }
        let flushed = self.out.flush();
        self.noted(flushed)
    }
}

impl<W: Seek> Seek for FailedOnce<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let Some(at) = &mut self.failed_at {
            *at = match to {
                SeekFrom::Start(at) => at,
                SeekFrom::Current(by) => at.saturating_add_signed(by),
                SeekFrom::End(_) => *at,
            };
            return Ok(*at);
        }
        let found = self.out.seek(to);
        self.at = self.noted(found)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A disk of so many bytes.
    struct Small(Cursor<Vec<u8>>, usize);

    impl Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.position() as usize + bytes.len() > self.1 {
                true => Err(io::ErrorKind::StorageFull.into()),
                false => self.0.write(bytes),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Small {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn only_the_first_failure_is_told_and_places_still_follow() {
        let mut disk = Small(Cursor::new(Vec::new()), 4);
        let mut out = FailedOnce::new(&mut disk);
        out.write_all(b"abcd").unwrap();
        assert_eq!(
            out.write_all(b"ef").unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        out.write_all(b"gh").unwrap();
        out.flush().unwrap();
        assert_eq!(out.stream_position().unwrap(), 6);
        assert_eq!(out.seek(SeekFrom::Start(1)).unwrap(), 1);
        out.write_all(b"i").unwrap();
        assert_eq!(out.seek(SeekFrom::Current(-2)).unwrap(), 0);
        assert_eq!(disk.0.into_inner(), b"abcd");
    }
}
