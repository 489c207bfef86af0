//! Models' metadata as a snapshot of tables, ordered so that it can be created.

use super::{
    CheckCondition, CheckSchema, ColumnDefault, ColumnSchema, ForeignKey, IndexKey, IndexSchema, Schema, TableSchema,
};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, DefaultDef, IndexDef, IndexPart, ModelDef, RelationKind};
use crate::value::{EnumDef, EnumStorage, SqlType, Value};

/// The tables of models, a table after those its foreign keys point at; cycles keep the given order.
///
/// # Errors
/// [`ErrorKind::InvalidStatement`] when two models give one table different columns.
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
        for column in model.columns {
            let element = if let SqlType::Array(element) = column.ty { *element } else { column.ty };
            if let SqlType::Enum(def) = element
                && def.storage == EnumStorage::Native
                && !schema.enums.iter().any(|other| std::ptr::eq(*other, def))
            {
                schema.enums.push(def);
            }
        }
        schema.tables.push(table(model));
    }
    for (model, columns) in pairs(&unique) {
        let is_it =
            |table: &&mut TableSchema| table.name == model.table.name && table.schema.as_deref() == model.table.schema;
        let Some(table) = schema.tables.iter_mut().find(is_it) else { continue };
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        for column in table.columns.iter_mut().filter(|column| names.contains(&&*column.name)) {
            column.indexed = true;
        }
        table.indexes.push(IndexSchema {
            name: format!("{}_{}_key", model.table.name, names.join("_")),
            unique: true,
            keys: names.iter().map(|name| IndexKey::Column { name: (*name).to_owned(), descending: false }).collect(),
            method: None,
            filter: None,
            alive: model.deleted_at.map(|index| model.columns[index].name.to_owned()),
        });
    }
    cover_deleted_rows(&mut schema);
    Ok(schema)
}

/// The pairs of keys in models in between that nothing but the relation keeps from being there twice.
fn pairs(models: &[&'static ModelDef]) -> Vec<(&'static ModelDef, Vec<&'static ColumnDef>)> {
    let mut pairs: Vec<(&'static ModelDef, Vec<&'static ColumnDef>, bool)> = Vec::new();
    let many = models.iter().flat_map(|model| model.relations).filter(|r| r.kind == RelationKind::BelongsToMany);
    for relation in many {
        let Some(through) = relation.through else { continue };
        let model = (through.model)();
        let near = relation.keys.iter().map(|pair| pair.to).chain(relation.tag.map(|(column, _)| column));
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

/// A foreign key cannot point at a unique key that leaves deleted rows out, so one that is pointed at covers them.
fn cover_deleted_rows(schema: &mut Schema) {
    let targets = schema.tables.iter().flat_map(|table| &table.foreign_keys);
    let targets: Vec<_> =
        targets.map(|key| (key.target_schema.clone(), key.target_table.clone(), key.target_columns.clone())).collect();
    for table in &mut schema.tables {
        for index in table.indexes.iter_mut().filter(|index| index.alive.is_some() && index.filter.is_none()) {
            let pointed_at = targets.iter().any(|(schema, name, columns)| {
                let is_column = |key: &IndexKey| matches!(key, IndexKey::Column { name, .. } if columns.contains(name));
                (schema, name) == (&table.schema, &table.name)
                    && columns.len() == index.keys.len()
                    && index.keys.iter().all(is_column)
            });
            if pointed_at {
                index.alive = None;
            }
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
            let target = (relation.target)();
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

fn table(model: &'static ModelDef) -> TableSchema {
    let name = model.table.name;
    let indexed = indexed_columns(model);
    let mut checks: Vec<CheckSchema> = model
        .checks
        .iter()
        .enumerate()
        .map(|(number, (check, sql))| CheckSchema {
            // Numbered by its place among all checks of the table, so that naming one renames no other.
            name: if check.is_empty() { format!("{name}_check{}", number + 1) } else { (*check).to_owned() },
            condition: CheckCondition::Sql((*sql).to_owned()),
        })
        .collect();
    for column in model.columns {
        if let Some(sql) = column.check {
            checks.push(CheckSchema {
                name: format!("{name}_{}_check", column.name),
                condition: CheckCondition::Sql(sql.to_owned()),
            });
        }
        if let SqlType::Enum(def) = column.ty
            && def.storage != EnumStorage::Integer
        {
            checks.push(CheckSchema {
                name: format!("{name}_{}_labels", column.name),
                condition: CheckCondition::OneOf(column.name.to_owned(), labels(def)),
            });
        }
    }
    for one_of in model.one_of {
        let columns = |key: &&[usize]| key.iter().map(|index| model.columns[*index].name.to_owned()).collect();
        checks.push(CheckSchema {
            name: format!("{name}_{}_check", one_of.name),
            condition: CheckCondition::OneKey {
                keys: one_of.keys.iter().map(columns).collect(),
                required: one_of.required,
            },
        });
    }
    TableSchema {
        schema: model.table.schema.map(str::to_owned),
        name: name.to_owned(),
        columns: model.columns.iter().map(|c| column_schema(c, indexed.contains(&c.index))).collect(),
        primary_key: model.key_columns().map(|c| c.name.to_owned()).collect(),
        indexes: model.indexes.iter().map(|index| index_schema(model, index)).collect(),
        foreign_keys: foreign_keys(model),
        checks,
        comment: model.comment.to_owned(),
    }
}

fn labels(def: &'static EnumDef) -> Vec<Value> {
    def.labels.iter().map(|label| Value::Text((*label).into())).collect()
}

/// Columns that are part of a key, an index or a foreign key. An index of the words of a text is none: the text may be
/// long.
fn indexed_columns(model: &'static ModelDef) -> Vec<usize> {
    let mut columns = model.primary_key.to_vec();
    let of_words = |index: &&IndexDef| index.method.is_some_and(|method| method.eq_ignore_ascii_case("fulltext"));
    for part in model.indexes.iter().filter(|index| !of_words(index)).flat_map(|index| index.parts) {
        if let IndexPart::Column { index, .. } = part {
            columns.push(*index);
        }
    }
    for relation in model.relations.iter().filter(|r| r.kind == RelationKind::BelongsTo) {
        columns.extend(relation.keys.iter().map(|pair| pair.from.index));
    }
    columns
}

fn column_schema(column: &'static ColumnDef, indexed: bool) -> ColumnSchema {
    ColumnSchema {
        name: column.name.to_owned(),
        ty: column.ty,
        type_name: column.type_name.map(str::to_owned),
        length: column.length,
        precision: column.precision,
        nullable: column.nullable,
        auto_increment: column.auto_increment,
        indexed,
        default: match column.default {
            DefaultDef::Value(value) => ColumnDefault::Value(value()),
            DefaultDef::Sql(sql) => ColumnDefault::Sql(sql.to_owned()),
            DefaultDef::None | DefaultDef::Client(_) => ColumnDefault::None,
        },
        generated: column.generated.map(str::to_owned),
        comment: column.comment.to_owned(),
    }
}

fn index_schema(model: &'static ModelDef, index: &'static IndexDef) -> IndexSchema {
    let keys: Vec<IndexKey> = index
        .parts
        .iter()
        .map(|part| match part {
            IndexPart::Column { index, descending } => {
                IndexKey::Column { name: model.columns[*index].name.to_owned(), descending: *descending }
            }
            IndexPart::Expression(sql) => IndexKey::Expression((*sql).to_owned()),
        })
        .collect();
    let name = if index.name.is_empty() {
        let mut name = model.table.name.to_owned();
        for key in &keys {
            name.push('_');
            match key {
                IndexKey::Column { name: column, .. } => name.push_str(column),
                IndexKey::Expression(_) => name.push_str("expr"),
            }
        }
        name.push_str(if index.unique { "_key" } else { "_idx" });
        name
    } else {
        index.name.to_owned()
    };
    IndexSchema {
        name,
        unique: index.unique,
        keys,
        method: index.method.map(str::to_owned),
        filter: index.filter.map(str::to_owned),
        alive: if index.unique { model.deleted_at.map(|i| model.columns[i].name.to_owned()) } else { None },
    }
}

fn foreign_keys(model: &'static ModelDef) -> Vec<ForeignKey> {
    let belongs = model.relations.iter().filter(|r| r.kind == RelationKind::BelongsTo && r.constraint);
    let mut keys: Vec<ForeignKey> = Vec::new();
    for relation in belongs {
        let target = (relation.target)();
        let columns: Vec<String> = relation.keys.iter().map(|pair| pair.from.name.to_owned()).collect();
        let target_columns: Vec<String> = relation.keys.iter().map(|pair| pair.to.name.to_owned()).collect();
        let same =
            |k: &ForeignKey| k.target_table == target.table.name && k.target_schema.as_deref() == target.table.schema;
        let twin = keys.iter().any(|k| k.columns == columns && same(k));
        if twin {
            continue; // Two relation fields over one foreign key.
        }
        keys.push(ForeignKey {
            name: format!("{}_{}_fkey", model.table.name, columns.join("_")),
            columns,
            target_schema: target.table.schema.map(str::to_owned),
            target_table: target.table.name.to_owned(),
            target_columns,
            on_delete: relation.on_delete,
            on_update: relation.on_update,
        });
    }
    keys
}
