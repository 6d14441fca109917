//! A family's configuration, read key by key: what is read is remembered, so that what nothing
//! read can be refused.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::{Activation, Error};
use super::keys::{ACTIVATIONS, GENERATION, HARMLESS, LOUD, OFTEN_HARMLESS, TELLING};
use crate::checkpoint::printable;

/// A configuration.
pub(super) struct Config<'a> {
    map: &'a Map<String, Value>,
    used: RefCell<BTreeSet<String>>,
    /// Keys that were not there, and the values that were taken.
    absent: RefCell<Vec<String>>,
    /// What a family's class has for keys that its files leave out.
    defaults: Cell<Defaults>,
}

/// Keys and numbers.
pub(super) type Defaults = &'static [(&'static str, f64)];

/// The sentence's end for a value of the wrong kind.
fn wrong(key: &str, found: &Value, expected: &str) -> Error {
    Error::Config {
        key: key.to_owned(),
        found: printable(&found.to_string()),
        expected: expected.to_owned(),
    }
}

impl<'a> Config<'a> {
    pub(super) fn new(map: &'a Map<String, Value>) -> Self {
        Self {
            map,
            used: RefCell::default(),
            absent: RefCell::default(),
            defaults: Cell::default(),
        }
    }

    /// Takes these numbers, and says so, where sizes and positive numbers are absent.
    pub(super) fn set_defaults(&self, defaults: Defaults) {
        self.defaults.set(defaults);
    }

    fn default_of(&self, key: &str) -> Option<f64> {
        let found = self.defaults.get().iter().find(|(known, _)| *known == key);
        found.map(|(_, number)| self.assume(key, *number))
    }

    /// The value of a key; null counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.used.borrow_mut().insert(key.to_owned());
        self.map.get(key).filter(|v| !v.is_null())
    }

    /// The map under a key.
    pub(super) fn map(&self, key: &str) -> Result<Option<&'a Map<String, Value>>, Error> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(found) => Err(wrong(key, found, "an object was expected")),
        }
    }

    /// Remembers that a key was not there and what was taken for it.
    fn assume<T: std::fmt::Display>(&self, key: &str, taken: T) -> T {
        let said = format!("{key} = {taken}");
        let mut absent = self.absent.borrow_mut();
        if !absent.contains(&said) {
            absent.push(said);
        }
        taken
    }

    /// A whole number of at least 1.
    pub(super) fn size_if(&self, key: &str) -> Result<Option<usize>, Error> {
        let Some(found) = self.get(key) else {
            return Ok(self.default_of(key).map(|number| number as usize));
        };
        match found.as_u64().and_then(|n| usize::try_from(n).ok()) {
            Some(n @ 1..=LARGEST) => Ok(Some(n)),
            _ => Err(wrong(key, found, "a positive whole number was expected")),
        }
    }

    /// The same, which must be there.
    pub(super) fn size(&self, key: &str) -> Result<usize, Error> {
        let found = self.size_if(key)?;
        found.ok_or_else(|| Error::NoKey(key.to_owned()))
    }

    /// The first of these that is there; one must be.
    pub(super) fn size_of(&self, keys: &[&str]) -> Result<usize, Error> {
        for key in keys {
            if let Some(size) = self.size_if(key)? {
                return Ok(size);
            }
        }
        self.size(keys.first().copied().unwrap_or_default())
    }

    /// The same, or what transformers takes where it is absent.
    pub(super) fn size_or(&self, key: &str, default: usize) -> Result<usize, Error> {
        let found = self.size_if(key)?;
        Ok(found.unwrap_or_else(|| self.assume(key, default)))
    }

    /// A finite number.
    pub(super) fn number_if(&self, key: &str) -> Result<Option<f64>, Error> {
        let Some(found) = self.get(key) else {
            return Ok(None);
        };
        match found.as_f64().filter(|n| n.is_finite()) {
            Some(n) => Ok(Some(n)),
            None => Err(wrong(key, found, "a number was expected")),
        }
    }

    /// A number above 0, which must be there.
    pub(super) fn positive(&self, key: &str) -> Result<f64, Error> {
        match self.positive_if(key)? {
            Some(n) => Ok(n),
            None => Err(Error::NoKey(key.to_owned())),
        }
    }

    /// A number above 0.
    pub(super) fn positive_if(&self, key: &str) -> Result<Option<f64>, Error> {
        if self.get(key).is_none() {
            return Ok(self.default_of(key));
        }
        match (self.number_if(key)?, self.get(key)) {
            (Some(n), Some(found)) if n <= 0.0 => {
                Err(wrong(key, found, "a positive number was expected"))
            }
            (found, _) => Ok(found),
        }
    }

    /// The same, or what transformers takes where it is absent.
    pub(super) fn positive_or(&self, key: &str, default: f64) -> Result<f64, Error> {
        let found = self.positive_if(key)?;
        Ok(found.unwrap_or_else(|| self.assume(key, default)))
    }

    /// A switch; absent is the default.
    pub(super) fn flag(&self, key: &str, default: bool) -> Result<bool, Error> {
        match self.get(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(found) => Err(wrong(key, found, "true or false was expected")),
        }
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, Error> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(found) => Err(wrong(key, found, "a text was expected")),
        }
    }

    /// A list of numbers.
    pub(super) fn numbers(&self, key: &str) -> Result<Option<Vec<f64>>, Error> {
        let Some(found) = self.get(key) else {
            return Ok(None);
        };
        let list = found.as_array().and_then(|list| {
            let numbers = list.iter().map(Value::as_f64);
            numbers.collect::<Option<Vec<f64>>>()
        });
        match list {
            Some(numbers) => Ok(Some(numbers)),
            None => Err(wrong(key, found, "a list of numbers was expected")),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<&'a str>>, Error> {
        let Some(found) = self.get(key) else {
            return Ok(None);
        };
        let list = found.as_array().and_then(|list| {
            let texts = list.iter().map(Value::as_str);
            texts.collect::<Option<Vec<&str>>>()
        });
        match list {
            Some(texts) => Ok(Some(texts)),
            None => Err(wrong(key, found, "a list of names was expected")),
        }
    }

    /// Refuses a value that changes the numbers in a way that no switch describes.
    pub(super) fn refuse(&self, key: &str, unless: &[Value], why: &str) -> Result<(), Error> {
        match self.get(key) {
            Some(found) if !unless.contains(found) => Err(wrong(key, found, why)),
            _ => Ok(()),
        }
    }

    /// The activation under the first of these keys that is there.
    pub(super) fn activation(&self, keys: &[&str], default: &str) -> Result<Activation, Error> {
        let mut found = None;
        for key in keys {
            // All count as read: which of them a version of transformers looks at differs.
            let text = self.text(key)?;
            found = found.or(text.map(|text| (*key, text)));
        }
        let key = keys.first().copied().unwrap_or_default();
        let (key, name) = match found {
            Some(found) => found,
            None => {
                self.assume(key, default);
                (key, default)
            }
        };
        let known = ACTIVATIONS.iter().find(|(known, _)| *known == name);
        known.map(|(_, activation)| *activation).ok_or_else(|| {
            let names: Vec<&str> = ACTIVATIONS.iter().map(|(name, _)| *name).collect();
            wrong(
                key,
                &Value::from(name),
                &format!("one of {} was expected", names.join(", ")),
            )
        })
    }

    /// Refuses weights that are quantised in a way that no format here reads.
    pub(super) fn unquantised(&self) -> Result<(), Error> {
        for key in ["quantization_config", "compression_config"] {
            let Some(map) = self.map(key)? else {
                continue;
            };
            match map.get("quant_method").and_then(Value::as_str) {
                // The checkpoint shows such weights as what they stand for.
                Some("mxfp4") => {}
                method => {
                    return Err(Error::Quantised {
                        method: printable(method.unwrap_or("an unnamed method")),
                    });
                }
            }
        }
        Ok(())
    }

    /// Refuses keys that nothing read, whatever they are called.
    pub(super) fn nothing_else(&self, place: &str) -> Result<(), Error> {
        let used = self.used.borrow();
        let mut strange = self
            .map
            .iter()
            .filter(|(key, value)| !used.contains(*key) && !off(value));
        match strange.next() {
            Some((key, value)) => Err(wrong(
                &printable(&format!("{place}.{key}")),
                value,
                "this key is not understood and may change the numbers",
            )),
            None => Ok(()),
        }
    }

    /// Counts keys as read.
    pub(super) fn ignore(&self, keys: &[&str]) {
        keys.iter().for_each(|key| {
            self.get(key);
        });
    }

    /// Refuses keys that nothing read and that look as if they changed the numbers; gives the
    /// sentences about what was absent and what else was not read.
    pub(super) fn finish(self) -> Result<Vec<String>, Error> {
        let used = self.used.into_inner();
        let mut strange = Vec::new();
        for (key, value) in self.map {
            let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
            let harmless = has(HARMLESS)
                || GENERATION.contains(&key.as_str())
                || (has(OFTEN_HARMLESS) && !has(LOUD));
            if used.contains(key) || off(value) || harmless {
                continue;
            }
            if has(TELLING) {
                let why = "this key is not understood and may change the numbers";
                return Err(wrong(&printable(key), value, why));
            }
            strange.push(printable(key));
        }
        let mut said = Vec::new();
        let absent = self.absent.into_inner();
        if !absent.is_empty() {
            said.push(format!(
                "the configuration does not say {}: taken as transformers takes it",
                absent.join(", ")
            ));
        }
        if !strange.is_empty() {
            said.push(format!(
                "the configuration's {} is not known and was not used",
                strange.join(", ")
            ));
        }
        Ok(said)
    }
}

/// The largest size of anything.
const LARGEST: usize = 1 << 31;

/// Whether a value switches nothing on.
pub(super) fn off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
