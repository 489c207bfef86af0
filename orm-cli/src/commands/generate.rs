//! `orm generate`: a model with its migration, an empty migration, an empty seed. The table of the migration is the one that the
//! derive will declare; tests hold the two beside each other.

use heck::ToSnakeCase;
use orm::SqlType;
use orm::dialect::ddl;
use orm::schema::{
    Check, CheckCondition, Column, ColumnDefault, ColumnType, ForeignKey, Index, IndexKey, PrimaryKey, QualifiedName,
    Schema, Table,
};
use orm::{Value, dialect::Dialect};
use serde_json::json;

use crate::args;
use crate::code::{Enum, Field, Model};
use crate::commands::pull;
use crate::context::{Context, dialect_of};
use crate::failure::{Code, Failure, Outcome};
use crate::files;
use crate::naming;
use crate::pull::merge::{self, Change};
use crate::pull::{Pulled, rust_type};
use crate::report::{Report, good};
use crate::source::{Known, Source};
use crate::spec::{Kind, Spec, parse};

/// Runs one of the commands.
///
/// # Errors
/// What went wrong.
pub(crate) fn run(context: &Context, command: &args::Generate) -> Outcome<Report> {
    match command {
        args::Generate::Model(model) => self::model(context, model),
        args::Generate::Migration(named) => files::new_migration(context, &named.name),
        args::Generate::Seed(named) => files::new_seed(context, &named.name),
        args::Generate::Auth(auth) => super::auth::run(context, auth),
    }
}

fn model(context: &Context, given: &args::GenerateModel) -> Outcome<Report> {
    let name = naming::type_name(&given.name);
    if !given.name.starts_with(char::is_alphabetic)
        || name.to_lowercase() != given.name.replace(['_', '-', ' '], "").to_lowercase()
    {
        return Err(Failure::new(format!("`{}` cannot be the name of a model", given.name))
            .code(Code::Usage)
            .hint("a name such as User or BlogPost, which is none of Rust's or the library's own types"));
    }
    let specs: Vec<Spec> = given.fields.iter().map(|field| parse(field)).collect::<Outcome<_>>()?;
    let sources = merge::sources(&context.config.models)?;
    let table = given.table.clone().unwrap_or_else(|| naming::table_of(&name));
    for known in sources.iter().flat_map(|source| &source.models) {
        if known.name == name || known.table == table {
            return Err(Failure::new(format!(
                "the model `{}` of the table {} is there already",
                known.name, known.table
            ))
            .hint("`orm generate migration` writes a migration that changes its table"));
        }
    }
    let mut making = Making::new(&name, &table, given);
    for spec in &specs {
        making.add(spec, &sources)?;
    }
    let made = making.finish(given);
    // Before anything is written: a table that the database cannot have is no model either.
    let sql =
        if given.no_migration { None } else { Some(statements(&made.table, &*dialect_of(&context.config.url()?)?)?) };
    let pulled = Pulled {
        models: vec![made.model],
        enums: made.enums.into_iter().map(|made| (made, name.clone())).collect(),
        ..Pulled::default()
    };
    let merged = merge::merge(&pulled, &context.config.models, &sources, false)?;
    if let Some(note) = merged.notes.first() {
        return Err(Failure::new(note.clone()).hint("nothing was written; move the file away, or name another model"));
    }
    let reverse = reverse(&sources, &made.reverse)?;
    let (mut lines, mut wrote) = pull::write_all(context, merged.changes.iter().chain(&reverse))?;
    pull::declare(context, &context.config.models, &mut lines)?;
    if let Some((up, down)) = sql {
        let place = files::migration(&context.config.migrations, &format!("create_{table}"), &up, Some(&down))?;
        let shown = context.config.shown(&place);
        lines.push(format!("  {} {shown}/up.sql\n  {} {shown}/down.sql", good("+"), good("+")));
        wrote.extend([format!("{shown}/up.sql"), format!("{shown}/down.sql")]);
    }
    Ok(Report::new(
        format!("the model {name}\n{}", lines.join("\n")),
        json!({ "model": name, "table": table, "files": wrote }),
    ))
}

/// The relations at the other ends, as edits of the files of their models.
fn reverse(sources: &[Source], relations: &[(String, Field)]) -> Outcome<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    for (target, field) in relations {
        let Some(source) = sources.iter().find(|source| source.models.iter().any(|known| known.name == *target)) else {
            continue;
        };
        // A file may get several.
        let place = changes.iter().position(|change| change.path == source.path);
        let source = match place {
            Some(place) => Source::parse(&source.path, changes.remove(place).text)?,
            None => source.clone(),
        };
        if let Some(change) = merge::with_relation(&source, target, field) {
            changes.push(change);
        }
    }
    Ok(changes)
}

/// What creates and what drops the table.
fn statements(table: &Table, dialect: &dyn Dialect) -> Outcome<(String, String)> {
    let schema = Schema { tables: vec![table.clone()], ..Schema::default() };
    let there = [table.name.clone()];
    let create = ddl::render_all(&ddl::create(&schema, &[], dialect), dialect)?;
    let drop = ddl::render_all(&ddl::drop(&schema, &there, false, dialect), dialect)?;
    Ok((script(create), script(drop)))
}

/// Statements as the text of a file.
pub(super) fn script(statements: Vec<String>) -> String {
    statements.into_iter().map(|sql| sql + ";\n").collect()
}

/// A model that is made, and its table.
pub(super) struct Made {
    pub(super) model: Model,
    pub(super) table: Table,
    enums: Vec<Enum>,
    reverse: Vec<(String, Field)>,
}

/// A model that is being made, field by field.
pub(super) struct Making {
    name: String,
    table: Table,
    columns: Vec<Field>,
    relations: Vec<Field>,
    enums: Vec<Enum>,
    reverse: Vec<(String, Field)>,
    /// Names of columns with an index that is not unique.
    indexed: Vec<(String, bool)>,
    paranoid: bool,
}

impl Making {
    pub(super) fn new(name: &str, table: &str, given: &args::GenerateModel) -> Self {
        let id = Field {
            name: "id".to_owned(),
            ty: "i64".to_owned(),
            words: vec!["primary_key".to_owned()],
            column: Some("id".to_owned()),
            ..Field::default()
        };
        let column = Column { auto_increment: true, indexed: true, ..Column::new("id", SqlType::I64) };
        Self {
            name: name.to_owned(),
            table: Table { columns: vec![column], primary_key: Some(PrimaryKey::new(["id"])), ..Table::new(table) },
            columns: vec![id],
            relations: Vec::new(),
            enums: Vec::new(),
            reverse: Vec::new(),
            indexed: Vec::new(),
            paranoid: given.paranoid,
        }
    }

    pub(super) fn add(&mut self, spec: &Spec, sources: &[Source]) -> Outcome<()> {
        let name = naming::field(&spec.name);
        match &spec.kind {
            Kind::BelongsTo(target) => self.belongs_to(spec, target, sources),
            Kind::Enum(labels) => {
                let ty = naming::type_name(&format!("{}_{}", self.name, naming::plain(&name)));
                let mut variants: Vec<(String, String)> = Vec::new();
                for label in labels {
                    let variant =
                        naming::free(naming::variant(label), |name| variants.iter().any(|(own, _)| own == name));
                    variants.push((variant, label.clone()));
                }
                let default = match &spec.default {
                    None => None,
                    Some(default) => {
                        let found = variants.iter().find(|(_, label)| label == default);
                        let (variant, _) =
                            found.ok_or_else(|| wrong(spec, &format!("`{default}` is none of its labels")))?;
                        Some(format!("default = {ty}::{variant}"))
                    }
                };
                let column = Column {
                    default: spec.default.clone().map(|label| ColumnDefault::Value(Value::Text(label.into()))),
                    ..Column::new(naming::plain(&name), ColumnType::EnumText(labels.clone()))
                };
                self.table.checks.push(Check {
                    name: format!("{}_{}_labels", self.table.name.name, column.name),
                    condition: CheckCondition::Labels { column: column.name.clone(), labels: labels.clone() },
                });
                self.enums.push(Enum { name: ty.clone(), words: Vec::new(), variants });
                self.column(spec, &name, &ty, default, column)
            }
            Kind::Plain(ty, length, precision) => {
                let (word, default) = match &spec.default {
                    None => (None, None),
                    Some(text) => {
                        let (word, default) = self::default(*ty, text).ok_or_else(|| {
                            wrong(spec, &format!("`{text}` is no value of `{ty}` that can be a default here"))
                        })?;
                        (Some(word), Some(default))
                    }
                };
                let column = Column {
                    length: *length,
                    precision: *precision,
                    default,
                    ..Column::new(naming::plain(&name), *ty)
                };
                self.column(spec, &name, rust_type(*ty), word, column)
            }
        }
    }

    fn column(
        &mut self,
        spec: &Spec,
        name: &str,
        ty: &str,
        default: Option<String>,
        mut column: Column,
    ) -> Outcome<()> {
        let plain = naming::plain(name).to_owned();
        if self
            .columns
            .iter()
            .chain(&self.relations)
            .any(|field| naming::constant(&field.name) == naming::constant(name))
        {
            return Err(wrong(spec, &format!("there is a field `{plain}` already")));
        }
        column.nullable = spec.nullable;
        let mut words = Vec::new();
        // What the column cannot be named is what its field cannot be named.
        if spec.unique || spec.index {
            words.push(if spec.unique { "unique" } else { "index" }.to_owned());
            self.indexed.push((column.name.clone(), spec.unique));
            column.indexed = true;
        }
        words.extend(column.length.map(|length| format!("length = {length}")));
        words.extend(column.precision.map(|(all, after)| format!("precision({all}, {after})")));
        words.extend(default);
        if let ColumnType::Plain(ty) = column.ty
            && ty.is_integer()
        {
            self.table.checks.push(Check {
                name: format!("{}_{}_range", self.table.name.name, column.name),
                condition: CheckCondition::Range { column: column.name.clone(), ty },
            });
        }
        let ty = if spec.nullable { format!("Option<{ty}>") } else { ty.to_owned() };
        self.columns.push(Field {
            name: name.to_owned(),
            ty,
            words,
            column: Some(column.name.clone()),
            ..Field::default()
        });
        self.table.columns.push(column);
        Ok(())
    }

    fn belongs_to(&mut self, spec: &Spec, target: &str, sources: &[Source]) -> Outcome<()> {
        let name = naming::relation(spec.name.strip_suffix("_id").unwrap_or(&spec.name));
        let plain = naming::plain(&name).to_owned();
        let own = (target == self.name).then(|| (self.table.name.clone(), "id".to_owned(), "i64".to_owned()));
        let known = sources.iter().flat_map(|source| &source.models).find(|known| known.name == target);
        let (table, key, ty) = match (own, known) {
            (Some(own), _) => own,
            (None, Some(known)) => key_of(known).ok_or_else(|| {
                wrong(spec, &format!("the primary key of `{target}` is not one integer, text or UUID"))
            })?,
            (None, None) => {
                return Err(Failure::new(format!("`{}`: there is no model `{target}`", spec.name))
                    .hint(format!("write it first: orm generate model {target} name:string")));
            }
        };
        let sql_type = sql_type(&ty).ok_or_else(|| wrong(spec, "its key is of a type that is not known here"))?;
        let column = format!("{plain}_id");
        let key_spec = Spec { name: column.clone(), ..spec.clone() };
        self.column(&key_spec, &column, &ty, None, Column { indexed: true, ..Column::new(&column, sql_type) })?;
        let fkey = ForeignKey::new(format!("{}_{column}_fkey", self.table.name.name), &column, table, key);
        self.table.foreign_keys.push(fkey);
        let field = |name: &str, ty: String, words| Field { name: name.to_owned(), ty, words, ..Field::default() };
        self.relations.push(field(&name, format!("BelongsTo<{target}>"), Vec::new()));
        // The other end.
        let snake = self.name.to_snake_case();
        let (kind, children) =
            if spec.unique { ("HasOne", snake.clone()) } else { ("HasMany", naming::plural(&snake)) };
        let expected = target.to_snake_case();
        let children = match (plain == expected, target == self.name) {
            (true, _) => children,
            (false, true) if plain == "parent" && !spec.unique => "children".to_owned(),
            (false, _) => format!("{plain}_{children}"),
        };
        let words = if plain == expected { Vec::new() } else { vec![format!("key = {column}")] };
        let other = field(&naming::relation(&children), format!("{kind}<{}>", self.name), words);
        if target == self.name {
            self.relations.push(other);
        } else {
            self.reverse.push((target.to_owned(), other));
        }
        Ok(())
    }

    pub(super) fn finish(mut self, given: &args::GenerateModel) -> Made {
        let mut words = Vec::new();
        if naming::table_of(&self.name) != self.table.name.name {
            words.push(format!("table = {:?}", self.table.name.name));
        }
        let mut times = Vec::new();
        if !given.no_timestamps {
            words.push("timestamps".to_owned());
            times.extend([("created_at", false), ("updated_at", false)]);
        }
        if self.paranoid {
            words.push("paranoid".to_owned());
            times.push(("deleted_at", true));
        }
        for (name, nullable) in times {
            // A field of the name that was given is the one that is meant.
            if self.columns.iter().any(|field| field.name == name) {
                continue;
            }
            let ty = if nullable { "Option<DateTime<Utc>>" } else { "DateTime<Utc>" };
            let (name, ty) = (name.to_owned(), ty.to_owned());
            self.columns.push(Field { column: Some(name.clone()), name: name.clone(), ty, ..Field::default() });
            self.table.columns.push(Column { nullable, ..Column::new(name, SqlType::Timestamp) });
        }
        let soft_delete = self.paranoid.then(|| "deleted_at".to_owned());
        let index = |column: &String, unique: bool| {
            let keys = vec![IndexKey::column(column)];
            let name = Index::automatic_name(&self.table.name, &keys, unique);
            Index { unique, soft_delete: soft_delete.clone().filter(|_| unique), ..Index::new(name, keys) }
        };
        let mut indexes: Vec<Index> = self.indexed.iter().map(|(column, unique)| index(column, *unique)).collect();
        for key in &self.table.foreign_keys {
            let whole =
                |other: &Index| other.columns() == Some(vec![key.columns[0].as_str()]) && other.soft_delete.is_none();
            if !indexes.iter().any(whole) {
                indexes.push(index(&key.columns[0], false));
            }
        }
        self.table.indexes = indexes;
        self.columns.append(&mut self.relations);
        let table = self.table.name.to_string();
        let model = Model { name: self.name, table, words, fields: self.columns, ..Model::default() };
        Made { model, table: self.table, enums: self.enums, reverse: self.reverse }
    }
}

fn wrong(spec: &Spec, why: &str) -> Failure {
    Failure::new(format!("`{}`: {why}", spec.name)).code(Code::Usage)
}

/// The table of a model, and name and type of its primary key.
pub(super) fn key_of(known: &Known) -> Option<(QualifiedName, String, String)> {
    let key = known.fields.iter().find(|field| field.words.iter().any(|word| word == "primary_key"))?;
    let ty = key.ty.rsplit("::").next()?.to_owned();
    let ty = if ty == "Uuid" { rust_type(SqlType::Uuid).to_owned() } else { ty };
    sql_type(&ty)?;
    let table = match known.table.split_once('.') {
        Some((schema, name)) => QualifiedName::of(schema, name),
        None => known.table.as_str().into(),
    };
    Some((table, key.column.clone()?, ty))
}

/// The type of a key's column.
pub(super) fn sql_type(ty: &str) -> Option<SqlType> {
    let all = [SqlType::I16, SqlType::I32, SqlType::I64, SqlType::U32, SqlType::U64, SqlType::Uuid, SqlType::Text];
    all.into_iter().find(|sql| rust_type(*sql) == ty)
}

/// A default as a word of the field, and as the database has it.
fn default(ty: SqlType, text: &str) -> Option<(String, ColumnDefault)> {
    let value = |literal: String, value: Value| (format!("default = {literal}"), ColumnDefault::Value(value));
    Some(match ty {
        SqlType::Text => value(format!("{text:?}"), Value::Text(text.to_owned().into())),
        SqlType::Bool => {
            let truth = match text {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => return None,
            };
            value(truth.to_string(), Value::Bool(truth))
        }
        ty if ty.is_integer() => {
            let (least, most) = ty.integer_range()?;
            let number: i64 = text.parse().ok()?;
            let within = |bound: &str| bound.parse::<i64>().ok();
            if number < within(least)? || number > within(most)? {
                return None;
            }
            value(number.to_string(), Value::I64(number))
        }
        SqlType::F32 | SqlType::F64 => {
            let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
            value(format!("{number:?}"), Value::F64(number))
        }
        SqlType::Decimal => {
            text.parse::<f64>().ok().filter(|number| number.is_finite() && !text.contains(['e', 'E']))?;
            (format!("default_sql = {text:?}"), ColumnDefault::Sql(text.to_owned()))
        }
        SqlType::Timestamp if text == "now" => ("default_sql = \"CURRENT_TIMESTAMP\"".to_owned(), ColumnDefault::Now),
        _ => return None,
    })
}
