//! What a run is said to take, and what would make it fit.

use super::verdict::most;
use super::*;
use crate::capture::bytes_in_words;

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
    weights: Held {
        bytes: 475 << 20,
        peak: 490 << 20,
        widest: 768 * 3072,
        head: 768 * 50257,
        packed: true,
    },
    halved: Some(Held {
        bytes: 240 << 20,
        peak: 250 << 20,
        widest: 768 * 3072,
        head: 768 * 50257,
        packed: false,
    }),
    number: 4,
    layers: 12,
    job: Job {
        explores: true,
        streams: false,
        logits: false,
        twice: false,
        picture: None,
    },
    last: None,
    on_device: false,
    threads: 2,
    process: 9 << 20,
};

/// Whether a run fits so much, its weights being loaded.
fn run_fits(free: u64) -> impl Fn(&Sizes, usize) -> bool {
    move |sizes, tokens| sizes.run(tokens) <= free
}

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
    let job = Job {
        logits: true,
        ..GPT2.job
    };
    let logits = Sizes { job, ..GPT2 }.need(4096);
    assert_eq!(logits.capture - need.capture, 4096 * 50257 * 4);
}

#[test]
fn a_run_that_does_not_fit_is_told_what_would() {
    let free = Some(1 << 30);
    assert!(GPT2.fits(4096, free, Sizes::run).is_ok());
    assert!(GPT2.fits(1 << 20, None, Sizes::run).is_ok());
    let told = GPT2.fits(65536, free, Sizes::run).unwrap_err().to_string();
    let fits: usize = told
        .split("; ")
        .find_map(|part| part.strip_suffix(" tokens fit")?.parse().ok())
        .unwrap_or_else(|| panic!("{told}"));
    let run = |n| GPT2.run(n);
    assert!(run(fits) <= 1 << 30 && run(fits + 1) > 1 << 30, "{told}");
}

#[test]
fn every_flag_that_is_offered_makes_a_run_fit() {
    let free = 1 << 30;
    let fitting = most(65536, |n| GPT2.run(n) <= free);
    let offers = GPT2.offers(fitting + 10, &run_fits(free));
    let said = GPT2.fits(fitting + 10, Some(free), Sizes::run);
    let said = said.unwrap_err().to_string();
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
    let tight = GPT2.work(fitting) + 1;
    assert!(GPT2.offers(fitting, &run_fits(tight)).is_empty());
}

#[test]
fn what_edits_take_is_counted_where_edits_take_something_up() {
    let need = GPT2.need(4096);
    // Values of all layers, and sums of received weight.
    let values = 12 * 4096 * 768 * 4;
    assert!(need.edits >= values && need.edits < values + values / 4);
    let job = Job {
        explores: false,
        ..GPT2.job
    };
    let without = [
        Sizes { job, ..GPT2 },
        Sizes { number: 2, ..GPT2 },
        Sizes { layers: 3, ..GPT2 },
        GPT2.keeping(100),
    ];
    assert!(without.iter().all(|sizes| sizes.need(4096).edits == 0));
    let told = report(need, 4096, &GPT2, Precision::F32, None);
    assert!(told.contains("\nedits "), "{told}");
}

#[test]
fn weights_that_do_not_fit_are_refused_with_the_flag_that_helps() {
    let mib = |count: u64| Some(count << 20);
    assert!(GPT2.fits(6, mib(600), Sizes::all).is_ok());
    let told = GPT2.fits(6, mib(450), Sizes::all).unwrap_err().to_string();
    for part in ["450 MiB are free", "; --dtype bf16 makes it fit"] {
        assert!(told.contains(part), "{told}");
    }
    let told = GPT2.fits(6, mib(100), Sizes::all).unwrap_err().to_string();
    assert!(
        !told.contains("makes it fit") && told.contains("a smaller model"),
        "{told}"
    );
}

#[test]
fn what_is_said_is_what_is_compared() {
    for (tokens, twice, picture) in [
        (6, false, None),
        (1000, true, None),
        (1000, false, Some(12)),
    ] {
        let job = Job {
            twice,
            picture,
            ..GPT2.job
        };
        let sizes = Sizes { job, ..GPT2 };
        let need = sizes.need(tokens);
        assert_eq!(need.weights + need.capture + need.work, sizes.all(tokens));
        let all = need.process + sizes.all(tokens) + need.edits;
        let told = report(need, tokens, &sizes, Precision::F32, None);
        let line = told
            .lines()
            .find(|line| line.starts_with("in all"))
            .unwrap();
        assert!(line.ends_with(&bytes_in_words(all)), "{told}");
    }
}

#[test]
fn a_run_that_does_not_fit_its_device_is_told_what_would() {
    let fits = |tokens, block, free| GPT2.check_device(tokens, block, free);
    let gib = 1 << 30;
    assert!(fits(4096, gib, Some(2 * gib)).is_ok());
    assert!(fits(1 << 20, gib, None).is_ok());
    let told = fits(16384, 2 * gib, Some(2 * gib)).unwrap_err().to_string();
    let block = told.split("--device-memory ").nth(1).unwrap();
    let block: u64 = block.split("MiB").next().unwrap().parse().unwrap();
    assert!(fits(16384, block << 20, Some(2 * gib)).is_ok(), "{told}");
    let shorter = told.split("; ").last().unwrap();
    let shorter: usize = shorter
        .strip_suffix(" tokens fit")
        .unwrap()
        .parse()
        .unwrap();
    assert!(fits(shorter, 2 * gib, Some(2 * gib)).is_ok(), "{told}");
    assert!(fits(shorter + 1, 2 * gib, Some(2 * gib)).is_err(), "{told}");
    // Where even the smallest block does not fit, none is offered.
    let told = fits(1 << 20, gib, Some(gib)).unwrap_err().to_string();
    assert!(!told.contains("--device-memory"), "{told}");
}

#[test]
fn a_block_takes_no_more_than_half_of_what_is_free_unless_it_is_told_to() {
    let gib = 1 << 30;
    assert_eq!(of_block(None, Some(80 * gib)), gib);
    assert_eq!(of_block(None, Some(gib)), gib / 2);
    assert_eq!(of_block(None, None), gib);
    assert_eq!(of_block(Some(Bytes(3 * gib)), Some(gib)), 3 * gib);
}

#[test]
fn what_a_device_holds_is_told_apart() {
    let device = OnDevice {
        block: 1 << 30,
        free: Some(4 << 30),
    };
    let sizes = Sizes {
        on_device: true,
        ..GPT2
    };
    let need = sizes.need(4096);
    let told = report(need, 4096, &sizes, Precision::F32, Some(device));
    let line = |name: &str| {
        let mut lines = told.lines();
        let line = lines.find(|line| line.starts_with(name)).map(str::to_owned);
        line.unwrap_or_else(|| panic!("no {name} in {told}"))
    };
    let there = need.weights + sizes.on_device(4096, 1 << 30);
    assert!(line("device").contains(&bytes_in_words(there)), "{told}");
    assert!(line("free").ends_with("it fits"), "{told}");
    let here = bytes_in_words(need.process + need.capture + need.work + need.edits);
    assert!(line("in all").contains(&here), "{told}");
}
