//! Characters whose bytes are spread over several tokens, as byte-level vocabularies spread them.

use super::Label;

/// How a token that holds later bytes of a character is shown for these.
pub(super) const PART: &str = "↳";

/// What a label shows of characters that it shares with its neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Shared {
    /// Bytes at its beginning that belong to a character of a token before.
    pub(super) lead: usize,
    /// Bytes at its end that begin a character, with all bytes of that.
    pub(super) tail: Option<(usize, Whole)>,
}

/// The bytes of one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Whole {
    bytes: [u8; 4],
    len: usize,
}

impl Whole {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The labels of a text's tokens that share a character with others, as they are shown beside each
/// other: the first of these shows it whole, the others a mark for their part of it. By the places
/// of the tokens, in order; all other labels stay as they are.
pub fn join(labels: &[&Label]) -> Vec<(usize, Label)> {
    let mut shared: Vec<(usize, Shared)> = Vec::new();
    let mut first = 0;
    while first < labels.len() {
        match chain(labels, first) {
            Some((whole, own, parts)) => {
                let last = first + parts.len();
                entry(&mut shared, first).tail = Some((own, whole));
                for (at, lead) in (first + 1..).zip(parts) {
                    entry(&mut shared, at).lead = lead;
                }
                // The last one may begin another character.
                first = last;
            }
            None => first += 1,
        }
    }
    let joined = |(at, shared): (usize, Shared)| Some((at, labels.get(at)?.with_shared(shared)));
    shared.into_iter().filter_map(joined).collect()
}

/// What is shared of the label at a place, which is the last one or comes after it.
fn entry(shared: &mut Vec<(usize, Shared)>, at: usize) -> &mut Shared {
    if shared.last().is_none_or(|(last, _)| *last != at) {
        shared.push((at, Shared::default()));
    }
    let last = shared.len() - 1;
    &mut shared[last].1
}

/// The character that begins at the end of a label and goes on in those after it: its bytes, how
/// many of them the label holds, and how many each of the others.
fn chain(labels: &[&Label], first: usize) -> Option<(Whole, usize, Vec<usize>)> {
    let bytes = labels.get(first)?.shareable()?;
    let begin = bytes.len().checked_sub(1)?;
    // A character is at most four bytes long.
    let begin = (begin.saturating_sub(2)..=begin)
        .rev()
        .find(|&at| bytes.get(at).is_some_and(|byte| !is_continuation(*byte)))?;
    let head = bytes.get(begin..)?;
    let len = match head.first()? {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    if head.len() >= len {
        return None;
    }
    let mut whole = Whole { bytes: [0; 4], len };
    let mut held = 0;
    let mut take = |bytes: &[u8]| {
        for byte in bytes {
            if let Some(place) = whole.bytes.get_mut(held) {
                *place = *byte;
                held += 1;
            }
        }
        held
    };
    let mut have = take(head);
    let mut parts = Vec::new();
    while have < len {
        let next = labels.get(first + 1 + parts.len())?.shareable()?;
        let lead = next
            .iter()
            .take(len - have)
            .take_while(|byte| is_continuation(**byte));
        let lead = lead.count();
        // What ends before the character does holds nothing else.
        if lead == 0 || (have + lead < len && lead < next.len()) {
            return None;
        }
        have = take(next.get(..lead)?);
        parts.push(lead);
    }
    std::str::from_utf8(whole.bytes()).ok()?;
    Some((whole, head.len(), parts))
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The texts of tokens of these bytes beside each other.
    fn shown(tokens: &[&[u8]]) -> Vec<String> {
        let mut labels: Vec<Label> = tokens.iter().map(|bytes| Label::of_token(bytes)).collect();
        let joined = join(&labels.iter().collect::<Vec<_>>());
        for (at, label) in joined {
            labels[at] = label;
        }
        labels.iter().map(|label| label.text().to_owned()).collect()
    }

    #[test]
    fn a_character_is_whole_on_its_first_token() {
        type Row<'a> = (&'a [&'a [u8]], &'a [&'a str]);
        let rows: [Row; 9] = [
            (&[b"\xe7\x8c", b"\xab"], &["猫", "↳"]),
            (&[b" \xf0\x9f", b"\xa6", b"\x8a"], &["·🦊", "↳", "↳"]),
            (&[b"a\xe7", b"\x8c\xab b"], &["a猫", "↳·b"]),
            // The second one ends a character and begins the next.
            (
                &[b"\xe7\x8c", b"\xab\xe7\x8c", b"\xab"],
                &["猫", "↳猫", "↳"],
            ),
            // Nothing is made up: what does not go on is bytes.
            (&[b"\xe7\x8c", b"a"], &["<E7><8C>", "a"]),
            (&[b"\xe7", b"\x8c"], &["<E7>", "<8C>"]),
            (&[b"\xed\xa0", b"\x80"], &["<ED><A0>", "<80>"]),
            // What is spelled out within a token is spelled out here.
            (&[b"\xe2\x80", b"\xae"], &["\\u{202e}", "↳"]),
            (&["↳".as_bytes(), b"\xab"], &["\\u{21b3}", "<AB>"]),
        ];
        for (tokens, expected) in rows {
            assert_eq!(shown(tokens), expected, "{tokens:?}");
        }
    }

    #[test]
    fn forms_of_a_joined_label_agree() {
        let labels = [&b" \xf0\x9f"[..], b"\xa6", b"\x8a!"].map(Label::of_token);
        let joined = join(&labels.iter().collect::<Vec<_>>());
        let first = &joined[0].1;
        assert_eq!((first.text(), first.width()), ("·🦊", 3));
        assert_eq!((first.bare().text(), first.bare().width()), ("🦊", 2));
        assert_eq!(
            (first.plain(), first.ascii()),
            (" 🦊".to_owned(), "_\\u{1f98a}".to_owned())
        );
        assert_eq!(first.bytes(), b" \xf0\x9f");
        let last = &joined[2].1;
        assert_eq!(
            (last.plain(), last.ascii()),
            ("↳!".to_owned(), "<part>!".to_owned())
        );
        let letters: Vec<_> = last
            .letters()
            .iter()
            .map(|l| (l.width, l.is_mark()))
            .collect();
        assert_eq!(letters, [(1, true), (1, false)]);
    }

    proptest! {
        #[test]
        fn no_cut_makes_a_character_of_another(
            text in "[a-z 猫が🦊é\u{301}\u{202e}↳]{0,12}",
            cuts in prop::collection::vec(0usize..40, 0..8),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at % (bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            cuts.dedup();
            let tokens: Vec<&[u8]> = cuts.windows(2).map(|part| &bytes[part[0]..part[1]]).collect();
            // All bytes are those of whole characters, so none is spelled out as a byte.
            for shown in shown(&tokens) {
                prop_assert!(!shown.contains('<'), "{shown}");
            }
        }

        #[test]
        fn no_bytes_make_it_panic(tokens in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..6)) {
            let labels: Vec<Label> = tokens.iter().map(|bytes| Label::of_token(bytes)).collect();
            for (at, label) in join(&labels.iter().collect::<Vec<_>>()) {
                prop_assert_eq!(label.bytes(), labels[at].bytes());
                let width: usize = label.letters().iter().map(|letter| letter.width).sum();
                let tabs = label.text().matches('⇥').count();
                prop_assert_eq!(width, label.width() + 3 * tabs);
            }
        }
    }
}
