//! What the weights of a decoder take in memory, before any is read. It follows [`Decoder::load`]
//! tensor by tensor.
//!
//! [`Decoder::load`]: super::Decoder::load

use super::kernel::{NARROW, Panels};
use super::names::{self, Each, Half, Order, Qkv, Up};
use super::spec::{MlpSpec, Plan, QkNorm};
use super::{Precision, Spec};

/// Bytes that weights take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Once all are loaded.
    pub bytes: u64,
    /// At most while they are loaded.
    pub peak: u64,
    /// Floats of the largest matrix of a block.
    pub widest: u64,
    /// Floats of the matrix that gives the logits.
    pub head: u64,
    /// Whether matrices lie packed, and are not widened when they are multiplied with.
    pub packed: bool,
}

/// What the weights of a plan take of the processor's memory, held in a precision there.
pub fn held(plan: &Plan, precision: Precision) -> Held {
    let mut tally = Tally {
        held: Held {
            packed: precision == Precision::F32,
            ..Held::default()
        },
        width: precision.bytes() as u64,
    };
    tally.plan(plan);
    tally.held
}

struct Tally {
    held: Held,
    /// Bytes of a number of a matrix.
    width: u64,
}

impl Tally {
    /// What is held from now on, after `beside` was needed beside it on the way.
    fn add(&mut self, bytes: u64, beside: u64) {
        self.held.bytes += bytes;
        self.held.peak = self.held.peak.max(self.held.bytes + beside);
    }

    fn vector(&mut self, count: usize) {
        self.add(4 * count as u64, 0);
    }

    /// A tensor that rows are taken of.
    fn table(&mut self, count: usize) {
        let count = count as u64;
        match self.held.packed {
            true => self.add(4 * count, 0),
            false => self.add(self.width * count, 4 * count),
        }
    }

    fn linear(&mut self, names: &names::Linear, from: usize, to: usize) {
        self.stacked(names, 1, from, to);
    }

    /// As many as lie behind each other in one tensor.
    fn stacked(&mut self, names: &names::Linear, count: usize, from: usize, to: usize) {
        let floats = (count * from * to) as u64;
        self.held.widest = self.held.widest.max((from * to) as u64);
        let paired = matches!(names.order, Order::Paired(_));
        if self.held.packed {
            let packed = 4 * (count * Panels::floats(from, to)) as u64;
            self.add(packed, 4 * floats);
            if paired {
                self.held.peak = self.held.peak.max(self.held.bytes - packed + 12 * floats);
            }
        } else {
            let copy = if paired { self.width * floats } else { 0 };
            self.add(self.width * floats, 4 * floats + copy);
        }
        if names.bias.is_some() {
            self.vector(count * to);
        }
    }

    fn norm(&mut self, norm: &Option<names::Norm>, width: usize) {
        if norm.is_some() {
            self.vector(2 * width);
        }
    }

    fn norms(&mut self, norms: &names::Norms, width: usize) {
        for norm in [&norms.before, &norms.out, &norms.after] {
            self.norm(norm, width);
        }
    }

    fn plan(&mut self, plan: &Plan) {
        let (spec, names) = (&plan.spec, &plan.names);
        let (width, embedding) = (spec.token_width, spec.embedding);
        let tied = names::Linear {
            weight: names.tokens.clone(),
            bias: None,
            order: Order::OutIn,
        };
        match &names.head {
            Some(head) => {
                self.table(spec.vocabulary * width);
                self.linear(head, width, spec.vocabulary);
            }
            None => self.linear(&tied, width, spec.vocabulary),
        }
        self.held.head = std::mem::take(&mut self.held.widest);
        if let Some(project) = &names.project_in {
            self.linear(project, width, embedding);
        }
        if names.positions.is_some() {
            self.table((spec.position_offset + spec.context) * embedding);
        }
        self.norm(&names.embedding_norm, embedding);
        for (block, layer) in names.blocks.iter().zip(&spec.layers) {
            self.block(block, spec, layer.mlp);
        }
        self.norm(&names.final_norm, embedding);
        if let Some(project) = &names.project_out {
            self.linear(project, embedding, width);
        }
    }

    fn block(&mut self, block: &names::Block, spec: &Spec, mlp: MlpSpec) {
        let (heads, d, embedding) = (spec.heads, spec.head_dim, spec.embedding);
        let (q, kv) = (heads * d, spec.kv_heads * d);
        self.linear(&block.out, q, embedding);
        self.norms(&block.attention_norms, embedding);
        match &block.qkv {
            Qkv::Fused(all) | Qkv::Grouped(all) => self.linear(all, embedding, q + 2 * kv),
            Qkv::Separate(each) => {
                for (names, to) in each.iter().zip([q, kv, kv]) {
                    self.linear(names, embedding, to);
                }
            }
        }
        let normed = |heads: usize| match spec.qk_norm {
            QkNorm::Head => d,
            QkNorm::EachHead | QkNorm::Whole => heads * d,
        };
        self.norm(&block.q_norm, normed(heads));
        self.norm(&block.k_norm, normed(spec.kv_heads));
        // `W_O` in f32, as it lies and turned, and its products with itself.
        let turned = 8 * (q * embedding) as u64;
        let grams = heads * d * d.next_multiple_of(NARROW);
        self.add(4 * grams as u64, turned + 4 * (heads * d * d) as u64);
        self.norms(&block.mlp_norms, embedding);
        match (&block.mlp, mlp) {
            (Half::Dense(names), MlpSpec::Dense { hidden }) => {
                self.mlp(names, 1, embedding, hidden)
            }
            (
                Half::Experts(names),
                MlpSpec::Experts {
                    count,
                    hidden,
                    shared,
                    ..
                },
            ) => {
                match &names.each {
                    Each::Stacked(names) => self.mlp(names, count, embedding, hidden),
                    Each::Separate(each) => {
                        for names in each {
                            self.mlp(names, 1, embedding, hidden);
                        }
                    }
                }
                if let Some((names, _)) = &names.shared {
                    self.mlp(names, 1, embedding, shared);
                }
                self.linear(&names.router, embedding, count);
            }
            // The decoder refuses it.
            _ => {}
        }
    }

    fn mlp(&mut self, names: &names::Mlp, count: usize, embedding: usize, hidden: usize) {
        match &names.up {
            Up::Plain(up) => self.stacked(up, count, embedding, hidden),
            Up::Gated(gate, up) => {
                self.stacked(gate, count, embedding, hidden);
                self.stacked(up, count, embedding, hidden);
            }
            Up::Fused(up) | Up::Interleaved(up) => {
                self.stacked(up, count, embedding, 2 * hidden);
            }
        }
        self.stacked(&names.down, count, hidden, embedding);
    }
}
