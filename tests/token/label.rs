//! What must hold for every label, whatever the bytes.

use std::time::{Duration, Instant};

use headlight::token::Label;
use proptest::prelude::*;
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

fn token(text: &str) -> String {
    Label::of_token(text.as_bytes()).text().to_owned()
}

/// Fails if a character is in the text that a terminal might obey, hide or measure in its own way.
fn assert_safe(text: &str) {
    for c in text.chars() {
        let category = get_general_category(c);
        assert!(
            !matches!(
                category,
                GeneralCategory::Control
                    | GeneralCategory::Format
                    | GeneralCategory::PrivateUse
                    | GeneralCategory::Unassigned
                    | GeneralCategory::LineSeparator
                    | GeneralCategory::ParagraphSeparator
                    | GeneralCategory::EnclosingMark
            ),
            "{c:?} is shown in {text:?}"
        );
        assert!(
            category != GeneralCategory::SpaceSeparator || c == ' ',
            "{c:?}"
        );
        let ignorable =
            matches!(c, '\u{34F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
        let changing = matches!(c, '\u{1F1E6}'..='\u{1F1FF}' | '\u{1F3FB}'..='\u{1F3FF}');
        assert!(!ignorable && !changing, "{c:?} is shown in {text:?}");
    }
    for grapheme in text.graphemes(true) {
        assert!(
            grapheme.width() > 0,
            "{grapheme:?} takes no cell in {text:?}"
        );
        let marks = grapheme.chars().filter(|c| c.width() == Some(0)).count();
        assert!(marks <= 12, "{marks} marks on one letter in {text:?}");
    }
}

fn assert_measured(label: &Label) {
    let text = label.text();
    assert_eq!(label.width(), text.width(), "{text:?}");
    let sum: usize = text.graphemes(true).map(UnicodeWidthStr::width).sum();
    assert_eq!(label.width(), sum, "graphemes of {text:?}");
    // A terminal that knows no graphemes adds up characters.
    let sum: usize = text.chars().filter_map(UnicodeWidthChar::width).sum();
    assert_eq!(label.width(), sum, "characters of {text:?}");
}

fn assert_holds(label: &Label, cells: usize) {
    assert_safe(label.text());
    assert_measured(label);
    assert_safe(&label.plain());
    assert!(label.ascii().bytes().all(|b| (0x20..0x7F).contains(&b)));

    let clipped = label.clip(cells);
    assert_safe(&clipped);
    assert!(clipped.width() <= cells, "{clipped:?} in {cells}");
    if label.width() <= cells {
        assert_eq!(clipped, label.text());
    } else if cells > 0 {
        let kept = clipped.strip_suffix('…').expect("a cut text says so");
        let rest = label
            .text()
            .strip_prefix(kept)
            .expect("a cut text begins the same");
        let first = rest.chars().next().expect("something was cut off");
        assert_ne!(first.width(), Some(0), "cut inside a grapheme: {clipped:?}");
        // A character is two cells at most, so a longer gap would be a waste, except before an escape.
        assert!(
            kept.width() + 3 >= cells || rest.starts_with(['\\', '<']),
            "{clipped:?} in {cells}"
        );
    }
    for padded in [label.pad_left(cells), label.pad_right(cells)] {
        assert_safe(&padded);
        assert_eq!(padded.width(), cells, "{padded:?}");
    }

    let rows = label.columns(cells);
    assert!(rows.len() <= cells);
    for row in &rows {
        assert!(
            matches!(row.width(), 1 | 2),
            "{row:?} of {:?}",
            label.text()
        );
        assert_safe(row);
    }
    let all = label.columns(usize::MAX);
    assert_eq!(all.concat(), label.text());
    if all.len() <= cells {
        assert_eq!(rows, all);
    } else if let Some((last, before)) = rows.split_last() {
        assert_eq!(last, "…");
        assert_eq!(before, &all[..before.len()]);
        assert_eq!(rows.len(), cells);
    }
}

/// Characters that have broken terminals, beside any others.
fn hostile_text() -> impl Strategy<Value = String> {
    let hard = prop::sample::select(
        "\u{1b}\u{7}\u{9b}\u{9d}\r\n\t \u{a0}\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{202e}\u{2066}\u{feff}\u{fe0f}\u{fe0e}\
         \u{20e3}\u{301}\u{489}\u{34f}\u{1f468}\u{1f1e9}\u{1f1ea}\u{1f3fd}❤👍1#\u{644}\u{627}\u{622}\u{651}\u{5d0}\u{5dc}\
         \u{915}\u{94d}\u{937}\u{93f}\u{9be}\u{e33}\u{17d2}\u{1780}\u{1100}\u{1161}\u{11a8}\u{ac00}\u{3164}\u{ff9e}\u{a4f8}\
         \u{a4fc}\u{2d31}\u{2d7f}\u{1a15}\u{1a17}\u{1a10}\u{16d63}\u{16d67}\u{10c32}\u{10c03}\u{e000}\u{fdd0}\u{10ffff}\
         \u{2028}\u{3000}\u{2800}日·⏎∅…◌\\a<"
            .chars()
            .collect::<Vec<_>>(),
    );
    prop::collection::vec(prop_oneof![3 => hard, 1 => any::<char>()], 0..24)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_make_a_safe_label(bytes in prop::collection::vec(any::<u8>(), 0..40), cells in 0_usize..60) {
        let label = Label::of_token(&bytes);
        prop_assert!(label.width() > 0, "nothing is seen of {bytes:?}");
        prop_assert!(!label.text().contains(' '));
        assert_holds(&label, cells);
        assert_holds(&label.bare(), cells);
    }

    #[test]
    fn the_extent_is_that_of_the_bare_label(text in "[ -~]{0,12}|[ a日\n]{0,9}", most in 1_usize..12) {
        for label in [Label::of_token(text.as_bytes()), Label::of_text(&text), Label::of_token(text.as_bytes()).bare()] {
            let bare = label.bare();
            prop_assert_eq!(label.extent(most), (bare.width(), bare.columns(most).len()), "{:?}", text);
        }
    }

    #[test]
    fn hostile_characters_make_a_safe_label(text in hostile_text(), cells in 0_usize..60) {
        assert_holds(&Label::of_token(text.as_bytes()), cells);
        assert_holds(&Label::of_token(text.as_bytes()).bare(), cells);
        assert_holds(&Label::of_text(&text), cells);
    }
}

#[test]
fn every_character_is_safe_alone_and_after_another() {
    // All that Unicode 16 assigns, and some of the private and unassigned planes.
    let assigned = (0..0x3_2400).chain(0xE_0000..0xE_0200);
    let codes = assigned.chain((0x3_2400..=0x10_FFFF).step_by(997));
    for c in codes.filter_map(char::from_u32) {
        let label = Label::of_token(c.to_string().as_bytes());
        assert!(label.width() > 0, "{c:?} can't be seen");
        assert_safe(label.text());
        assert_measured(&label);
        for before in ['a', '日', 'ل', 'क', '👍', '\u{1F1E9}', '\u{A4F8}'] {
            let label = Label::of_text(&format!("{before}{c}b"));
            assert_measured(&label);
        }
    }
}

#[test]
fn what_can_be_read_is_left_as_it_is() {
    for text in [
        "cat",
        "don't",
        "naïve",
        "日本語",
        "кошка",
        "γάτα",
        "עברית",
        "हिन्दी",
        "e\u{301}",
        "→",
        "😀",
        "\\n",
        "<E4>",
    ] {
        assert_eq!(token(text), text);
        assert_eq!(Label::of_text(text).text(), text);
    }
}

#[test]
fn whitespace_is_marked() {
    assert_eq!(token(" cat"), "·cat");
    assert_eq!(token("    "), "····");
    assert_eq!(token("\n\n"), "⏎⏎");
    assert_eq!(token("\t\r\n"), "⇥\\r⏎");
    assert_eq!(token(""), "∅");
    assert_eq!(token("\u{a0}\u{3000}"), "\\u{a0}\\u{3000}");
    assert_eq!(Label::of_text("a file.pt").text(), "a file.pt");
    assert_eq!(Label::of_text("a\nb").text(), "a⏎b");
    assert_eq!(Label::of_text("").text(), "");
}

#[test]
fn marks_mean_only_what_they_stand_for() {
    assert_ne!(token("·cat"), token(" cat"));
    assert_eq!(token("·"), "\\u{b7}");
    assert_eq!(token("∅"), "\\u{2205}");
    assert_eq!(Label::of_text("a · b").text(), "a · b");
}

#[test]
fn commands_to_the_terminal_are_spelled_out() {
    assert_eq!(token("\u{1b}[31m"), "\\u{1b}[31m");
    assert_eq!(token("\u{1b}]52;c;aGk=\u{7}"), "\\u{1b}]52;c;aGk=\\u{7}");
    assert_eq!(token("\u{9b}2J"), "\\u{9b}2J");
    assert_eq!(Label::of_token(b"\x9b2J").text(), "<9B>2J");
    assert_eq!(token("abc\u{202e}cba"), "abc\\u{202e}cba");
    assert_eq!(Label::of_token(b"\xE2\x80").text(), "<E2><80>");
    assert_eq!(Label::of_token(b"\xE4").text(), "<E4>");
}

#[test]
fn graphemes_of_unsure_width_are_broken_up() {
    assert_eq!(token("❤\u{fe0f}"), "❤\\u{fe0f}");
    assert_eq!(token("👍🏽"), "👍\\u{1f3fd}");
    assert_eq!(token("👨\u{200d}👩"), "👨\\u{200d}👩");
    assert_eq!(token("🇩🇪"), "\\u{1f1e9}\\u{1f1ea}");
    assert_eq!(token("1\u{fe0f}\u{20e3}"), "1\\u{fe0f}\\u{20e3}");
    assert_eq!(token("\u{301}x"), "◌\u{301}x");
    assert_eq!(token(" \u{301}"), "·◌\u{301}");
    assert_eq!(Label::of_token("لا".as_bytes()).width(), 2);
    assert_eq!(Label::of_token("لا".as_bytes()).ascii(), "\\u{644}\\u{627}");
}

#[test]
fn the_other_forms() {
    let cat = Label::of_token(b" cat");
    assert_eq!(cat.plain(), " cat");
    assert_eq!(cat.bare().text(), "cat");
    assert_eq!(cat.bare().width(), 3);
    assert_eq!(cat.ascii(), "_cat");
    assert_eq!(cat.to_string(), "·cat");
    assert_eq!(serde_json::to_string(&cat).unwrap(), "\"·cat\"");
    assert_eq!(Label::of_token(b" ").bare().text(), "·");
    assert_eq!(Label::of_token(b"  x").bare().text(), "··x");
    assert_eq!(Label::of_token(b"er").bare().text(), "er");
    assert_eq!(Label::of_token(b"\n").plain(), "\\n");
    assert_eq!(Label::of_token(b"").plain(), "");
    assert_eq!(Label::of_token(b"").ascii(), "<empty>");
    assert_eq!(Label::of_token("é\t_".as_bytes()).ascii(), "\\u{e9}\\t\\_");
    assert_eq!(Label::of_text("a_b c").ascii(), "a_b c");
}

#[test]
fn clipped_padded_and_upright() {
    let label = Label::of_token(" 日本語".as_bytes());
    assert_eq!(label.width(), 7);
    assert_eq!(label.clip(7), "·日本語");
    assert_eq!(label.clip(6), "·日本…");
    assert_eq!(label.clip(5), "·日…");
    assert_eq!(label.clip(1), "…");
    assert_eq!(label.clip(0), "");
    assert_eq!(label.pad_left(9), "  ·日本語");
    assert_eq!(label.pad_left(5), " ·日…");
    assert_eq!(label.pad_right(5), "·日… ");
    assert_eq!(label.columns(9), ["·", "日", "本", "語"]);
    assert_eq!(label.columns(3), ["·", "日", "…"]);
    assert_eq!(label.columns(0), Vec::<String>::new());
    // An escape stays whole on a line, and goes letter by letter upright.
    let escape = Label::of_token("a\u{202e}b".as_bytes());
    assert_eq!(escape.clip(6), "a…");
    assert_eq!(escape.columns(4), ["a", "\\", "u", "…"]);
}

#[test]
fn floods_stay_small_and_fast() {
    let start = Instant::now();
    let mut flood = "a".to_owned();
    flood.extend(std::iter::repeat_n('\u{301}', 500_000));
    for bytes in [
        vec![b'x'; 1 << 20],
        vec![0x1B; 1 << 20],
        vec![0xFF; 1 << 20],
        flood.into_bytes(),
    ] {
        let label = Label::of_token(&bytes);
        assert!(label.text().ends_with('…'));
        assert!(label.text().len() <= 16 * 4096);
        assert!(label.ascii().ends_with("..."));
        for cells in [0, 1, 2, 10, 100_000] {
            assert_holds(&label, cells);
        }
    }
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn special_tokens_are_told_from_their_characters() {
    let begin = Label::of_special(b"<s>");
    assert_eq!(begin.text(), "⟨s⟩");
    assert_eq!(begin.plain(), "⟨s⟩");
    assert_eq!(begin.ascii(), "<<s>>");
    assert_eq!(begin.columns(9), ["⟨", "s", "⟩"]);
    assert_eq!((begin.width(), begin.bytes()), (3, &b"<s>"[..]));
    assert_eq!(Label::of_special(b"[BOS]").text(), "⟨[BOS]⟩");
    assert_eq!(Label::of_special(b"<>").text(), "⟨<>⟩");
    assert_eq!(Label::of_special(b"<|endoftext|>").clip(7), "⟨|endo…");
    assert_eq!(Label::of_special(b"<\x1b[2J>").text(), "⟨\\u{1b}[2J⟩");
    assert_measured(&begin);
    // The same characters, typed.
    let typed = Label::of_token("⟨s⟩".as_bytes());
    assert_eq!(typed.text(), "\\u{27e8}s\\u{27e9}");
    assert_eq!(typed.plain(), "\\u{27e8}s\\u{27e9}");
    assert_eq!(token("<s>"), "<s>");
}
