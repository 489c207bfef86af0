//! Models as text of Rust, in the form that rustfmt gives them. What they say is decided elsewhere.

use std::fmt::Write;

/// The widest line.
const WIDTH: usize = 100;

/// A struct that derives `Model`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// The struct's name.
    pub name: String,
    /// The table, as messages name it.
    pub table: String,
    /// The comment.
    pub doc: String,
    /// The words of `#[orm(..)]`.
    pub words: Vec<String>,
    /// The fields, those of columns first.
    pub fields: Vec<Field>,
    /// What the table has and the model does not say.
    pub notes: Vec<String>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Field {
    /// The name, with `r#` if need be.
    pub name: String,
    /// The type.
    pub ty: String,
    /// The words of `#[orm(..)]`.
    pub words: Vec<String>,
    /// The comment.
    pub doc: String,
    /// The column; `None` for a relation.
    pub column: Option<String>,
}

/// An enum that derives `Enum`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Enum {
    /// The name.
    pub name: String,
    /// The words of `#[orm(..)]`.
    pub words: Vec<String>,
    /// The variants and their labels.
    pub variants: Vec<(String, String)>,
}

impl Model {
    /// The names of models that its relations lead to, other than itself.
    pub fn targets(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for field in self.fields.iter().filter(|field| field.column.is_none()) {
            let Some((_, inside)) = field.ty.split_once('<') else { continue };
            for name in inside.trim_end_matches('>').split(", ") {
                if name != self.name && !names.iter().any(|other| other == name) {
                    names.push(name.to_owned());
                }
            }
        }
        names
    }

    /// The text of the struct.
    pub fn text(&self) -> String {
        let mut text = doc(&self.doc, "");
        for note in &self.notes {
            for line in note.lines() {
                let _ = writeln!(text, "// not in the model: {line}");
            }
        }
        text.push_str("#[derive(Debug, Clone, Model)]\n");
        text.push_str(&attribute(&self.words, ""));
        let _ = writeln!(text, "pub struct {} {{", self.name);
        for field in &self.fields {
            text.push_str(&field.text());
        }
        text.push_str("}\n");
        text
    }
}

impl Field {
    /// The text of the field, with its attributes, indented.
    pub fn text(&self) -> String {
        let mut text = doc(&self.doc, "    ");
        text.push_str(&attribute(&self.words, "    "));
        let _ = writeln!(text, "    pub {}: {},", self.name, self.ty);
        text
    }
}

impl Enum {
    /// The text of the enum.
    pub fn text(&self) -> String {
        let mut text = "#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]\n".to_owned();
        text.push_str(&attribute(&self.words, ""));
        let _ = writeln!(text, "pub enum {} {{", self.name);
        for (name, label) in &self.variants {
            text.push_str(&variant(name, label));
        }
        text.push_str("}\n");
        text
    }
}

/// The text of a variant, with its label where it is not the name's own.
pub(crate) fn variant(name: &str, label: &str) -> String {
    let own = heck::ToSnakeCase::to_snake_case(name);
    let rename = if own == label { Vec::new() } else { vec![format!("rename = {label:?}")] };
    format!("{}    {name},\n", attribute(&rename, "    "))
}

/// `#[orm(..)]`, on one line or on several.
fn attribute(words: &[String], indent: &str) -> String {
    if words.is_empty() {
        return String::new();
    }
    let line = format!("{indent}#[orm({})]\n", words.join(", "));
    if line.chars().count() <= WIDTH + 1 {
        return line;
    }
    let mut text = format!("{indent}#[orm(\n");
    for (at, word) in words.iter().enumerate() {
        let comma = if at + 1 < words.len() { "," } else { "" };
        let _ = writeln!(text, "{indent}    {word}{comma}");
    }
    let _ = writeln!(text, "{indent})]");
    text
}

/// The comment as documentation, where the derive reads the same text from it.
fn doc(comment: &str, indent: &str) -> String {
    if comment.is_empty() || !is_plain_doc(comment) {
        return String::new();
    }
    format!("{indent}/// {comment}\n")
}

/// Whether a comment can be documentation: one line without space at its ends. Another is a word, `comment = ".."`.
pub(crate) fn is_plain_doc(comment: &str) -> bool {
    comment.trim() == comment && !comment.contains(|c: char| c.is_control())
}
