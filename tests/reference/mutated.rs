//! Whatever a configuration says, reading and running it gives numbers or an error.

use std::sync::OnceLock;

use headlight::checkpoint::Checkpoint;
use headlight::model::{Error, Hints};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::measure::{Run, try_decoder};
use super::variants::config;
use super::{Cases, cases};

/// A place in a configuration: a key, and a key in the object under it.
type Place = (String, Option<String>);

/// The configurations of all variants, and all that stands in them.
struct Pool {
    configs: Vec<Map<String, Value>>,
    entries: Vec<(Place, Value)>,
}

fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let mut pool = Pool {
            configs: Vec::new(),
            entries: Vec::new(),
        };
        for folder in cases(Cases::Variants) {
            for name in ["config.json", "config-5.json"] {
                let path = folder.join(name);
                if !path.exists() {
                    continue;
                }
                let config = config(&path);
                for (key, value) in &config {
                    pool.entries.push(((key.clone(), None), value.clone()));
                    for (inner, value) in value.as_object().into_iter().flatten() {
                        let place = (key.clone(), Some(inner.clone()));
                        pool.entries.push((place, value.clone()));
                    }
                }
                if name == "config.json" {
                    pool.configs.push(config);
                }
            }
        }
        pool
    })
}

/// Values that are seldom what is expected.
fn odd() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(5),
        json!(-1),
        json!(64),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1u64 << 31),
        json!(1e18),
        json!(1e-320),
        json!(1e308),
        json!(0.5),
        json!(-0.0),
        json!("text"),
        json!(""),
        json!("yarn"),
        json!([]),
        json!([0, 1]),
        json!([1.5]),
        json!(["full_attention", "sliding_attention"]),
        json!({}),
        json!({"rope_type": "dynamic", "factor": 1e300}),
        json!({"rope_type": "longrope", "short_factor": [1, 1], "long_factor": [1e-300, 1]}),
        json!({"full_attention": {"rope_theta": 10.0}, "sliding_attention": {}}),
    ]
}

fn put(config: &mut Map<String, Value>, (key, inner): &Place, value: Value) {
    match (inner, config.get_mut(key)) {
        (Some(inner), Some(Value::Object(map))) => map.insert(inner.clone(), value),
        _ => config.insert(key.clone(), value),
    };
}

fn run(variant: usize, edits: &[(usize, Option<usize>, usize)]) {
    let pool = pool();
    let folder = &cases(Cases::Variants)[variant % pool.configs.len()];
    let mut config = pool.configs[variant % pool.configs.len()].clone();
    let odd = odd();
    for (place, taken, value) in edits {
        // Half of the edits go where the configuration has something.
        let own: Vec<&String> = config.keys().collect();
        let (any, stored) = &pool.entries[place % pool.entries.len()];
        let place = match taken {
            Some(at) => (own[at % own.len()].clone(), any.1.clone()),
            None => any.clone(),
        };
        let value = match odd.get(value % (odd.len() + 8)) {
            Some(value) => value.clone(),
            None => stored.clone(),
        };
        put(&mut config, &place, value);
    }
    // Another family would only find none of its tensors.
    config.insert(
        "model_type".to_owned(),
        pool.configs[variant % pool.configs.len()]["model_type"].clone(),
    );
    let mut checkpoint = Checkpoint::open(folder).unwrap();
    checkpoint.set_config(config);
    let made = try_decoder(&checkpoint, &Hints::default());
    let ran = made.and_then(|(_, decoder)| decoder.forward(&[1, 2, 3, 1, 2], &mut Run::default()));
    // What is wrong with a configuration is found before anything is computed.
    if let Err(Error::Compute(said)) = ran {
        panic!("{}: {said}", folder.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_configuration_makes_a_panic(
        variant in any::<usize>(),
        edits in prop::collection::vec((any::<usize>(), any::<Option<usize>>(), any::<usize>()), 1..4),
    ) {
        run(variant, &edits);
    }
}
