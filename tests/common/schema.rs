//! The JSON Schema of exports, by those keywords of the standard that it uses.

use serde_json::Value;

/// Fails where a document is not as `docs/export.schema.json` describes it.
pub fn assert_fits(document: &Value, what: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/export.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    if let Err(error) = check(&schema, document, "$") {
        panic!("{what}: {error}");
    }
}

/// What of a value is not as a schema says, with the path to it.
fn check(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let wrong = |why: String| Err(format!("{at}: {why}"));
    let rules = schema.as_object().unwrap();
    for (keyword, rule) in rules {
        match keyword.as_str() {
            "$schema" | "title" | "description" => {}
            "type" => {
                let one = [rule.clone()];
                let types = rule.as_array().map_or(&one[..], Vec::as_slice);
                if !types.iter().any(|name| is(name.as_str().unwrap(), value)) {
                    return wrong(format!("{value:.80} is not {rule}"));
                }
            }
            "const" if value == rule => {}
            "const" => return wrong(format!("{value:.80} is not {rule}")),
            "anyOf" => {
                let mut any = rule.as_array().unwrap().iter();
                if !any.any(|schema| check(schema, value, at).is_ok()) {
                    return wrong(format!("{value:.80} fits none of {rule}"));
                }
            }
            "minimum" if value.as_f64() >= rule.as_f64() || !value.is_number() => {}
            "minimum" => return wrong(format!("{value} is less than {rule}")),
            "minItems" | "maxItems" => {
                let count = value.as_array().map(|items| items.len() as u64);
                let limit = rule.as_u64();
                let is_minimum = keyword == "minItems";
                if count.is_some_and(|n| {
                    if is_minimum {
                        Some(n) < limit
                    } else {
                        Some(n) > limit
                    }
                }) {
                    return wrong(format!("{count:?} items, {keyword} is {rule}"));
                }
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    let name = name.as_str().unwrap();
                    if value.as_object().is_some_and(|map| !map.contains_key(name)) {
                        return wrong(format!("'{name}' is missing"));
                    }
                }
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(schema, value, &format!("{at}.{name}"))?;
                    }
                }
            }
            "additionalProperties" => {
                let known = rules["properties"].as_object().unwrap();
                for (name, value) in value.as_object().into_iter().flatten() {
                    if !known.contains_key(name) {
                        check(rule, value, &format!("{at}.{name}"))?;
                    }
                }
            }
            "items" => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    check(rule, value, &format!("{at}[{index}]"))?;
                }
            }
            other => panic!("the keyword {other} is not understood"),
        }
    }
    Ok(())
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other} is not understood"),
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": ["number", "null"]}, "maxItems": 2}},
        "required": ["a"],
        "additionalProperties": {"anyOf": [{"type": "null"}, {"const": 1}]},
    });
    let fits = |text: &str| check(&schema, &serde_json::from_str(text).unwrap(), "$").is_ok();
    assert!(fits(r#"{"a": [1.5, null], "b": 1}"#));
    for wrong in [
        r#"[]"#,
        r#"{}"#,
        r#"{"a": ["x"]}"#,
        r#"{"a": [1, 2, 3]}"#,
        r#"{"a": [], "b": 2}"#,
    ] {
        assert!(!fits(wrong), "{wrong}");
    }
}
