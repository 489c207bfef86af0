//! Models for the tables that a database has. Here: which struct a table becomes and which fields it has; relations are in
//! `relations`, types and defaults in `columns`. What comes out is data, which `code` writes as text and `merge` brings into
//! files that are there.

mod columns;
pub(crate) mod merge;
mod relations;

pub(crate) use columns::rust_type;

use std::collections::{BTreeMap, HashMap};

use orm::dialect::Dialect;
use orm::schema::{ColumnType, Index, IndexKey, ObjectKind, Schema, Table};
use orm::{Database, SqlType};

use crate::code::{Enum, Field, Model, is_plain_doc};
use crate::naming;

/// Models and what was noticed while they were made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pulled {
    /// The models, in the order of the tables.
    pub models: Vec<Model>,
    /// The enums of their columns, with the model that each is beside.
    pub enums: Vec<(Enum, String)>,
    /// What people should know.
    pub notes: Vec<String>,
    /// Views, by name; they become no models.
    pub views: Vec<String>,
}

/// A table on its way to a model.
struct Draft<'s> {
    table: &'s Table,
    name: String,
    /// For each column of the table.
    columns: Vec<columns::Drafted>,
    relations: Vec<Field>,
    words: Vec<String>,
    notes: Vec<String>,
    /// Positions in `table.indexes` of indexes that follow from a foreign key.
    implied: Vec<usize>,
    paranoid: Option<String>,
}

impl Pulled {
    /// All models as one text.
    pub fn text(&self) -> String {
        merge::one_text(self)
    }
}

/// Tables of the library's own.
const OWN: [&str; 2] = ["_orm_migrations", "_orm_seeds"];

/// Models for the tables of a database: of one schema (a database, on MySQL), or of the connection's own.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let db = orm::connect("sqlite::memory:").await?;
/// db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE)", ()).await?;
/// let pulled = orm_cli::pull::from_database(&db, None).await?;
/// assert_eq!(pulled.models[0].name, "User");
/// assert!(pulled.text().contains("pub email: String"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The database's.
pub async fn from_database(db: &Database, schema: Option<&str>) -> orm::Result<Pulled> {
    let schema = self::schema(db, schema).await?;
    Ok(pull(&schema, db.dialect(), &HashMap::new()))
}

/// The schema of a database, without the tables of the library's own.
///
/// # Errors
/// The database's.
pub(crate) async fn schema(db: &Database, schema: Option<&str>) -> orm::Result<Schema> {
    let mut schema = db.introspect(schema).await?;
    // The rows of a partition are rows of its table.
    let is_part = |table: &Table| table.options.as_deref().is_some_and(|options| options.contains("PARTITION OF"));
    schema.tables.retain(|table| !OWN.contains(&table.name.name.as_str()) && !is_part(table));
    look_at_times(db, &mut schema).await?;
    Ok(schema)
}

/// On SQLite a time is text, which a zone may end; only a row tells.
async fn look_at_times(db: &Database, schema: &mut Schema) -> orm::Result<()> {
    if db.dialect().name() != "sqlite" {
        return Ok(());
    }
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    for table in &mut schema.tables {
        let from = table.name.schema.as_deref().map(|schema| quoted(schema) + ".").unwrap_or_default()
            + &quoted(&table.name.name);
        for column in table.columns.iter_mut().filter(|column| column.ty == ColumnType::Plain(SqlType::DateTime)) {
            let name = quoted(&column.name);
            let sql = format!("SELECT CAST({name} AS TEXT) FROM {from} WHERE {name} IS NOT NULL LIMIT 1");
            let rows: Vec<String> = db.query(sql, ()).await?;
            let has_zone =
                rows.first().and_then(|text| text.get(10..)).is_some_and(|time| time.contains(['Z', '+', '-']));
            if has_zone {
                column.ty = ColumnType::Plain(SqlType::Timestamp);
            }
        }
    }
    Ok(())
}

/// Models for the tables of a schema, and the names that structs have already.
pub(crate) fn pull(schema: &Schema, dialect: &dyn Dialect, names: &HashMap<String, String>) -> Pulled {
    let mut pulled = Pulled::default();
    let mut taken: Vec<String> = Vec::new();
    let structs = struct_names(schema, names, &mut taken, &mut pulled.notes);
    let mut enums = columns::Enums::new(schema, &mut taken);
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    for table in &schema.tables {
        let Some(name) = structs.get(&table.name.to_string()) else { continue };
        let mut notes = Vec::new();
        let columns = columns::drafted(table, name, dialect, &mut enums, &mut notes);
        if columns.is_empty() {
            pulled.notes.push(format!("the table {} has no columns and becomes no model", table.name));
            continue;
        }
        drafts.push(Draft {
            table,
            name: name.clone(),
            columns,
            relations: Vec::new(),
            words: Vec::new(),
            notes,
            implied: Vec::new(),
            paranoid: None,
        });
    }
    columns::unify_keys(&mut drafts);
    relations::add(&mut drafts, dialect);
    for draft in drafts {
        pulled.models.push(finish(draft, dialect));
    }
    pulled.enums = enums.made;
    for object in &schema.objects {
        if matches!(object.kind, ObjectKind::View | ObjectKind::MaterializedView) {
            pulled.views.push(object.name.to_string());
        }
    }
    if !pulled.views.is_empty() {
        let views = pulled.views.join(", ");
        pulled.notes.push(format!("views are no models: {views}; read them by `db.query`"));
    }
    pulled
}

/// A struct for each table. Names that are written as Rust would go first, so that of `orders` and `Order` the first one is
/// `Order`.
fn struct_names(
    schema: &Schema,
    known: &HashMap<String, String>,
    taken: &mut Vec<String>,
    notes: &mut Vec<String>,
) -> BTreeMap<String, String> {
    let mut result = BTreeMap::new();
    for table in &schema.tables {
        if let Some(name) = known.get(&table.name.to_string()) {
            taken.push(name.clone());
            result.insert(table.name.to_string(), name.clone());
        }
    }
    let mut tables: Vec<&Table> = schema.tables.iter().collect();
    tables.sort_by_key(|table| naming::table_of(&naming::struct_of(&table.name.name)) != table.name.name);
    for table in tables {
        if result.contains_key(&table.name.to_string()) {
            continue;
        }
        let wanted = naming::struct_of(&table.name.name);
        let name = naming::free(wanted.clone(), |name| taken.iter().any(|other| other == name));
        if name != wanted {
            notes.push(format!("the table {} is `{name}`: another one is `{wanted}`", table.name));
        }
        taken.push(name.clone());
        result.insert(table.name.to_string(), name);
    }
    result
}

/// The model of a draft, with keys, indexes and checks.
fn finish(mut draft: Draft<'_>, dialect: &dyn Dialect) -> Model {
    let table = draft.table;
    let mut words = Vec::new();
    if naming::table_of(&draft.name) != table.name.name {
        words.push(format!("table = {:?}", table.name.name));
    }
    if let Some(schema) = &table.name.schema {
        words.push(format!("schema = {schema:?}"));
    }
    if let Some(column) = &draft.paranoid {
        match draft.field_of(column).as_str() {
            "deleted_at" => words.push("paranoid".to_owned()),
            field => words.push(format!("paranoid = {field}")),
        }
    }
    match &table.primary_key {
        None => words.push("no_primary_key".to_owned()),
        Some(key) if key.columns.len() == 1 => {
            if let Some(column) =
                draft.columns.iter_mut().find(|column| column.field.column.as_ref() == key.columns.first())
            {
                column.field.words.insert(0, "primary_key".to_owned());
            }
        }
        Some(key) => {
            let fields: Vec<String> = key.columns.iter().map(|column| draft.field_of(column)).collect();
            words.push(format!("primary_key({})", fields.join(", ")));
        }
    }
    for (place, index) in table.indexes.iter().enumerate() {
        if !draft.implied.contains(&place) {
            self::index(&mut draft, index, dialect, &mut words);
        }
    }
    words.extend(columns::checks(table, &mut draft.columns));
    if !table.comment.is_empty() && !is_plain_doc(&table.comment) {
        words.push(format!("comment = {:?}", table.comment));
    }
    words.append(&mut draft.words);
    let mut fields: Vec<Field> = draft.columns.into_iter().map(|column| column.field).collect();
    fields.append(&mut draft.relations);
    Model {
        name: draft.name,
        table: table.name.to_string(),
        doc: table.comment.clone(),
        words,
        fields,
        notes: draft.notes,
    }
}

/// Options of `index(..)`, which a field of the same name is taken for.
const OPTIONS: [&str; 6] = ["name", "unique", "method", "where", "expression", "columns"];

/// Says an index, on its column or on the struct.
fn index(draft: &mut Draft<'_>, index: &Index, dialect: &dyn Dialect, words: &mut Vec<String>) {
    let prefixed = index.keys.iter().any(|key| matches!(key, IndexKey::Column { prefix: Some(_), .. }));
    let descending_expression =
        index.keys.iter().any(|key| matches!(key, IndexKey::Expression { descending: true, .. }));
    if prefixed || descending_expression || !index.include.is_empty() {
        draft.notes.push(format!("the index {}, which has what an `index(..)` cannot say", index.name));
        return;
    }
    let method = match dialect.index_method(index) {
        Ok(orm::dialect::IndexMethod::Before(name)) if name.eq_ignore_ascii_case("btree") => None,
        Ok(orm::dialect::IndexMethod::Own) => None,
        _ => index.method.clone().filter(|method| !method.eq_ignore_ascii_case("btree")),
    };
    let word = if index.unique { "unique" } else { "index" };
    let expressions: Vec<&str> = index
        .keys
        .iter()
        .filter_map(|key| match key {
            IndexKey::Expression { sql, .. } => Some(sql.as_str()),
            IndexKey::Column { .. } => None,
        })
        .collect();
    // A second index over the same is told from the first by its name.
    let same =
        draft.table.indexes.iter().filter(|other| other.keys == index.keys && other.unique == index.unique).count();
    let name = (same > 1).then(|| format!("name = {:?}", index.name));
    if let ([IndexKey::Column { name: column, descending: false, .. }], None, None, None) =
        (index.keys.as_slice(), &method, &index.filter, &name)
    {
        if let Some(column) = draft.columns.iter_mut().find(|other| other.field.column.as_ref() == Some(column)) {
            column.field.words.push(word.to_owned());
        }
        return;
    }
    let mut parts = Vec::new();
    let mut columns = Vec::new();
    for key in &index.keys {
        if let IndexKey::Column { name, descending, .. } = key {
            let field = draft.field_of(name);
            columns.push(if *descending { format!("desc({field})") } else { field });
        }
    }
    if !expressions.is_empty() && !columns.is_empty() {
        draft.notes.push(format!("the index {}, which is over columns and expressions", index.name));
        return;
    }
    if columns.iter().any(|column| OPTIONS.contains(&column.as_str())) {
        parts.push(format!("columns({})", columns.join(", ")));
    } else {
        parts.append(&mut columns);
    }
    parts.extend(expressions.iter().map(|sql| format!("expression = {sql:?}")));
    parts.extend(name);
    parts.extend(method.map(|method| format!("method = {method:?}")));
    parts.extend(index.filter.as_ref().map(|filter| format!("where = {filter:?}")));
    words.push(format!("{word}({})", parts.join(", ")));
}

impl Draft<'_> {
    /// The field of a column.
    fn field_of(&self, column: &str) -> String {
        let found = self.columns.iter().find(|other| other.field.column.as_deref() == Some(column));
        found.map_or_else(|| naming::field(column), |column| column.field.name.clone())
    }

    fn column(&self, name: &str) -> Option<&columns::Drafted> {
        self.columns.iter().find(|other| other.field.column.as_deref() == Some(name))
    }

    /// Whether a name of a field is not free any more.
    fn has_field(&self, name: &str) -> bool {
        let constant = naming::constant(name);
        let with = format!("with_{}", naming::plain(name));
        let fields = self.columns.iter().map(|column| &column.field).chain(&self.relations);
        fields.into_iter().any(|field| {
            naming::constant(&field.name) == constant
                || naming::plain(&field.name) == with
                || naming::plain(name) == format!("with_{}", naming::plain(&field.name))
        })
    }
}
