//! What happens to rows on their way in: rules and normalisers, as tables of functions in the metadata.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Path};

use crate::ast::last_word;
use crate::attr::{Limit, MutabilityAttr, NormalAttr, RuleAttr, RuleKind, State, is_number};
use crate::case::constant;
use crate::ir::{Column, ModelIr};

/// The field of the model's metadata, when there is anything to say.
pub(super) fn life(model: &ModelIr<'_>) -> Option<TokenStream> {
    let rules = model.columns.iter().enumerate();
    let rules: Vec<TokenStream> = rules
        .flat_map(|(index, column)| column.rules.iter().map(move |rule| rule_def(model, index, column, rule)))
        .collect();
    let this = model.params.this();
    let checks = model
        .checks_of_rows
        .iter()
        .map(|path| quote_spanned!(path.span()=> |row, found| #path(&__orm::Draft::<#this>::new(row), found)));
    let checks: Vec<TokenStream> = checks.collect();
    let hooks = hooks(model);
    if rules.is_empty() && checks.is_empty() && hooks.is_none() {
        return None;
    }
    let hooks = option(hooks);
    let table = quote!(&__orm::Life { rules: &[#(#rules),*], checks: &[#(#checks),*], hooks: #hooks });
    Some(quote!(life: ::core::option::Option::Some(#table)))
}

/// The table of hooks. Each is called in a closure of its own, where what is wrong with it is said: at its path.
fn hooks(model: &ModelIr<'_>) -> Option<TokenStream> {
    let this = model.params.this();
    let mut fields = Vec::new();
    if !model.asks.is_empty() {
        let asks = model.asks.iter().map(|path| {
            let call = quote_spanned!(path.span()=> #path(&__orm::Draft::<#this>::new(row), found, tx).await);
            quote!(|row, found, tx| ::std::boxed::Box::pin(async move { #call }))
        });
        fields.push(quote!(asks: &[#(#asks),*]));
    }
    let mut events: Vec<&Ident> = Vec::new();
    for (event, _) in model.hooks {
        if !events.contains(&event) {
            events.push(event);
        }
    }
    for event in events {
        let paths = model.hooks.iter().filter(|(other, _)| other == event).map(|(_, path)| path);
        let hooks = paths.map(|path| hook(event, path, &this));
        fields.push(quote!(#event: &[#(#hooks),*]));
    }
    if let Some(trail) = trail(model) {
        let trail = quote!(trail: ::core::option::Option::Some(#trail));
        if !fields.is_empty() {
            let bare = quote!(&__orm::Hooks { #trail, ..__orm::Hooks::of::<#this>() });
            fields.push(quote!(bare: ::core::option::Option::Some(#bare)));
        }
        fields.push(trail);
    }
    (!fields.is_empty()).then(|| quote!(&__orm::Hooks { #(#fields,)* ..__orm::Hooks::of::<#this>() }))
}

/// What is kept with each change: entries of a history, and numbers of rows in the parents.
fn trail(model: &ModelIr<'_>) -> Option<TokenStream> {
    let counters = model.relations.iter().enumerate().filter_map(|(index, relation)| {
        let (column, target) = (relation.counter_cache.as_ref()?, &relation.target);
        let constant = constant(column);
        let constant = quote_spanned!(column.span()=> <#target>::#constant);
        Some(quote!(__orm::Counter { relation: #index, column: || #constant.def() }))
    });
    let counters: Vec<TokenStream> = counters.collect();
    let audit = model.audited.map(|history| {
        let hidden = model.columns.iter().enumerate().filter(|(_, column)| !column.audited).map(|(index, _)| index);
        let history = quote_spanned!(history.span()=> <#history as __orm::Model>::DEF);
        quote!(__orm::Audit { history: || #history, hidden: &[#(#hidden),*] })
    });
    if counters.is_empty() && audit.is_none() {
        return None;
    }
    let audit = option(audit);
    Some(quote!(&__orm::Trail { audit: #audit, counters: &[#(#counters),*] }))
}

/// That the model has a history, with the methods to read it.
pub(super) fn audited(model: &ModelIr<'_>) -> Option<TokenStream> {
    let history = model.audited?;
    let (this, params, bounds) = (model.params.this(), model.params.plain(&[]), model.params.all_bounds(&[]));
    Some(quote! {
        impl #params __orm::Audited for #this #bounds {
            type History = #history;
        }
    })
}

fn hook(event: &Ident, path: &Path, this: &TokenStream) -> TokenStream {
    let span = path.span();
    match event.to_string().as_str() {
        "before_validate" | "after_validate" | "before_create" | "before_update" | "before_save" => {
            let call = quote_spanned!(span=> #path(&mut __orm::Draft::<#this>::new(row), tx).await);
            quote!(|row, tx| ::std::boxed::Box::pin(async move { #call }))
        }
        "after_commit" => {
            let call = quote_spanned!(span=> #path(row).await);
            quote! {
                |row| ::std::boxed::Box::pin(async move {
                    if let ::core::option::Option::Some(row) = __orm::owned::<#this>(row) {
                        #call;
                    }
                })
            }
        }
        _ => {
            // In a statement of its own, so that what is said of a function of another type is about that type.
            let call = quote_spanned!(span=> #path(row, tx).await);
            quote! {
                |row, tx| ::std::boxed::Box::pin(async move {
                    let row: &#this = __orm::row_of(row)?;
                    #call
                })
            }
        }
    }
}

fn rule_def(model: &ModelIr<'_>, index: usize, column: &Column<'_>, rule: &RuleAttr) -> TokenStream {
    let mut name = rule.name.to_string();
    if let RuleKind::Custom(path) = &rule.kind
        && let Some(last) = path.segments.last()
    {
        name = last.ident.to_string();
    }
    let test = test(column, rule);
    let plain = quote!(__orm::RuleDef::new(#index, #name, |value| #test));
    let mut fields = Vec::new();
    if let Some(message) = rule.message.get() {
        fields.push(quote!(message: ::core::option::Option::Some(#message)));
    }
    if let Some(on) = rule.on.get() {
        let on = Ident::new(if on == "create" { "Create" } else { "Update" }, on.span());
        fields.push(quote!(on: ::core::option::Option::Some(__orm::rule::Operation::#on)));
    }
    if let Some(path) = rule.when.get() {
        let this = model.params.this();
        let when = quote_spanned!(path.span()=> |row| #path(&__orm::Draft::<#this>::new(row)));
        fields.push(quote!(when: ::core::option::Option::Some(#when)));
    }
    if fields.is_empty() { plain } else { quote!(__orm::RuleDef { #(#fields,)* ..#plain }) }
}

/// The call of a rule's function; what the field's type does not allow is an error at that type.
fn test(column: &Column<'_>, rule: &RuleAttr) -> TokenStream {
    let (ty, stored, span) = (column.ty, column.stored(), column.ty.span());
    let call = |function: &Ident, arguments: TokenStream| quote_spanned!(span=> __orm::rule::#function::<#ty>(value #arguments));
    match &rule.kind {
        RuleKind::Plain => call(&rule.name, TokenStream::new()),
        RuleKind::Uuid(version) => call(&format_ident!("uuid_of"), quote!(, #version)),
        RuleKind::Length { min, max, exclusive } => {
            let min = option(min.as_ref().map(|min| quote!(#min)));
            let max = option(max.as_ref().map(|max| if *exclusive { quote!((#max) - 1) } else { quote!(#max) }));
            call(&format_ident!("length"), quote!(, #min, #max))
        }
        RuleKind::Range { min, max } => {
            let (min, max) = (bound(column, min), bound(column, max));
            call(&format_ident!("range"), quote!(, #min, #max))
        }
        RuleKind::Pattern { pattern, found } => {
            quote_spanned!(pattern.span()=> __orm::pattern!(value, #ty, #pattern, #found))
        }
        RuleKind::OneOf { values, among } => {
            let function = format_ident!("{}", if *among { "one_of" } else { "not_one_of" });
            let values = values.iter().map(|value| quote_spanned!(value.span()=> __orm::Set::<#ty>::into_set(#value)));
            quote!(__orm::rule::#function(value, &[#(#values),*]))
        }
        RuleKind::Contains { text, has } => {
            call(&format_ident!("{}", if *has { "contains" } else { "not_contains" }), quote!(, #text))
        }
        RuleKind::Custom(path) => {
            let test = quote_spanned!(path.span()=> __orm::rule::verdict(#path(value)));
            quote_spanned!(path.span()=> __orm::rule::custom::<#stored>(value, |value| #test))
        }
    }
}

/// A bound, in the column's type: a number takes its type from there, but that of decimals is no literal's.
fn bound(column: &Column<'_>, limit: &Limit) -> TokenStream {
    let (variant, expr) = match limit {
        Limit::None => return quote!(__orm::rule::Bound::None),
        Limit::Included(expr) => ("Included", expr),
        Limit::Excluded(expr) => ("Excluded", expr),
    };
    let variant = format_ident!("{variant}");
    let decimal = is_number(expr) && is_decimal(column);
    let value = |expr: &Expr| if decimal { quote!(::core::convert::Into::into(#expr)) } else { quote!(#expr) };
    let value = value(expr);
    quote!(__orm::rule::Bound::#variant(#value))
}

fn is_decimal(column: &Column<'_>) -> bool {
    let scalar = crate::ast::one_argument(column.ty, "Option").unwrap_or(column.ty);
    last_word(scalar).is_some_and(|word| word == "Decimal")
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

/// The field of a column's metadata, when it has normalisers.
pub(super) fn normal(column: &Column<'_>) -> Option<TokenStream> {
    if column.normals.is_empty() {
        return None;
    }
    let ty = column.ty;
    let normals = column.normals.iter().map(|normal| match normal {
        NormalAttr::Word(word) => {
            let function = match word.to_string().as_str() {
                "lowercase" => format_ident!("to_lowercase"),
                "uppercase" => format_ident!("to_uppercase"),
                word => format_ident!("{word}"),
            };
            quote!(__orm::rule::#function)
        }
        NormalAttr::Custom(path) => {
            quote_spanned!(path.span()=> |text| ::std::borrow::Cow::Owned(::core::convert::Into::into(#path(text))))
        }
    });
    let all = quote_spanned!(ty.span()=> __orm::rule::normals::<#ty>);
    Some(quote!(normal: #all(&[#(#normals),*])))
}

/// The field of a column's metadata, when its value may not change in any way.
pub(super) fn mutability(column: &Column<'_>) -> Option<TokenStream> {
    let kind = match column.mutability? {
        MutabilityAttr::Immutable => quote!(Immutable),
        MutabilityAttr::WriteOnce => quote!(WriteOnce),
        MutabilityAttr::Transitions(steps) => {
            let steps = steps.iter().map(|(from, to)| {
                let (from, to) = (state(column, from), state(column, to));
                quote!(__orm::Transition { from: #from, to: #to })
            });
            quote!(Transitions(&[#(#steps),*]))
        }
    };
    Some(quote!(mutability: __orm::Mutability::#kind))
}

/// A function that makes a state. A label is looked up while the model is compiled.
fn state(column: &Column<'_>, state: &State) -> TokenStream {
    let scalar = crate::ast::one_argument(column.ty, "Option").unwrap_or(column.ty);
    match state {
        State::Variant(variant) => quote_spanned!(variant.span()=> || __orm::value::<#scalar>(<#scalar>::#variant)),
        State::Path(path) => quote_spanned!(path.span()=> || __orm::value::<#scalar>(#path)),
        State::Label(label) => {
            let message = format!("`{}` is not a label of the enum", label.value());
            quote_spanned! {label.span()=>
                {
                    const _: () = assert!(__orm::has_label(<#scalar>::LABELS, #label), #message);
                    || __orm::state::<#scalar>(<#scalar>::from_label(#label))
                }
            }
        }
    }
}
