//! A linear layer.

use candle_core::{DType, Device, Tensor};

use super::{Loader, Run};
use crate::model::Error;
use crate::model::host::host;
use crate::model::kernel::{Panels, Product, multiply};
use crate::model::names::{self, Order};

/// Multiply-adds between two looks at whether the run goes on: some 20 ms of two threads.
const WORK: usize = 4_000_000_000;
/// The fewest rows that are multiplied at a time: the matrix is read once for them.
const FEWEST_ROWS: usize = 64;

/// Weights on the processor meet numbers elsewhere.
const OFF_HOST: &str = "the numbers are not where the weights are";

/// `y = x W + b`.
pub(in crate::model) struct Linear {
    weight: Weight,
    bias: Option<Tensor>,
}

/// `[in, out]`
enum Weight {
    /// On the processor in f32.
    Packed(Panels),
    Tensor(Tensor),
}

impl Weight {
    /// Takes a weight `[in, out]`, which may be a transposed view.
    fn new(weight: Tensor) -> Result<Self, Error> {
        let (from, to) = weight.dims2()?;
        if !matches!(weight.device(), Device::Cpu) || weight.dtype() != DType::F32 {
            return Ok(Self::Tensor(weight));
        }
        let panels = |tensor: &Tensor, transposed| {
            let values = host(tensor)?;
            Some(Panels::weights(&values, from, to, transposed))
        };
        let panels = match panels(&weight, false) {
            Some(panels) => Some(panels),
            None => panels(&weight.t()?, true),
        };
        Ok(match panels {
            Some(panels) => Self::Packed(panels),
            None => Self::Tensor(weight),
        })
    }
}

impl Linear {
    pub(in crate::model) fn load(
        names: &names::Linear,
        from: usize,
        to: usize,
        loader: &Loader,
    ) -> Result<Self, Error> {
        let weight = match names.order {
            Order::InOut => loader.matrix(&names.weight, &[from, to])?,
            // The transposed view serves as it is; nothing is copied.
            Order::OutIn => loader.matrix(&names.weight, &[to, from])?.t()?,
            Order::Paired(heads) => {
                let stored = loader.matrix(&names.weight, &[to, from])?;
                unpaired(&stored, heads)?.t()?
            }
        };
        let bias = match &names.bias {
            None => None,
            Some(name) => {
                let stored = loader.vector(name, &[to])?;
                Some(match names.order {
                    Order::Paired(heads) => unpaired(&stored.unsqueeze(1)?, heads)?.squeeze(1)?,
                    Order::InOut | Order::OutIn => stored,
                })
            }
        };
        Ok(Self {
            weight: Weight::new(weight)?,
            bias,
        })
    }

    /// The layers that lie behind each other in tensors with one more dimension in front.
    pub(super) fn load_stacked(
        names: &names::Linear,
        count: usize,
        from: usize,
        to: usize,
        loader: &Loader,
    ) -> Result<Vec<Self>, Error> {
        let shape = match names.order {
            Order::InOut => [count, from, to],
            Order::OutIn | Order::Paired(_) => [count, to, from],
        };
        let weights = loader.matrix(&names.weight, &shape)?;
        let biases = match &names.bias {
            Some(name) => Some(loader.vector(name, &[count, to])?),
            None => None,
        };
        let layer = |at: usize| -> Result<Self, Error> {
            // Views of the one tensor.
            let weight = weights.get(at)?;
            let bias = match &biases {
                Some(biases) => Some(biases.get(at)?),
                None => None,
            };
            let weight = match names.order {
                Order::InOut => weight,
                Order::OutIn | Order::Paired(_) => weight.t()?,
            };
            Ok(Self {
                weight: Weight::new(weight)?,
                bias,
            })
        };
        (0..count).map(layer).collect()
    }

    /// The head that is the token embedding `[V, D]`, transposed.
    pub(in crate::model) fn tied(embedding: Tensor) -> Result<Self, Error> {
        Ok(Self {
            weight: Weight::new(embedding.t()?)?,
            bias: None,
        })
    }

    /// The weights of some outputs, `[outputs, in]` in f32.
    pub(in crate::model) fn rows(&self, outputs: &Tensor) -> Result<Tensor, Error> {
        Ok(match &self.weight {
            Weight::Tensor(weight) => {
                let rows = weight.t()?.index_select(outputs, 0)?;
                rows.to_dtype(DType::F32)?
            }
            Weight::Packed(panels) => {
                let outputs = outputs.to_vec1::<u32>()?;
                let columns = outputs.iter().map(|&at| panels.column(at as usize));
                let values: Vec<f32> = columns.flatten().collect();
                Tensor::from_vec(values, (outputs.len(), panels.depth), &Device::Cpu)?
            }
        })
    }

    /// All weights, `[in, out]` in f32.
    pub(in crate::model) fn whole(&self) -> Result<Tensor, Error> {
        let outputs = Tensor::arange(0, self.width()? as u32, &Device::Cpu)?;
        match &self.weight {
            Weight::Tensor(weight) => Ok(weight.to_dtype(DType::F32)?.contiguous()?),
            Weight::Packed(_) => Ok(self.rows(&outputs)?.t()?.contiguous()?),
        }
    }

    /// Width of the output.
    pub(super) fn width(&self) -> Result<usize, Error> {
        Ok(match &self.weight {
            Weight::Tensor(weight) => weight.dim(1)?,
            Weight::Packed(panels) => panels.columns,
        })
    }

    /// `[rows, in]` to `[rows, out]`, f32 both.
    pub(in crate::model) fn forward(&self, x: &Tensor, run: &Run) -> Result<Tensor, Error> {
        let y = match &self.weight {
            Weight::Packed(panels) => {
                let x = x.contiguous()?;
                let mut y = vec![0.0; x.dim(0)? * panels.columns];
                match host(&x) {
                    Some(values) => self.fill(&values, &mut y, run)?,
                    None => return Err(Error::Compute(OFF_HOST.to_owned())),
                }
                let shape = (x.dim(0)?, panels.columns);
                return Ok(Tensor::from_vec(y, shape, &Device::Cpu)?);
            }
            // The processor multiplies in f32 anyway; so nothing but the stored weight is rounded.
            Weight::Tensor(weight) if x.device().is_cpu() => {
                x.matmul(&weight.to_dtype(DType::F32)?)?
            }
            Weight::Tensor(weight) => {
                let y = x.to_dtype(weight.dtype())?.matmul(weight)?;
                y.to_dtype(DType::F32)?
            }
        };
        Ok(match &self.bias {
            Some(bias) => y.broadcast_add(bias)?,
            None => y,
        })
    }

    /// The same on slices, where the weights lie packed; what `y` held is lost.
    pub(in crate::model) fn fill(&self, x: &[f32], y: &mut [f32], run: &Run) -> Result<(), Error> {
        let Weight::Packed(panels) = &self.weight else {
            return Ok(());
        };
        let Panels { depth, columns, .. } = *panels;
        let bias = self.bias.as_ref().and_then(host);
        let rows = (WORK / (depth * columns).max(1)).max(FEWEST_ROWS);
        let x = x.chunks(rows * depth.max(1));
        for (x, y) in x.zip(y.chunks_mut((rows * columns).max(1))) {
            run.go_on()?;
            let product = Product {
                x,
                stride: depth,
                matrix: panels,
                depth: 0..depth,
                bias: bias.as_deref(),
                add: false,
            };
            multiply(&product, y);
        }
        Ok(())
    }

    /// Whether the weights lie packed on the processor.
    pub(in crate::model) fn is_packed(&self) -> bool {
        matches!(self.weight, Weight::Packed(_))
    }
}

/// Rows `[out, in]` whose halves are interleaved within each head, put in order.
fn unpaired(rows: &Tensor, heads: usize) -> Result<Tensor, Error> {
    let (to, from) = rows.dims2()?;
    let pairs = rows.reshape((heads, to / heads / 2, 2, from))?; // [H, d/2, 2, in]
    Ok(pairs
        .transpose(1, 2)? // [H, 2, d/2, in]
        .reshape((to, from))?)
}
