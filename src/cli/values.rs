//! What flags take, as types.

use std::str::FromStr;

use clap::ValueEnum;

use crate::lens::Scale;
use crate::model::{DeviceKind, ScaleBy};
use crate::paint::Colormap;
use crate::view::Paper;

/// A list such as `0,2-4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picks(pub Vec<std::ops::RangeInclusive<usize>>);

impl FromStr for Picks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: &str| {
            let part = part.trim();
            part.parse::<usize>()
                .map_err(|_| format!("'{}' is not a whole number", part.escape_debug()))
        };
        let ranges = text.split(',').map(|part| match part.split_once('-') {
            Some((from, to)) => Ok(number(from)?..=number(to)?),
            None => number(part).map(|n| n..=n),
        });
        ranges.collect::<Result<_, String>>().map(Self)
    }
}

impl std::fmt::Display for Picks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, range) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match range.start() == range.end() {
                true => write!(f, "{comma}{}", range.start())?,
                false => write!(f, "{comma}{}-{}", range.start(), range.end())?,
            }
        }
        Ok(())
    }
}

/// `--attention-scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AttentionScale {
    /// The dimension of a head
    #[value(name = "d_head")]
    HeadDim,
    /// The dimension of the embedding
    #[value(name = "d_model")]
    Embedding,
}

impl From<AttentionScale> for ScaleBy {
    fn from(scale: AttentionScale) -> Self {
        match scale {
            AttentionScale::HeadDim => Self::HeadDim,
            AttentionScale::Embedding => Self::Embedding,
        }
    }
}

/// An amount of memory: a whole number and a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const UNITS: [(&str, u64); 7] = [
            ("KiB", 1 << 10),
            ("MiB", 1 << 20),
            ("GiB", 1 << 30),
            ("KB", 1_000),
            ("MB", 1_000_000),
            ("GB", 1_000_000_000),
            ("", 1),
        ];
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = text.get(digits.len()..).unwrap_or_default();
        let unit = UNITS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let amount = digits.trim().parse::<u64>().ok();
        match (amount, unit) {
            (Some(amount @ 1..), Some((_, unit))) => amount.checked_mul(*unit),
            _ => None,
        }
        .map(Self)
        .ok_or_else(|| format!("'{text}' is not an amount of memory, such as 2GiB or 512MiB"))
    }
}

/// `--dtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WeightType {
    /// f32 on the CPU; on a GPU, the type that the checkpoint stores
    Auto,
    /// 4 bytes per weight
    F32,
    /// 2 bytes per weight, with the range of f32
    Bf16,
    /// 2 bytes per weight
    F16,
}

/// `--capture-dtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CaptureType {
    /// 4 bytes per number, as computed
    F32,
    /// 2 bytes per number, rounded
    F16,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tokens, weights, numbers and the recipe
    Json,
    /// A table of numbers with one row for each head
    Csv,
    /// Arrays in the layout [L, H, n, n]
    Safetensors,
    /// The same arrays for NumPy
    Npz,
    /// A picture of one head, or of heads of one layer (--layers 3 --heads 1)
    Png,
    /// The same picture as vector graphics, sharp at every size
    Svg,
    /// Heads drawn with glyphs, without colours
    Text,
    /// Heads drawn for a terminal with 256 colours
    Ansi,
}

/// `--device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Device {
    /// The CPU
    Cpu,
    /// The first NVIDIA GPU
    Cuda,
    /// The GPU of a Mac
    Metal,
}

impl From<Device> for DeviceKind {
    fn from(device: Device) -> Self {
        match device {
            Device::Cpu => Self::Cpu,
            Device::Cuda => Self::Cuda,
            Device::Metal => Self::Metal,
        }
    }
}

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// As many as the terminal supports
    Auto,
    /// 24-bit colours
    Truecolor,
    /// 256 colours
    #[value(name = "256")]
    Ansi256,
    /// 16 colours
    #[value(name = "16")]
    Ansi16,
    /// No colours, glyphs only
    Never,
}

/// The value of a name, as its flag takes it.
pub fn named<T: ValueEnum>(name: &str) -> Option<T> {
    let all = T::value_variants().iter();
    all.into_iter()
        .find(|value| name_of(*value) == name)
        .cloned()
}

/// The name of a value, as its flag takes it.
pub fn name_of<T: ValueEnum>(value: &T) -> String {
    let shown = value.to_possible_value();
    shown.map_or_else(String::new, |shown| shown.get_name().to_owned())
}

/// Every name that a flag takes.
pub fn names<T: ValueEnum>() -> String {
    let all: Vec<String> = T::value_variants().iter().map(name_of).collect();
    all.join(", ")
}

/// `--colormap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Map {
    /// Shades of blue
    Blues,
    /// From purple through teal to yellow
    Viridis,
    /// From blue through grey to yellow, safe for colour-blind readers
    Cividis,
    /// From purple through orange to cream
    Magma,
    /// Shades of grey
    Grey,
    /// Blue below the middle of the scale and red above it
    Diverging,
}

impl From<Map> for Colormap {
    fn from(map: Map) -> Self {
        match map {
            Map::Blues => Self::Blues,
            Map::Viridis => Self::Viridis,
            Map::Cividis => Self::Cividis,
            Map::Magma => Self::Magma,
            Map::Grey => Self::Grey,
            Map::Diverging => Self::Diverging,
        }
    }
}

/// `--background`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Background {
    /// The answer of the terminal, or dark without an answer
    Auto,
    /// Light text on dark
    Dark,
    /// Dark text on light
    Light,
}

/// What pictures that are saved from the explorer are drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SaveBackground {
    /// What the terminal draws on
    Screen,
    /// White paper
    Light,
    /// A dark ground
    Dark,
}

impl From<SaveBackground> for Option<Paper> {
    fn from(ground: SaveBackground) -> Self {
        match ground {
            SaveBackground::Screen => None,
            SaveBackground::Light => Some(Paper::Light),
            SaveBackground::Dark => Some(Paper::Dark),
        }
    }
}

/// `--scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScaleName {
    /// The weight itself
    Raw,
    /// The weight divided by the largest weight of its row
    RowMax,
    /// The square root of the weight
    Sqrt,
    /// The logarithm of the weight, from 1e-4 to 1
    Log,
    /// The weight without key 0, each row renormalised
    NoSink,
    /// The weight times the norm of the value, each row renormalised
    ValueWeighted,
}

impl From<ScaleName> for Scale {
    fn from(name: ScaleName) -> Self {
        match name {
            ScaleName::Raw => Self::Raw,
            ScaleName::RowMax => Self::RowMax,
            ScaleName::Sqrt => Self::Sqrt,
            ScaleName::Log => Self::Log,
            ScaleName::NoSink => Self::NoSink,
            ScaleName::ValueWeighted => Self::ValueWeighted,
        }
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_and_scales_have_their_own_names() {
        let named =
            |value: Option<clap::builder::PossibleValue>| value.unwrap().get_name().to_owned();
        for map in Map::value_variants() {
            assert_eq!(named(map.to_possible_value()), Colormap::from(*map).name());
        }
        assert_eq!(Map::value_variants().len(), Colormap::ALL.len());
        for scale in ScaleName::value_variants() {
            let name = Scale::from(*scale).name().replace(' ', "-");
            assert_eq!(named(scale.to_possible_value()), name);
        }
        assert_eq!(ScaleName::value_variants().len(), Scale::ALL.len());
    }

    #[test]
    fn picks_are_numbers_and_ranges() {
        assert_eq!("0,2-4".parse(), Ok(Picks(vec![0..=0, 2..=4])));
        assert!("1,x".parse::<Picks>().is_err());
        assert!("".parse::<Picks>().is_err());
    }

    #[test]
    fn memory_has_units() {
        assert_eq!("2GiB".parse(), Ok(Bytes(2 << 30)));
        assert_eq!("512 mb".parse(), Ok(Bytes(512_000_000)));
        assert_eq!("77".parse(), Ok(Bytes(77)));
        for wrong in ["", "GiB", "0", "-1", "1.5GiB", "99999999999GiB", "3 cats"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_found_by_the_names_of_their_flags() {
        for colour in Colour::value_variants() {
            assert_eq!(named(&name_of(colour)), Some(*colour));
        }
        assert_eq!(named::<Colour>("red"), None);
        assert_eq!(names::<Background>(), "auto, dark, light");
    }
}
