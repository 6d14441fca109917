//! Numbers that a record holds: in memory, or in a file that is mapped; whole or in half precision.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::sync::{Arc, OnceLock};

use half::f16;
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};

use super::Map;

/// A list of f32, read as a slice. It may lie in a mapped file, and it may be stored as f16.
///
/// As a slice, a list that is stored as f16 is widened as a whole, once, and kept; what reads parts
/// of it asks [`Floats::part`], which widens that part alone.
#[derive(Clone)]
pub struct Floats(Stored);

#[derive(Clone)]
enum Stored {
    Owned(Vec<f32>),
    Mapped(View),
    Half(Halves, OnceLock<Vec<f32>>),
}

#[derive(Clone)]
enum Halves {
    Owned(Vec<f16>),
    Mapped(View),
}

/// A part of a map whose start suits the numbers in it.
#[derive(Clone)]
struct View {
    map: Arc<Map>,
    at: Range<usize>,
}

impl View {
    fn bytes(&self) -> &[u8] {
        self.map.bytes().get(self.at.clone()).unwrap_or_default()
    }
}

impl Halves {
    fn all(&self) -> &[f16] {
        match self {
            Self::Owned(halves) => halves,
            Self::Mapped(view) => {
                let bits: &[u16] = bytemuck::try_cast_slice(view.bytes()).unwrap_or_default();
                bits.reinterpret_cast()
            }
        }
    }
}

impl Floats {
    /// Little-endian f32 that lie in `map` at these bytes; copied where they can't be read in place.
    pub fn mapped(map: &Arc<Map>, at: Range<usize>) -> Self {
        let bytes = map.bytes().get(at.clone()).unwrap_or_default();
        if cfg!(target_endian = "little") && bytemuck::try_cast_slice::<_, f32>(bytes).is_ok() {
            let map = Arc::clone(map);
            return Self(Stored::Mapped(View { map, at }));
        }
        let numbers = bytes.as_chunks().0.iter();
        numbers.map(|b| f32::from_le_bytes(*b)).collect()
    }

    /// The same for f16.
    pub fn mapped_half(map: &Arc<Map>, at: Range<usize>) -> Self {
        let bytes = map.bytes().get(at.clone()).unwrap_or_default();
        let in_place = bytemuck::try_cast_slice::<_, u16>(bytes).is_ok();
        let halves = if cfg!(target_endian = "little") && in_place {
            let map = Arc::clone(map);
            Halves::Mapped(View { map, at })
        } else {
            let numbers = bytes.as_chunks().0.iter();
            Halves::Owned(numbers.map(|b| f16::from_le_bytes(*b)).collect())
        };
        Self(Stored::Half(halves, OnceLock::new()))
    }

    /// The same numbers as f16, each rounded to the nearest; past 65504 they are infinite.
    pub fn to_half(&self) -> Self {
        let halves = match &self.0 {
            Stored::Half(halves, _) => halves.clone(),
            _ => {
                let mut halves = vec![f16::ZERO; self.len()];
                halves.convert_from_f32_slice(self);
                Halves::Owned(halves)
            }
        };
        Self(Stored::Half(halves, OnceLock::new()))
    }

    /// The numbers as f16, where they are stored so.
    pub fn halves(&self) -> Option<&[f16]> {
        match &self.0 {
            Stored::Half(halves, _) => Some(halves.all()),
            _ => None,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self.halves() {
            Some(halves) => halves.len(),
            None => self.deref().len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A part of the numbers, widened where they are stored as f16; empty where it lies outside.
    #[inline]
    pub fn part(&self, range: Range<usize>) -> Cow<'_, [f32]> {
        match self.halves() {
            Some(halves) => Cow::Owned(halves.get(range).unwrap_or_default().to_f32_vec()),
            None => Cow::Borrowed(self.deref().get(range).unwrap_or_default()),
        }
    }
}

impl Deref for Floats {
    type Target = [f32];

    #[inline]
    fn deref(&self) -> &[f32] {
        match &self.0 {
            Stored::Owned(floats) => floats,
            Stored::Mapped(view) => bytemuck::try_cast_slice(view.bytes()).unwrap_or_default(),
            Stored::Half(halves, wide) => wide.get_or_init(|| halves.all().to_f32_vec()),
        }
    }
}

/// Writing to numbers that are not f32 in memory copies them there first.
impl DerefMut for Floats {
    fn deref_mut(&mut self) -> &mut [f32] {
        if !matches!(self.0, Stored::Owned(_)) {
            *self = self.to_vec().into();
        }
        match &mut self.0 {
            Stored::Owned(floats) => floats,
            Stored::Mapped(_) | Stored::Half(..) => &mut [],
        }
    }
}

impl Default for Floats {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl From<Vec<f32>> for Floats {
    fn from(floats: Vec<f32>) -> Self {
        Self(Stored::Owned(floats))
    }
}

impl FromIterator<f32> for Floats {
    fn from_iter<I: IntoIterator<Item = f32>>(floats: I) -> Self {
        floats.into_iter().collect::<Vec<_>>().into()
    }
}

impl fmt::Debug for Floats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} numbers", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(bytes: &[u8]) -> Arc<Map> {
        let filled = Map::filled(bytes.len(), |memory| {
            memory.copy_from_slice(bytes);
            Ok(())
        });
        Arc::new(filled.unwrap())
    }

    #[test]
    fn mapped_numbers_are_those_that_were_written() {
        let numbers = [1.5f32, -0.0, f32::NAN, f32::MIN_POSITIVE, 3e38];
        let mut bytes = vec![7u8; 3];
        bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
        // At an odd place they are copied, at an even one they are not.
        let copied = Floats::mapped(&map(&bytes), 3..23);
        let mapped = Floats::mapped(&map(&bytes[3..]), 0..20);
        assert!(matches!(copied.0, Stored::Owned(_)));
        assert!(matches!(mapped.0, Stored::Mapped(_)));
        let bits = |floats: &[f32]| floats.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&copied), bits(&numbers));
        assert_eq!(bits(&mapped), bits(&numbers));
        assert_eq!(bits(&mapped.part(1..3)), bits(&numbers[1..3]));
        let mut written = mapped.clone();
        written[0] = 2.0;
        assert_eq!((written[0], mapped[0]), (2.0, 1.5));
    }

    #[test]
    fn halves_are_rounded_once_and_widened_where_they_are_read() {
        let floats = Floats::from(vec![1.0, 1.0 + 1.0 / 4096.0, 70_000.0, -3.25]);
        let half = floats.to_half();
        let expected = [1.0, 1.0, f32::INFINITY, -3.25];
        assert_eq!(half.part(0..4).as_ref(), expected);
        assert_eq!(&half[..], expected);
        assert_eq!(half.to_half().halves(), half.halves());
        let bits = half.halves().unwrap().iter();
        let bytes: Vec<u8> = bits.flat_map(|x| x.to_le_bytes()).collect();
        let mapped = Floats::mapped_half(&map(&bytes), 0..8);
        assert_eq!(mapped.halves(), half.halves());
        assert_eq!(mapped.len(), 4);
        assert!(mapped.part(3..9).is_empty());
    }
}
