//! Questions asked of a capture; pure functions.
//!
//! A [`Pattern`] is one head, or the mean over the heads of a layer, seen at one [`Scale`]. It
//! answers cells, rows, columns and windows at a cost that does not depend on what is not asked.

mod band;
mod block;
mod check;
mod diagnosis;
mod filter;
mod find;
mod flow;
mod grid;
mod head_kind;
mod kind;
mod measure;
mod numbers;
mod pattern;
mod picture;
mod pooled;
mod pyramid;
mod rank;
mod row_sum;
mod scale;
mod span;
mod standout;
mod token_number;
mod trend;
mod trust;

pub use band::Factors;
pub use check::{
    Check, Differences, LOGIT_LIMIT, WEIGHT_LIMIT, WEIGHT_MEAN_LIMIT, compare_row, look_ahead,
    own_checks,
};
pub use diagnosis::{Diagnosis, Problem, diagnosis, diagnosis_of};
pub use filter::{Filter, UNDERSTOOD};
pub use find::{Haystack, is_folded};
pub use flow::{SeedFlow, flow, seed_flow};
pub use grid::Grid;
pub use head_kind::{DIAGNOSIS_TOKENS, HeadKind, KindName, Repeats, head_kind};
pub use kind::AttentionKind;
pub use measure::{Measure, UNDEFINED};
pub use numbers::{Numbers, all_numbers, numbers};
pub use pattern::{Pattern, Select};
pub use picture::picture;
pub use pyramid::{Pyramid, Tiles, base_tile};
pub use rank::{HeadWeight, Ranked, top_heads, top_keys, top_queries};
pub use row_sum::RowSum;
pub use scale::Scale;
pub use span::{top_keys_of_span, top_queries_to_span};
pub use standout::{Standout, standout, telling_cell};
pub use token_number::TokenNumber;
pub use trend::flow_sentences;
pub use trust::{
    LayerTrust, NotFinite, TRUST_BUDGET, Trust, broken_predictions, broken_sentence, layer_trust,
    trust,
};
