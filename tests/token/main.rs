//! The token room: text to ids and back, and labels.

// Marked as tests for clippy, which lets tests unwrap.
#[cfg(test)]
mod begin;
#[cfg(test)]
#[path = "../common/mod.rs"]
mod common;
#[cfg(test)]
mod files;
#[cfg(test)]
mod gguf;
#[cfg(test)]
mod label;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod sentencepiece;
#[cfg(test)]
mod spelling;
#[cfg(test)]
mod vectors;
