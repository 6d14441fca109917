//! Writes small PyTorch and safetensors files, good and bad.

use std::io::Write;
use std::path::Path;

/// A Python value, as `torch.save` would pickle it.
#[derive(Clone)]
pub enum Py {
    Int(i32),
    Float(f64),
    Str(&'static str),
    Dict(Vec<(&'static str, Py)>),
    /// An instance of a class of the script's own, with attributes.
    Object(&'static str, Vec<(&'static str, Py)>),
    /// `module\nname` of a class.
    Class(&'static str),
    /// Storage key, elements that the storage declares, and shape.
    Tensor(&'static str, u32, Vec<u32>),
}

/// A state dict of two matrices of 2 x 3, in the storages "0" and "1".
pub fn weights() -> Py {
    Py::Dict(vec![
        ("wte.weight", Py::Tensor("0", 6, vec![2, 3])),
        ("h.0.weight", Py::Tensor("1", 6, vec![2, 3])),
    ])
}

/// The bytes of a storage of six floats from `first` on.
pub fn six(first: f32) -> Vec<u8> {
    (0..6)
        .flat_map(|i| (first + i as f32).to_le_bytes())
        .collect()
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

fn int(out: &mut Vec<u8>, value: u32) {
    out.push(b'J');
    out.extend(value.to_le_bytes());
}

fn write(out: &mut Vec<u8>, value: &Py) {
    match value {
        Py::Int(i) => {
            out.push(b'J');
            out.extend(i.to_le_bytes());
        }
        Py::Float(f) => {
            out.push(b'G');
            out.extend(f.to_be_bytes());
        }
        Py::Str(text) => string(out, text),
        Py::Dict(entries) => {
            out.extend(b"}(");
            for (key, value) in entries {
                string(out, key);
                write(out, value);
            }
            out.push(b'u');
        }
        Py::Object(class, attributes) => {
            out.extend(format!("c{class}\n)\u{1}").as_bytes());
            out.pop();
            out.push(0x81);
            write(out, &Py::Dict(attributes.clone()));
            out.push(b'b');
        }
        Py::Class(class) => out.extend(format!("c{class}\n").as_bytes()),
        Py::Tensor(key, elements, shape) => {
            out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
            string(out, "storage");
            out.extend(b"ctorch\nFloatStorage\n");
            string(out, key);
            string(out, "cpu");
            int(out, *elements);
            out.extend(b"tQ");
            int(out, 0);
            out.push(b'(');
            for &extent in shape {
                int(out, extent);
            }
            out.extend(b"t(");
            for axis in 0..shape.len() {
                int(out, shape[axis + 1..].iter().product());
            }
            out.extend(b"t\x89ccollections\nOrderedDict\n)RtR");
        }
    }
}

/// A whole pickle in protocol 2.
pub fn pickle(value: &Py) -> Vec<u8> {
    let mut out = b"\x80\x02".to_vec();
    write(&mut out, value);
    out.push(b'.');
    out
}

/// What `torch.save` writes: the pickle and the storages in a ZIP archive, stored.
pub fn torch_zip(value: &Py, storages: &[(&str, Vec<u8>)]) -> Vec<u8> {
    raw_zip(&pickle(value), storages)
}

/// A ZIP archive in PyTorch's layout around any bytes as its pickle.
pub fn raw_zip(pickle: &[u8], storages: &[(&str, Vec<u8>)]) -> Vec<u8> {
    named_zip("archive", pickle, storages)
}

/// The same with another name for the folder inside, which `torch.save` gives the file's.
pub fn named_zip(root: &str, pickle: &[u8], storages: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut entry = |name: &str, bytes: &[u8]| {
        zip.start_file(format!("{root}/{name}"), options).unwrap();
        zip.write_all(bytes).unwrap();
    };
    entry("data.pkl", pickle);
    entry("byteorder", b"little");
    for (key, bytes) in storages {
        entry(&format!("data/{key}"), bytes);
    }
    entry("version", b"3\n");
    zip.finish().unwrap().into_inner()
}

/// The archive with the ZIP64 records that `torch.save` writes before its end, whether they are needed or not.
pub fn with_zip64(mut zip: Vec<u8>) -> Vec<u8> {
    let end = zip.len() - 22;
    let number = |at: usize| u32::from_le_bytes(zip[end + at..end + at + 4].try_into().unwrap());
    let (size, offset) = (number(12), number(16));
    let count = u64::from(u16::from_le_bytes([zip[end + 10], zip[end + 11]]));
    let mut records = b"PK\x06\x06".to_vec();
    records.extend(44u64.to_le_bytes());
    records.extend([45, 0, 45, 0]);
    records.extend([0; 8]);
    records.extend(count.to_le_bytes());
    records.extend(count.to_le_bytes());
    records.extend(u64::from(size).to_le_bytes());
    records.extend(u64::from(offset).to_le_bytes());
    records.extend(b"PK\x06\x07");
    records.extend([0; 4]);
    records.extend((end as u64).to_le_bytes());
    records.extend(1u32.to_le_bytes());
    zip.splice(end..end, records);
    zip
}

/// A safetensors file from the text of its header and its data.
pub fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend(header.as_bytes());
    out.extend(data);
    out
}

/// A small good one: `a` of 2 x 3 floats, `b` of one f16, and a configuration.
pub fn small_safetensors() -> Vec<u8> {
    let header = concat!(
        r#"{"__metadata__":{"format":"pt","config":"{\"n_head\": 2}","c":"a"},"#,
        r#""a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#,
        r#""b":{"dtype":"F16","shape":[1],"data_offsets":[24,26]}}"#
    );
    let mut data = six(1.0);
    data.extend(0x3e00u16.to_le_bytes());
    safetensors(header, &data)
}

/// Write a file into a folder and give its path.
pub fn file(folder: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// What `torch.save` wrote before PyTorch 0.1.10: a TAR archive with one matrix of 2 x 3, `wte.weight`, and a
/// configuration.
pub fn torch_tar() -> Vec<u8> {
    let sys_info = b"\x80\x02}X\x0d\0\0\0little_endian\x88s.".to_vec();
    let mut storages =
        b"\x80\x02K\x01.\x80\x02(K\x07X\x03\0\0\0cpuctorch\nFloatStorage\nt.".to_vec();
    storages.extend(6i64.to_le_bytes());
    storages.extend(six(1.0));
    storages.extend(b"\x80\x02].");
    let mut tensors = b"\x80\x02K\x01.\x80\x02(K\x09K\x07ctorch\nFloatTensor\nt.".to_vec();
    tensors.extend([2i32, 0].map(i32::to_le_bytes).concat());
    tensors.extend([2i64, 3, 3, 1, 0].map(i64::to_le_bytes).concat());
    let mut data = b"\x80\x02}(".to_vec();
    string(&mut data, "model");
    data.push(b'}');
    string(&mut data, "wte.weight");
    string(&mut data, "9");
    data.extend(b"Qs");
    string(&mut data, "config");
    write(&mut data, &Py::Dict(vec![("n_head", Py::Int(2))]));
    data.extend(b"u.");

    let mut out = Vec::new();
    for (name, bytes) in [
        ("sys_info", sys_info),
        ("storages", storages),
        ("tensors", tensors),
        ("pickle", data),
    ] {
        let mut header = [0u8; 512];
        let mut field =
            |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        field(0, name);
        field(100, "0000644\0");
        field(124, &format!("{:011o}\0", bytes.len()));
        field(136, "00000000000\0");
        field(148, "        ");
        field(156, "0");
        field(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend(header);
        out.extend(&bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// A string as GGUF has it: its length, then its bytes.
pub fn gguf_string(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text].concat()
}

/// A GGUF metadata entry: its key, the number of its type and the bytes of its value.
pub fn gguf_entry(key: &str, kind: u32, value: &[u8]) -> Vec<u8> {
    [&gguf_string(key.as_bytes()), &kind.to_le_bytes()[..], value].concat()
}

/// A GGUF array after the number of its own type: its elements' type, their count and their bytes.
pub fn gguf_array(kind: u32, count: u64, elements: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &count.to_le_bytes(), elements].concat()
}

/// A GGUF tensor's description: dimensions fastest first, the number of its type, its place in the data.
pub fn gguf_tensor(name: &str, dimensions: &[u64], kind: u32, offset: u64) -> Vec<u8> {
    let mut out = gguf_string(name.as_bytes());
    out.extend((dimensions.len() as u32).to_le_bytes());
    out.extend(dimensions.iter().flat_map(|extent| extent.to_le_bytes()));
    out.extend(kind.to_le_bytes());
    out.extend(offset.to_le_bytes());
    out
}

/// A GGUF file; the data are aligned to 32 bytes.
pub fn gguf(version: u32, entries: &[Vec<u8>], tensors: &[Vec<u8>], data: &[u8]) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(version.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((entries.len() as u64).to_le_bytes());
    out.extend(entries.concat());
    out.extend(tensors.concat());
    out.resize(out.len().next_multiple_of(32), 0);
    out.extend(data);
    out
}

/// A small good one: `a` of 2 x 3 floats, `b` of one block of Q8_0 (a scale of 0.5 and the numbers 0 to 31), an
/// architecture and a vocabulary of two.
pub fn small_gguf(version: u32) -> Vec<u8> {
    let mut data = six(1.0);
    data.resize(32, 0);
    data.extend(0x3800u16.to_le_bytes());
    data.extend(0..32u8);
    let tokens = [gguf_string(b"x"), gguf_string("é".as_bytes())].concat();
    gguf(
        version,
        &[
            gguf_entry("general.architecture", 8, &gguf_string(b"llama")),
            gguf_entry("llama.block_count", 4, &2u32.to_le_bytes()),
            gguf_entry("tokenizer.ggml.tokens", 9, &gguf_array(8, 2, &tokens)),
            gguf_entry("tokenizer.ggml.bos_token_id", 4, &1u32.to_le_bytes()),
            gguf_entry("tokenizer.chat_template", 8, &gguf_string(b"{{x}}")),
        ],
        &[
            gguf_tensor("a", &[3, 2], 0, 0),
            gguf_tensor("b", &[32], 8, 32),
        ],
        &data,
    )
}
