//! `orm generate auth`: the model of accounts with what `orm-auth` asks of it, and the migration that creates the tables of its services.

use std::path::PathBuf;

use orm::SqlType;
use orm::dialect::ddl;
use orm::schema::{Column, Operation, QualifiedName, Schema};
use serde_json::json;

use super::generate::{Making, key_of, script, sql_type};
use crate::args;
use crate::code::{Field, Model};
use crate::commands::pull;
use crate::context::{Context, dialect_of};
use crate::failure::{Code, Failure, Outcome};
use crate::files;
use crate::naming;
use crate::pull::Pulled;
use crate::pull::merge::{self, Change};
use crate::report::{Report, good};
use crate::source::{Known, Source};
use crate::spec::parse;

/// The columns that accounts have for `orm-auth`.
const EMAIL: &str = "email";
const VERIFIED: &str = "email_verified_at";

/// Runs the command.
///
/// # Errors
/// When there is such a thing already, when the model that is there cannot be one of accounts, and when files cannot be written.
pub(crate) fn run(context: &Context, given: &args::GenerateAuth) -> Outcome<Report> {
    let name = naming::type_name(&given.account);
    if !given.account.starts_with(char::is_alphabetic) {
        return Err(Failure::new(format!("`{}` cannot be the name of a model", given.account))
            .code(Code::Usage)
            .hint("a name such as User or Account"));
    }
    let sources = merge::sources(&context.config.models)?;
    if let Some(source) = sources.iter().find(|source| source.text.contains("orm_auth::register!")) {
        return Err(Failure::new(format!(
            "there is authentication already, in {}",
            context.config.shown(&source.path)
        ))
        .hint("its tables are one for each purpose, so one model has them"));
    }
    let known = sources.iter().flat_map(|source| &source.models).find(|known| known.name == name);
    let account = match known {
        Some(known) => of_model(known)?,
        None => new_model(&name, &sources)?,
    };
    // Before anything is written: what the database cannot have is not generated.
    let dialect = dialect_of(&context.config.url()?)?;
    let (up, down) = statements(&account, &*dialect)?;
    let pulled = Pulled { models: vec![account.model.clone()], ..Pulled::default() };
    let merged = merge::merge(&pulled, &context.config.models, &sources, false)?;
    if let Some(note) = merged.notes.first().filter(|_| known.is_none()) {
        return Err(Failure::new(note.clone()).hint("nothing was written; move the file away, or name another model"));
    }
    let changes = with_account(merged.changes, &sources, known.is_some(), &account)?;
    let (mut lines, mut wrote) = pull::write_all(context, &changes)?;
    pull::declare(context, &context.config.models, &mut lines)?;
    let place = files::migration(&context.config.migrations, "add_authentication", &up, Some(&down))?;
    let shown = context.config.shown(&place);
    lines.push(format!("  {} {shown}/up.sql\n  {} {shown}/down.sql", good("+"), good("+")));
    wrote.extend([format!("{shown}/up.sql"), format!("{shown}/down.sql")]);
    let version = env!("CARGO_PKG_VERSION");
    Ok(Report::new(
        format!(
            "authentication for the model {name}\n{}\n\nadd this to Cargo.toml:\n\n[dependencies]\norm-auth = \"{version}\"",
            lines.join("\n")
        ),
        json!({ "model": name, "table": account.table.to_string(), "files": wrote }),
    ))
}

/// The model of accounts.
struct Accounts {
    /// Its fields that are new; all of them where it is new.
    model: Model,
    table: QualifiedName,
    /// What creates what is new of it.
    operations: Vec<Operation>,
    /// The column of its key, and its field and type.
    key: (Column, String, String),
}

/// A new model.
fn new_model(name: &str, sources: &[Source]) -> Outcome<Accounts> {
    let table = naming::table_of(name);
    if let Some(known) = sources.iter().flat_map(|source| &source.models).find(|known| known.table == table) {
        return Err(Failure::new(format!("the model `{}` of the table {table} is there already", known.name))
            .hint(format!("orm generate auth {}", known.name)));
    }
    let given = args::GenerateModel {
        name: name.to_owned(),
        fields: Vec::new(),
        no_timestamps: false,
        paranoid: false,
        table: None,
        no_migration: false,
    };
    let mut making = Making::new(name, &table, &given);
    for field in [format!("{EMAIL}:string:unique"), format!("{VERIFIED}:timestamp?")] {
        making.add(&parse(&field)?, sources)?;
    }
    let made = making.finish(&given);
    Ok(Accounts {
        model: made.model,
        table: made.table.name.clone(),
        operations: vec![Operation::CreateTable(made.table)],
        key: (Column::new("id", SqlType::I64), "id".to_owned(), "i64".to_owned()),
    })
}

/// A model that is there.
fn of_model(known: &Known) -> Outcome<Accounts> {
    let name = &known.name;
    let wrong = |why: String| Failure::new(format!("`{name}` cannot be the model of accounts: {why}"));
    let (table, key, ty) =
        key_of(known).ok_or_else(|| wrong("its primary key is not one integer, text or UUID".to_owned()))?;
    let sql = sql_type(&ty).ok_or_else(|| wrong("its key is of a type that is not known here".to_owned()))?;
    let field = |column: &str| known.fields.iter().find(|field| field.column.as_deref() == Some(column));
    let email = field(EMAIL).ok_or_else(|| {
        wrong(format!("it has no column `{EMAIL}`")).hint(format!("add it: orm migrate new add_{EMAIL}"))
    })?;
    if email.optional || !email.ty.ends_with("String") || email.name != EMAIL {
        return Err(wrong(format!("`{EMAIL}` is not a field of that name with the type String")));
    }
    let key_field = known.fields.iter().find(|field| field.column.as_deref() == Some(key.as_str()));
    let key_field = key_field.map_or_else(|| key.clone(), |field| field.name.clone());
    let mut operations = Vec::new();
    let mut model = Model { name: name.clone(), table: known.table.clone(), ..Model::default() };
    match field(VERIFIED) {
        Some(there) if there.optional && there.name == VERIFIED => {}
        Some(_) => {
            return Err(wrong(format!("`{VERIFIED}` is not a field of that name with the type Option<DateTime<Utc>>")));
        }
        None => {
            let column = Column { nullable: true, ..Column::new(VERIFIED, SqlType::Timestamp) };
            operations.push(Operation::AddColumn { table: table.clone(), column });
            model.fields.push(Field {
                name: VERIFIED.to_owned(),
                ty: "Option<DateTime<Utc>>".to_owned(),
                column: Some(VERIFIED.to_owned()),
                ..Field::default()
            });
        }
    }
    Ok(Accounts { model, table, operations, key: (Column::new(key, sql), key_field, ty) })
}

/// What creates the tables, and what drops them.
fn statements(account: &Accounts, dialect: &dyn orm::dialect::Dialect) -> Outcome<(String, String)> {
    let services: Schema = orm_auth::schema(&account.table, &account.key.0)?;
    let mut up = account.operations.clone();
    up.extend(ddl::create(&services, &[], dialect));
    let there: Vec<QualifiedName> = services.tables.iter().map(|table| table.name.clone()).collect();
    let mut down = ddl::drop(&services, &there, false, dialect);
    down.extend(account.operations.iter().rev().filter_map(|operation| match operation {
        Operation::CreateTable(table) => Some(Operation::DropTable { table: table.name.clone(), cascade: false }),
        Operation::AddColumn { table, column } => {
            Some(Operation::DropColumn { table: table.clone(), column: column.name.clone() })
        }
        _ => None,
    }));
    Ok((script(ddl::render_all(&up, dialect)?), script(ddl::render_all(&down, dialect)?)))
}

/// The changes of the files, with what `orm-auth` asks of the model below it.
fn with_account(
    mut changes: Vec<Change>,
    sources: &[Source],
    is_there: bool,
    account: &Accounts,
) -> Outcome<Vec<Change>> {
    let name = &account.model.name;
    let path: Option<PathBuf> = match is_there {
        true => sources
            .iter()
            .find(|source| source.models.iter().any(|known| known.name == *name))
            .map(|source| source.path.clone()),
        // Beside the file of the new model, a new one changes the list of modules.
        false => changes
            .iter()
            .find(|change| change.is_new && change.text.contains(&format!("pub struct {name} ")))
            .map(|change| change.path.clone()),
    };
    let path = path.ok_or_else(|| Failure::new(format!("the file of the model `{name}` is not found")))?;
    let mut change = match changes.iter().position(|change| change.path == path) {
        Some(place) => changes.remove(place),
        None => {
            let source = sources.iter().find(|source| source.path == path);
            let text = source.map(|source| source.text.clone()).unwrap_or_default();
            Change { path, text, is_new: false, what: Vec::new() }
        }
    };
    // Its methods come from the prelude, which generated files have; the trait itself is named in full.
    if !change.text.contains("orm::prelude::*") {
        let source = Source::parse(&change.path, change.text)?;
        let at = source.import_at;
        change.text = crate::source::edited(&source.text, vec![(at..at, "use orm::prelude::*;\n".to_owned())]);
    }
    change.text.push('\n');
    change.text.push_str(&implementation(account));
    change.what.push(format!("orm_auth::Account of {name}"));
    changes.push(change);
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(changes)
}

/// The trait, as text.
fn implementation(account: &Accounts) -> String {
    let (_, field, ty) = &account.key;
    let (name, plain) = (&account.model.name, naming::plain(field));
    let constant = naming::constant(plain);
    let copied = if ty == "String" { ".clone()" } else { "" };
    format!(
        "impl orm_auth::Account for {name} {{
    type Id = {ty};

    fn id(&self) -> {ty} {{
        self.{field}{copied}
    }}

    fn email(&self) -> &str {{
        &self.email
    }}

    async fn find_by_email(db: &Database, email: &str) -> orm::Result<Option<Self>> {{
        Self::find_one().filter(Self::EMAIL.eq(email)).exec(db).await
    }}

    async fn find_by_id(db: &Database, id: {ty}) -> orm::Result<Option<Self>> {{
        Self::find_by_pk(id).exec(db).await
    }}

    async fn email_was_verified(tx: &Transaction, id: {ty}, email: &str, at: DateTime<Utc>) -> orm::Result<()> {{
        let this = Self::{constant}.eq(id).and(Self::EMAIL.eq(email));
        Self::update().email_verified_at(at).filter(this).exec(tx).await?;
        Ok(())
    }}
}}

orm_auth::register!({name});
"
    )
}
