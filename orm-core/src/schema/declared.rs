//! The schema that models declare.

use super::{
    Check, CheckCondition, Column, ColumnDefault, ColumnType, Deferrable, EnumType, ForeignKey, Generated, Index,
    IndexKey, PrimaryKey, QualifiedName, Schema, Table,
};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    ColumnDef, DefaultDef, IndexDef, IndexPart, ModelDef, OnDelete, RelationDef, RelationKind, TableName,
};
use crate::value::{SqlType, Value};

/// The tables of models and the enum types of their columns. A table comes after those its foreign keys point at; cycles
/// keep the given order.
///
/// ```
/// use orm_core::model::{ColumnDef, ModelDef, TableName};
/// use orm_core::schema::from_models;
/// use orm_core::SqlType;
///
/// static USERS: TableName = TableName::new("users");
/// static COLUMNS: [ColumnDef; 1] = [ColumnDef::new(&USERS, 0, "id", SqlType::I64)];
/// static USER: ModelDef = ModelDef::new("User", &USERS, &COLUMNS, &[0]);
///
/// let schema = from_models(&[&USER])?;
/// assert_eq!(schema.tables[0].name, "users".into());
/// assert_eq!(schema, from_models(&[&USER, &USER])?);
/// # Ok::<(), orm_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::InvalidStatement`] when two models give one table different columns, or two enums one type different
/// labels.
pub fn from_models(models: &[&'static ModelDef]) -> Result<Schema> {
    let mut unique: Vec<&'static ModelDef> = Vec::with_capacity(models.len());
    for model in models {
        match unique.iter().find(|other| other.table.is(model.table)) {
            None => unique.push(model),
            Some(other) if other.is(model) => {}
            Some(other) => {
                return Err(Error::new(
                    ErrorKind::InvalidStatement,
                    format!("the models `{}` and `{}` declare the same table", other.name, model.name),
                )
                .with_table(model.table.name));
            }
        }
    }
    let mut schema = Schema::default();
    for model in in_creation_order(&unique) {
        let table = table(model);
        for column in &table.columns {
            add_enum_type(&mut schema.enums, model, column)?;
        }
        schema.tables.push(table);
    }
    for (model, columns) in join_keys(&unique) {
        let name = model.table.into();
        let Some(table) = schema.tables.iter_mut().find(|table| table.name == name) else { continue };
        let keys: Vec<IndexKey> = columns.iter().map(|column| IndexKey::column(column.name)).collect();
        for column in table.columns.iter_mut().filter(|c| columns.iter().any(|key| key.name == c.name)) {
            column.indexed = true;
        }
        table.indexes.push(Index {
            unique: true,
            soft_delete: model.deleted_at.map(|index| model.columns[index].name.to_owned()),
            ..Index::new(Index::automatic_name(&name, &keys, true), keys)
        });
    }
    make_tenants_keys(&mut schema, &unique);
    cover_deleted_rows(&mut schema);
    for table in &mut schema.tables {
        let Some(model) = unique.iter().find(|model| table.name == model.table.into()) else { continue };
        index_foreign_keys(model, table);
        index_tenant(model, table);
    }
    Ok(schema)
}

impl From<&TableName> for QualifiedName {
    fn from(table: &TableName) -> Self {
        Self { schema: table.schema.map(str::to_owned), name: table.name.to_owned() }
    }
}

/// Adds the enum type that a column uses, once.
fn add_enum_type(enums: &mut Vec<EnumType>, model: &'static ModelDef, column: &Column) -> Result<()> {
    let element = if let ColumnType::Array(element) = &column.ty { element } else { &column.ty };
    let ColumnType::Enum(ty) = element else { return Ok(()) };
    match enums.iter().find(|other| other.name == ty.name) {
        None => enums.push(ty.clone()),
        Some(other) if other == ty => {}
        Some(_) => {
            let message = format!("two enums declare the type `{}` with different labels", ty.name);
            return Err(Error::new(ErrorKind::InvalidStatement, message)
                .with_model(model.name)
                .with_table(model.table.name)
                .with_columns([column.name.clone()]));
        }
    }
    Ok(())
}

/// The pairs of foreign keys of join models that only the relation declares as unique.
pub(crate) fn join_keys(models: &[&'static ModelDef]) -> Vec<(&'static ModelDef, Vec<&'static ColumnDef>)> {
    let mut pairs: Vec<(&'static ModelDef, Vec<&'static ColumnDef>, bool)> = Vec::new();
    let many = models.iter().flat_map(|model| model.relations).filter(|r| r.kind == RelationKind::BelongsToMany);
    for relation in many {
        let Some(through) = relation.between() else { continue };
        let model = through.model;
        let near = relation.keys().iter().map(|pair| pair.to).chain(relation.first().tag.map(|(column, _)| column));
        let columns: Vec<_> = near.chain(through.keys.iter().map(|pair| pair.from)).collect();
        let among = |index: &usize| columns.iter().any(|column| column.index == *index);
        let is_key = |key: &[usize]| !key.is_empty() && key.iter().all(among);
        let is_unique = is_key(model.primary_key)
            || model
                .indexes
                .iter()
                .any(|index| index.unique && index.columns().is_some_and(|columns| is_key(&columns)));
        // The same pair, from the other end.
        let same = |other: &Vec<&'static ColumnDef>| {
            other.len() == columns.len() && other.iter().all(|column| among(&column.index))
        };
        match pairs.iter_mut().find(|(other, key, _)| other.table.is(model.table) && same(key)) {
            Some((.., wanted)) => *wanted &= relation.unique,
            None if is_unique => {}
            None => pairs.push((model, columns, relation.unique)),
        }
    }
    pairs.into_iter().filter(|(.., wanted)| *wanted).map(|(model, columns, _)| (model, columns)).collect()
}

/// Whether a foreign key begins with the tenant, so that the database refuses references to another tenant's rows. It does not if
/// ON DELETE would set the tenant to NULL or a default.
fn keeps_to_tenant(
    model: &'static ModelDef,
    relation: &RelationDef,
) -> Option<(&'static ColumnDef, &'static ColumnDef)> {
    let (from, to) = (model.tenant_column()?, relation.target().tenant_column()?);
    let stays = |action| matches!(action, OnDelete::NoAction | OnDelete::Restrict | OnDelete::Cascade);
    let apart = from.ty == to.ty && relation.keys().iter().all(|pair| pair.from != from && pair.to != to);
    (apart && stays(relation.on_delete) && stays(relation.on_update)).then_some((from, to))
}

/// The columns of a foreign key, and those that it references.
fn key_columns(model: &'static ModelDef, relation: &RelationDef) -> (Vec<&'static str>, Vec<&'static str>) {
    let tenant = keeps_to_tenant(model, relation).into_iter();
    let pairs = tenant.chain(relation.keys().iter().map(|pair| (pair.from, pair.to)));
    pairs.map(|(from, to)| (from.name, to.name)).unzip()
}

/// Adds the unique keys that foreign keys with the tenant reference.
fn make_tenants_keys(schema: &mut Schema, models: &[&'static ModelDef]) {
    for model in models {
        let belongs = model.relations.iter().filter(|r| r.kind == RelationKind::BelongsTo && r.constraint);
        for relation in belongs.filter(|relation| keeps_to_tenant(model, relation).is_some()) {
            let (_, columns) = key_columns(model, relation);
            let name = relation.target().table.into();
            let Some(table) = schema.tables.iter_mut().find(|table| table.name == name) else { continue };
            let in_key = table.primary_key.as_ref().is_some_and(|key| key.columns == columns);
            let is_key =
                |index: &Index| index.unique && index.filter.is_none() && index.columns().as_deref() == Some(&columns);
            if !in_key && !table.indexes.iter().any(is_key) {
                let keys: Vec<IndexKey> = columns.iter().map(|column| IndexKey::column(*column)).collect();
                table
                    .indexes
                    .push(Index { unique: true, ..Index::new(Index::automatic_name(&name, &keys, true), keys) });
            }
        }
    }
}

/// Adds an index for the tenant if no index begins with it, since every statement filters by it.
fn index_tenant(model: &'static ModelDef, table: &mut Table) {
    let Some(tenant) = model.tenant_column() else { return };
    let in_key = table.primary_key.as_ref().is_some_and(|key| key.columns.first().is_some_and(|c| c == tenant.name));
    let in_index = |index: &Index| {
        let whole = index.method.is_none() && index.filter.is_none() && index.soft_delete.is_none();
        whole && index.columns().is_some_and(|key| key.first() == Some(&tenant.name))
    };
    if !in_key && !table.indexes.iter().any(in_index) {
        let keys = vec![IndexKey::column(tenant.name)];
        table.indexes.push(Index::new(Index::automatic_name(&table.name, &keys, false), keys));
    }
}

/// A foreign key cannot point at a unique key that leaves deleted rows out, so one that is pointed at covers them.
fn cover_deleted_rows(schema: &mut Schema) {
    let keys: Vec<ForeignKey> = schema.tables.iter().flat_map(|table| table.foreign_keys.clone()).collect();
    for table in &mut schema.tables {
        for index in table.indexes.iter_mut().filter(|index| index.soft_delete.is_some() && index.filter.is_none()) {
            let Some(columns) = index.columns() else { continue };
            let pointed_at = keys.iter().any(|key| {
                key.target == table.name
                    && key.target_columns.len() == columns.len()
                    && columns.iter().all(|column| key.target_columns.iter().any(|target| target == column))
            });
            if pointed_at {
                index.soft_delete = None;
            }
        }
    }
}

/// Adds an index for each foreign key whose columns no index begins with: deleting a row that is pointed at looks for the
/// rows that point at it, and so does every relation. Databases that make such an index by themselves take this one.
fn index_foreign_keys(model: &'static ModelDef, table: &mut Table) {
    for relation in model.relations {
        if relation.kind != RelationKind::BelongsTo || !relation.constraint || !relation.indexed {
            continue;
        }
        let (columns, _) = key_columns(model, relation);
        let begins =
            |key: &[&str]| key.get(..columns.len()).is_some_and(|first| columns.iter().all(|c| first.contains(c)));
        let in_key = table
            .primary_key
            .as_ref()
            .is_some_and(|key| begins(&key.columns.iter().map(String::as_str).collect::<Vec<_>>()));
        let in_index = |index: &Index| {
            let whole = index.method.is_none() && index.filter.is_none() && index.soft_delete.is_none();
            whole && index.columns().is_some_and(|key| begins(&key))
        };
        if !in_key && !table.indexes.iter().any(in_index) {
            let keys: Vec<IndexKey> = columns.iter().map(|column| IndexKey::column(*column)).collect();
            table.indexes.push(Index::new(Index::automatic_name(&table.name, &keys, false), keys));
        }
    }
}

/// Depth first along foreign keys; a model met again while it is being visited is part of a cycle and waits.
fn in_creation_order(models: &[&'static ModelDef]) -> Vec<&'static ModelDef> {
    fn visit(
        model: &'static ModelDef,
        models: &[&'static ModelDef],
        visited: &mut Vec<&'static ModelDef>,
        ordered: &mut Vec<&'static ModelDef>,
    ) {
        if visited.iter().any(|seen| seen.table.is(model.table)) {
            return;
        }
        visited.push(model);
        for relation in model.relations {
            let target = relation.target();
            if relation.kind == RelationKind::BelongsTo
                && relation.constraint
                && let Some(target) = models.iter().find(|model| model.table.is(target.table))
            {
                visit(target, models, visited, ordered);
            }
        }
        ordered.push(model);
    }
    let (mut visited, mut ordered) = (Vec::new(), Vec::new());
    for model in models {
        visit(model, models, &mut visited, &mut ordered);
    }
    ordered
}

fn table(model: &'static ModelDef) -> Table {
    let name = model.table.name;
    let indexed = indexed_columns(model);
    let key: Vec<&str> = model.key_columns().map(|column| column.name).collect();
    let mut checks: Vec<Check> = model
        .checks
        .iter()
        .enumerate()
        .map(|(number, (check, sql))| Check {
            // Numbered by its place among all checks of the table, so that naming one renames no other.
            name: if check.is_empty() { format!("{name}_check{}", number + 1) } else { (*check).to_owned() },
            condition: CheckCondition::Sql((*sql).to_owned()),
        })
        .collect();
    for column in model.columns {
        if let Some(sql) = column.check {
            checks.push(Check {
                name: format!("{name}_{}_check", column.name),
                condition: CheckCondition::Sql(sql.to_owned()),
            });
        }
        if let ColumnType::Enum(EnumType { labels, .. }) | ColumnType::EnumText(labels) = column.ty.into() {
            checks.push(Check {
                name: format!("{name}_{}_labels", column.name),
                condition: CheckCondition::Labels { column: column.name.to_owned(), labels },
            });
        }
    }
    for column in model.columns.iter().filter(has_range) {
        checks.push(Check {
            name: format!("{name}_{}_range", column.name),
            condition: CheckCondition::Range { column: column.name.to_owned(), ty: column.ty },
        });
    }
    for one_of in model.one_of {
        let columns = |key: &&[usize]| key.iter().map(|index| model.columns[*index].name.to_owned()).collect();
        checks.push(Check {
            name: format!("{name}_{}_check", one_of.name),
            condition: CheckCondition::OneKey {
                keys: one_of.keys.iter().map(columns).collect(),
                required: one_of.required,
            },
        });
    }
    Table {
        name: model.table.into(),
        columns: model.columns.iter().map(|c| column(c, indexed.contains(&c.index))).collect(),
        primary_key: (!key.is_empty()).then(|| PrimaryKey::new(key)),
        indexes: model.indexes.iter().map(|def| index(model, def)).collect(),
        foreign_keys: foreign_keys(model),
        checks,
        options: None,
        definition: None,
        comment: model.comment.to_owned(),
    }
}

/// Whether a column is an integer of a type that the library chooses.
fn has_range(column: &&'static ColumnDef) -> bool {
    column.ty.is_integer() && column.type_name.is_none() && !column.auto_increment
}

/// Columns that are part of a key, an index or a foreign key. A full-text index does not count: its
/// text may be long.
fn indexed_columns(model: &'static ModelDef) -> Vec<usize> {
    let mut columns = model.primary_key.to_vec();
    let full_text = |index: &&IndexDef| index.method.is_some_and(|method| method.eq_ignore_ascii_case("fulltext"));
    for part in model.indexes.iter().filter(|index| !full_text(index)).flat_map(|index| index.parts) {
        if let IndexPart::Column { index, .. } = part {
            columns.push(*index);
        }
    }
    for relation in model.relations.iter().filter(|r| r.kind == RelationKind::BelongsTo) {
        columns.extend(relation.keys().iter().map(|pair| pair.from.index));
    }
    columns.extend(model.tenant);
    columns
}

fn column(def: &'static ColumnDef, indexed: bool) -> Column {
    Column {
        type_name: def.type_name.map(str::to_owned),
        length: def.sealed.map_or(def.length, |sealed| Some(sealed.sealed_length(def.length?))),
        precision: def.precision,
        nullable: def.nullable,
        auto_increment: def.auto_increment,
        indexed,
        default: default(def),
        generated: def.generated.map(|sql| Generated { sql: sql.to_owned(), stored: true }),
        comment: def.comment.to_owned(),
        ..Column::new(def.name, def.ty)
    }
}

fn default(def: &'static ColumnDef) -> Option<ColumnDefault> {
    match def.default {
        DefaultDef::None | DefaultDef::Client(_) => None,
        DefaultDef::Value(value) => match value() {
            Value::Null(_) => None,
            Value::Enum(_, label) => Some(ColumnDefault::Value(Value::Text(label))),
            Value::Native(_, text) => Some(ColumnDefault::Value(Value::Text(text.into()))),
            value => Some(ColumnDefault::Value(value)),
        },
        DefaultDef::Sql(sql) if def.ty == SqlType::Timestamp && sql.eq_ignore_ascii_case("CURRENT_TIMESTAMP") => {
            Some(ColumnDefault::Now)
        }
        DefaultDef::Sql(sql) => Some(ColumnDefault::Sql(sql.to_owned())),
    }
}

fn index(model: &'static ModelDef, def: &'static IndexDef) -> Index {
    let key = |part: &IndexPart| match part {
        IndexPart::Column { index, descending } => {
            IndexKey::Column { name: model.columns[*index].name.to_owned(), descending: *descending, prefix: None }
        }
        IndexPart::Expression(sql) => IndexKey::expression(*sql),
    };
    let keys: Vec<IndexKey> = def.parts.iter().map(key).collect();
    let name = match def.name {
        "" => Index::automatic_name(&model.table.into(), &keys, def.unique),
        name => name.to_owned(),
    };
    let soft_delete = model.deleted_at.filter(|_| def.unique).map(|index| model.columns[index].name.to_owned());
    Index {
        unique: def.unique,
        method: def.method.map(str::to_owned),
        filter: def.filter.map(str::to_owned),
        soft_delete,
        ..Index::new(name, keys)
    }
}

fn foreign_keys(model: &'static ModelDef) -> Vec<ForeignKey> {
    let belongs = model.relations.iter().filter(|r| r.kind == RelationKind::BelongsTo && r.constraint);
    let mut keys: Vec<ForeignKey> = Vec::new();
    for relation in belongs {
        let target = QualifiedName::from(relation.target().table);
        let (columns, target_columns) = key_columns(model, relation);
        let owned = |columns: Vec<&str>| columns.into_iter().map(str::to_owned).collect::<Vec<String>>();
        let (columns, target_columns) = (owned(columns), owned(target_columns));
        if keys.iter().any(|key| key.columns == columns && key.target == target) {
            continue; // Two relation fields over one foreign key.
        }
        keys.push(ForeignKey {
            name: format!("{}_{}_fkey", model.table.name, columns.join("_")),
            columns,
            target,
            target_columns,
            on_delete: relation.on_delete,
            on_update: relation.on_update,
            deferrable: Deferrable::No,
        });
    }
    keys
}
