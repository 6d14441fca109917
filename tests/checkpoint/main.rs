//! Checkpoints as training scripts, model hubs and attackers write them.

#[cfg(test)]
#[path = "../common/mod.rs"]
mod common;
#[cfg(test)]
mod files;
#[cfg(test)]
mod gguf;
#[cfg(test)]
mod gguf_hostile;
#[cfg(test)]
mod gguf_keys;
#[cfg(test)]
mod gguf_models;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hub;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod llama2c;
#[cfg(test)]
mod mxfp4;
#[cfg(test)]
mod pytorch;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod writer;
