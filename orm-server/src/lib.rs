//! What the drivers of database servers share, on sqlx's connections: [`ServerOptions`] with their URL form and builder
//! methods, [`SslMode`] and certificates, connecting within a time limit, the [`Guard`] around operations, [`Reading`], which
//! pushes the rows of an answer into a sink, and [`Patience`] with servers that say nothing.
//!
//! For authors of drivers; what users meet is in the drivers. What one database does in its own way (values, errors,
//! dialects, prepared statements) is in its driver.

mod connect;
mod guard;
mod options;
mod patience;
mod reading;
mod tls;
mod url;

pub use connect::{connect_within, open, readable};
pub use guard::Guard;
pub use options::{SERVER_PARAMETERS, ServerOptions};
pub use patience::{Patience, Silent, answer_within};
pub use reading::{Answer, Answers, Event, Reading};
pub use tls::{Pem, SslMode, Tls};
pub use url::ServerUrl;
