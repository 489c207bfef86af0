//! [`Mailer`]: who sends mail. This crate sends none; what it hands on is a [`Mail`].

use std::fmt::{self, Debug};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use orm::async_trait;

use crate::error::BoxError;
use crate::secret::MailToken;

/// What a mail is about. One with a token has a link in it: a page of yours, with the token's [text](MailToken::reveal).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum About {
    /// The link verifies the address.
    VerifyEmail(MailToken),
    /// The link leads to where a new password is set.
    ResetPassword(MailToken),
    /// The password was changed or reset.
    PasswordChanged,
    /// A second factor was added.
    SecondFactorAdded,
    /// The second factor was removed.
    SecondFactorRemoved,
    /// A recovery code was used.
    RecoveryCodeUsed {
        /// How many are left.
        left: u64,
    },
    /// There are new recovery codes.
    RecoveryCodesRenewed,
}

/// A mail to send.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// The name of the service.
    pub issuer: String,
    /// What it is about.
    pub about: About,
}

impl Mail {
    /// A subject in English.
    pub fn subject(&self) -> String {
        let issuer = &self.issuer;
        match &self.about {
            About::VerifyEmail(_) => format!("{issuer}: confirm your address"),
            About::ResetPassword(_) => format!("{issuer}: set a new password"),
            About::PasswordChanged => format!("{issuer}: your password was changed"),
            About::SecondFactorAdded => format!("{issuer}: a second factor was added"),
            About::SecondFactorRemoved => format!("{issuer}: your second factor was removed"),
            About::RecoveryCodeUsed { .. } => format!("{issuer}: a recovery code was used"),
            About::RecoveryCodesRenewed => format!("{issuer}: you have new recovery codes"),
        }
    }

    /// A text in English. `link` makes the address of the page for a token: `|about, token| format!("https://shop.example/..")`.
    pub fn text(&self, link: impl Fn(&About, &MailToken) -> String) -> String {
        let unless_you = "If it was not you, set a new password now.";
        match &self.about {
            about @ About::VerifyEmail(token) => {
                format!(
                    "Confirm your address:\n\n{}\n\nIf you have not asked for this, do nothing.\n",
                    link(about, token)
                )
            }
            about @ About::ResetPassword(token) => {
                format!(
                    "Set a new password:\n\n{}\n\nIf you have not asked for this, do nothing.\n",
                    link(about, token)
                )
            }
            About::PasswordChanged => format!("Your password was changed. {unless_you}\n"),
            About::SecondFactorAdded => format!("A second factor was added to your account. {unless_you}\n"),
            About::SecondFactorRemoved => format!("Your second factor was removed. {unless_you}\n"),
            About::RecoveryCodeUsed { left } => {
                format!("A recovery code was used to sign in; {left} are left. {unless_you}\n")
            }
            About::RecoveryCodesRenewed => {
                format!("New recovery codes took the place of your old ones. {unless_you}\n")
            }
        }
    }
}

/// Who sends mail. Put it into a queue and return: the answer to a request for a reset waits for this.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail on.
    ///
    /// # Errors
    /// When it cannot be.
    async fn send(&self, mail: Mail) -> Result<(), BoxError>;
}

#[async_trait]
impl<M: Mailer + ?Sized> Mailer for std::sync::Arc<M> {
    async fn send(&self, mail: Mail) -> Result<(), BoxError> {
        (**self).send(mail).await
    }
}

/// Writes each mail into a file of a folder, for development and tests. The files have links in them that are good: no place for
/// them is a server that people use.
///
/// ```
/// use orm_auth::FileMailer;
///
/// let mailer = FileMailer::new("target/mail", "http://localhost:3000");
/// # let _ = mailer;
/// ```
pub struct FileMailer {
    folder: PathBuf,
    base: String,
    next: AtomicU64,
}

impl FileMailer {
    /// A folder, which is made when it is missing, and the beginning of links.
    pub fn new(folder: impl Into<PathBuf>, base: impl Into<String>) -> Self {
        Self { folder: folder.into(), base: base.into(), next: AtomicU64::new(1) }
    }
}

impl Debug for FileMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileMailer").field("folder", &self.folder).finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: Mail) -> Result<(), BoxError> {
        let text = mail.text(|about, token| {
            let page = if matches!(about, About::VerifyEmail(_)) { "verify-email" } else { "reset-password" };
            format!("{}/{page}?token={}", self.base.trim_end_matches('/'), token.reveal())
        });
        // Headers are lines: an address with a line break in it would be more of them.
        let line = |text: &str| text.replace(['\r', '\n'], " ");
        let text = format!("To: {}\nSubject: {}\n\n{text}", line(&mail.to), line(&mail.subject()));
        std::fs::create_dir_all(&self.folder)?;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = self.folder.join(format!("{number:04}.txt"));
            match std::fs::OpenOptions::new().write(true).create_new(true).open(path) {
                Ok(mut file) => return Ok(file.write_all(text.as_bytes())?),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn mails_are_files() {
        let folder = std::env::temp_dir().join(format!("orm-auth-mail-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let token = MailToken::generate().unwrap();
        let about = [About::ResetPassword(token.clone()), About::PasswordChanged];
        for mailer in
            [FileMailer::new(&folder, "https://shop.example/"), FileMailer::new(&folder, "https://shop.example")]
        {
            for about in about.clone() {
                let mail =
                    Mail { to: "ada@example.com\nBcc: eve@example.com".to_owned(), issuer: "Shop".to_owned(), about };
                mailer.send(mail).await.unwrap();
            }
            assert!(!format!("{mailer:?}").contains("shop.example"));
        }
        let text = std::fs::read_to_string(folder.join("0001.txt")).unwrap();
        assert!(
            text.starts_with("To: ada@example.com Bcc: eve@example.com\nSubject: Shop: set a new password\n\n"),
            "{text}"
        );
        assert!(text.contains(&format!("https://shop.example/reset-password?token={}\n", token.reveal())), "{text}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 4);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
