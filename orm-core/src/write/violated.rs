//! Which foreign key a refused write violates, where the database does not tell: the tables are asked after the failure.

use super::draft::given_columns;
use crate::ast::{self, Quantifier, Related, Statement, Visibility};
use crate::driver::Session;
use crate::error::{Error, ErrorKind};
use crate::model::{ColumnDef, ModelDef, OnDelete, RelationDef, RelationKind};
use crate::run::{any_row, count_rows};
use crate::schema::from_models;
use crate::value::Value;

/// How many keys are looked up.
const KEYS: usize = 500;

/// Whether the database said that a foreign key is violated, and not which.
fn is_unnamed(error: &Error) -> bool {
    error.kind() == ErrorKind::ForeignKeyViolation && error.constraint().is_none() && error.columns().is_empty()
}

/// Names the foreign key of rows that were refused. `binds` has their values, row after row, in the order of the columns
/// given.
#[cold]
pub(super) async fn by_rows(
    session: &dyn Session,
    def: &'static ModelDef,
    given: u128,
    binds: &[Value],
    error: Error,
) -> Error {
    let columns = given_columns(def, given);
    if !is_unnamed(&error) || columns.is_empty() {
        return error;
    }
    for relation in def.relations.iter().filter(|relation| is_checked(relation)) {
        let places: Option<Vec<usize>> = relation
            .keys()
            .iter()
            .map(|pair| columns.iter().position(|column| column.index == pair.from.index))
            .collect();
        let Some(places) = places else { continue };
        let mut keys: Vec<Vec<Value>> = Vec::new();
        for row in binds.chunks_exact(columns.len()) {
            let key: Vec<Value> = places.iter().map(|place| row[*place].clone()).collect();
            if keys.len() < KEYS && !key.iter().any(Value::is_null) && !keys.contains(&key) {
                keys.push(key);
            }
        }
        if keys.is_empty() {
            continue;
        }
        let target = relation.target();
        let pointed_at: Vec<&'static ColumnDef> = relation.keys().iter().map(|pair| pair.to).collect();
        let filter = vec![ast::Expr::has_key(&pointed_at, &keys)];
        match count_rows(session, target, filter).await {
            Ok(found) if found < keys.len() => {
                let names: Vec<&str> = pointed_at.iter().map(|column| column.name).collect();
                let message = format!("no row of `{}` has this `{}`", target.table.name, names.join("`, `"));
                return named(error, def, relation, message);
            }
            _ => {}
        }
    }
    error
}

/// As [`by_rows`], of one row of which these columns were changed, in their order. Other values may follow theirs.
#[cold]
pub(super) async fn by_values(
    session: &dyn Session,
    def: &'static ModelDef,
    columns: &[usize],
    binds: &[Value],
    error: Error,
) -> Error {
    let given = columns.iter().fold(0, |given, index| given | 1 << index);
    by_rows(session, def, given, binds.get(..columns.len()).unwrap_or_default(), error).await
}

/// Names the foreign key of rows that point at rows which were to be removed.
#[cold]
pub(super) async fn by_removal(
    session: &dyn Session,
    def: &'static ModelDef,
    filter: &[ast::Expr],
    error: Error,
) -> Error {
    if !is_unnamed(&error) {
        return error;
    }
    let has = |relation: &&RelationDef| relation.kind != RelationKind::BelongsTo && !relation.chain;
    for relation in def.relations.iter().filter(has) {
        let hop = *relation.first();
        let holder = (hop.target)();
        let points_here = |back: &&RelationDef| {
            is_checked(back)
                && back.target().is(def)
                && back.keys().iter().map(|pair| pair.from.index).eq(hop.keys.iter().map(|pair| pair.to.index))
        };
        let Some(back) = holder.relations.iter().find(points_here) else { continue };
        if !matches!(back.on_delete, OnDelete::NoAction | OnDelete::Restrict | OnDelete::SetDefault) {
            continue;
        }
        let related = Related {
            relation: RelationDef::new(relation.name, RelationKind::HasMany, &relation.hops[..1]),
            quantifier: Quantifier::Any,
            filter: None,
            visibility: Visibility::ALL,
        };
        let mut filter = filter.to_vec();
        filter.push(ast::Expr::Related(Box::new(related)));
        if any_row(session, def, filter).await.unwrap_or(false) {
            let message = format!("rows of `{}` point at the row by these columns", holder.table.name);
            return named(error.with_table(holder.table.name), holder, back, message);
        }
    }
    error
}

/// As [`by_removal`], of a statement.
#[cold]
pub(super) async fn by_statement(
    session: &dyn Session,
    def: &'static ModelDef,
    statement: &Statement,
    error: Error,
) -> Error {
    match statement {
        Statement::Delete(delete) => by_removal(session, def, &delete.filter, error).await,
        _ => error,
    }
}

/// The error of a foreign key, which is that of a relation of `holder`.
fn named(error: Error, holder: &'static ModelDef, relation: &RelationDef, message: String) -> Error {
    let columns: Vec<&'static str> = relation.keys().iter().map(|pair| pair.from.name).collect();
    let schema = from_models(&[holder]).unwrap_or_default();
    let mut keys = schema.tables.iter().flat_map(|table| &table.foreign_keys);
    let constraint = keys.find(|key| key.columns == columns).map(|key| key.name.clone());
    let error = error.with_columns(columns).with_message(message);
    match constraint {
        Some(constraint) => error.with_constraint(constraint),
        None => error,
    }
}

/// Whether the database checks a key of this model.
fn is_checked(relation: &RelationDef) -> bool {
    relation.kind == RelationKind::BelongsTo && relation.constraint && relation.first().when.is_none()
}
