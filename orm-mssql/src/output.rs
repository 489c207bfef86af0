//! `OUTPUT`: the rows that a statement gives back.

use orm_core::Result;
use orm_core::ast::Returning;
use orm_core::dialect::{Renderer, Returned, Write};

/// `OUTPUT`, before the rows or the condition; nothing when nothing comes back.
pub(crate) fn push_output(r: &mut Renderer<'_>, returned: &Returned<'_>) -> Result<()> {
    if matches!(returned.columns, Returning::Nothing) {
        return Ok(());
    }
    r.push_sql(" OUTPUT ");
    r.returned_columns(returned, if returned.write == Write::Delete { "DELETED." } else { "INSERTED." })
}
