//! Matching what was typed with names: its letters in order, gaps allowed.

/// What a letter is worth where it begins a word, follows the letter before it, or neither.
const START: i32 = 8;
const NEXT: i32 = 10;
const ELSEWHERE: i32 = 1;
/// What each letter that is passed over costs, up to a limit.
const GAP: i32 = 1;
const MOST_GAP: i32 = 6;

/// How well `text` matches `typed`, and the places of the matched letters; `None` where it lacks
/// one. Case and spaces of what was typed don't count. Of all ways to match the best is taken.
pub(super) fn fuzzy(typed: &str, text: &str) -> Option<(i32, Vec<usize>)> {
    let fold = |c: char| c.to_lowercase().next().unwrap_or(c);
    let wanted: Vec<char> = typed
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(fold)
        .collect();
    let letters: Vec<char> = text.chars().map(fold).collect();
    let begins = |at: usize| at == 0 || !letters[at - 1].is_alphanumeric();
    // For each typed letter and each place: the best score with the letter there, and the place
    // of the letter before it.
    let mut table: Vec<Vec<Option<(i32, usize)>>> = Vec::with_capacity(wanted.len());
    for (row, want) in wanted.iter().enumerate() {
        let place = |at: usize| {
            if letters[at] != *want {
                return None;
            }
            let worth = if begins(at) { START } else { ELSEWHERE };
            let Some(before) = row.checked_sub(1).map(|row| &table[row]) else {
                return Some((worth - (GAP * at as i32).min(MOST_GAP), at));
            };
            let from = (0..at).filter_map(|old| {
                let (score, _) = before[old]?;
                let step = match at - old {
                    1 => NEXT.max(worth),
                    gap => worth - (GAP * (gap as i32 - 1)).min(MOST_GAP),
                };
                Some((score + step, old))
            });
            from.max_by_key(|(score, _)| *score)
        };
        table.push((0..letters.len()).map(place).collect());
    }
    let Some(last) = table.last() else {
        return Some((0, Vec::new()));
    };
    let ends = last.iter().enumerate();
    let (score, mut at) = ends
        .filter_map(|(at, found)| found.map(|(score, _)| (score, at)))
        .max_by_key(|(score, at)| (*score, std::cmp::Reverse(*at)))?;
    let mut places = Vec::with_capacity(wanted.len());
    for row in table.iter().rev() {
        places.push(at);
        at = row[at].map_or(0, |(_, before)| before);
    }
    places.reverse();
    // Of equal matches the shorter name is the nearer one.
    Some((score * 100 - letters.len() as i32, places))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_in_order_match_and_beginnings_of_words_count() {
        let places = |typed, text| fuzzy(typed, text).map(|(_, places)| places);
        assert_eq!(places("nl", "next layer"), Some(vec![0, 5]));
        assert_eq!(
            places("Nex Lay", "next layer"),
            Some(vec![0, 1, 2, 5, 6, 7])
        );
        assert_eq!(places("ln", "next layer"), None);
        assert_eq!(places("", "anything"), Some(vec![]));
        let score = |typed, text| fuzzy(typed, text).unwrap().0;
        assert!(score("open", "open") > score("open", "open pane"));
        assert!(score("zo", "zoom out") > score("zo", "fuzzy oops"));
        assert!(score("hp", "half page down") > score("hp", "help"));
    }

    proptest! {
        #[test]
        fn places_hold_what_was_typed(typed in ".{0,12}", text in ".{0,40}") {
            if let Some((_, places)) = fuzzy(&typed, &text) {
                let fold = |c: char| c.to_lowercase().next().unwrap_or(c);
                let letters: Vec<char> = text.chars().map(fold).collect();
                let found: Vec<char> = places.iter().map(|at| letters[*at]).collect();
                let wanted = typed.chars().filter(|c| !c.is_whitespace()).map(fold);
                prop_assert_eq!(found, wanted.collect::<Vec<char>>());
                prop_assert!(places.is_sorted_by(|a, b| a < b));
            }
        }
    }
}
