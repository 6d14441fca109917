//! Whether a run fits what is free, and what would make it fit.

use super::{Sizes, free};
use crate::capture::bytes_in_words;
use crate::model::{BLOCK_ROWS, block_bytes};
use crate::run::RunError;

/// Bytes of a device below which blocks of attention are too small to be worth an offer.
const LEAST_BLOCK: u64 = 16 << 20;

impl Sizes {
    /// Whether there is room for what a run on an edited text takes up, the weights being loaded.
    pub(in crate::run) fn has_room_for_edits(&self, tokens: usize) -> bool {
        let need = self.run(tokens) + self.edits(tokens);
        self.keeps_all() && free().is_none_or(|free| need <= free)
    }

    /// Refuses what does not fit what is free, before anything is loaded.
    ///
    /// # Errors
    /// The numbers, and what would fit.
    pub(in crate::run) fn check(&self, tokens: usize) -> Result<(), RunError> {
        self.fits(tokens, free(), Self::all)
    }

    /// Refuses a run that does not fit what is free, its weights being loaded.
    ///
    /// # Errors
    /// The numbers, and what would fit.
    pub(in crate::run) fn check_run(&self, tokens: usize) -> Result<(), RunError> {
        self.fits(tokens, free(), Self::run)
    }

    pub(super) fn fits(
        &self,
        tokens: usize,
        free: Option<u64>,
        need: fn(&Self, usize) -> u64,
    ) -> Result<(), RunError> {
        let Some(free) = free.filter(|free| need(self, tokens) > *free) else {
            return Ok(());
        };
        let fitting = |sizes: &Self, tokens: usize| need(sizes, tokens) <= free;
        let mut said = format!(
            "a run on {tokens} tokens needs {} and {} are free",
            bytes_in_words(need(self, tokens)),
            bytes_in_words(free)
        );
        let offers = self.offers(tokens, &fitting);
        if !offers.is_empty() {
            said.push_str(&format!("; {} makes it fit", offers.join(" or ")));
        }
        let shorter = most(tokens, |n| fitting(self, n));
        if shorter > 0 {
            said.push_str(&format!("; {shorter} tokens fit"));
        }
        if offers.is_empty() && shorter == 0 {
            said.push_str("; give it more memory, or choose a smaller model");
        }
        Err(RunError::Memory(said))
    }

    /// Refuses a run that does not fit what is free on the device it runs on, its weights being loaded
    /// and `block` bytes a block of attention's.
    ///
    /// # Errors
    /// The numbers, and what would fit.
    pub(in crate::run) fn check_device(
        &self,
        tokens: usize,
        block: u64,
        free: Option<u64>,
    ) -> Result<(), RunError> {
        let need = |tokens| self.on_device(tokens, block);
        let Some(free) = free.filter(|free| need(tokens) > *free) else {
            return Ok(());
        };
        let mut said = format!(
            "a run on {tokens} tokens needs {} of the device beside the weights and {} are free",
            bytes_in_words(need(tokens)),
            bytes_in_words(free)
        );
        let row = block_bytes(self.shape.heads, tokens) / BLOCK_ROWS as u64;
        let left = (free + row).saturating_sub(self.on_device(tokens, 0));
        if left >= LEAST_BLOCK.max(row) {
            let mebibytes = left >> 20;
            said.push_str(&format!("; --device-memory {mebibytes}MiB makes it fit"));
        }
        let shorter = most(tokens, |n| need(n) <= free);
        if shorter > 0 {
            said.push_str(&format!("; {shorter} tokens fit"));
        }
        Err(RunError::Memory(said))
    }

    /// The flags of which each makes a run fit; two together where none does.
    pub(super) fn offers(
        &self,
        tokens: usize,
        fitting: &dyn Fn(&Self, usize) -> bool,
    ) -> Vec<String> {
        let halved = self.halved.map(|weights| Self { weights, ..*self });
        let half = (self.number > 2).then_some(Self { number: 2, ..*self });
        let last = |sizes: Self| {
            let fit = |last| fitting(&sizes.keeping(last), tokens);
            Some(most(sizes.last.unwrap_or(tokens).min(tokens), fit)).filter(|last| *last > 0)
        };
        let layers = most(self.layers, |layers| {
            fitting(&Self { layers, ..*self }, tokens)
        });
        let offers = [
            halved
                .filter(|halved| fitting(halved, tokens))
                .map(|_| "--dtype bf16".to_owned()),
            half.filter(|half| fitting(half, tokens))
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
        if offers.is_empty() {
            let both = halved.and_then(last);
            offers.extend(both.map(|last| format!("--dtype bf16 with --last {last}")));
        }
        offers
    }

    pub(super) fn keeping(self, last: usize) -> Self {
        Self {
            last: Some(last),
            ..self
        }
    }
}

/// The largest number below `end` for which something holds that holds for all below it; 0 where
/// it holds for none.
pub(super) fn most(end: usize, holds: impl Fn(usize) -> bool) -> usize {
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
