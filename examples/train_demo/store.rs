//! Checkpoints as safetensors with config, tokenizer and the story of their training in the header.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use color_eyre::eyre::{Result, WrapErr, eyre};
use half::f16;
use serde_json::{Map, Value, json};

/// A safetensors file: tensors by name, and its text metadata.
pub type File = (BTreeMap<String, Tensor>, BTreeMap<String, String>);

/// Writes tensors, as f16 if `half`, in the order of their names, so that equal models are equal files.
///
/// # Errors
/// What the file system reports; the target is replaced only when all is written.
pub fn write(
    path: &Path,
    tensors: &BTreeMap<String, Tensor>,
    metadata: &BTreeMap<String, String>,
    half: bool,
) -> Result<()> {
    let mut header = Map::new();
    header.insert("__metadata__".to_string(), json!(metadata));
    let mut data: Vec<u8> = Vec::new();
    for (name, tensor) in tensors {
        let begin = data.len();
        for value in tensor.flatten_all()?.to_vec1::<f32>()? {
            match half {
                true => data.extend(f16::from_f32(value).to_le_bytes()),
                false => data.extend(value.to_le_bytes()),
            }
        }
        let dtype = if half { "F16" } else { "F32" };
        let entry =
            json!({"dtype": dtype, "shape": tensor.dims(), "data_offsets": [begin, data.len()]});
        header.insert(name.clone(), entry);
    }
    let mut header = Value::Object(header).to_string();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .wrap_err_with(|| format!("cannot create {}", folder.display()))?;
    }
    let beside = path.with_extension("partial");
    let mut file =
        fs::File::create(&beside).wrap_err_with(|| format!("cannot write {}", beside.display()))?;
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    file.write_all(&data)?;
    file.sync_all()?;
    fs::rename(&beside, path).wrap_err_with(|| format!("cannot write {}", path.display()))
}

/// Reads what `write` wrote; tensors come back as f32.
///
/// # Errors
/// A file that is not there or is no safetensors.
pub fn read(path: &Path) -> Result<File> {
    let bytes = fs::read(path).wrap_err_with(|| format!("cannot read {}", path.display()))?;
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes)
        .map_err(|e| eyre!("{} is no safetensors file: {e}", path.display()))?;
    let metadata = header
        .metadata()
        .clone()
        .unwrap_or_default()
        .into_iter()
        .collect();
    let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)?;
    let tensors = tensors
        .into_iter()
        .map(|(name, tensor)| Ok((name, tensor.to_dtype(DType::F32)?)))
        .collect::<Result<_>>()?;
    Ok((tensors, metadata))
}
