//! Removing rows: by DELETE, or of a soft-deleting model by setting its soft-delete timestamp.

use super::prepare::time_value;
use super::statement::touch;
use crate::ast::{self, Purpose, Returning, Statement, Visibility};
use crate::model::ModelDef;

/// The statement that removes or marks rows.
pub(crate) fn remove(def: &'static ModelDef, filter: Vec<ast::Expr>, visibility: Visibility, force: bool) -> Statement {
    let visibility = visibility.to(Purpose::Delete);
    match def.deleted_at {
        Some(index) if !force => {
            let column = &def.columns[index];
            let mut set = vec![(column, ast::Expr::Value(time_value(column, crate::value::now())))];
            touch(def, &mut set);
            Statement::Update(Box::new(ast::Update {
                model: def,
                set,
                filter,
                visibility,
                returning: Returning::Nothing,
            }))
        }
        _ => Statement::Delete(Box::new(ast::Delete { model: def, filter, visibility, returning: Returning::Nothing })),
    }
}
