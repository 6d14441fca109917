//! A few queries at a time: their shown values over a range of keys.

use std::ops::Range;

use super::block::{self, Packed, clip};
use super::{Pattern, Scale};
use crate::capture::Head;

/// What scales that need rows divide rows by, for a range of queries: so that a part of a row can
/// be shown without the rest of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Factors {
    queries: Range<usize>,
    /// `[series, queries]`: a series a head where each head's rows are renormalised, else one.
    values: Vec<f32>,
}

impl Factors {
    fn empty(queries: Range<usize>, series: usize) -> Self {
        Self {
            values: vec![1.0; series * queries.len()],
            queries,
        }
    }

    fn place(&self, series: usize, query: usize) -> Option<usize> {
        let at = query.checked_sub(self.queries.start)?;
        (query < self.queries.end).then_some(series * self.queries.len() + at)
    }

    fn get(&self, series: usize, query: usize) -> Option<f32> {
        self.values.get(self.place(series, query)?).copied()
    }

    fn set(&mut self, series: usize, query: usize, value: f32) {
        let place = self.place(series, query);
        if let Some(held) = place.and_then(|place| self.values.get_mut(place)) {
            *held = value;
        }
    }

    /// Whether they are of all of these queries.
    pub fn hold(&self, queries: &Range<usize>) -> bool {
        self.queries.start <= queries.start && queries.end <= self.queries.end
    }

    /// The factors of blocks of queries that follow each other.
    pub(super) fn joined(blocks: &[Self]) -> Self {
        let queries = |block: Option<&Self>| block.map_or(0..0, |block| block.queries.clone());
        let all = queries(blocks.first()).start..queries(blocks.last()).end;
        let series = blocks.first().map_or(0, |block| {
            block
                .values
                .len()
                .checked_div(block.queries.len())
                .unwrap_or(0)
        });
        let mut values = Vec::with_capacity(series * all.len());
        for s in 0..series {
            for block in blocks {
                let held = block.queries.len();
                values.extend(block.values.iter().skip(s * held).take(held));
            }
        }
        Self {
            queries: all,
            values,
        }
    }

    /// Bytes that they take.
    pub fn bytes(&self) -> usize {
        self.values.len() * size_of::<f32>()
    }
}

/// The keys of all heads of a pattern, packed once for many bands.
pub(super) struct Source<'a> {
    pattern: Pattern<'a>,
    /// Which keys.
    pub(super) keys: Range<usize>,
    packed: Vec<Packed>,
}

impl<'a> Source<'a> {
    pub(super) fn new(pattern: Pattern<'a>, keys: Range<usize>) -> Self {
        let keys = keys.start.min(pattern.layer.tokens)..keys.end.min(pattern.layer.tokens);
        let keys = keys.start..keys.end.max(keys.start);
        let mut packed: Vec<Packed> = Vec::new();
        let mut last = None;
        for head in pattern.heads() {
            let of = pattern.layer.kv_head(Head(head));
            if last != Some(of) {
                packed.push(Packed::new(pattern.layer, Head(head), keys.clone()));
            }
            last = Some(of);
        }
        Self {
            pattern,
            keys,
            packed,
        }
    }

    /// The packed keys of a head.
    fn packed(&self, head: usize) -> Option<&Packed> {
        let first = self.pattern.layer.kv_head(Head(self.pattern.heads().start));
        let of = self.pattern.layer.kv_head(Head(head));
        self.packed.get(of.checked_sub(first)?)
    }
}

/// Room for the values of a band, used again for the next.
#[derive(Default)]
pub(super) struct Band {
    /// `[queries, keys]`.
    values: Vec<f32>,
    one: Vec<f32>,
    width: usize,
}

impl Band {
    /// The values of a row of the band over the keys of `seen`, counted from the source's first.
    pub(super) fn row(&self, row: usize, seen: Range<usize>) -> &[f32] {
        let from = row * self.width;
        let range = from + seen.start..from + seen.end;
        self.values.get(range).unwrap_or(&[])
    }

    /// Fills in the shown values of `queries`, all within the text. Rows are divided by what
    /// `known` holds, else by what the source's keys give, which then must be all that the
    /// queries see; what is found out goes to `learned`.
    pub(super) fn fill(
        &mut self,
        source: &Source,
        queries: Range<usize>,
        known: Option<&Factors>,
        learned: &mut Factors,
    ) {
        let pattern = &source.pattern;
        let (layer, scale) = (pattern.layer, pattern.scale);
        let heads = pattern.heads();
        let share = 1.0 / heads.len().max(1) as f32;
        self.width = source.keys.len();
        let size = queries.len() * self.width;
        self.values.resize(size, 0.0);
        *learned = Factors::empty(queries.clone(), pattern.series());
        let single = heads.len() == 1;
        for (series, head) in heads.enumerate() {
            let Some(packed) = source.packed(head) else {
                continue;
            };
            let Self { values, one, width } = self;
            let into = match single {
                true => &mut *values,
                false => {
                    one.resize(size, 0.0);
                    &mut *one
                }
            };
            block::weights(layer, Head(head), packed, queries.clone(), into);
            for (row, query) in queries.clone().enumerate() {
                let seen = clip(&layer.rule.visible(query), &source.keys);
                let range = row * *width + seen.start..row * *width + seen.end;
                let Some(cells) = into.get_mut(range) else {
                    continue;
                };
                let mut factor = share;
                if pattern.scale.is_renormalised() {
                    let first = source.keys.start + seen.start;
                    match scale {
                        Scale::NoSink if first == 0 => {
                            cells.iter_mut().take(1).for_each(|cell| *cell = 0.0);
                        }
                        Scale::ValueWeighted => {
                            for (cell, key) in cells.iter_mut().zip(first..) {
                                *cell *= layer.at(&layer.value_norms, Head(head), key);
                            }
                        }
                        _ => {}
                    }
                    let found = match known {
                        Some(known) => known.get(series, query).unwrap_or(1.0),
                        None => {
                            let sum = sum(cells);
                            if sum > 0.0 { 1.0 / sum } else { 1.0 }
                        }
                    };
                    learned.set(series, query, found);
                    factor *= found;
                }
                if factor != 1.0 {
                    cells.iter_mut().for_each(|cell| *cell *= factor);
                }
            }
            if !single && series == 0 {
                values.copy_from_slice(one);
            } else if !single {
                for (sum, value) in values.iter_mut().zip(one.iter()) {
                    *sum += *value;
                }
            }
        }
        if scale == Scale::RowMax {
            for (row, query) in queries.enumerate() {
                let seen = clip(&layer.rule.visible(query), &source.keys);
                let range = row * self.width + seen.start..row * self.width + seen.end;
                let Some(cells) = self.values.get_mut(range) else {
                    continue;
                };
                let factor = match known {
                    Some(known) => known.get(0, query).unwrap_or(1.0),
                    None => {
                        let max = cells.iter().copied().fold(0.0, f32::max);
                        if max > 0.0 { 1.0 / max } else { 1.0 }
                    }
                };
                learned.set(0, query, factor);
                cells.iter_mut().for_each(|cell| *cell *= factor);
            }
        }
    }
}

/// The sum of a row, in sixteen parts so that it becomes vectors and loses little.
fn sum(row: &[f32]) -> f32 {
    let mut sums = [0f32; 16];
    let (chunks, rest) = row.as_chunks::<16>();
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    let all = sums.iter().chain(rest).copied().map(f64::from);
    all.sum::<f64>() as f32
}
