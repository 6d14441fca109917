//! Products of queries and keys by cuBLAS, into memory that is there.

#![allow(unsafe_code)]

use candle_core::cuda_backend::cudarc::cublas::sys::cublasOperation_t;
use candle_core::cuda_backend::cudarc::cublas::{Gemm, GemmConfig, StridedBatchedConfig};
use candle_core::{CpuStorage, CudaStorage, InplaceOp3, Layout};

use super::int;

/// Products of queries and keys. The tensor library's own go to new memory every time.
pub(super) struct Products;

impl InplaceOp3 for Products {
    fn name(&self) -> &'static str {
        "products"
    }

    fn cpu_fwd(
        &self,
        _: &mut CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> candle_core::Result<()> {
        candle_core::bail!("a kernel of a GPU was asked to run on the processor")
    }

    fn cuda_fwd(
        &self,
        products: &mut CudaStorage,
        of_products: &Layout,
        q: &CudaStorage,
        of_q: &Layout,
        k: &CudaStorage,
        of_k: &Layout,
    ) -> candle_core::Result<()> {
        let ((kv_heads, m, d), (_, width, _)) = (of_q.shape().dims3()?, of_k.shape().dims3()?);
        let (&[q_head, q_row, 1], &[k_head, k_row, 1]) = (of_q.stride(), of_k.stride()) else {
            candle_core::bail!("queries {of_q:?} and keys {of_k:?} are not rows of numbers");
        };
        let device = q.device.clone();
        let q = q.as_cuda_slice::<f32>()?.slice(of_q.start_offset()..);
        let k = k.as_cuda_slice::<f32>()?.slice(of_k.start_offset()..);
        let mut products = products
            .as_cuda_slice_mut::<f32>()?
            .slice_mut(of_products.start_offset()..);
        // cuBLAS counts along columns: its matrices are these, transposed, and Q K^T is K Q^T.
        let gemm = GemmConfig {
            transa: cublasOperation_t::CUBLAS_OP_T,
            transb: cublasOperation_t::CUBLAS_OP_N,
            m: int(width),
            n: int(m),
            k: int(d),
            alpha: 1.0,
            lda: int(k_row),
            ldb: int(q_row),
            beta: 0.0,
            ldc: int(width),
        };
        let batches = StridedBatchedConfig {
            gemm,
            batch_size: int(kv_heads),
            stride_a: k_head as i64,
            stride_b: q_head as i64,
            stride_c: (m * width) as i64,
        };
        // SAFETY: it reads rows of d numbers, w of keys and m of queries a head, where the layouts say
        // that they are, and writes `[H_kv, m, w]`, which the caller has made room for.
        unsafe {
            device
                .cublas_handle()
                .gemm_strided_batched(batches, &k, &q, &mut products)
        }
        .map_err(candle_core::Error::wrap)
    }
}
