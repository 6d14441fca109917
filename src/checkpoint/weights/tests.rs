//! Which entry is the model.

use super::*;

fn dict(entries: &[(&str, Value)]) -> Value {
    Value::Dict(
        entries
            .iter()
            .map(|(key, value)| (key.to_string(), value.clone()))
            .collect(),
    )
}

fn state_dict(names: &[&str]) -> Value {
    dict(
        &names
            .iter()
            .map(|name| (*name, Value::tensor()))
            .collect::<Vec<_>>(),
    )
}

fn weights() -> Value {
    state_dict(&["wte.weight", "h.0.attn.c_attn.weight"])
}

/// Every tensor a matrix, but for what is called a loss.
fn sorted(root: &Value) -> Result<Sorted, Unsorted> {
    sort(root, &|name| if name.contains("loss") { 0 } else { 2 })
}

fn found(root: Value) -> (String, Vec<String>) {
    let sorted = sorted(&root).unwrap();
    (sorted.path.join("/"), sorted.names)
}

#[test]
fn the_state_dict_is_found_in_every_customary_layout() {
    let names = vec![
        "wte.weight".to_string(),
        "h.0.attn.c_attn.weight".to_string(),
    ];
    let moments = dict(&[(
        "state",
        dict(&[("0", state_dict(&["exp_avg", "exp_avg_sq"]))]),
    )]);
    for (root, path) in [
        (weights(), ""),
        (
            dict(&[("model", weights()), ("optimizer", moments.clone())]),
            "model",
        ),
        (
            dict(&[
                ("model_state_dict", weights()),
                ("optimizer_state_dict", moments.clone()),
            ]),
            "model_state_dict",
        ),
        (
            dict(&[
                ("my_net", weights()),
                ("adam", moments.clone()),
                ("best_val_loss", Value::tensor()),
            ]),
            "my_net",
        ),
        (
            dict(&[
                ("my_net", weights()),
                ("torch_rng", Value::tensor()),
                ("losses", Value::tensor()),
            ]),
            "my_net",
        ),
        (
            dict(&[
                ("model", weights()),
                ("ema", weights()),
                ("lr_scheduler", moments.clone()),
            ]),
            "model",
        ),
        (
            dict(&[("model_ema", weights()), ("optimizer", moments.clone())]),
            "model_ema",
        ),
        (
            dict(&[("model", weights()), ("teacher", weights())]),
            "model",
        ),
        (
            dict(&[(
                "state",
                dict(&[("model", weights()), ("optim", moments.clone())]),
            )]),
            "state/model",
        ),
    ] {
        assert_eq!(
            found(root.clone()),
            (path.to_string(), names.clone()),
            "{root:?}"
        );
    }
}

#[test]
fn a_pickled_module_keeps_its_children() {
    let module = |extra: &[(&str, Value)]| {
        let mut entries = vec![
            ("model", dict(&[("embed", state_dict(&["weight"]))])),
            ("lm_head", state_dict(&["weight"])),
        ];
        entries.extend_from_slice(extra);
        dict(&entries)
    };
    let (path, names) = found(module(&[]));
    assert_eq!(
        (path.as_str(), names),
        (
            "",
            vec!["model.embed.weight".into(), "lm_head.weight".into()]
        )
    );
    let (path, names) = found(dict(&[
        ("model", module(&[])),
        ("optimizer", weights()),
        ("stats", state_dict(&["x"])),
    ]));
    assert_eq!((path.as_str(), names.len()), ("model", 2));
}

#[test]
fn two_models_are_refused_by_name() {
    for (a, b) in [("generator", "discriminator"), ("model", "state_dict")] {
        match sorted(&dict(&[(a, weights()), (b, weights())])) {
            Err(Unsorted::Ambiguous(keys)) => assert_eq!(keys, [a, b]),
            other => panic!("{other:?}"),
        }
    }
    for root in [
        dict(&[("epoch", Value::Int(1)), ("optimizer", weights())]),
        dict(&[]),
        Value::List(vec![weights()]),
    ] {
        assert!(
            matches!(sorted(&root), Err(Unsorted::NoTensors(_))),
            "{root:?}"
        );
    }
}

#[test]
fn the_models_own_configuration_wins() {
    let config = |key: &str| dict(&[(key, Value::Int(1))]);
    let root = dict(&[
        ("model", weights()),
        ("config", config("lr")),
        ("model_args", config("n_head")),
        ("iter_num", Value::Int(7)),
        ("run", Value::Other("wandb.Run".into())),
        ("best_val_loss", Value::tensor()),
    ]);
    let sorted = sorted(&root).unwrap();
    assert!(sorted.config.unwrap().contains_key("n_head"));
    assert_eq!(sorted.extra["config"]["lr"], 1);
    assert_eq!(sorted.extra["iter_num"], 7);
    assert_eq!(sorted.notes.len(), 2, "{:?}", sorted.notes);
    assert!(sorted.notes[0].contains("wandb.Run"));
}
