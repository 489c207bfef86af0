//! Tables and columns under new names: what a schema is after them, and the operations that do them.

use orm_core::dialect::{Dialect, Lexical};
use orm_core::driver::{Lexer, Token};
use orm_core::schema::{Check, CheckCondition, Index, IndexKey, Object, Operation, QualifiedName, Schema, Table};
use orm_core::{Error, ErrorKind, Result};

/// A table or a column that stays what it is under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rename {
    /// A table, inside of its schema.
    Table {
        /// The table.
        from: QualifiedName,
        /// Its new name.
        to: String,
    },
    /// A column.
    Column {
        /// The table, by its new name where it has one.
        table: QualifiedName,
        /// The column.
        from: String,
        /// Its new name.
        to: String,
    },
}

impl Rename {
    /// A column, from `table.column=new` or `table.column=table.new`; or a table, from `table=new`.
    ///
    /// ```
    /// use orm_migrate::Rename;
    ///
    /// let title = Rename::parse("posts.title=headline")?;
    /// let expected = Rename::Column { table: "posts".into(), from: "title".into(), to: "headline".into() };
    /// assert_eq!(title, expected);
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for another form.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            let message = format!("`{text}` is not `table.column=new_name` or `table=new_name`");
            Error::new(ErrorKind::Config, message)
        };
        let (from, to) = text.split_once('=').ok_or_else(wrong)?;
        let rename = match (from.trim().split_once('.'), to.trim().split_once('.')) {
            (None, None) => Self::Table { from: from.trim().into(), to: to.trim().to_owned() },
            (Some((table, column)), None) => {
                Self::Column { table: table.into(), from: column.to_owned(), to: to.trim().to_owned() }
            }
            (Some((table, column)), Some((same, new))) if table == same => {
                Self::Column { table: table.into(), from: column.to_owned(), to: new.to_owned() }
            }
            _ => return Err(wrong()),
        };
        let (from, to) = match &rename {
            Self::Table { from, to } => (&from.name, to),
            Self::Column { from, to, .. } => (from, to),
        };
        if from.is_empty() || to.is_empty() { Err(wrong()) } else { Ok(rename) }
    }

    /// The same, the other way round.
    fn reversed(&self) -> Self {
        match self {
            Self::Table { from, to } => Self::Table {
                from: QualifiedName { schema: from.schema.clone(), name: to.clone() },
                to: from.name.clone(),
            },
            Self::Column { table, from, to } => {
                Self::Column { table: table.clone(), from: to.clone(), to: from.clone() }
            }
        }
    }
}

/// Renames that go back from where others led.
pub(super) fn reversed(renames: &[Rename]) -> Vec<Rename> {
    renames.iter().rev().map(Rename::reversed).collect()
}

/// Those renames whose old name is there and whose new one is not, unless others say so already.
pub(super) fn still_to_do(renames: Vec<Rename>, live: &Schema, said: &[Rename]) -> Vec<Rename> {
    // A table may go under its new name already, by what was said or by a rename before this one.
    let mut names: Vec<(QualifiedName, QualifiedName)> =
        live.tables.iter().map(|table| (table.name.clone(), table.name.clone())).collect();
    let rename_in = |names: &mut Vec<(QualifiedName, QualifiedName)>, rename: &Rename| {
        if let Rename::Table { from, to } = rename {
            let new = QualifiedName { schema: from.schema.clone(), name: to.clone() };
            names.iter_mut().filter(|(name, _)| name == from).for_each(|(name, _)| *name = new.clone());
        }
    };
    said.iter().for_each(|rename| rename_in(&mut names, rename));
    let mut rest = Vec::new();
    for rename in renames.into_iter().filter(|rename| !said.contains(rename)) {
        let is_wanted = match &rename {
            Rename::Table { from, to } => {
                let has =
                    |wanted: &str| names.iter().any(|(name, _)| name.schema == from.schema && name.name == wanted);
                has(&from.name) && !has(to)
            }
            Rename::Column { table, from, to } => {
                let old = names.iter().find(|(name, _)| name == table).map(|(_, old)| old);
                let found = live.tables.iter().find(|other| Some(&other.name) == old);
                found.is_some_and(|table| table.column(from).is_some() && table.column(to).is_none())
            }
        };
        if is_wanted {
            rename_in(&mut names, &rename);
            rest.push(rename);
        }
    }
    rest
}

/// Renames in a schema, and gives the operations that do it to a database.
///
/// # Errors
/// [`ErrorKind::Migration`] for what is not there, and for names that are taken.
pub(super) fn apply(schema: &mut Schema, renames: &[Rename], dialect: &dyn Dialect) -> Result<Vec<Operation>> {
    let mut operations = Vec::new();
    for rename in renames {
        match rename {
            Rename::Table { from, to } => {
                let new = QualifiedName { schema: from.schema.clone(), name: to.clone() };
                if schema.tables.iter().any(|table| table.name == new) {
                    return Err(refused(format!(
                        "`{from}` cannot be renamed to `{to}`: there is a table of that name"
                    )));
                }
                if !schema.tables.iter().any(|table| table.name == *from) {
                    return Err(refused(format!("`{from}` cannot be renamed: there is no such table")));
                }
                operations.push(Operation::RenameTable { table: from.clone(), to: to.clone() });
                rename_table(schema, from, &new, dialect.lexical());
            }
            Rename::Column { table, from, to } => {
                let Some(found) = schema.tables.iter().find(|other| other.name == *table) else {
                    return Err(refused(format!("`{table}.{from}` cannot be renamed: there is no such table")));
                };
                if found.column(from).is_none() {
                    return Err(refused(format!("`{table}.{from}` cannot be renamed: there is no such column")));
                }
                if found.column(to).is_some() {
                    return Err(refused(format!("`{table}.{from}` cannot be renamed to `{to}`, which is there")));
                }
                let before = found.clone();
                rename_column(schema, table, from, to, dialect.lexical());
                let Some(after) = schema.tables.iter().find(|other| other.name == *table) else { continue };
                let own = Operation::RenameColumn { table: table.clone(), column: from.clone(), to: to.clone() };
                if dialect.renames_in_expressions() {
                    operations.push(own);
                } else {
                    around(&before, after, from, own, &mut operations);
                }
            }
        }
    }
    Ok(operations)
}

/// Where a database does not rename inside of expressions, what has such is dropped before and made again afterwards.
fn around(before: &Table, after: &Table, column: &str, rename: Operation, operations: &mut Vec<Operation>) {
    let name = &before.name;
    let mut again = Vec::new();
    for (old, new) in before.checks.iter().zip(&after.checks).filter(|(old, new)| old != new) {
        operations.push(Operation::DropCheck { table: name.clone(), check: old.name.clone() });
        again.push(Operation::AddCheck { table: name.clone(), check: new.clone() });
    }
    let of_expression = |index: &Index| index.keys.iter().any(|key| matches!(key, IndexKey::Expression { .. }));
    for (old, new) in before.indexes.iter().zip(&after.indexes) {
        let hidden = old.soft_delete.as_deref() == Some(column);
        if old != new && (of_expression(old) || hidden) {
            operations.push(Operation::DropIndex { table: name.clone(), index: old.clone() });
            again.push(Operation::CreateIndex { table: name.clone(), index: new.clone() });
        }
    }
    for (old, new) in before.columns.iter().zip(&after.columns) {
        if old.generated != new.generated {
            operations.push(Operation::DropColumn { table: name.clone(), column: old.name.clone() });
            again.insert(0, Operation::AddColumn { table: name.clone(), column: new.clone() });
        }
    }
    operations.push(rename);
    operations.append(&mut again);
}

fn rename_table(schema: &mut Schema, from: &QualifiedName, to: &QualifiedName, lexical: Lexical) {
    for table in &mut schema.tables {
        for key in table.foreign_keys.iter_mut().filter(|key| key.target == *from) {
            key.target = to.clone();
        }
        if table.name == *from {
            table.name = to.clone();
            for sql in table.indexes.iter_mut().filter_map(|index| index.definition.as_mut()) {
                *sql = renamed(sql, &from.name, &to.name, lexical);
            }
        }
        if let Some(sql) = &mut table.definition {
            *sql = renamed(sql, &from.name, &to.name, lexical);
        }
    }
    for object in &mut schema.objects {
        of_object(object, &from.name, &to.name, lexical);
        if object.table.as_ref() == Some(from) {
            object.table = Some(to.clone());
        }
    }
}

fn of_object(object: &mut Object, from: &str, to: &str, lexical: Lexical) {
    object.sql = renamed(&object.sql, from, to, lexical);
}

fn rename_column(schema: &mut Schema, name: &QualifiedName, from: &str, to: &str, lexical: Lexical) {
    let in_list = |columns: &mut Vec<String>| {
        for column in columns.iter_mut().filter(|column| *column == from) {
            to.clone_into(column);
        }
    };
    let in_sql = |sql: &mut String| *sql = renamed(sql, from, to, lexical);
    for table in &mut schema.tables {
        for key in &mut table.foreign_keys {
            if key.target == *name {
                in_list(&mut key.target_columns);
            }
        }
        if table.name != *name {
            continue;
        }
        for column in &mut table.columns {
            if column.name == from {
                to.clone_into(&mut column.name);
            }
            if let Some(generated) = &mut column.generated {
                in_sql(&mut generated.sql);
            }
        }
        if let Some(key) = &mut table.primary_key {
            in_list(&mut key.columns);
        }
        table.foreign_keys.iter_mut().for_each(|key| in_list(&mut key.columns));
        for Check { condition, .. } in &mut table.checks {
            if let CheckCondition::Sql(sql) = condition {
                in_sql(sql);
            }
        }
        for index in &mut table.indexes {
            for key in &mut index.keys {
                match key {
                    IndexKey::Column { name, .. } if name == from => to.clone_into(name),
                    IndexKey::Column { .. } => {}
                    IndexKey::Expression { sql, .. } => in_sql(sql),
                }
            }
            in_list(&mut index.include);
            if index.soft_delete.as_deref() == Some(from) {
                index.soft_delete = Some(to.to_owned());
            }
            index.filter.iter_mut().for_each(in_sql);
            index.definition.iter_mut().for_each(in_sql);
        }
        table.definition.iter_mut().for_each(in_sql);
    }
    for object in schema.objects.iter_mut().filter(|object| object.table.as_ref() == Some(name)) {
        of_object(object, from, to, lexical);
    }
}

/// SQL with one name for another, wherever it is a word of its own or quoted as a name.
pub(super) fn renamed(sql: &str, from: &str, to: &str, lexical: Lexical) -> String {
    let mut result = String::with_capacity(sql.len());
    let mut taken = 0;
    each_name(sql, lexical, |start, text, name| {
        if name == from {
            result.push_str(&sql[taken..start]);
            let open = text.chars().next().unwrap_or_default();
            match open {
                '"' | '`' => {
                    result.push(open);
                    result.push_str(to);
                    result.push(open);
                }
                '[' => {
                    result.push('[');
                    result.push_str(to);
                    result.push(']');
                }
                _ => result.push_str(to),
            }
            taken = start + text.len();
        }
    });
    result.push_str(&sql[taken..]);
    result
}

/// Whether SQL has a name in it.
pub(super) fn names(sql: &str, name: &str, lexical: Lexical) -> bool {
    let mut found = false;
    each_name(sql, lexical, |_, _, other| found |= other.eq_ignore_ascii_case(name));
    found
}

/// Each word and quoted name: where it begins, its text, the name.
fn each_name<'s>(sql: &'s str, lexical: Lexical, mut take: impl FnMut(usize, &'s str, &'s str)) {
    let mut lexer = Lexer::new(sql, lexical);
    while let Some(token) = lexer.next() {
        let text = lexer.text();
        let start = sql.len() - lexer.rest().len() - text.len();
        match token {
            Token::Word(word) => take(start, text, word),
            Token::Other => {
                let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
                if text.len() > 2 && text.starts_with(['"', '`', '[']) {
                    take(start, text, inside);
                }
            }
            _ => {}
        }
    }
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Migration, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_where_they_are_names() {
        let of = |sql: &str| renamed(sql, "title", "headline", Lexical { brackets: true, ..Lexical::STANDARD });
        assert_eq!(
            of("title <> 'title' AND \"title\" > [title] || subtitle"),
            "headline <> 'title' AND \"headline\" > [headline] || subtitle"
        );
        assert_eq!(of("-- title\nlower(title)"), "-- title\nlower(headline)");
    }

    #[test]
    fn a_rename_is_read_from_text() {
        assert_eq!(
            Rename::parse("posts=articles").unwrap(),
            Rename::Table { from: "posts".into(), to: "articles".into() }
        );
        for wrong in ["posts", "=x", "posts.=x", "posts.a=users.b", "a=b.c"] {
            assert_eq!(Rename::parse(wrong).unwrap_err().kind(), ErrorKind::Config, "{wrong}");
        }
    }
}
