//! Exports of captures that are made without a model.

// Marked as tests for clippy, which lets tests unwrap.
#[cfg(test)]
mod arrays;
#[cfg(test)]
mod atomic;
#[cfg(test)]
#[path = "../common/mod.rs"]
mod common;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod pictures;
#[cfg(test)]
#[path = "../common/schema.rs"]
mod schema;
#[cfg(test)]
mod shown;
#[cfg(test)]
mod text;
