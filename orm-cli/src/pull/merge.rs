//! Pulled models as files: new ones are written, those that are there are brought up to date by edits, and what people wrote
//! stays. Nothing is written here: the caller gets the texts.

use std::path::{Path, PathBuf};

use heck::ToSnakeCase;

use super::Pulled;
use crate::code::{Enum, Field, Model, variant};
use crate::failure::Outcome;
use crate::naming;
use crate::source::{Edit, Known, KnownField, Source, edited};

/// A file as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: String,
    /// Whether it is new.
    pub(crate) is_new: bool,
    /// What changes in it, in words.
    pub(crate) what: Vec<String>,
}

/// What pulled models do to the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    /// The files that change.
    pub(crate) changes: Vec<Change>,
    /// What people should know.
    pub(crate) notes: Vec<String>,
}

/// The files of models: the one beside the folder and those in it.
///
/// # Errors
/// When one cannot be read or is no Rust.
pub(crate) fn sources(folder: &Path) -> Outcome<Vec<Source>> {
    let mut paths = vec![module_file(folder)];
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    paths.retain(|path| path.is_file());
    paths.sort();
    paths.iter().map(|path| Source::read(path)).collect()
}

/// The file of the module whose files are in a folder.
pub(crate) fn module_file(folder: &Path) -> PathBuf {
    let inside = folder.join("mod.rs");
    if inside.is_file() { inside } else { folder.with_extension("rs") }
}

/// All models as one text.
pub(crate) fn one_text(pulled: &Pulled) -> String {
    let mut parts = vec!["use orm::prelude::*;\n".to_owned()];
    for model in &pulled.models {
        parts.push(model.text());
        parts.extend(pulled.enums.iter().filter(|(_, home)| *home == model.name).map(|(made, _)| made.text()));
    }
    parts.join("\n")
}

/// Brings the files to what was pulled. With `delete`, fields whose columns are gone are taken out.
///
/// # Errors
/// When a text that was made is no Rust.
pub(crate) fn merge(pulled: &Pulled, folder: &Path, sources: &[Source], delete: bool) -> Outcome<Merged> {
    let mut merged = Merged::default();
    let mut edits: Vec<(Vec<Edit>, Vec<String>)> = vec![(Vec::new(), Vec::new()); sources.len()];
    let mut modules: Vec<(String, Vec<String>)> = Vec::new();
    for model in &pulled.models {
        let enums: Vec<&Enum> =
            pulled.enums.iter().filter(|(_, home)| *home == model.name).map(|(made, _)| made).collect();
        let place = sources.iter().enumerate().find_map(|(at, source)| {
            source.models.iter().find(|known| known.table == model.table).map(|known| (at, known))
        });
        match place {
            Some((at, known)) => {
                let (edits, what) = &mut edits[at];
                let mut update = Update { source: &sources[at], edits, what, notes: &mut merged.notes };
                update.model(model, known, pulled, delete);
                for made in enums {
                    update.own_enum(made, sources);
                }
            }
            None => {
                let name = naming::plain(&naming::field(&model.name.to_snake_case())).to_owned();
                let path = folder.join(format!("{name}.rs"));
                if path.exists() {
                    let shown = path.display();
                    merged.notes.push(format!("`{shown}` is there and has no model of the table {}", model.table));
                    continue;
                }
                let enums: Vec<&Enum> =
                    enums.into_iter().filter(|made| find_enum(sources, &made.name).is_none()).collect();
                let mut names = vec![model.name.clone()];
                names.extend(enums.iter().map(|made| made.name.clone()));
                names.sort();
                modules.push((name, names));
                merged.changes.push(Change {
                    path,
                    text: file(model, &enums, pulled),
                    is_new: true,
                    what: vec![format!("the model {} of the table {}", model.name, model.table)],
                });
            }
        }
    }
    for (at, source) in sources.iter().enumerate() {
        for (made, home) in pulled.enums.iter().filter(|(made, _)| source.enums.iter().any(|own| own.name == made.name))
        {
            // Labels that came later, of an enum that is beside another model.
            if !source.models.iter().any(|known| known.name == *home) {
                let (edits, what) = &mut edits[at];
                let mut update = Update { source, edits, what, notes: &mut merged.notes };
                update.labels(made);
            }
        }
    }
    let module = module_file(folder);
    for (source, (edits, what)) in sources.iter().zip(edits).filter(|(_, (edits, _))| !edits.is_empty()) {
        let text = edited(&source.text, edits);
        merged.changes.push(Change { path: source.path.clone(), text, is_new: false, what });
    }
    if !modules.is_empty() {
        modules.sort();
        let place = merged.changes.iter().position(|change| change.path == module);
        let before = match place {
            Some(place) => Some(merged.changes.remove(place)),
            None => None,
        };
        let source = match &before {
            Some(change) => Some(Source::parse(&module, change.text.clone())?),
            None => sources.iter().find(|source| source.path == module).cloned(),
        };
        let text = with_modules(source.as_ref(), &modules);
        let mut what = before.map(|change| change.what).unwrap_or_default();
        what.extend(modules.iter().map(|(module, _)| format!("mod {module}")));
        merged.changes.push(Change { path: module, text, is_new: source.is_none(), what });
    }
    merged.changes.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(merged)
}

fn find_enum<'s>(sources: &'s [Source], name: &str) -> Option<&'s Source> {
    sources.iter().find(|source| source.enums.iter().any(|own| own.name == name))
}

/// The text of a new file.
fn file(model: &Model, enums: &[&Enum], pulled: &Pulled) -> String {
    let mut text = "use orm::prelude::*;\n\n".to_owned();
    let own: Vec<&str> = enums.iter().map(|made| made.name.as_str()).collect();
    let mut names: Vec<String> = model.targets();
    for name in enums_of(model, pulled) {
        if !own.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.sort();
    names.dedup();
    match names.as_slice() {
        [] => {}
        [name] => text.push_str(&format!("use super::{name};\n\n")),
        names => text.push_str(&imported(names)),
    }
    text.push_str(&model.text());
    for made in enums {
        text.push('\n');
        text.push_str(&made.text());
    }
    text
}

fn imported(names: &[String]) -> String {
    let line = format!("use super::{{{}}};\n\n", names.join(", "));
    if line.len() <= 102 { line } else { format!("use super::{{\n    {},\n}};\n\n", names.join(",\n    ")) }
}

/// The enums that the columns of a model have.
fn enums_of(model: &Model, pulled: &Pulled) -> Vec<String> {
    let mut names = Vec::new();
    for field in model.fields.iter().filter(|field| field.column.is_some()) {
        let words: Vec<&str> = field.ty.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        names.extend(
            pulled.enums.iter().map(|(made, _)| &made.name).filter(|name| words.contains(&name.as_str())).cloned(),
        );
    }
    names
}

/// The text of the module's file with more modules in it.
fn with_modules(source: Option<&Source>, modules: &[(String, Vec<String>)]) -> String {
    let declared = |(module, _): &&(String, Vec<String>)| source.is_none_or(|source| !source.modules.contains(module));
    let ident = |module: &str| naming::field(module);
    let mods: String = modules.iter().filter(declared).map(|(module, _)| format!("mod {};\n", ident(module))).collect();
    let uses: String = modules
        .iter()
        .map(|(module, names)| match names.as_slice() {
            [name] => format!("pub use {}::{name};\n", ident(module)),
            names => format!("pub use {}::{{{}}};\n", ident(module), names.join(", ")),
        })
        .collect();
    match source {
        None => format!("//! The models.\n\n{mods}\n{uses}"),
        Some(source) => {
            let mods = if source.modules.is_empty() { format!("\n{mods}\n") } else { mods };
            let at = source.module_at.min(source.import_at).max(if source.modules.is_empty() {
                0
            } else {
                source.module_at
            });
            edited(
                &source.text,
                vec![(at, mods), (source.import_at.max(at), uses)]
                    .into_iter()
                    .map(|(at, text)| (at..at, text))
                    .collect(),
            )
        }
    }
}

/// A file with one more relation in a model, unless the model has a field of that name.
pub(crate) fn with_relation(source: &Source, model: &str, field: &Field) -> Option<Change> {
    let known = source.models.iter().find(|known| known.name == model)?;
    let wanted = Model { name: model.to_owned(), fields: vec![field.clone()], ..Model::default() };
    let (mut edits, mut what, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    let mut update = Update { source, edits: &mut edits, what: &mut what, notes: &mut notes };
    update.relations(&wanted, known, false);
    if edits.is_empty() {
        return None;
    }
    Some(Change { path: source.path.clone(), text: edited(&source.text, edits), is_new: false, what })
}

/// The changes of one file.
struct Update<'a> {
    source: &'a Source,
    edits: &'a mut Vec<Edit>,
    what: &'a mut Vec<String>,
    notes: &'a mut Vec<String>,
}

impl Update<'_> {
    fn model(&mut self, model: &Model, known: &Known, pulled: &Pulled, delete: bool) {
        let name = &known.name;
        let mut imports: Vec<String> = Vec::new();
        let columns: Vec<&KnownField> = known.fields.iter().filter(|field| field.column.is_some()).collect();
        let mut after = columns.last().map_or(known.end, |last| self.after_field(last));
        if columns.is_empty() {
            after = known.end;
        }
        for field in model.fields.iter().filter(|field| field.column.is_some()) {
            match columns.iter().find(|own| own.column == field.column) {
                Some(own) => self.column(name, field, own),
                None => {
                    self.edits.push((after..after, self.opened(known, after) + &field.text()));
                    self.what.push(format!("{name}.{} is new", naming::plain(&field.name)));
                    imports.extend(enums_of(&Model { fields: vec![field.clone()], ..Model::default() }, pulled));
                }
            }
        }
        for own in columns {
            if model.fields.iter().any(|field| field.column == own.column) {
                continue;
            }
            if delete {
                self.edits.push((self.whole(own), String::new()));
                self.what.push(format!("{name}.{} is gone", own.name));
            } else {
                self.notes.push(format!(
                    "{name}.{}: the table has no such column; take the field out, or let `--delete` do it",
                    own.name
                ));
            }
        }
        self.relations(model, known, true);
        self.import(imports);
    }

    /// Adds the relations that the struct does not have. Where these are all of them, the only one of its kind to a model may
    /// have another key than was written.
    fn relations(&mut self, model: &Model, known: &Known, are_all: bool) {
        let name = &known.name;
        let mut imports = Vec::new();
        for field in model.fields.iter().filter(|field| field.column.is_none()) {
            if has_relation(field, known, model, are_all) {
                continue;
            }
            self.edits.push((known.end..known.end, self.opened(known, known.end) + &field.text()));
            self.what.push(format!("{name}.{} is new", naming::plain(&field.name)));
            imports.extend(Model { name: name.clone(), fields: vec![field.clone()], ..Model::default() }.targets());
        }
        self.import(imports);
    }

    /// Imports names from the module of the models, those that are not there.
    fn import(&mut self, mut imports: Vec<String>) {
        imports.sort();
        imports.dedup();
        imports.retain(|import| !self.source.has_glob && !self.source.names.contains(import));
        for import in imports {
            let line = format!("use super::{import};\n");
            let at = self.source.import_at;
            if self.edits.iter().any(|(_, text)| text.trim_start() == line) {
                continue;
            }
            let is_first =
                !self.source.imports_super && !self.edits.iter().any(|(_, text)| text.contains("use super::"));
            self.edits.push((at..at, if is_first { format!("\n{line}") } else { line }));
        }
    }

    /// The line break that a body wants which is on the line of its brace.
    fn opened(&self, known: &Known, at: usize) -> String {
        let before = &self.source.text[..at];
        let is_open =
            before.trim_end_matches([' ', '\t']).ends_with('\n') || known.fields.is_empty() && at != known.end;
        if is_open { String::new() } else { "\n".to_owned() }
    }

    /// The place after a field, its comma, and what is on its line after that.
    fn after_field(&self, field: &KnownField) -> usize {
        let text = &self.source.text;
        let line = text[field.at.end..].find('\n').map_or(text.len(), |line| field.at.end + line + 1);
        let rest = &text[field.at.end..line];
        // Another field may be on the line.
        let is_alone =
            rest.trim_start_matches(',').trim().is_empty() || rest.trim_start_matches(',').trim().starts_with("//");
        if is_alone { line } else { field.at.end + usize::from(rest.starts_with(',')) }
    }

    /// A field with the space before it and its line.
    fn whole(&self, field: &KnownField) -> std::ops::Range<usize> {
        let text = &self.source.text;
        let start = text[..field.at.start].trim_end_matches([' ', '\t']).len();
        start..self.after_field(field)
    }

    /// Whether NULL is allowed is the database's to say; the type itself may be a custom one.
    fn column(&mut self, model: &str, field: &Field, own: &KnownField) {
        let inner = field.ty.strip_prefix("Option<").and_then(|ty| ty.strip_suffix('>'));
        let text = &self.source.text;
        match (inner.is_some(), own.optional) {
            (true, false) => {
                let new = format!("Option<{}>", &text[own.ty_at.clone()]);
                self.edits.push((own.ty_at.clone(), new));
                self.what.push(format!("{model}.{} may be NULL", own.name));
            }
            (false, true) => {
                self.edits.push((own.ty_at.clone(), text[own.inner_at.clone()].to_owned()));
                self.what.push(format!("{model}.{} is never NULL", own.name));
            }
            _ => {}
        }
        let wanted = last_name(inner.unwrap_or(&field.ty));
        let found = last_name(&text[own.inner_at.clone()]);
        if wanted != found && [&wanted, &found].iter().all(|name| PLAIN.contains(&name.as_str())) {
            self.notes
                .push(format!("{model}.{}: the field is `{found}`, the database's type suits `{wanted}`", own.name));
        }
    }

    /// An enum that is beside a model: its labels, or all of it.
    fn own_enum(&mut self, made: &Enum, sources: &[Source]) {
        if self.source.enums.iter().any(|own| own.name == made.name) {
            self.labels(made);
        } else if find_enum(sources, &made.name).is_none() && !self.source.names.contains(&made.name) {
            let uses = self.edits.iter().any(|(_, text)| text.contains(&made.name));
            // A field of a custom type needs none.
            if uses {
                let at = self.source.text.len();
                self.edits.push((at..at, format!("\n{}", made.text())));
                self.edits.retain(|(_, text)| text.trim_start() != format!("use super::{};\n", made.name));
                self.what.push(format!("the enum {} is new", made.name));
            }
        }
    }

    fn labels(&mut self, made: &Enum) {
        let Some(own) = self.source.enums.iter().find(|own| own.name == made.name) else { return };
        let new: Vec<&(String, String)> =
            made.variants.iter().filter(|(_, label)| !own.labels.contains(label)).collect();
        for (at, (name, label)) in new.into_iter().enumerate() {
            let (place, comma) = own.end;
            let before = &self.source.text[..place];
            let open = before.trim_end_matches([' ', '\t']).ends_with('\n');
            let comma = if at == 0 && comma { "," } else { "" };
            let line = if at == 0 && !open { "\n" } else { "" };
            // A comma that is wanted stands after the last variant, before the line break.
            if comma.is_empty() {
                self.edits.push((place..place, format!("{line}{}", variant(name, label))));
            } else {
                let last = before.trim_end().len();
                self.edits.push((last..last, ",".to_owned()));
                self.edits.push((place..place, format!("{line}{}", variant(name, label))));
            }
            self.what.push(format!("{}: the label {label:?} is new", made.name));
        }
        for label in own.labels.iter().filter(|label| !made.variants.iter().any(|(_, other)| other == *label)) {
            self.notes.push(format!("{}: the database has no label {label:?}", made.name));
        }
    }
}

/// Whether the struct has the relation already, under whatever name.
fn has_relation(field: &Field, known: &Known, model: &Model, are_all: bool) -> bool {
    let compact = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let kind = |ty: &str| compact(ty.split(',').next().unwrap_or_default()).trim_end_matches('>').to_owned();
    let key = |words: &[String]| words.iter().map(|word| compact(word)).find(|word| word.starts_with("key"));
    let name = naming::plain(&field.name);
    if known.fields.iter().any(|own| own.name == name) {
        return true;
    }
    let same: Vec<&KnownField> =
        known.fields.iter().filter(|own| own.column.is_none() && kind(&own.ty) == kind(&field.ty)).collect();
    let wanted =
        model.fields.iter().filter(|other| other.column.is_none() && kind(&other.ty) == kind(&field.ty)).count();
    same.iter().any(|own| key(&own.words) == key(&field.words)) || (are_all && same.len() == 1 && wanted == 1)
}

/// Types that are something else than another one of these, whatever the database: times, UUIDs and decimals may be text.
const PLAIN: [&str; 12] = ["bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "String"];

/// The last name of a path, without parameters.
fn last_name(ty: &str) -> String {
    let path = ty.split('<').next().unwrap_or_default().trim();
    path.rsplit("::").next().unwrap_or(path).trim().to_owned()
}
