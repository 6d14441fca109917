//! How much memory is free.

use std::fs;
use std::path::Path;

/// Bytes that can still be taken: what the system has, and what the control groups of this process
/// leave. `None` where the system does not tell.
pub(in crate::run) fn free() -> Option<u64> {
    let system = fs::read_to_string("/proc/meminfo").ok();
    let system = system.as_deref().and_then(available);
    let group = fs::read_to_string("/proc/self/cgroup").ok();
    let group = group.as_deref().and_then(of_group);
    match (system, group) {
        (Some(system), Some(group)) => Some(system.min(group)),
        (system, group) => system.or(group),
    }
}

/// `MemAvailable` of `/proc/meminfo`.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What the control group of `/proc/self/cgroup` and those above it leave (version 2, and the
/// memory controller of version 1).
fn of_group(groups: &str) -> Option<u64> {
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            let path = path.trim_start_matches('/');
            if controllers.is_empty() {
                left(
                    Path::new("/sys/fs/cgroup"),
                    path,
                    "memory.max",
                    "memory.current",
                )
            } else if controllers.split(',').any(|c| c == "memory") {
                let root = Path::new("/sys/fs/cgroup/memory");
                left(root, path, "memory.limit_in_bytes", "memory.usage_in_bytes")
            } else {
                None
            }
        })
        .min()
}

/// The least that any group from `path` up to `root` leaves.
fn left(root: &Path, path: &str, limit: &str, used: &str) -> Option<u64> {
    let number =
        |file: &Path| -> Option<u64> { fs::read_to_string(file).ok()?.trim().parse().ok() };
    let folder = root.join(path);
    let groups = folder
        .ancestors()
        .take_while(|group| group.starts_with(root));
    let free = groups.filter_map(|group| {
        let limit = number(&group.join(limit))?;
        let used = number(&group.join(used))?;
        // Caches that can be dropped count as used.
        let cache = fs::read_to_string(group.join("memory.stat")).ok();
        let cache = cache.as_deref().and_then(inactive_file).unwrap_or(0);
        Some(limit.saturating_sub(used.saturating_sub(cache)))
    });
    free.min()
}

/// Bytes of files that the group keeps in memory without need.
fn inactive_file(stat: &str) -> Option<u64> {
    let line = stat
        .lines()
        .find_map(|l| l.strip_prefix("inactive_file "))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_read() {
        let text = "MemTotal:       24576000 kB\nMemAvailable:   20480000 kB\n";
        assert_eq!(available(text), Some(20_480_000 * 1024));
        assert_eq!(available("MemAvailable: many kB"), None);
        assert_eq!(inactive_file("anon 5\ninactive_file 77\n"), Some(77));
        if cfg!(target_os = "linux") {
            assert!(free().unwrap() > 1 << 20);
        }
    }

    #[test]
    fn what_a_group_leaves_is_the_least_of_all_above_it() {
        let root = tempfile::tempdir().unwrap();
        let group = root.path().join("a/b");
        fs::create_dir_all(&group).unwrap();
        let write = |folder: &Path, limit: &str, used: &str| {
            fs::write(folder.join("memory.max"), limit).unwrap();
            fs::write(folder.join("memory.current"), used).unwrap();
        };
        write(&group, "max\n", "10\n");
        write(&root.path().join("a"), "1000\n", "400\n");
        let found = left(root.path(), "a/b", "memory.max", "memory.current");
        assert_eq!(found, Some(600));
        fs::write(root.path().join("a/memory.stat"), "inactive_file 100\n").unwrap();
        let found = left(root.path(), "a/b", "memory.max", "memory.current");
        assert_eq!(found, Some(700));
    }
}
