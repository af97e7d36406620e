//! The texts of emails, compressed against what emails of one agent to one neighbourhood have in common.
//!
//! The first text of an agent, a ZIP code and a cycle is the *base* of the others: with it as dictionary a report of
//! 60 KB takes well under 1 KB, because listings, sales and market are the same for all of them. Each compressed text
//! carries a checksum over what it unfolds to, so that damage to either of the two is noticed.

use std::{
    cell::RefCell,
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use dripr_core::{
    content::ZipCode,
    email::{ContentHash, Message},
    ids::UserId,
    schedule::Cycle,
};
use zstd::{bulk, zstd_safe::CParameter};

/// Fast: about 40 us for a report of 60 KB with a base.
const LEVEL: i32 = 1;

/// Bases kept at hand, in bytes of their text.
const AT_HAND: usize = 6 * 1024 * 1024;

/// A stored text is never longer than this; a longer one is damage.
const LONGEST: usize = 256 * 1024 * 1024;

/// Whose texts have much in common.
pub(super) type Place = (UserId, ZipCode, Cycle);

/// What texts have in common.
pub(super) struct Base {
    pub(super) id: String,
    pub(super) packed: Vec<u8>,
    text: Vec<u8>,
    stored: AtomicBool,
}

/// A compressed text.
pub(super) struct Packed {
    pub(super) base: Arc<Base>,
    pub(super) body: Vec<u8>,
}

impl Base {
    /// Whether a transaction still has to store it.
    pub(super) fn is_new(&self) -> bool {
        !self.stored.load(Ordering::Acquire)
    }

    /// Says that it is committed.
    pub(super) fn is_stored(&self) {
        self.stored.store(true, Ordering::Release);
    }
}

/// The bases at hand.
#[derive(Default)]
pub(super) struct Bases(Mutex<AtHand>);

#[derive(Default)]
struct AtHand {
    by_place: HashMap<Place, Arc<Base>>,
    by_id: HashMap<String, Arc<Base>>,
    bytes: usize,
}

impl AtHand {
    fn keep(&mut self, base: &Arc<Base>) {
        if self.bytes + base.text.len() > AT_HAND {
            *self = Self::default();
        }
        if self.by_id.insert(base.id.clone(), base.clone()).is_none() {
            self.bytes += base.text.len();
        }
    }
}

impl Bases {
    fn lock(&self) -> std::sync::MutexGuard<'_, AtHand> {
        // A panic elsewhere leaves the maps whole enough: they are only a cache.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compresses texts of one place against its base; the first of a new place becomes that.
    pub(super) fn pack(&self, place: &Place, messages: &[&Message]) -> io::Result<Vec<Packed>> {
        let Some(first) = messages.first() else { return Ok(Vec::new()) };
        let known = self.lock().by_place.get(place).cloned();
        let base = match known {
            Some(base) => base,
            None => {
                let text = text(first);
                let packed = pack_against(&text, &[])?;
                let id = ContentHash::of(first).to_string();
                let base = Arc::new(Base { id, packed, text, stored: AtomicBool::new(false) });
                let mut at_hand = self.lock();
                at_hand.keep(&base);
                at_hand.by_place.insert(place.clone(), base.clone());
                base
            }
        };
        // Taking a dictionary in costs as much as compressing with it: once for all texts of the place.
        compressing(&base.text, |compressor| {
            let pack = |message: &&Message| {
                Ok(Packed { base: base.clone(), body: compress(compressor, &text(message))? })
            };
            messages.iter().map(pack).collect()
        })
    }

    /// Forgets them: some may not be stored any more.
    pub(super) fn forget(&self) {
        *self.lock() = AtHand::default();
    }

    /// A base at hand.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Base>> {
        self.lock().by_id.get(id).cloned()
    }

    /// A base as it was stored.
    pub(super) fn unpack(&self, id: &str, packed: Vec<u8>) -> io::Result<Arc<Base>> {
        let length = usize::try_from(bulk_length(&packed)?).unwrap_or(usize::MAX);
        let text = decompress(&packed, &[], length)?;
        let base =
            Arc::new(Base { id: id.to_owned(), packed: Vec::new(), text, stored: AtomicBool::new(true) });
        self.lock().keep(&base);
        Ok(base)
    }
}

/// HTML and plain text out of a compressed text.
pub(super) fn unpack(body: &[u8], base: Option<&Base>, html: i64, text: i64) -> io::Result<(String, String)> {
    let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let html = usize::try_from(html).map_err(|_| damaged("a negative length"))?;
    let text = usize::try_from(text).map_err(|_| damaged("a negative length"))?;
    let length = html.saturating_add(text);
    let mut both = decompress(body, base.map_or(&[], |base| &base.text), length)?;
    if both.len() != length {
        return Err(damaged("another length than was stored"));
    }
    let text = both.split_off(html);
    let utf8 = |bytes| String::from_utf8(bytes).map_err(|_| damaged("no text"));
    Ok((utf8(both)?, utf8(text)?))
}

/// The text of a base as it was stored.
pub(super) fn base_text(packed: &[u8]) -> io::Result<Vec<u8>> {
    let length = usize::try_from(bulk_length(packed)?).unwrap_or(usize::MAX);
    decompress(packed, &[], length)
}

/// A text out of a compressed one, of the lengths of its two parts.
pub(super) fn text_of(body: &[u8], base: &[u8], (html, text): (i64, i64)) -> io::Result<Vec<u8>> {
    let length = html.saturating_add(text);
    decompress(body, base, usize::try_from(length).unwrap_or(usize::MAX))
}

/// A text, compressed against another, or against nothing.
pub(super) fn pack_against(text: &[u8], base: &[u8]) -> io::Result<Vec<u8>> {
    compressing(base, |compressor| compress(compressor, text))
}

fn text(message: &Message) -> Vec<u8> {
    [message.html.as_bytes(), message.text.as_bytes()].concat()
}

/// Gives this thread's compressor, with a text as its dictionary.
fn compressing<T>(
    base: &[u8],
    work: impl FnOnce(&mut bulk::Compressor<'static>) -> io::Result<T>,
) -> io::Result<T> {
    PACKING.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(kept) => kept,
            None => kept.insert(compressor()?),
        };
        let done = compressor.set_dictionary(LEVEL, base).and_then(|()| work(compressor));
        if done.is_err() {
            *kept = None;
        }
        done
    })
}

fn compressor() -> io::Result<bulk::Compressor<'static>> {
    let mut compressor = bulk::Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    Ok(compressor)
}

fn compress(compressor: &mut bulk::Compressor<'static>, text: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = compressor.compress(text)?;
    // It had room for a text that cannot be made smaller, and most are a hundredth of that.
    packed.shrink_to_fit();
    Ok(packed)
}

fn decompress(body: &[u8], base: &[u8], length: usize) -> io::Result<Vec<u8>> {
    if length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "too long for an email"));
    }
    UNPACKING.with_borrow_mut(|kept| {
        let decompressor = match kept {
            Some(kept) => kept,
            None => kept.insert(bulk::Decompressor::new()?),
        };
        decompressor.set_dictionary(base)?;
        let unpacked = decompressor.decompress(body, length);
        if unpacked.is_err() {
            *kept = None;
        }
        unpacked
    })
}

thread_local! {
    /// What this thread compresses by: making one takes as long as some texts.
    static PACKING: RefCell<Option<bulk::Compressor<'static>>> = const { RefCell::new(None) };
    /// What this thread decompresses by: making one takes longer than a small text.
    static UNPACKING: RefCell<Option<bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

fn bulk_length(packed: &[u8]) -> io::Result<u64> {
    let unknown = || io::Error::new(io::ErrorKind::InvalidData, "a compressed text without its length");
    zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_compressed_against_its_own_base_whatever_was_before() {
        let text = |of: &str| of.repeat(200).into_bytes();
        let bases = [text("A home at Elm St. "), Vec::new(), text("Another at Oak Ave. "), Vec::new()];
        for (nr, base) in bases.iter().enumerate() {
            let letter = [bases[0].as_slice(), bases[2].as_slice(), nr.to_string().as_bytes()].concat();
            let packed = pack_against(&letter, base).unwrap();
            assert_eq!(decompress(&packed, base, letter.len()).unwrap(), letter, "{nr}");
            assert!(packed.capacity() < letter.len(), "what is not needed is given back");
        }
    }
}
