//! Generates the client from `openapi-3.0.json` into `OUT_DIR/client.rs`.
//!
//! Two things are said differently for progenitor. No operation is left out: where it has no type for an answer, such as
//! for an event stream, it gives the bytes.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::{Value, json};

const DOCUMENT: &str = "../../../openapi-3.0.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let mut document = serde_json::from_str(&fs::read_to_string(DOCUMENT)?)?;
    problems_as_json(&mut document);
    null_beside_absent(&mut document)?;

    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    let document = serde_json::from_value(document)?;
    let tokens = Generator::new(&settings).generate_tokens(&document)?;
    let code = prettyplease::unparse(&syn::parse2(tokens)?);
    Ok(fs::write(
        Path::new(&env::var("OUT_DIR")?).join("client.rs"),
        code,
    )?)
}

/// progenitor decodes `application/json` and hands every other answer out as bytes, problem documents too.
fn problems_as_json(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(problem) = map.remove("application/problem+json") {
                map.insert("application/json".to_owned(), problem);
            }
            map.values_mut().for_each(problems_as_json);
        }
        Value::Array(list) => list.iter_mut().for_each(problems_as_json),
        _ => {}
    }
}

/// A field that may be absent and may be `null` becomes one `Option`, which is never sent as `null`. Where `null` clears
/// and absent leaves alone, the nullable part gets a name of its own, and so an `Option` of its own.
fn null_beside_absent(document: &mut Value) -> Result<(), Box<dyn Error>> {
    let schemas = document["components"]["schemas"]
        .as_object_mut()
        .ok_or("the document has no schemas")?;
    let mut named = Vec::new();
    for (name, schema) in schemas
        .iter_mut()
        .filter(|(name, _)| name.starts_with("Update"))
    {
        let Some(properties) = schema["properties"].as_object_mut() else {
            continue;
        };
        for (property, schema) in properties {
            if schema["nullable"] == true {
                let title = format!("{name}_{property}_or_null");
                let reference = json!({"$ref": format!("#/components/schemas/{title}")});
                named.push((title, std::mem::replace(schema, reference)));
            }
        }
    }
    schemas.extend(named);
    Ok(())
}
