//! Numbers and labels as the panels write them.

use crate::lens::UNDEFINED;
use crate::token::Label;

/// A weight in three digits; scientific where those would all be zero.
pub fn weight(value: f32) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value != 0.0 && value < 0.0005 {
        format!("{value:.0e}")
    } else {
        format!("{value:.3}")
    }
}

/// A weight in `width` cells, three or more: `.27`, `0.274`, `1.0`; empty where all digits would be
/// zero, for the colour tells that.
pub fn in_cell(value: f32, width: usize) -> String {
    let told = match (width, value) {
        (7.., _) => format!("{value:.3}"),
        (_, 0.995..) => format!("{value:.1}"),
        _ => format!("{value:.2}").trim_start_matches('0').to_owned(),
    };
    let told_something = told.chars().any(|c| ('1'..='9').contains(&c));
    if told_something { told } else { String::new() }
}

/// A share in two digits; [`UNDEFINED`] where there is none.
pub fn share(value: Option<f64>) -> String {
    match value {
        None => UNDEFINED.to_owned(),
        Some(value) => format!("{value:.2}"),
    }
}

/// A number in at most `width` cells, three or more, with as many digits as fit; [`UNDEFINED`] where
/// there is none.
pub fn narrow(value: Option<f64>, width: usize) -> String {
    let Some(value) = value else {
        return UNDEFINED.to_owned();
    };
    if value.is_nan() {
        return "NaN".to_owned();
    }
    for digits in (0..width).rev() {
        let told = format!("{value:.digits$}");
        let bare = told.strip_prefix("0.").map(|rest| format!(".{rest}"));
        match bare {
            _ if told.len() <= width => return told,
            Some(bare) if bare.len() <= width && digits < 3 => return bare,
            _ => {}
        }
    }
    for (unit, sign) in [(1e3, 'k'), (1e6, 'M'), (1e9, 'G')] {
        let told = format!("{:.0}{sign}", value / unit);
        if told.len() <= width && value >= unit {
            return told;
        }
    }
    ">".repeat(width)
}

/// A token in quotes, in at most `width` cells with them.
pub fn quoted(label: Option<&Label>, width: usize) -> String {
    let text = label.map_or_else(String::new, |label| {
        label.bare().clip(width.saturating_sub(2))
    });
    format!("'{text}'")
}

/// Untrusted text made safe to show.
pub fn safe(text: &str) -> String {
    Label::of_text(text).text().to_owned()
}

/// A bar of `value` in 0..1 over `width` cells, in eighths of a cell.
pub fn bar(value: f64, width: u16) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let value = if value.is_nan() {
        0.0
    } else {
        value.clamp(0.0, 1.0)
    };
    let eighths = (value * f64::from(width) * 8.0).round() as usize;
    // What is not written as nothing shows.
    let least = usize::from(value >= 0.0005 && width > 0);
    let eighths = eighths.max(least);
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(PARTS[eighths % 8]);
    bar
}

/// The part of a column of `height` cells that stands in row `row` from the bottom, for a `value`
/// in 0..1, in eighths of a cell.
pub fn column(value: f64, height: u16, row: u16) -> &'static str {
    const PARTS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let value = if value.is_nan() {
        0.0
    } else {
        value.clamp(0.0, 1.0)
    };
    let eighths = (value * f64::from(height) * 8.0).round();
    // What is there at all is visible.
    let eighths = if value > 0.0 { eighths.max(1.0) } else { 0.0 };
    let here = (eighths - f64::from(row) * 8.0).clamp(0.0, 8.0);
    PARTS[here as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_keep_what_counts() {
        let told: Vec<String> = [0.985, 1.0, 0.0, 0.0004, f32::NAN].map(weight).into();
        assert_eq!(told, ["0.985", "1.000", "0.000", "4e-4", "NaN"]);
    }

    #[test]
    fn weights_in_cells_are_short_and_zero_is_left_to_the_colour() {
        let short = [0.911, 0.996, 1.0, 0.004, 0.006, f32::NAN].map(|v| in_cell(v, 5));
        assert_eq!(short, [".91", "1.0", "1.0", "", ".01", ""]);
        let long = [0.911, 1.0, 0.004, 0.0004].map(|v| in_cell(v, 9));
        assert_eq!(long, ["0.911", "1.000", "0.004", ""]);
    }

    #[test]
    fn narrow_numbers_keep_what_fits() {
        let rows = [
            (0.954, 5, "0.954"),
            (0.954, 4, "0.95"),
            (0.954, 3, ".95"),
            (0.999, 3, "1.0"),
            (0.0, 3, ".00"),
            (5.28, 3, "5.3"),
            (12.34, 5, "12.34"),
            (12.34, 4, "12.3"),
            (12.34, 3, "12"),
            (4095.0, 4, "4095"),
            (4095.5, 3, "4k"),
            (65_535.0, 4, "66k"),
            (123_456.0, 3, ">>>"),
            (f64::NAN, 4, "NaN"),
        ];
        for (value, width, expected) in rows {
            assert_eq!(narrow(Some(value), width), expected);
        }
        assert_eq!([narrow(None, 4), share(None)], ["-", "-"]);
        assert_eq!(share(Some(f64::NAN)), "NaN");
    }

    #[test]
    fn bars_fill_by_eighths() {
        assert_eq!(bar(0.0, 4), "");
        assert_eq!(bar(0.5, 3), "█▌");
        assert_eq!(bar(1.0, 2), "██");
        assert_eq!(column(0.5, 2, 0), "█");
        assert_eq!(column(0.5, 2, 1), " ");
        assert_eq!(column(0.001, 2, 0), "▁");
    }
}
