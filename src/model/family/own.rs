//! What the configuration of a training script says of the model's numbers, beside its sizes.

use serde_json::Value;

use super::super::{Activation, Error, Spec};
use super::config::off;
use super::keys::ACTIVATIONS;
use crate::checkpoint::{Checkpoint, printable};

/// Keys of the MLP's activation.
const ACTIVATION: &[&str] = &[
    "activation",
    "activation_function",
    "activation_fn",
    "act",
    "act_fn",
    "hidden_act",
    "hidden_activation",
    "mlp_activation",
    "nonlinearity",
];

/// Activations by the names that scripts give them, beside those of transformers.
const SPELLINGS: &[(&str, Activation)] = &[
    ("gelu_exact", Activation::Gelu),
    ("gelu_erf", Activation::Gelu),
    ("gelu_none", Activation::Gelu),
    ("gelu_tanh", Activation::GeluTanh),
    ("gelu_approx", Activation::GeluTanh),
    ("gelu_approximate", Activation::GeluTanh),
    ("new_gelu", Activation::GeluTanh),
    ("newgelu", Activation::GeluTanh),
];

/// Keys of what norms add to the variance.
const EPSILON: &[&str] = &[
    "layer_norm_epsilon",
    "layer_norm_eps",
    "layernorm_epsilon",
    "layernorm_eps",
    "norm_epsilon",
    "norm_eps",
    "ln_eps",
];

/// Parts of keys of switches that GPT-2's decoder does not have: each must be off.
const OFF: &[&str] = &[
    "alibi",
    "attention_multiplier",
    "embedding_multiplier",
    "kv_head",
    "logit_cap",
    "logit_scale",
    "parallel_residual",
    "post_norm",
    "qk_layernorm",
    "qk_norm",
    "rmsnorm",
    "rms_norm",
    "rope",
    "rotary",
    "sliding_window",
    "soft_cap",
    "softcap",
    "window_size",
];

/// Takes what the checkpoint's own configuration says into the spec; tells whether it names the
/// activation.
///
/// # Errors
/// [`Error::Config`] for a value that is not understood, and for a switch that this decoder does not
/// have: neither may be passed over in silence.
pub(super) fn read(checkpoint: &Checkpoint, spec: &mut Spec) -> Result<bool, Error> {
    let mut named = false;
    let config = checkpoint.config().and_then(Value::as_object);
    for (key, value) in config.into_iter().flatten().filter(|(_, v)| !v.is_null()) {
        let wrong = |expected: &str| Error::Config {
            key: printable(key),
            found: printable(&value.to_string()),
            expected: expected.to_owned(),
        };
        let name = key.to_lowercase();
        if ACTIVATION.contains(&name.as_str()) {
            let known = value.as_str().and_then(activation);
            spec.activation =
                known.ok_or_else(|| wrong("gelu, gelu_tanh, relu or silu was expected"))?;
            named = true;
        } else if EPSILON.contains(&name.as_str()) {
            let epsilon = value.as_f64().filter(|value| *value > 0.0 && *value < 1.0);
            spec.norm_epsilon = epsilon.ok_or_else(|| wrong("a small number was expected"))?;
        } else if name == "causal" || name == "is_causal" {
            if value != &Value::Bool(true) {
                return Err(wrong("only causal attention is read"));
            }
        } else if OFF.iter().any(|part| name.contains(part)) && !is_off(value, spec.heads) {
            return Err(wrong("a decoder of this layout has no such switch"));
        }
    }
    Ok(named)
}

/// An activation by its name, in any case, with or without the class' module.
fn activation(name: &str) -> Option<Activation> {
    let name = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    let mut known = ACTIVATIONS.iter().chain(SPELLINGS);
    known
        .find(|(known, _)| *known == name)
        .map(|(_, found)| *found)
}

/// Whether a switch changes nothing: off, nothing, one, or as many heads as there are.
fn is_off(value: &Value, heads: usize) -> bool {
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            number == 0.0 || number == 1.0 || number == heads as f64
        }
        Value::String(text) if matches!(text.as_str(), "none" | "None" | "learned") => true,
        value => off(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_are_known_by_many_names() {
        for (name, expected) in [
            ("gelu", Some(Activation::Gelu)),
            ("GELU", Some(Activation::Gelu)),
            ("torch.nn.ReLU", Some(Activation::Relu)),
            ("gelu_tanh", Some(Activation::GeluTanh)),
            ("gelu_new", Some(Activation::GeluTanh)),
            ("SiLU", Some(Activation::Silu)),
            ("mish", None),
        ] {
            assert_eq!(activation(name), expected, "{name}");
        }
    }

    #[test]
    fn switches_are_off_where_they_change_nothing() {
        use serde_json::json;
        for value in [json!(false), json!(0), json!(0.0), json!(4), json!("none")] {
            assert!(is_off(&value, 4), "{value}");
        }
        for value in [json!(true), json!(30.0), json!(2), json!("rms"), json!([1])] {
            assert!(!is_off(&value, 4), "{value}");
        }
    }
}
