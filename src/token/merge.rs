//! Merging of neighbours by score, for SentencePiece's BPE.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Merges the characters of a text: of all neighbours whose union has a score, those with the best one first, the leftmost
/// of equals. Unions of more than `longest` bytes are not tried. `None` for a text of 4 GiB or more.
///
/// O(n log n) for n characters, as each merge adds at most two candidates to a heap.
pub(super) fn merge(
    text: &str,
    longest: usize,
    score: impl Fn(&str) -> Option<f32>,
) -> Option<Vec<&str>> {
    u32::try_from(text.len()).ok()?;
    let mut symbols = Symbols::new(text);
    let candidate = |symbols: &Symbols, left: u32| {
        let first = symbols.get(left)?;
        let second = symbols.get(first.next)?;
        let size = second.end - first.start;
        let union = text.get(first.start as usize..second.end as usize)?;
        let score = (size as usize <= longest).then(|| score(union)).flatten()?;
        Some(Candidate { score, left, size })
    };
    let lefts = 0..symbols.list.len() as u32;
    let mut heap: BinaryHeap<Candidate> =
        lefts.filter_map(|left| candidate(&symbols, left)).collect();
    while let Some(best) = heap.pop() {
        if !symbols.is_still(&best) {
            continue;
        }
        let before = symbols.join(best.left);
        heap.extend(candidate(&symbols, best.left));
        heap.extend(before.and_then(|before| candidate(&symbols, before)));
    }
    let left = symbols
        .list
        .iter()
        .filter(|symbol| symbol.end > symbol.start);
    left.map(|symbol| text.get(symbol.start as usize..symbol.end as usize))
        .collect()
}

/// No symbol.
const NONE: u32 = u32::MAX;

/// A stretch of the text, in bytes, and its neighbours; empty once it was joined to the one before.
#[derive(Clone, Copy)]
struct Symbol {
    start: u32,
    end: u32,
    before: u32,
    next: u32,
}

struct Symbols {
    list: Vec<Symbol>,
}

impl Symbols {
    fn new(text: &str) -> Symbols {
        let mut list: Vec<Symbol> = Vec::new();
        for (number, (at, c)) in (0_u32..).zip(text.char_indices()) {
            list.push(Symbol {
                start: at as u32,
                end: (at + c.len_utf8()) as u32,
                before: number.checked_sub(1).unwrap_or(NONE),
                next: number + 1,
            });
        }
        if let Some(last) = list.last_mut() {
            last.next = NONE;
        }
        Symbols { list }
    }

    fn get(&self, at: u32) -> Option<Symbol> {
        self.list.get(at as usize).copied()
    }

    /// Whether neither part of a candidate was joined to another since.
    fn is_still(&self, candidate: &Candidate) -> bool {
        let Some(left) = self.get(candidate.left) else {
            return false;
        };
        let right = self.get(left.next);
        left.end > left.start && right.is_some_and(|right| right.end - left.start == candidate.size)
    }

    /// Joins a symbol and the next one; the symbol before them.
    fn join(&mut self, left: u32) -> Option<u32> {
        let first = self.get(left)?;
        let second = self.get(first.next)?;
        if let Some(joined) = self.list.get_mut(left as usize) {
            joined.end = second.end;
            joined.next = second.next;
        }
        if let Some(gone) = self.list.get_mut(first.next as usize) {
            gone.end = gone.start;
        }
        if let Some(after) = self.list.get_mut(second.next as usize) {
            after.before = left;
        }
        (first.before != NONE).then_some(first.before)
    }
}

/// Two neighbours whose union is a piece.
struct Candidate {
    score: f32,
    left: u32,
    /// Bytes of both.
    size: u32,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.score.total_cmp(&other.score);
        // Of equal scores, the leftmost.
        by_score.then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: look at all neighbours, merge the best, begin again.
    fn by_definition(text: &str, score: impl Fn(&str) -> Option<f32>) -> Vec<String> {
        let mut parts: Vec<String> = text.chars().map(String::from).collect();
        loop {
            let mut best: Option<(f32, usize)> = None;
            for at in 1..parts.len() {
                let union = parts[at - 1].clone() + &parts[at];
                if let Some(score) = score(&union)
                    && best.is_none_or(|(held, _)| score > held)
                {
                    best = Some((score, at));
                }
            }
            let Some((_, at)) = best else { return parts };
            let right = parts.remove(at);
            parts[at - 1] += &right;
        }
    }

    proptest! {
        #[test]
        fn the_heap_does_what_the_definition_says(
            text in "[abé]{0,40}",
            pieces in prop::collection::hash_map("[abé]{2,6}", -4_i32..4, 0..60),
        ) {
            let score = |union: &str| pieces.get(union).map(|score| *score as f32);
            prop_assert_eq!(merge(&text, 99, score).unwrap(), by_definition(&text, score));
        }
    }

    #[test]
    fn unions_that_are_too_long_are_not_tried() {
        assert_eq!(merge("aaaa", 2, |_| Some(0.0)).unwrap(), ["aa", "aa"]);
        assert_eq!(merge("", 2, |_| Some(0.0)).unwrap(), [""; 0]);
    }
}
