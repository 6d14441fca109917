//! headlight: see what every attention head of a GPT is looking at.
//!
//! Data flows one way; whatever stands left knows nothing of what stands right.
//!
//! ```text
//! files -- checkpoint --> tensors + metadata -+
//!                                             +- model --(Probe)--> capture -- lens --> view -- paint -+- tui
//! text --- token -------> ids + labels -------+                        |                               +- export
//!                                                                      +- file
//! ```

pub mod capture;
pub mod checkpoint;
pub mod cli;
pub mod config;
pub mod export;
pub mod fault;
mod json_size;
pub mod lens;
pub mod model;
pub mod paint;
pub mod run;
pub mod safe;
pub mod token;
pub mod tui;
pub mod view;
