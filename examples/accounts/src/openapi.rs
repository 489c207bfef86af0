//! The description of the API for programs and people, in OpenAPI 3.1. Its schemas are those of the model and its inputs.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::{Account, Profile, SignUp};

/// The document at `/api/openapi.json`.
pub(crate) fn document() -> Value {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let body = |schema| json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    let (sign_up, profile) = (body(schemas.subschema_for::<SignUp>()), body(schemas.subschema_for::<Profile>()));
    let account = json!({
        "description": "the account",
        "headers": { "ETag": { "description": "its version", "schema": { "type": "string" } } },
        "content": { "application/json": { "schema": schemas.subschema_for::<Account>() } },
    });
    let id = json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } });
    let seen = json!({
        "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" },
        "description": "the `ETag` of the account as it was read",
    });
    let of_list =
        |name, what| json!({ "name": name, "in": "query", "schema": { "type": "string" }, "description": what });
    let fails = |what: &str| json!({ "description": what });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Accounts", "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": "/api" }],
        "paths": {
            "/accounts": {
                "post": {
                    "summary": "Sign up",
                    "requestBody": sign_up,
                    "responses": {
                        "201": account,
                        "409": fails("the address or the handle is taken"),
                        "422": fails("fields that are not valid, each in `violations`"),
                    },
                },
                "get": {
                    "summary": "List accounts",
                    "parameters": [
                        of_list("filter", "an object such as `{\"handle\": {\"startsWith\": \"a\"}}`"),
                        of_list("sort", "fields, the first of them first; `-name` is descending"),
                        of_list("limit", "how many accounts a page has, at most 100"),
                        of_list("after", "the cursor that the page follows"),
                        of_list("before", "the cursor that the page precedes"),
                    ],
                    "responses": { "200": fails("a page"), "400": fails("what the list does not take, and where") },
                },
            },
            "/accounts/{id}": {
                "parameters": [id],
                "get": { "summary": "Show an account", "responses": { "200": account, "404": fails("there is none") } },
                "patch": {
                    "summary": "Change an account",
                    "parameters": [seen],
                    "requestBody": profile,
                    "responses": {
                        "200": account,
                        "404": fails("there is none"),
                        "412": fails("somebody has changed it since"),
                        "422": fails("fields that are not valid"),
                        "428": fails("`If-Match` is missing"),
                    },
                },
                "delete": {
                    "summary": "Delete an account",
                    "parameters": [seen],
                    "responses": { "204": fails("it is deleted"), "412": fails("somebody has changed it since") },
                },
            },
            "/accounts/{id}/restore": {
                "parameters": [id],
                "post": {
                    "summary": "Restore an account",
                    "responses": { "200": account, "409": fails("somebody has its address or handle now") },
                },
            },
        },
        "components": { "schemas": schemas.take_definitions(true) },
    })
}
