//! Files: sealed in pieces, so that they need not fit into memory.

use std::io::{Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{KeyInit as _, Payload};

use crate::cipher::Cipher;
use crate::error::{Error, Result};
use crate::keys::random;
use crate::place::Place;

/// Plain bytes of a piece.
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;
const MAGIC: &[u8; 4] = b"\xE1ORM";
/// Magic, key, the nonce's prefix.
const HEADER: usize = 4 + 4 + 19;

impl Cipher {
    /// Seals what a reader gives, in pieces of 64 KiB: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015) over
    /// XChaCha20-Poly1305, so that pieces can be neither moved nor left out, not even the last ones. Gives the number of bytes read.
    ///
    /// # Errors
    /// [`Error::System`] for those of reading and writing; those of the provider.
    pub fn seal_stream(&self, mut from: impl Read, mut to: impl Write, place: &Place) -> Result<u64> {
        let key = self.current_key()?;
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(MAGIC);
        header[4..8].copy_from_slice(&key.to_be_bytes());
        random(&mut header[8..])?;
        let associated = place.associated(&header);
        let cipher = XChaCha20Poly1305::new_from_slice(&*self.stream_key(key, place)?).map_err(|_| Error::Refused)?;
        let nonce = header[8..].try_into().map_err(|_| Error::Refused)?;
        let mut stream = EncryptorBE32::from_aead(cipher, nonce);
        to.write_all(&header).map_err(system)?;
        let (mut piece, mut next, mut total) = (fill(&mut from, PIECE)?, Vec::new(), 0);
        while piece.len() == PIECE {
            next = fill(&mut from, PIECE)?;
            if next.is_empty() {
                break;
            }
            total += piece.len() as u64;
            let sealed = stream.encrypt_next(Payload { msg: &piece, aad: &associated });
            to.write_all(&sealed.map_err(|_| Error::Refused)?).map_err(system)?;
            std::mem::swap(&mut piece, &mut next);
        }
        drop(next);
        total += piece.len() as u64;
        let sealed = stream.encrypt_last(Payload { msg: &piece, aad: &associated });
        to.write_all(&sealed.map_err(|_| Error::Refused)?).map_err(system)?;
        to.flush().map_err(system)?;
        Ok(total)
    }

    /// Opens what [`seal_stream`](Self::seal_stream) sealed, and gives the number of bytes written. Each piece is checked before it is
    /// written. Where the error comes after some of them, what was written is the beginning of what was sealed.
    ///
    /// # Errors
    /// [`Error::NotSealed`], [`Error::UnknownKey`]; [`Error::Refused`] when it was changed, cut off or sealed for another place;
    /// [`Error::System`] for those of reading and writing.
    pub fn open_stream(&self, mut from: impl Read, mut to: impl Write, place: &Place) -> Result<u64> {
        let header = fill(&mut from, HEADER)?;
        if header.len() < HEADER || !header.starts_with(MAGIC) {
            return Err(Error::NotSealed);
        }
        let key = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let associated = place.associated(&header);
        let cipher = XChaCha20Poly1305::new_from_slice(&*self.stream_key(key, place)?).map_err(|_| Error::Refused)?;
        let nonce = header[8..].try_into().map_err(|_| Error::Refused)?;
        let mut stream = DecryptorBE32::from_aead(cipher, nonce);
        let (mut piece, mut total) = (fill(&mut from, PIECE + TAG)?, 0);
        loop {
            let next = if piece.len() == PIECE + TAG { fill(&mut from, PIECE + TAG)? } else { Vec::new() };
            if next.is_empty() {
                let plain =
                    stream.decrypt_last(Payload { msg: &piece, aad: &associated }).map_err(|_| Error::Refused)?;
                to.write_all(&plain).map_err(system)?;
                to.flush().map_err(system)?;
                return Ok(total + plain.len() as u64);
            }
            let plain = stream.decrypt_next(Payload { msg: &piece, aad: &associated }).map_err(|_| Error::Refused)?;
            to.write_all(&plain).map_err(system)?;
            total += plain.len() as u64;
            piece = next;
        }
    }
}

/// So many bytes, or what is left.
fn fill(from: &mut impl Read, wanted: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(wanted);
    from.take(wanted as u64).read_to_end(&mut bytes).map_err(system)?;
    Ok(bytes)
}

fn system(error: std::io::Error) -> Error {
    Error::System(error.to_string())
}
