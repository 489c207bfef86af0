//! Names made from names.

use proc_macro2::{Ident, Span};

use crate::case::{RenameRule, constant, table};
use crate::ctxt::nearest;

fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

#[test]
fn tables_are_plural_snake_case() {
    for (name, expected) in [
        ("User", "users"),
        ("BlogPost", "blog_posts"),
        ("Person", "people"),
        ("OrderPerson", "order_people"),
        ("Category", "categories"),
        ("Address", "addresses"),
        ("HTTPServer", "http_servers"),
        ("Media", "media"),
        ("Sheep", "sheep"),
        ("OAuth2Token", "o_auth2_tokens"),
    ] {
        assert_eq!(table(&ident(name)), expected, "{name}");
    }
}

#[test]
fn constants_are_the_fields_in_capitals() {
    for (name, expected) in
        [("id", "ID"), ("user_id", "USER_ID"), ("r#type", "TYPE"), ("line_2", "LINE_2"), ("userName", "USER_NAME")]
    {
        assert_eq!(constant(&ident(name)).to_string(), expected);
    }
}

#[test]
fn every_rule_has_its_name() {
    let renamed = RenameRule::NAMES.map(|name| RenameRule::from_name(name).unwrap().apply("created_at"));
    let expected =
        ["created_at", "CREATED_AT", "CreatedAt", "createdAt", "created_at", "CREATED_AT", "created-at", "CREATED-AT"];
    assert_eq!(renamed, expected);
    assert_eq!(RenameRule::from_name("snake"), None);
}

#[test]
fn near_misses_are_found_and_far_ones_are_not() {
    let known = ["unique", "index", "default"];
    assert_eq!(nearest("uniqe", &known), Some("unique"));
    assert_eq!(nearest("indxe", &known), Some("index"));
    assert_eq!(nearest("banana", &known), None);
}
