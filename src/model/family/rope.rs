//! What a configuration of transformers says about rotary embeddings.

use serde_json::{Map, Value};

use super::super::{Error, Pairs, Rotary, Scaling};
use super::config::Config;

/// The base that transformers takes where a configuration is silent.
const THETA: f64 = 10_000.0;

/// The rotary embedding of a model: `dims` of each head, a context of `context` tokens.
///
/// Transformers up to 4 writes `rope_theta` and `rope_scaling`, later ones one `rope_parameters`.
///
/// # Errors
/// A kind of scaling that is not known, or a value of the wrong kind.
pub(super) fn read(
    config: &Config,
    dims: usize,
    pairs: Pairs,
    context: usize,
) -> Result<Rotary, Error> {
    let absent = || config.positive_or("rope_theta", THETA);
    read_with(config, dims, pairs, context, &absent)
}

/// The same with another base where the configuration has none.
pub(super) fn read_or(
    config: &Config,
    dims: usize,
    pairs: Pairs,
    context: usize,
    theta: f64,
) -> Result<Rotary, Error> {
    read_with(config, dims, pairs, context, &|| Ok(theta))
}

/// The same from one entry of `rope_parameters`.
pub(super) fn of_parameters(
    map: &Map<String, Value>,
    dims: usize,
    pairs: Pairs,
    context: usize,
) -> Result<Rotary, Error> {
    let map = Config::new(map);
    let theta = map.positive("rope_theta")?;
    rotary(
        dims,
        pairs,
        theta,
        scaling(&map, dims, context, None, true)?,
    )
}

/// The most tokens that a model reads whose configuration says `context`, which for these kinds of
/// scaling is that of its training: transformers reads any number.
pub(super) fn reach(scaling: &Scaling, context: usize) -> usize {
    let stretched = match scaling {
        Scaling::Linear { factor } | Scaling::Dynamic { factor, .. } => context as f64 * factor,
        Scaling::Yarn {
            factor, original, ..
        } => original * factor,
        _ => return context,
    };
    (stretched.min(f64::from(u32::MAX)) as usize).max(context)
}

fn read_with(
    config: &Config,
    dims: usize,
    pairs: Pairs,
    context: usize,
    absent: &dyn Fn() -> Result<f64, Error>,
) -> Result<Rotary, Error> {
    let parameters = config.map("rope_parameters")?;
    let theta_of = |map: &Config| map.positive_if("rope_theta");
    let inner = match parameters {
        Some(map) => theta_of(&Config::new(map))?,
        None => None,
    };
    let theta = match (inner, theta_of(config)?) {
        (Some(theta), _) | (None, Some(theta)) => theta,
        (None, None) => absent()?,
    };
    let scaling = match parameters.or(config.map("rope_scaling")?) {
        None => Scaling::None,
        Some(map) => {
            let original = config.size_if("original_max_position_embeddings")?;
            scaling(
                &Config::new(map),
                dims,
                context,
                original,
                parameters.is_some(),
            )?
        }
    };
    rotary(dims, pairs, theta, scaling)
}

/// A rotary embedding whose size can be one.
pub(super) fn rotary(
    dims: usize,
    pairs: Pairs,
    theta: f64,
    scaling: Scaling,
) -> Result<Rotary, Error> {
    let growing = matches!(scaling, Scaling::Dynamic { .. }) && dims < 4;
    if dims == 0 || !dims.is_multiple_of(2) || growing {
        return Err(Error::Config {
            key: "the rotary dimensions".to_owned(),
            found: dims.to_string(),
            expected: "they must be even and at least 2".to_owned(),
        });
    }
    Ok(Rotary {
        dims,
        pairs,
        theta,
        scaling,
    })
}

/// The share of a head's dimensions that are rotated.
pub(super) fn share(config: &Config, key: &str) -> Result<Option<f64>, Error> {
    let inner = match config.map("rope_parameters")? {
        Some(map) => Config::new(map).positive_if("partial_rotary_factor")?,
        None => None,
    };
    let outer = config.positive_if(key)?;
    Ok(inner.or(outer))
}

/// How many of a head's dimensions are rotated: all where the configuration is silent.
pub(super) fn partial(config: &Config, key: &str, head_dim: usize) -> Result<usize, Error> {
    let share = share(config, key)?.unwrap_or(1.0);
    if share > 1.0 {
        return Err(Error::Config {
            key: key.to_owned(),
            found: share.to_string(),
            expected: "a share of at most 1 was expected".to_owned(),
        });
    }
    Ok((head_dim as f64 * share) as usize)
}

/// The kinds of scaling that transformers knows; `newer` for one of `rope_parameters`.
fn scaling(
    map: &Config,
    dims: usize,
    context: usize,
    original: Option<usize>,
    newer: bool,
) -> Result<Scaling, Error> {
    // Older files call the kind `type`.
    let old = map.text("type")?;
    let kind = map.text("rope_type")?.or(old).unwrap_or("default");
    map.ignore(&["rope_theta", "partial_rotary_factor"]);
    let scaling = match kind {
        "default" => Scaling::None,
        "linear" => Scaling::Linear {
            factor: map.positive("factor")?,
        },
        "dynamic" => Scaling::Dynamic {
            factor: map.positive("factor")?,
            original: context,
        },
        "llama3" => Scaling::Llama3 {
            factor: map.positive("factor")?,
            low: map.positive("low_freq_factor")?,
            high: map.positive("high_freq_factor")?,
            original: map.positive("original_max_position_embeddings")?,
        },
        "yarn" => yarn(map, context)?,
        "longrope" | "su" => long(map, dims, context, original, newer)?,
        _ => {
            return Err(Error::Config {
                key: "rope_type".to_owned(),
                found: crate::checkpoint::printable(kind),
                expected: "one of default, linear, dynamic, llama3, yarn, longrope was expected"
                    .to_owned(),
            });
        }
    };
    // What no kind looks at but some configurations have.
    map.ignore(&["original_max_position_embeddings", "finetuned"]);
    map.nothing_else("rope_scaling")?;
    Ok(scaling)
}

fn yarn(map: &Config, context: usize) -> Result<Scaling, Error> {
    let factor = map.positive("factor")?;
    let grown = |by: f64| match factor > 1.0 {
        true => 0.1 * by * factor.ln() + 1.0,
        false => 1.0,
    };
    let (top, all) = (map.number_if("mscale")?, map.number_if("mscale_all_dim")?);
    let magnitude = match (map.number_if("attention_factor")?, top, all) {
        (Some(given), ..) => given,
        (None, Some(top), Some(all)) if top != 0.0 && all != 0.0 => grown(top) / grown(all),
        _ => grown(1.0),
    };
    let original = map.positive_if("original_max_position_embeddings")?;
    Ok(Scaling::Yarn {
        factor,
        fast: map.positive_if("beta_fast")?.unwrap_or(32.0),
        slow: map.positive_if("beta_slow")?.unwrap_or(1.0),
        original: original.unwrap_or(context as f64),
        truncate: map.flag("truncate", true)?,
        magnitude,
    })
}

fn long(
    map: &Config,
    dims: usize,
    context: usize,
    original: Option<usize>,
    newer: bool,
) -> Result<Scaling, Error> {
    let divisors = |key: &str| -> Result<Vec<f64>, Error> {
        let list = map.numbers(key)?.unwrap_or_default();
        if list.len() != dims / 2 || list.iter().any(|by| *by <= 0.0) {
            return Err(Error::Config {
                key: key.to_owned(),
                found: format!("a list of {}", list.len()),
                expected: format!("{} positive numbers were expected", dims / 2),
            });
        }
        Ok(list)
    };
    let inner = map.size_if("original_max_position_embeddings")?;
    let given = map.positive_if("factor")?;
    let (original, factor) = match original.or(inner) {
        Some(original) => {
            let ratio = context as f64 / original as f64;
            // Transformers 4 takes the ratio in any case.
            (original, given.filter(|_| newer).unwrap_or(ratio))
        }
        None => (context, given.unwrap_or(1.0)),
    };
    let magnitude = match map.positive_if("attention_factor")? {
        Some(given) => given,
        None if factor <= 1.0 => 1.0,
        None => (1.0 + factor.ln() / (original as f64).ln()).sqrt(),
    };
    map.refuse("short_mscale", &[Value::from(1.0)], "only 1.0 is known")?;
    map.refuse("long_mscale", &[Value::from(1.0)], "only 1.0 is known")?;
    Ok(Scaling::Long {
        short: divisors("short_factor")?,
        long: divisors("long_factor")?,
        original,
        magnitude,
    })
}
