//! Times candle-mi's forward pass with the attention of every block captured, one run for each line
//! of standard input: `candle-mi-time FOLDER`, a folder in Hugging Face layout of a family that
//! candle-mi knows. Speaks as `examples/forward_time.rs` does.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use candle_mi::{GenericTransformer, HookPoint, HookSpec, MIBackend, TransformerConfig};
use candle_nn::VarBuilder;

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let words = line.and_then(|line| line.split_whitespace().nth(1));
    words.unwrap_or("0").to_owned()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: candle-mi-time FOLDER")?;
    let folder = Path::new(&folder);
    let config = std::fs::read_to_string(folder.join("config.json"))?;
    let config = TransformerConfig::from_hf_config(&serde_json::from_str(&config)?)?;
    let (layers, vocabulary) = (config.num_layers, config.vocab_size);
    let bytes = std::fs::read(folder.join("model.safetensors"))?;
    let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu)?;
    let model = GenericTransformer::load(config, &Device::Cpu, DType::F32, weights)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready {}", peak())?;
    out.flush()?;
    let mut hooks = HookSpec::new();
    for layer in 0..layers {
        hooks.capture(HookPoint::AttnPattern(layer));
    }
    for line in std::io::stdin().lock().lines() {
        let n: usize = line?.trim().parse()?;
        let ids: Vec<u32> = (0..n).map(|i| ((i * 7919 + 13) % vocabulary) as u32).collect();
        let start = Instant::now();
        let ids = Tensor::new(&ids[..], &Device::Cpu)?.unsqueeze(0)?;
        let cache = model.forward(&ids, &hooks)?;
        let took = start.elapsed().as_secs_f64() * 1e3;
        let last = cache.require(&HookPoint::AttnPattern(layers - 1))?;
        assert_eq!(last.dim(2)?, n);
        drop(cache);
        writeln!(out, "{took:.3} {}", peak())?;
        out.flush()?;
    }
    Ok(())
}
