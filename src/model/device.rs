//! Where the numbers are computed.

use candle_core::{DType, Device};

/// The device that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor.
    #[default]
    Cpu,
    /// The first NVIDIA GPU; needs the cargo feature `cuda`.
    Cuda,
    /// The GPU of a Mac; needs the cargo feature `metal`.
    Metal,
}

/// What matrices are held and multiplied in; everything else is f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 4 bytes a weight, exact for every stored type.
    #[default]
    F32,
    /// 2 bytes, 8 bits of mantissa.
    Bf16,
    /// 2 bytes, 11 bits of mantissa, at most 65504.
    F16,
}

impl Precision {
    /// Its name on the command line and in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        }
    }

    /// Bytes of a weight.
    pub fn bytes(self) -> usize {
        self.dtype().size_in_bytes()
    }

    pub(super) fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::Bf16 => DType::BF16,
            Self::F16 => DType::F16,
        }
    }
}

impl DeviceKind {
    /// Its name on the command line and in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Metal => "metal",
        }
    }

    /// Bytes of a device that nothing holds, where it tells them: an NVIDIA GPU does.
    pub fn free_memory(device: &Device) -> Option<u64> {
        match device {
            #[cfg(feature = "cuda")]
            Device::Cuda(device) => {
                let stream = device.cuda_stream();
                let (free, _) = stream.context().mem_get_info().ok()?;
                Some(free as u64)
            }
            _ => None,
        }
    }

    /// Opens the device. One that is absent falls back to the processor, with a sentence that
    /// says so.
    pub fn open(self) -> (Device, Self, Option<String>) {
        let opened = match self {
            Self::Cpu => return (Device::Cpu, self, None),
            Self::Cuda => Device::new_cuda(0),
            Self::Metal => Device::new_metal(0),
        };
        let compiled = match self {
            Self::Cpu => true,
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Metal => cfg!(feature = "metal"),
        };
        match opened {
            Ok(device) => (device, self, None),
            Err(error) => {
                let name = self.name();
                let why = if compiled {
                    let text = error.to_string();
                    text.lines().next().unwrap_or_default().to_owned()
                } else {
                    format!("this build has no {name}; build with --features {name}")
                };
                let said = format!("the device '{name}' is not available, using cpu ({why})");
                (Device::Cpu, Self::Cpu, Some(said))
            }
        }
    }
}
