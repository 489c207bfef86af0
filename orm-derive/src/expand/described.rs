//! JSON Schema attributes for fields of inputs: the rules of their columns, and no default for a field that may be absent.
//! They are written in braces; `input!` turns them into attributes if the feature `schemars` is on.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, Lit};

use crate::ast::one_argument;
use crate::attr::{Limit, RuleAttr, RuleKind, is_number};
use crate::ir::Column;

/// The attributes of a field; with `may_be_absent`, the field has no default.
pub(super) fn described(column: &Column<'_>, may_be_absent: bool, private: &TokenStream) -> TokenStream {
    let nullable = one_argument(column.ty, "Option").is_some();
    // A rule for some cases only cannot be a part of the field's schema.
    let rules = || column.rules.iter().filter(|rule| !rule.on.is_set() && !rule.when.is_set());
    let mut said: Vec<TokenStream> = length(column, rules()).into_iter().collect();
    let mut more = Vec::new();
    for rule in rules() {
        match &rule.kind {
            RuleKind::Plain if ["email", "url", "ip", "ipv4", "ipv6"].iter().any(|word| rule.name == word) => {
                let word = &rule.name;
                said.push(quote!(#word));
            }
            RuleKind::Plain if rule.name == "uuid" => more.push(quote!("format" = "uuid")),
            RuleKind::Uuid(_) => more.push(quote!("format" = "uuid")),
            RuleKind::Range { min, max } => said.extend(range(min, max)),
            RuleKind::Pattern { pattern, found: true } => said.push(quote!(regex(pattern = #pattern))),
            RuleKind::OneOf { values, among: true } if values.iter().all(is_written) => {
                let null = nullable.then(|| quote!(, null));
                more.push(quote!("enum" = [#(#values),* #null]));
            }
            _ => {}
        }
    }
    if column.hidden {
        more.push(quote!("writeOnly" = true));
    }
    if !more.is_empty() {
        said.push(quote!(extend(#(#more),*)));
    }
    if may_be_absent {
        let absent = if nullable { quote!(without_default) } else { quote!(never_null) };
        said.push(quote!(transform = #private::#absent));
    }
    let said = (!said.is_empty()).then(|| quote!(#[schemars(#(#said),*)]));
    quote!({#said})
}

/// The length limits of a value: those of the rules, else that of the column.
fn length<'r>(column: &Column<'_>, rules: impl Iterator<Item = &'r RuleAttr>) -> Option<TokenStream> {
    let (mut least, mut most) = (None, column.length.map(|length| quote!(#length)));
    for rule in rules {
        match &rule.kind {
            RuleKind::Length { min, max, exclusive } => {
                least = min.as_ref().map(|min| quote!(#min)).or(least);
                most = max.as_ref().map(|max| if *exclusive { quote!((#max) - 1) } else { quote!(#max) }).or(most);
            }
            RuleKind::Plain if rule.name == "not_empty" => least = least.or_else(|| Some(quote!(1))),
            _ => {}
        }
    }
    let least = least.map(|least| quote!(min = #least));
    let most = most.map(|most| quote!(max = #most));
    let ends: Vec<_> = [least, most].into_iter().flatten().collect();
    (!ends.is_empty()).then(|| quote!(length(#(#ends),*)))
}

/// The bounds that are numbers and included in the range.
fn range(min: &Limit, max: &Limit) -> Option<TokenStream> {
    let end = |limit: &Limit, word: TokenStream| match limit {
        Limit::Included(expr) if is_number(expr) => Some(quote!(#word = #expr)),
        _ => None,
    };
    let ends: Vec<_> = [end(min, quote!(min)), end(max, quote!(max))].into_iter().flatten().collect();
    (!ends.is_empty()).then(|| quote!(range(#(#ends),*)))
}

/// Whether a literal can be written into JSON unchanged.
fn is_written(value: &Expr) -> bool {
    is_number(value) || matches!(value, Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_) | Lit::Bool(_)))
}
