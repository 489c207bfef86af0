//! Notes that only their owner reads. The policy keeps other accounts away; the seal keeps away who has the database and not the keys.
//! Everything about sealing is here: the rest of the program has [`OpenNote`]s.

use orm::prelude::*;
use orm::uuid::Uuid;
use orm::{As, Policy, Rule};
use orm_crypt::{Cipher, Place};

use crate::{User, Viewer};

/// A note as the database has it.
#[derive(Clone, Model)]
#[orm(timestamps, policy = Viewer)]
pub struct Note {
    /// Made here, so that label and text are sealed for it.
    #[orm(primary_key)]
    pub id: Uuid,
    /// Whose it is.
    #[orm(immutable)]
    pub owner_id: i64,
    /// A hash of the label under a key, by which notes are searched.
    #[orm(hidden, index, length = 16)]
    pub label_index: Vec<u8>,
    /// The label, sealed.
    #[orm(hidden)]
    pub label: Vec<u8>,
    /// The text, sealed.
    #[orm(hidden)]
    pub text: Vec<u8>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Whose it is.
    #[orm(on_delete = cascade)]
    pub owner: BelongsTo<User>,
}

impl Policy<Note> for Viewer {
    fn read(&self) -> Rule<Note> {
        Note::OWNER_ID.eq(self.id).into()
    }

    fn create(&self) -> Rule<Note> {
        self.read()
    }

    fn delete(&self) -> Rule<Note> {
        self.read()
    }
}

/// A note that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenNote {
    /// Its key.
    pub id: Uuid,
    /// What it is found by.
    pub label: String,
    /// What it says.
    pub text: String,
}

/// The notes of viewers.
#[derive(Debug, Clone)]
pub struct Notes {
    cipher: Cipher,
}

/// What is wrong with a note.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// The database's error.
    #[error(transparent)]
    Database(#[from] Error),
    /// It was sealed with another key, for another note, or was changed.
    #[error("the note cannot be opened: {0}")]
    Sealed(#[from] orm_crypt::Error),
    /// What was sealed is no text.
    #[error("the note is no text")]
    NoText,
}

impl Notes {
    /// With the keys of the notes.
    pub fn new(cipher: Cipher) -> Self {
        Self { cipher }
    }

    /// Writes a note of the viewer.
    ///
    /// # Errors
    /// Those of sealing and of the database.
    pub async fn write(&self, label: &str, text: &str, db: &As<Viewer>) -> Result<(), NoteError> {
        let (id, owner) = (Uuid::now_v7(), db.viewer().id);
        Note::create()
            .id(id)
            .owner_id(owner)
            .label_index(self.index(owner, label)?)
            .label(self.cipher.seal(label.as_bytes(), &place("label", id))?)
            .text(self.cipher.seal(text.as_bytes(), &place("text", id))?)
            .exec(db)
            .await?;
        Ok(())
    }

    /// The notes of the viewer, all or those with a label, the newest first.
    ///
    /// # Errors
    /// Those of the database and of opening.
    pub async fn find(&self, label: Option<&str>, db: &As<Viewer>) -> Result<Vec<OpenNote>, NoteError> {
        let index = label.map(|label| self.index(db.viewer().id, label)).transpose()?;
        let found = Note::find_all().filter_if(index, |index| Note::LABEL_INDEX.eq(index));
        let found = found.order_by(Note::ID.desc()).exec(db).await?;
        let opened = found.into_iter().map(|note| self.open(&note)).collect::<Result<Vec<_>, _>>()?;
        // Hashes that are cut off may be alike where labels are not.
        let wanted = |note: &OpenNote| label.is_none_or(|label| one_form(&note.label) == one_form(label));
        Ok(opened.into_iter().filter(wanted).collect())
    }

    /// Removes a note of the viewer; tells whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove(&self, id: Uuid, db: &As<Viewer>) -> Result<bool> {
        Ok(Note::destroy().filter(Note::ID.eq(id)).exec(db).await? > 0)
    }

    fn open(&self, note: &Note) -> Result<OpenNote, NoteError> {
        let open = |column, sealed: &[u8]| {
            let plain = self.cipher.open(sealed, &place(column, note.id))?;
            String::from_utf8(plain).map_err(|_| NoteError::NoText)
        };
        Ok(OpenNote { id: note.id, label: open("label", &note.label)?, text: open("text", &note.text)? })
    }

    /// The same for labels that differ in case and spaces; another one for each owner, so that nobody sees who uses the same label.
    fn index(&self, owner: i64, label: &str) -> Result<Vec<u8>, orm_crypt::Error> {
        let place = Place::new("notes", "label_index").bind("owner", owner.to_be_bytes());
        self.cipher.index(one_form(label).as_bytes(), 128, &place)
    }
}

/// A value opens for its own column and note only.
fn place(column: &str, id: Uuid) -> Place {
    Place::new("notes", column).bind("id", id.as_bytes())
}

fn one_form(label: &str) -> String {
    label.trim().to_lowercase()
}
