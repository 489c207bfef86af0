//! Sets the tenant of new rows.

use super::draft::Draft;
use crate::dialect::stored;
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ModelDef;
use crate::value::Value;

/// Sets the tenant of a new row to the handle's.
///
/// # Errors
/// [`ErrorKind::Permission`] if the row has another tenant, or the handle has none;
/// [`ErrorKind::NotNullViolation`] if the handle is for all tenants, and the row has none.
pub(super) fn own(session: &dyn Session, def: &'static ModelDef, draft: &mut Draft) -> Result<()> {
    let Some(column) = def.tenant_column() else { return Ok(()) };
    let given = draft.given & (1 << column.index) != 0;
    let error =
        |kind, message: &'static str| Err(Error::new(kind, message).with_model(def.name).with_columns([column.name]));
    let Some(tenant) = session.context().tenant(def)? else {
        let message = "the handle is for all tenants, and the new row does not say whose it is; give it this column";
        return if given { Ok(()) } else { error(ErrorKind::NotNullViolation, message) };
    };
    if !given {
        draft.values[column.index] = tenant.clone();
        draft.given |= 1 << column.index;
        return Ok(());
    }
    let form = |value: &Value| {
        let value = column.normalized(value.clone());
        stored(&**session.dialect(), column, value).map_err(|error| error.with_model(def.name))
    };
    if form(&draft.values[column.index])? == form(tenant)? {
        return Ok(());
    }
    error(ErrorKind::Permission, "the new row was given another tenant than that of the handle; leave the column out")
}
