//! How much memory is free.

use std::fs;
use std::path::Path;

/// Address space that threads reserve and never fill: stacks and their heaps.
const RESERVED: u64 = 160 << 20;
/// The same, of what counts as data: stacks.
const STACKS: u64 = 24 << 20;

/// Bytes that this process can still take: the least of what the system has, what its control groups
/// leave, and what its own limits leave. `None` where nothing tells.
pub(in crate::run) fn free() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok();
    let meminfo = meminfo.as_deref().unwrap_or_default();
    let swap = kibibytes(meminfo, "SwapFree:").unwrap_or(0);
    let system = kibibytes(meminfo, "MemAvailable:").map(|found| found.saturating_add(swap));
    let groups = fs::read_to_string("/proc/self/cgroup").ok();
    let groups = groups.as_deref().and_then(|found| of_groups(found, swap));
    let status = fs::read_to_string("/proc/self/status").ok();
    let limits = fs::read_to_string("/proc/self/limits").ok();
    let limits = limits.zip(status).and_then(|(l, s)| of_limits(&l, &s));
    [system, groups, limits].into_iter().flatten().min()
}

/// Bytes that are this process's alone: no pages of files.
pub(super) fn private() -> Option<u64> {
    kibibytes(&fs::read_to_string("/proc/self/status").ok()?, "RssAnon:")
}

/// The bytes on the line of a key, which tells them in kB.
fn kibibytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What the limits of `/proc/self/limits` leave beside what `/proc/self/status` says is taken.
fn of_limits(limits: &str, status: &str) -> Option<u64> {
    let left = |name: &str, taken: &str, reserved: u64| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
        // "unlimited" is no number.
        let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
        let taken = kibibytes(status, taken)?.saturating_add(reserved);
        Some(limit.saturating_sub(taken))
    };
    let space = left("Max address space", "VmSize:", RESERVED);
    let data = left("Max data size", "VmData:", STACKS);
    [space, data].into_iter().flatten().min()
}

/// What the control group of `/proc/self/cgroup` and those above it leave (version 2, and the
/// memory controller of version 1), `swap` bytes of swap being free.
fn of_groups(groups: &str, swap: u64) -> Option<u64> {
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            let path = path.trim_start_matches('/');
            if controllers.is_empty() {
                left(Path::new("/sys/fs/cgroup"), path, &VERSION_2, swap)
            } else if controllers.split(',').any(|c| c == "memory") {
                left(Path::new("/sys/fs/cgroup/memory"), path, &VERSION_1, swap)
            } else {
                None
            }
        })
        .min()
}

/// The files in which a version of control groups tells.
struct Version {
    limit: &'static str,
    used: &'static str,
    /// Limit and use of swap, and whether those of memory are counted in them.
    swap: (&'static str, &'static str, bool),
    /// What is before the keys of `memory.stat` that count the groups below, too.
    all: &'static str,
}

const VERSION_1: Version = Version {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    swap: (
        "memory.memsw.limit_in_bytes",
        "memory.memsw.usage_in_bytes",
        true,
    ),
    all: "total_",
};

const VERSION_2: Version = Version {
    limit: "memory.max",
    used: "memory.current",
    swap: ("memory.swap.max", "memory.swap.current", false),
    all: "",
};

/// The least that any group from `path` up to `root` leaves.
fn left(root: &Path, path: &str, version: &Version, swap: u64) -> Option<u64> {
    // In a container the path may be that outside of it: then its group is the root.
    let folder = Some(root.join(path)).filter(|folder| folder.exists());
    let folder = folder.unwrap_or_else(|| root.to_owned());
    let groups = folder
        .ancestors()
        .take_while(|group| group.starts_with(root));
    groups
        .filter_map(|group| left_of(group, version, swap))
        .min()
}

/// What one group leaves; `None` where it has no limit.
fn left_of(group: &Path, version: &Version, swap: u64) -> Option<u64> {
    let number = |file: &str| -> Option<u64> {
        let text = fs::read_to_string(group.join(file)).ok()?;
        text.trim().parse().ok()
    };
    let limit = number(version.limit)?;
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let counted = |key: &str| -> u64 {
        let key = format!("{}{key} ", version.all);
        let line = stat.lines().find_map(|line| line.strip_prefix(&key));
        line.and_then(|n| n.trim().parse().ok()).unwrap_or(0)
    };
    // Pages of files can be dropped and are counted as used, unless they wait to be written.
    let files = counted("inactive_file") + counted("active_file");
    let waiting = counted("dirty") + counted("file_dirty") + counted("writeback");
    let cache = files.saturating_sub(waiting) + counted("slab_reclaimable");
    let taken = |used: u64| used.saturating_sub(cache);
    let free = limit.saturating_sub(taken(number(version.used)?));
    let (swap_limit, swap_used, together) = version.swap;
    let both = number(swap_limit).zip(number(swap_used));
    Some(match (both, together) {
        // No number of version 2 is "max": as much as there is.
        (None, false) if !group.join(swap_limit).exists() => free,
        (None, _) => free.saturating_add(swap),
        (Some((limit, used)), false) => free.saturating_add(swap.min(limit.saturating_sub(used))),
        (Some((limit, used)), true) => {
            let both = limit.saturating_sub(taken(used));
            free.saturating_add(swap).min(both)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_read() {
        let text = "MemTotal:       24576000 kB\nMemAvailable:   20480000 kB\n";
        assert_eq!(kibibytes(text, "MemAvailable:"), Some(20_480_000 * 1024));
        assert_eq!(kibibytes("MemAvailable: many kB", "MemAvailable:"), None);
        if cfg!(target_os = "linux") {
            assert!(free().unwrap() > 1 << 20);
            assert!(private().unwrap() > 0);
        }
    }

    #[test]
    fn what_a_limit_of_the_process_leaves_is_less_what_it_has() {
        let limits = |space: &str, data: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units\n\
                 Max data size             {data}            unlimited            bytes\n\
                 Max address space         {space}            unlimited            bytes\n"
            )
        };
        let status = "VmSize:\t  102400 kB\nVmData:\t   10240 kB\n";
        let found = |space: &str, data: &str| of_limits(&limits(space, data), status);
        assert_eq!(found("unlimited", "unlimited"), None);
        let mib = |count: u64| (count << 20).to_string();
        let space = found(&mib(1000), "unlimited").unwrap();
        assert_eq!(space, (900 << 20) - RESERVED);
        let data = found(&mib(1000), &mib(500)).unwrap();
        assert_eq!(data, (490 << 20) - STACKS);
        assert_eq!(found(&mib(1), "unlimited"), Some(0));
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
        let found = |swap| left(root.path(), "a/b", &VERSION_2, swap);
        write(&group, "max\n", "10\n");
        let above = root.path().join("a");
        write(&above, "1000\n", "400\n");
        assert_eq!(found(50), Some(600));
        let stat = "inactive_file 100\nactive_file 30\nfile_dirty 10\nslab_reclaimable 5\n";
        fs::write(above.join("memory.stat"), stat).unwrap();
        assert_eq!(found(0), Some(725));
        fs::write(above.join("memory.swap.max"), "max\n").unwrap();
        assert_eq!(found(50), Some(775));
        fs::write(above.join("memory.swap.max"), "30\n").unwrap();
        fs::write(above.join("memory.swap.current"), "10\n").unwrap();
        assert_eq!(found(50), Some(745));
        // A path of outside of the container.
        write(root.path(), "90\n", "20\n");
        assert_eq!(left(root.path(), "x/y", &VERSION_2, 0), Some(70));
    }

    #[test]
    fn limits_of_memory_with_swap_are_seen() {
        let root = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(root.path().join(file), text).unwrap();
        write("memory.limit_in_bytes", "1000\n");
        write("memory.usage_in_bytes", "400\n");
        write("memory.stat", "inactive_file 1\ntotal_inactive_file 100\n");
        let found = || left(root.path(), "", &VERSION_1, 500);
        assert_eq!(found(), Some(1200));
        write("memory.memsw.limit_in_bytes", "1100\n");
        write("memory.memsw.usage_in_bytes", "450\n");
        assert_eq!(found(), Some(750));
    }
}
