//! How much memory a model needs, and how much is free.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use super::{RunError, picks};
use crate::capture::{Shape, bytes_in_words};
use crate::checkpoint::Checkpoint;
use crate::cli::{CaptureType, RunArgs};
use crate::model::{MlpSpec, Precision, Spec};

/// Bytes of a checkpoint's weights when they are held in `precision`.
pub(super) fn of_weights(checkpoint: &Checkpoint, precision: Precision) -> u64 {
    let infos = checkpoint.tensors().values();
    let floats = infos.filter(|info| info.dtype.is_float());
    let counts = floats.filter_map(|info| info.elements()).map(|n| n as u64);
    counts
        .fold(0u64, u64::saturating_add)
        .saturating_mul(precision.bytes() as u64)
}

/// Refuses weights that do not fit what is free.
///
/// # Errors
/// The numbers, and the flag that would make it fit.
pub(super) fn check(need: u64, precision: Precision) -> Result<(), RunError> {
    fits(need, precision, free())
}

fn fits(need: u64, precision: Precision, free: Option<u64>) -> Result<(), RunError> {
    let Some(free) = free.filter(|free| need > *free) else {
        return Ok(());
    };
    let less = match precision {
        Precision::F32 => format!(
            "; --dtype bf16 needs {}{}",
            bytes_in_words(need / 2),
            if need / 2 > free {
                ", still too much"
            } else {
                ""
            }
        ),
        Precision::Bf16 | Precision::F16 => String::new(),
    };
    Err(RunError::Memory(format!(
        "the weights need {} in {} and {} are free{less}",
        bytes_in_words(need),
        precision.name(),
        bytes_in_words(free),
    )))
}

/// What a run takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// The weights, once for all runs.
    pub weights: u64,
    /// What is kept of the run.
    pub capture: u64,
    /// What is held while it runs.
    pub work: u64,
    /// What a run on an edited text takes up: left out where there is no room.
    pub edits: u64,
}

/// The sizes that a run's need follows from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub shape: Shape,
    /// Width of the widest hidden layer.
    pub hidden: usize,
    /// Bytes of the weights.
    pub weights: u64,
    /// Bytes of a number of queries and keys: 4, or 2 in f16.
    pub number: u64,
    /// Layers that are kept at a time.
    pub layers: usize,
    /// Whether all logits are kept.
    pub logits: bool,
    /// How many of the last queries are kept, where not all are.
    pub last: Option<usize>,
}

/// Tables of `[H, n]` that are kept of a layer, of queries: log-sum-exps and nine numbers; and of
/// keys: received weights, norms of values.
const QUERY_TABLES: u64 = 10;
const KEY_TABLES: u64 = 2;
/// Such tables that the marks of a trail take, about: sixteen, on average half full.
const MARKS: u64 = 8;
/// Cells of a head's two thumbnails.
const THUMBNAILS: u64 = 2 * 64 * 64;
/// Tensors of `[n, d_model]` that are alive at a time while a block runs.
const STREAMS: u64 = 6;
/// Bytes of the scores of a block of rows, twice.
const SCORES: u64 = 64 << 20;
/// Rows of an MLP and of the logits that are computed at a time.
const MLP_ROWS: u64 = 512;
const LOGIT_ROWS: u64 = 128;

impl Sizes {
    /// The sizes of a run of a model that is opened.
    pub(super) fn of(spec: &Spec, shape: Shape, weights: u64) -> Self {
        let hidden = spec.layers.iter().map(|layer| match layer.mlp {
            MlpSpec::Dense { hidden } => hidden,
            MlpSpec::Experts { hidden, shared, .. } => hidden.max(shared),
        });
        Self {
            shape,
            hidden: hidden.max().unwrap_or(0),
            weights,
            number: 4,
            layers: shape.layers,
            logits: false,
            last: None,
        }
    }

    /// With what the command line says of the capture.
    pub(super) fn asked(self, args: &RunArgs) -> Result<Self, RunError> {
        Ok(Self {
            number: if args.capture_dtype == Some(CaptureType::F16) {
                2
            } else {
                4
            },
            layers: picks::kept(args, self.shape.layers)?.len(),
            last: args.last.map(NonZeroUsize::get),
            ..self
        })
    }

    /// What `tokens` tokens take.
    pub(super) fn need(&self, tokens: usize) -> Need {
        let [n, heads, kv_heads, d, embedding, vocabulary, hidden, layers] = [
            tokens,
            self.shape.heads,
            self.shape.kv_heads,
            self.shape.head_dim,
            self.shape.embedding,
            self.shape.vocabulary,
            self.hidden,
            self.layers,
        ]
        .map(|size| size as u64);
        let queries = self.last.map_or(n, |last| n.min(last as u64));
        let vectors = (heads * queries + kv_heads * n) * d * self.number;
        let tables = heads * (QUERY_TABLES * queries + KEY_TABLES * n + THUMBNAILS) * 4;
        let logits = if self.logits { n * vocabulary * 4 } else { 0 };
        let streams = STREAMS * n * embedding + 2 * n * (heads + 2 * kv_heads) * d;
        let blocks = 3 * MLP_ROWS.min(n) * hidden + 2 * LOGIT_ROWS.min(n) * vocabulary;
        Need {
            weights: self.weights,
            capture: layers * (vectors + tables) + logits,
            work: (streams + blocks) * 4 + SCORES,
            edits: match self.keeps_all() {
                true => layers * n * (kv_heads * d + MARKS * heads) * 4,
                false => 0,
            },
        }
    }

    /// Whether a run keeps all queries of all layers as they are, so that an edit can take it up.
    fn keeps_all(&self) -> bool {
        self.last.is_none() && self.layers == self.shape.layers && self.number == 4
    }

    /// Whether there is room for what a run on an edited text takes up, the weights being loaded.
    pub(super) fn has_room_for_edits(&self, tokens: usize) -> bool {
        let Need {
            capture,
            work,
            edits,
            ..
        } = self.need(tokens);
        self.keeps_all() && free().is_none_or(|free| capture + work + edits <= free)
    }

    /// Refuses a run that does not fit what is free, its weights being loaded.
    ///
    /// # Errors
    /// The numbers, and what would fit.
    pub(super) fn check(&self, tokens: usize) -> Result<(), RunError> {
        self.fits(tokens, free())
    }

    fn fits(&self, tokens: usize, free: Option<u64>) -> Result<(), RunError> {
        let Some(free) = free.filter(|free| self.run(tokens) > *free) else {
            return Ok(());
        };
        let mut said = format!(
            "a run on {tokens} tokens needs {} beside the weights and {} are free",
            bytes_in_words(self.run(tokens)),
            bytes_in_words(free)
        );
        let offers = self.offers(tokens, free);
        if !offers.is_empty() {
            said.push_str(&format!("; {} makes it fit", offers.join(" or ")));
        }
        let shorter = most(tokens, |n| self.run(n) <= free);
        if shorter > 0 {
            said.push_str(&format!("; {shorter} tokens fit"));
        }
        Err(RunError::Memory(said))
    }

    /// What a run takes beside the weights.
    fn run(&self, tokens: usize) -> u64 {
        let need = self.need(tokens);
        need.capture + need.work
    }

    /// The flags of which each makes a run fit; two together where none does.
    fn offers(&self, tokens: usize, free: u64) -> Vec<String> {
        let half = (self.number > 2).then_some(Self { number: 2, ..*self });
        let last = |sizes: Self| {
            let fit = |last| sizes.keeping(last).run(tokens) <= free;
            Some(most(sizes.last.unwrap_or(tokens).min(tokens), fit)).filter(|last| *last > 0)
        };
        let layers = most(self.layers, |layers| {
            Self { layers, ..*self }.run(tokens) <= free
        });
        let offers = [
            half.filter(|half| half.run(tokens) <= free)
                .map(|_| "--capture-dtype f16".to_owned()),
            last(*self).map(|last| format!("--last {last}")),
            match layers {
                0 => None,
                1 => Some("--layers 0".to_owned()),
                layers => Some(format!("--layers 0-{}", layers - 1)),
            },
        ];
        let mut offers: Vec<String> = offers.into_iter().flatten().collect();
        if offers.is_empty() {
            let both = half.and_then(last);
            offers.extend(both.map(|last| format!("--capture-dtype f16 with --last {last}")));
        }
        offers
    }

    fn keeping(self, last: usize) -> Self {
        Self {
            last: Some(last),
            ..self
        }
    }
}

/// The largest number below `end` for which something holds that holds for all below it; 0 where
/// it holds for none.
fn most(end: usize, holds: impl Fn(usize) -> bool) -> usize {
    let mut holding = 0..end;
    while holding.len() > 1 {
        let middle = holding.start + holding.len() / 2;
        match holds(middle) {
            true => holding.start = middle,
            false => holding.end = middle,
        }
    }
    holding.start
}

/// What a run would take, in words: a line for each part, and what is free.
pub(super) fn report(need: Need, tokens: usize, sizes: &Sizes, precision: Precision) -> String {
    let (layers, heads) = (sizes.layers, sizes.shape.heads);
    let line = |name: &str, bytes: u64, what: String| {
        format!("{name:8} {:>10}   {what}\n", bytes_in_words(bytes))
    };
    let least = need.weights + need.capture + need.work;
    let all = least + need.edits;
    let mut report = line(
        "weights",
        need.weights,
        format!("held in {}", precision.name()),
    );
    let mut kept = format!("{layers} layers of {heads} heads, {tokens} tokens");
    if let Some(last) = sizes.last.filter(|last| *last < tokens) {
        kept.push_str(&format!(", queries of the last {last}"));
    }
    report += &line("capture", need.capture, kept);
    report += &line("work", need.work, "while the model runs".to_owned());
    if need.edits > 0 {
        let what = "values, so that an edited text runs from its change on";
        report += &line("edits", need.edits, what.to_owned());
    }
    report += &line("in all", all, String::new());
    if let Some(free) = free() {
        let fits = match (all <= free, least <= free) {
            (true, _) => "it fits",
            (false, true) => "it fits without what edits take",
            (false, false) => "it does not fit",
        };
        report += &line("free", free, fits.to_owned());
    }
    // Lines without a remark end with their number.
    report
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

/// Bytes that can still be taken: what the system has, and what the control groups of this process
/// leave. `None` where the system does not tell.
pub(super) fn free() -> Option<u64> {
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

    const GPT2: Sizes = Sizes {
        shape: Shape {
            layers: 12,
            heads: 12,
            kv_heads: 12,
            head_dim: 64,
            embedding: 768,
            vocabulary: 50257,
            context: 1 << 20,
        },
        hidden: 3072,
        weights: 498 << 20,
        number: 4,
        layers: 12,
        logits: false,
        last: None,
    };

    #[test]
    fn the_need_of_a_run_is_linear_in_its_tokens() {
        // 2 * L * n * 768 * 4 bytes of queries and keys.
        let need = GPT2.need(4096);
        let vectors = 2 * 12 * 4096 * 768 * 4;
        assert!(need.capture > vectors && need.capture < vectors + (64 << 20));
        let longer = GPT2.need(16384);
        assert!(longer.capture <= 4 * need.capture && longer.work <= 4 * need.work);
        let half = Sizes { number: 2, ..GPT2 }.need(4096);
        assert_eq!(need.capture - half.capture, vectors / 2);
        let logits = Sizes {
            logits: true,
            ..GPT2
        }
        .need(4096);
        assert_eq!(logits.capture - need.capture, 4096 * 50257 * 4);
    }

    #[test]
    fn a_run_that_does_not_fit_is_told_what_would() {
        let free = Some(1 << 30);
        assert!(GPT2.fits(4096, free).is_ok());
        assert!(GPT2.fits(1 << 20, None).is_ok());
        let told = GPT2.fits(65536, free).unwrap_err().to_string();
        let fits: usize = told
            .split("; ")
            .find_map(|part| part.strip_suffix(" tokens fit")?.parse().ok())
            .unwrap_or_else(|| panic!("{told}"));
        let run = |n| GPT2.need(n).capture + GPT2.need(n).work;
        assert!(run(fits) <= 1 << 30 && run(fits + 1) > 1 << 30, "{told}");
    }

    #[test]
    fn every_flag_that_is_offered_makes_a_run_fit() {
        let free = 1 << 30;
        let fitting = most(65536, |n| GPT2.run(n) <= free);
        let offers = GPT2.offers(fitting + 10, free);
        let said = GPT2.fits(fitting + 10, Some(free)).unwrap_err().to_string();
        let told = format!("; {} makes it fit", offers.join(" or "));
        assert!(said.contains(&told), "{said}");
        let [half, last, layers] = &offers[..] else {
            panic!("{offers:?}");
        };
        assert_eq!(half, "--capture-dtype f16");
        let number = |offer: &str, before: &str| -> usize {
            offer.strip_prefix(before).unwrap().parse().unwrap()
        };
        let run = |sizes: Sizes| sizes.run(fitting + 10);
        let last = number(last, "--last ");
        assert!(run(GPT2.keeping(last)) <= free && run(GPT2.keeping(last + 1)) > free);
        let most = number(layers, "--layers 0-");
        let layers = |layers| Sizes { layers, ..GPT2 };
        assert!(run(layers(most + 1)) <= free && run(layers(most + 2)) > free);
        // Keys alone are too many: no number of queries is offered.
        let tight = GPT2.need(fitting).work + 1;
        assert!(GPT2.offers(fitting, tight).is_empty());
    }

    #[test]
    fn what_edits_take_is_counted_where_edits_take_something_up() {
        let need = GPT2.need(4096);
        // Values of all layers, and sums of received weight.
        let values = 12 * 4096 * 768 * 4;
        assert!(need.edits >= values && need.edits < values + values / 4);
        let without = [
            Sizes { number: 2, ..GPT2 },
            Sizes { layers: 3, ..GPT2 },
            GPT2.keeping(100),
        ];
        assert!(without.iter().all(|sizes| sizes.need(4096).edits == 0));
        let told = report(need, 4096, &GPT2, Precision::F32);
        assert!(told.contains("\nedits "), "{told}");
    }

    #[test]
    fn too_little_memory_is_told_with_the_flag_that_helps() {
        let gib = 1 << 30;
        assert!(fits(4 * gib, Precision::F32, Some(5 * gib)).is_ok());
        assert!(fits(4 * gib, Precision::F32, None).is_ok());
        let refused = fits(8 * gib, Precision::F32, Some(5 * gib)).unwrap_err();
        let told = refused.to_string();
        for part in [
            "8.0 GiB in f32",
            "5.0 GiB are free",
            "--dtype bf16 needs 4.0 GiB",
        ] {
            assert!(told.contains(part), "{told}");
        }
    }
}
