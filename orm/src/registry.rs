//! The models of the program as a list that nobody writes: [`models`]. Who is in it is decided by the linker; how a model gets
//! there is in `orm-core`.

use orm_core::driver::Executor;
use orm_core::model::{self, ModelDef, Registered};
use orm_core::query;
use orm_core::schema::Difference;
use orm_core::{Error, ErrorKind, Result};

use crate::tables::DropTables;

/// The models of the program, from every crate that is linked into it.
///
/// A crate is linked when code names it. A program that has its models in a library and uses nothing of it says
/// `use my_library as _;`.
///
/// ```
/// use orm::prelude::*;
///
/// mod blog {
///     use orm::prelude::*;
///
///     #[derive(Debug, Clone, Model)]
///     pub struct Author {
///         #[orm(primary_key)]
///         pub id: i64,
///         pub name: String,
///     }
/// }
///
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let db = connect("sqlite::memory:").await?;
/// let models = orm::models().within(concat!(module_path!(), "::blog"));
/// assert_eq!(models.len(), 1);
/// models.create_tables(&db).await?; // of all models: `db.create_all().await?`
/// assert!(models.check(&db).await?.is_empty());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub fn models() -> Models {
    Models { all: model::registered() }
}

/// Models of the program: [`models`].
#[derive(Debug, Clone)]
pub struct Models {
    all: Vec<Registered>,
}

impl Models {
    /// Those in a module and in the modules inside of it: `orm::models().within("shop::models")`.
    #[must_use]
    pub fn within(mut self, module: &str) -> Self {
        self.all.retain(|model| match model.module.strip_prefix(module) {
            Some(rest) => rest.is_empty() || rest.starts_with("::"),
            None => false,
        });
        self
    }

    /// Those of a package.
    #[must_use]
    pub fn of_package(mut self, package: &str) -> Self {
        self.all.retain(|model| model.package == package);
        self
    }

    /// The models, ordered by module and name.
    pub fn iter(&self) -> std::slice::Iter<'_, Registered> {
        self.all.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Their metadata.
    pub fn defs(&self) -> Vec<&'static ModelDef> {
        self.all.iter().map(|model| model.def).collect()
    }

    /// Creates their tables, as [`Database::create_tables`](crate::Database::create_tables) does.
    ///
    /// # Errors
    /// As there; [`ErrorKind::Config`] when there is no model.
    pub async fn create_tables(&self, db: &(impl Executor + ?Sized)) -> Result<()> {
        if self.is_empty() {
            let message = "there is no model to create a table for: a crate takes part only where code names it, as \
                           `use my_library as _;` does, and a model with parameters by `orm::register!`";
            return Err(Error::new(ErrorKind::Config, message));
        }
        query::create_tables(db.session(), &self.defs()).await
    }

    /// Compares them with the tables that are there, as [`Database::check`](crate::Database::check) does.
    ///
    /// # Errors
    /// The database's.
    pub async fn check(&self, db: &(impl Executor + ?Sized)) -> Result<Vec<Difference>> {
        query::check_tables(db.session(), &self.defs()).await
    }

    /// Drops their tables when it is awaited, as [`Database::drop_tables`](crate::Database::drop_tables) does.
    pub fn drop_tables<'d>(&self, db: &'d (impl Executor + ?Sized)) -> DropTables<'d> {
        DropTables::new(db.session(), self.defs())
    }
}

impl<'m> IntoIterator for &'m Models {
    type Item = &'m Registered;
    type IntoIter = std::slice::Iter<'m, Registered>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
