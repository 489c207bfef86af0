//! Models that are written already: which there are, what their fields say, and where in the text that is. Changes are edits of
//! ranges of bytes, so that everything else, comments and space included, stays what it was.

use std::ops::Range;
use std::path::{Path, PathBuf};

use heck::{ToKebabCase, ToLowerCamelCase, ToShoutyKebabCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;

use crate::failure::{Failure, Outcome};
use crate::naming;

/// A file with what it has of models.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: String,
    /// The structs that derive `Model`.
    pub(crate) models: Vec<Known>,
    /// The enums that derive `Enum`.
    pub(crate) enums: Vec<KnownEnum>,
    /// Names that the file has or imports.
    pub(crate) names: Vec<String>,
    /// Whether it imports from the module above.
    pub(crate) imports_super: bool,
    /// Whether it imports everything of a module.
    pub(crate) has_glob: bool,
    /// Where the next import goes.
    pub(crate) import_at: usize,
    /// Modules that it declares.
    pub(crate) modules: Vec<String>,
    /// Where the next module goes.
    pub(crate) module_at: usize,
}

/// A struct that derives `Model`.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The name.
    pub(crate) name: String,
    /// The table, with its schema before a dot.
    pub(crate) table: String,
    /// The fields.
    pub(crate) fields: Vec<KnownField>,
    /// Where the body ends, before its brace.
    pub(crate) end: usize,
}

/// A field.
#[derive(Debug, Clone)]
pub(crate) struct KnownField {
    /// The name, without `r#`.
    pub(crate) name: String,
    /// The column; `None` for a relation and for what is no column.
    pub(crate) column: Option<String>,
    /// The type as it is written, without space.
    pub(crate) ty: String,
    /// Whether it is an `Option`.
    pub(crate) optional: bool,
    /// The words of `#[orm(..)]`, without space.
    pub(crate) words: Vec<String>,
    /// Where the type is.
    pub(crate) ty_at: Range<usize>,
    /// Where the type in the `Option` is.
    pub(crate) inner_at: Range<usize>,
    /// The field with its attributes and documentation.
    pub(crate) at: Range<usize>,
}

/// An enum that derives `Enum`.
#[derive(Debug, Clone)]
pub(crate) struct KnownEnum {
    /// The name.
    pub(crate) name: String,
    /// The labels.
    pub(crate) labels: Vec<String>,
    /// Where the next variant goes, and whether a comma is wanted before it.
    pub(crate) end: (usize, bool),
}

/// A change of a text.
pub(crate) type Edit = (Range<usize>, String);

/// Makes the changes.
pub(crate) fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    // From the end, so that ranges stay right; of insertions at one place, the first comes first.
    edits.sort_by_key(|(range, _)| range.start);
    let mut text = text.to_owned();
    for (range, new) in edits.into_iter().rev() {
        text.replace_range(range, &new);
    }
    text
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is no Rust.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
        Self::parse(path, text)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// When it is no Rust.
    pub(crate) fn parse(path: &Path, text: String) -> Outcome<Self> {
        // What the parser does not see would shift every place.
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let file = syn::parse_file(&text).map_err(|error| {
            let line = error.span().start().line;
            Failure::new(format!("`{}`, line {line}: {error}", path.display())).hint("mend the file first")
        })?;
        let mut source = Self {
            path: path.to_owned(),
            models: Vec::new(),
            enums: Vec::new(),
            names: Vec::new(),
            imports_super: false,
            has_glob: false,
            import_at: file.attrs.iter().map(|attr| after_line(&text, attr.span().byte_range().end)).max().unwrap_or(0),
            modules: Vec::new(),
            module_at: 0,
            text,
        };
        source.module_at = source.import_at;
        for item in &file.items {
            source.item(item);
        }
        Ok(source)
    }

    fn item(&mut self, item: &syn::Item) {
        match item {
            syn::Item::Use(item) => {
                self.imports_super |= matches!(&item.tree, syn::UseTree::Path(path) if path.ident == "super");
                names(&item.tree, &mut self.names, &mut self.has_glob);
                self.import_at = after_line(&self.text, item.span().byte_range().end);
            }
            syn::Item::Mod(item) => {
                self.modules.push(naming::plain(&item.ident.to_string()).to_owned());
                self.module_at = after_line(&self.text, item.span().byte_range().end);
            }
            syn::Item::Struct(item) => {
                self.names.push(item.ident.to_string());
                if derives(&item.attrs, "Model") {
                    self.models.push(known(&self.text, item));
                }
            }
            syn::Item::Enum(item) => {
                self.names.push(item.ident.to_string());
                if derives(&item.attrs, "Enum") {
                    self.enums.push(known_enum(item));
                }
            }
            _ => {}
        }
    }
}

/// The place after the line in which a place is.
fn after_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |line| at + line + 1)
}

fn names(tree: &syn::UseTree, all: &mut Vec<String>, glob: &mut bool) {
    match tree {
        syn::UseTree::Path(path) => {
            // A glob of a library's prelude has no models.
            let is_prelude = matches!(&*path.tree, syn::UseTree::Glob(_)) && path.ident == "prelude";
            if !is_prelude {
                names(&path.tree, all, glob);
            }
        }
        syn::UseTree::Name(name) => all.push(name.ident.to_string()),
        syn::UseTree::Rename(name) => all.push(name.rename.to_string()),
        syn::UseTree::Glob(_) => *glob = true,
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, all, glob)),
    }
}

fn derives(attrs: &[syn::Attribute], name: &str) -> bool {
    attrs.iter().filter(|attr| attr.path().is_ident("derive")).any(|attr| {
        let paths = attr.parse_args_with(syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
        paths.is_ok_and(|paths| paths.iter().any(|path| path.segments.last().is_some_and(|last| last.ident == name)))
    })
}

/// The words of `#[orm(..)]`, as tokens.
fn words(attrs: &[syn::Attribute]) -> Vec<Vec<TokenTree>> {
    let mut words = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("orm")) {
        let syn::Meta::List(list) = &attr.meta else { continue };
        let mut word = Vec::new();
        for token in list.tokens.clone() {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ',' => words.push(std::mem::take(&mut word)),
                _ => word.push(token),
            }
        }
        words.push(word);
    }
    words.retain(|word| !word.is_empty());
    words
}

fn has_word(words: &[Vec<TokenTree>], name: &str) -> bool {
    words.iter().any(|word| matches!(word.first(), Some(TokenTree::Ident(ident)) if ident == name))
}

/// The text of `name = ".."`.
fn value(words: &[Vec<TokenTree>], name: &str) -> Option<String> {
    words.iter().find_map(|word| match word.as_slice() {
        [TokenTree::Ident(ident), TokenTree::Punct(punct), TokenTree::Literal(literal)]
            if ident == name && punct.as_char() == '=' =>
        {
            syn::parse2::<syn::LitStr>(TokenTree::Literal(literal.clone()).into()).ok().map(|text| text.value())
        }
        _ => None,
    })
}

fn compact(tokens: impl IntoIterator<Item = TokenTree>) -> String {
    let stream: TokenStream = tokens.into_iter().collect();
    stream.to_string().chars().filter(|c| !c.is_whitespace()).collect()
}

fn known(text: &str, item: &syn::ItemStruct) -> Known {
    let own = words(&item.attrs);
    let name = item.ident.to_string();
    let table = value(&own, "table").unwrap_or_else(|| naming::table_of(&name));
    let table = match value(&own, "schema") {
        Some(schema) => format!("{schema}.{table}"),
        None => table,
    };
    let rule = value(&own, "rename_all");
    let fields = match &item.fields {
        syn::Fields::Named(fields) => {
            fields.named.iter().map(|field| known_field(text, field, rule.as_deref())).collect()
        }
        _ => Vec::new(),
    };
    let end = item.fields.span().byte_range().end.saturating_sub(1);
    Known { name, table, fields, end }
}

/// The types of relations.
const RELATIONS: [&str; 4] = ["BelongsTo", "HasMany", "HasOne", "BelongsToMany"];

fn known_field(text: &str, field: &syn::Field, rule: Option<&str>) -> KnownField {
    let own = words(&field.attrs);
    let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = naming::plain(&name).to_owned();
    let last = match &field.ty {
        syn::Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let is_relation = last.is_some_and(|last| RELATIONS.iter().any(|name| last.ident == name));
    let is_column = !is_relation && !has_word(&own, "skip") && !has_word(&own, "computed");
    let column = is_column.then(|| {
        let given = value(&own, "column").or_else(|| value(&own, "rename"));
        given.unwrap_or_else(|| rule.map_or_else(|| name.clone(), |rule| renamed(&name, rule)))
    });
    let ty_at = field.ty.span().byte_range();
    let inner = last.filter(|last| last.ident == "Option").and_then(|last| match &last.arguments {
        syn::PathArguments::AngleBracketed(inside) => inside.args.first(),
        _ => None,
    });
    KnownField {
        column,
        ty: text[ty_at.clone()].chars().filter(|c| !c.is_whitespace()).collect(),
        optional: inner.is_some(),
        words: own.into_iter().map(compact).collect(),
        inner_at: inner.map_or_else(|| ty_at.clone(), |inner| inner.span().byte_range()),
        ty_at,
        at: field.span().byte_range(),
        name,
    }
}

/// What `rename_all` makes of a name.
fn renamed(name: &str, rule: &str) -> String {
    match rule {
        "lowercase" => name.to_lowercase(),
        "UPPERCASE" => name.to_uppercase(),
        "PascalCase" => name.to_upper_camel_case(),
        "camelCase" => name.to_lower_camel_case(),
        "snake_case" => name.to_snake_case(),
        "SCREAMING_SNAKE_CASE" => name.to_shouty_snake_case(),
        "kebab-case" => name.to_kebab_case(),
        "SCREAMING-KEBAB-CASE" => name.to_shouty_kebab_case(),
        _ => name.to_owned(),
    }
}

fn known_enum(item: &syn::ItemEnum) -> KnownEnum {
    let rule = value(&words(&item.attrs), "rename_all");
    let label = |variant: &syn::Variant| {
        let name = variant.ident.to_string();
        let own = value(&words(&variant.attrs), "rename");
        own.unwrap_or_else(|| renamed(&name, rule.as_deref().unwrap_or("snake_case")))
    };
    let end = item.brace_token.span.close().byte_range().start;
    KnownEnum {
        name: item.ident.to_string(),
        labels: item.variants.iter().map(label).collect(),
        end: (end, !item.variants.is_empty() && !item.variants.trailing_punct()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"//! Models.

use orm::prelude::*;

use super::{Org as Organisation, Post};

/// People.
#[derive(Debug, Clone, Model)]
#[orm(table = "people", rename_all = "camelCase", index(first_name, desc(age)))]
pub struct Person {
    #[orm(primary_key)]
    pub id: i64,
    pub first_name: Option< String >, // kept
    #[orm(column = "AGE", check = "a, b")]
    pub r#age: i32,
    #[orm(skip)]
    pub seen: bool,
    #[orm(key = writer_id)]
    pub posts: HasMany<Post>,
}

#[derive(Clone, Enum)]
enum Mood { Happy, #[orm(rename = "so-so")] SoSo }
"#;

    #[test]
    fn models_and_enums_are_found_with_their_places() {
        let source = Source::parse(Path::new("a.rs"), TEXT.to_owned()).unwrap();
        let [person] = source.models.as_slice() else { panic!("{source:?}") };
        assert_eq!((person.name.as_str(), person.table.as_str()), ("Person", "people"));
        let columns: Vec<Option<&str>> = person.fields.iter().map(|field| field.column.as_deref()).collect();
        assert_eq!(columns, [Some("id"), Some("firstName"), Some("AGE"), None, None]);
        let first = &person.fields[1];
        assert_eq!(
            (&TEXT[first.inner_at.clone()], first.ty.as_str(), first.optional),
            ("String", "Option<String>", true)
        );
        assert_eq!(person.fields[2].words, ["column=\"AGE\"", "check=\"a, b\"".replace(' ', "").as_str()]);
        assert_eq!(&TEXT[person.end..=person.end], "}");
        assert_eq!(source.enums[0].labels, ["happy", "so-so"]);
        assert!(source.enums[0].end.1);
        assert_eq!(source.names, ["Organisation", "Post", "Person", "Mood"]);
        assert!(!source.has_glob);
        assert!(TEXT[..source.import_at].ends_with("use super::{Org as Organisation, Post};\n"));
    }

    #[test]
    fn edits_keep_what_is_around_them() {
        let edits = vec![
            (4..7, "two".to_owned()),
            (0..0, "0 ".to_owned()),
            (8..8, "and ".to_owned()),
            (8..8, "also ".to_owned()),
        ];
        assert_eq!(edited("one 222 end", edits), "0 one two and also end");
    }

    #[test]
    fn what_is_no_rust_is_named_by_its_line() {
        let failure = Source::parse(Path::new("a.rs"), "struct A {\n  a: }\n".to_owned()).unwrap_err();
        assert!(failure.message.starts_with("`a.rs`, line 2"), "{failure}");
    }
}
