//! Sealed values open where they were sealed for and nowhere else; published vectors.

#![allow(clippy::unwrap_used)] // tests stop at the first surprise

use orm_crypt::{Algorithm, Cipher, Error, Key, Keys, OVERHEAD, Place, key_id, sealed_length};

const ALL: [Algorithm; 3] = [Algorithm::XChaCha20Poly1305, Algorithm::Aes256Gcm, Algorithm::Aes256Siv];

fn keys() -> Keys {
    Keys::new([(0x0102_0304, Key::new([7; 32])), (9, Key::new([9; 32]))]).unwrap()
}

fn cipher() -> Cipher {
    Cipher::new(keys())
}

fn place() -> Place {
    Place::new("users", "ssn").bind("tenant", b"1")
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn what_was_sealed_opens() {
    for algorithm in ALL {
        for plain in [b"".as_slice(), b"a", "Grüße".as_bytes(), &[0; 100], &vec![5; 300_000]] {
            let sealed = cipher().seal_by(algorithm, plain, &place()).unwrap();
            assert_eq!(sealed.len(), sealed_length(algorithm, plain.len()));
            assert!(sealed.len() <= plain.len() + OVERHEAD);
            assert_eq!(key_id(&sealed), Some(0x0102_0304));
            assert_eq!(cipher().open(&sealed, &place()).unwrap(), plain);
        }
    }
}

#[test]
fn equal_values_differ_when_sealed_unless_they_are_to_be_equal() {
    let seal = |algorithm| cipher().seal_by(algorithm, b"same", &place()).unwrap();
    assert_ne!(seal(Algorithm::XChaCha20Poly1305), seal(Algorithm::XChaCha20Poly1305));
    assert_ne!(seal(Algorithm::Aes256Gcm), seal(Algorithm::Aes256Gcm));
    assert_eq!(seal(Algorithm::Aes256Siv), seal(Algorithm::Aes256Siv));
    let other = cipher().seal_deterministic(b"same", &Place::new("users", "phone").bind("tenant", b"1")).unwrap();
    assert_ne!(seal(Algorithm::Aes256Siv)[7..], other[7..]);
}

#[test]
fn a_value_with_any_byte_changed_does_not_open() {
    for algorithm in ALL {
        let sealed = cipher().seal_by(algorithm, b"plain", &place()).unwrap();
        for at in 0..sealed.len() {
            for bit in [1, 0x80] {
                let mut changed = sealed.clone();
                changed[at] ^= bit;
                assert!(cipher().open(&changed, &place()).is_err(), "{algorithm:?}, byte {at}");
            }
        }
        for length in 0..sealed.len() {
            assert!(cipher().open(&sealed[..length], &place()).is_err());
        }
        let mut longer = sealed.clone();
        longer.push(0);
        assert_eq!(cipher().open(&longer, &place()), Err(Error::Refused));
    }
}

#[test]
fn a_value_that_was_moved_does_not_open() {
    let others = [
        Place::new("users", "phone").bind("tenant", b"1"),
        Place::new("clients", "ssn").bind("tenant", b"1"),
        Place::new("users", "ssn").bind("tenant", b"2"),
        Place::new("users", "ssn"),
        Place::new("users", "ssn").bind("id", b"1"),
        place().bind("id", b"1"),
        Place::new("userss", "sn").bind("tenant", b"1"),
        Place::new("users", "ssn").bind("tenan", b"t1"),
    ];
    for algorithm in ALL {
        let sealed = cipher().seal_by(algorithm, b"plain", &place()).unwrap();
        for other in &others {
            assert_eq!(cipher().open(&sealed, other), Err(Error::Refused), "{other:?}");
        }
    }
}

#[test]
fn one_key_is_tried_and_an_unknown_one_is_named() {
    let sealed = cipher().seal(b"plain", &place()).unwrap();
    let other = Cipher::new(Keys::new([(9, Key::new([7; 32]))]).unwrap());
    let error = other.open(&sealed, &place()).unwrap_err();
    assert_eq!(error, Error::UnknownKey(0x0102_0304));
    assert!(error.to_string().contains("01020304"));
    assert_eq!(cipher().open(b"plain text", &place()), Err(Error::NotSealed));
    assert_eq!(cipher().open(b"", &place()), Err(Error::NotSealed));
    assert_eq!((key_id(b"plain text"), key_id(b"")), (None, None));
    let mut unknown = sealed;
    unknown[1] = 9;
    assert_eq!(cipher().open(&unknown, &place()), Err(Error::UnknownAlgorithm(9)));
}

#[test]
fn after_a_rotation_old_values_open_and_new_ones_have_the_new_key() {
    let old = Keys::generate().unwrap();
    let sealed = Cipher::new(old.clone()).seal(b"plain", &place()).unwrap();
    let new = old.rotated().unwrap();
    let cipher = Cipher::new(new.clone());
    assert_eq!(cipher.open(&sealed, &place()).unwrap(), b"plain");
    let again = cipher.seal(b"plain", &place()).unwrap();
    assert_eq!((key_id(&again), key_id(&sealed)), (new.ids().next(), old.ids().next()));
    assert_ne!(key_id(&again), key_id(&sealed));
}

#[test]
fn keys_are_read_from_what_they_write() {
    let keys = keys();
    let text = keys.to_text();
    let read = Keys::parse(&text).unwrap();
    assert_eq!(read.ids().collect::<Vec<_>>(), [0x0102_0304, 9]);
    let sealed = Cipher::new(keys).seal(b"plain", &place()).unwrap();
    assert_eq!(Cipher::new(read).open(&sealed, &place()).unwrap(), b"plain");
    assert_eq!(Keys::parse(&text.trim().replace('\n', ", ")).unwrap().ids().count(), 2);
}

#[test]
fn wrong_keys_are_refused_and_not_shown() {
    let secret = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for text in [
        "",
        "# nothing",
        secret,
        &format!("1:{secret}"),
        &format!("0102030g:{secret}"),
        "01020304:AAAA",
        &format!("01020304:{secret}AAAA"),
        "+1020304:AA",
    ] {
        let error = Keys::parse(text).unwrap_err();
        assert!(matches!(error, Error::Keys(_)) && !error.to_string().contains(secret), "{error}");
    }
    let twice = format!("01020304:{secret}\n01020304:{secret}");
    assert!(Keys::parse(&twice).unwrap_err().to_string().contains("two keys"));
    assert!(
        Keys::from_env("ORM_CRYPT_NO_SUCH_VARIABLE").unwrap_err().to_string().contains("ORM_CRYPT_NO_SUCH_VARIABLE")
    );
    assert!(Keys::from_file("/no/such/file").unwrap_err().to_string().contains("/no/such/file"));
    let shown = format!("{:?} {:?} {:?} {:?}", keys(), Key::new([65; 32]), cipher(), place());
    assert!(!shown.contains("65") && !shown.contains("AAAA") && shown.contains("01020304"), "{shown}");
}

#[test]
fn wrapped_keys_are_unwrapped_once() {
    let keys = Keys::unwrapped([(5, [1; 32].as_slice())], |wrapped| {
        Ok(wrapped.iter().map(|byte| byte ^ 0xFF).collect::<Vec<u8>>().into())
    });
    let sealed = Cipher::new(keys.unwrap()).seal(b"plain", &place()).unwrap();
    let same = Keys::new([(5, Key::new([0xFE; 32]))]).unwrap();
    assert_eq!(Cipher::new(same).open(&sealed, &place()).unwrap(), b"plain");
    let short = Keys::unwrapped([(5, [1; 3].as_slice())], |wrapped| Ok(wrapped.to_vec().into()));
    assert!(matches!(short, Err(Error::Keys(_))));
}

#[test]
fn an_index_is_equal_for_equal_values_of_a_place_and_as_long_as_asked() {
    let index = |plain: &[u8], bits, place: &Place| cipher().index(plain, bits, place).unwrap();
    assert_eq!(index(b"ada", 256, &place()), index(b"ada", 256, &place()));
    assert_ne!(index(b"ada", 256, &place()), index(b"bob", 256, &place()));
    assert_ne!(index(b"ada", 256, &place()), index(b"ada", 256, &Place::new("users", "ssn")));
    assert_eq!(
        (index(b"ada", 256, &place()).len(), index(b"ada", 12, &place()).len(), index(b"ada", 0, &place()).len()),
        (32, 2, 1)
    );
    let short = index(b"ada", 12, &place());
    assert_eq!(short[1] & 0x0F, 0);
    assert!(index(b"ada", 256, &place()).starts_with(&short[..1]));
}

#[test]
fn files_of_every_length_open() {
    const PIECE: usize = 64 * 1024;
    for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 17] {
        let plain: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let (mut sealed, mut opened) = (Vec::new(), Vec::new());
        assert_eq!(cipher().seal_stream(plain.as_slice(), &mut sealed, &place()).unwrap(), length as u64);
        assert_eq!(cipher().open_stream(sealed.as_slice(), &mut opened, &place()).unwrap(), length as u64);
        assert!(opened == plain, "{length}");
    }
}

#[test]
fn a_file_that_was_cut_off_or_put_together_anew_does_not_open() {
    const SEALED: usize = 64 * 1024 + 16;
    const HEADER: usize = 27;
    let plain = vec![1; 3 * 64 * 1024];
    let mut sealed = Vec::new();
    cipher().seal_stream(plain.as_slice(), &mut sealed, &place()).unwrap();
    let refused = |bytes: &[u8], place: &Place| cipher().open_stream(bytes, std::io::sink(), place).unwrap_err();
    assert_eq!(refused(&sealed[..HEADER + SEALED], &place()), Error::Refused);
    assert_eq!(refused(&sealed[..HEADER + 2 * SEALED], &place()), Error::Refused);
    assert_eq!(refused(&sealed[..HEADER], &place()), Error::Refused);
    assert_eq!(refused(&sealed[..HEADER - 1], &place()), Error::NotSealed);
    assert_eq!(refused(&sealed, &Place::new("users", "ssn")), Error::Refused);
    let (first, second) = (HEADER..HEADER + SEALED, HEADER + SEALED..HEADER + 2 * SEALED);
    let swapped = [&sealed[..HEADER], &sealed[second], &sealed[first], &sealed[HEADER + 2 * SEALED..]].concat();
    assert_eq!(refused(&swapped, &place()), Error::Refused);
    for at in 0..HEADER {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(cipher().open_stream(changed.as_slice(), std::io::sink(), &place()).is_err(), "byte {at}");
    }
}

/// The format of today is read for ever.
#[test]
fn values_that_were_sealed_before_open() {
    let known = KNOWN.map(|(algorithm, sealed)| (algorithm, hex(sealed)));
    for (algorithm, sealed) in known {
        assert_eq!(cipher().open(&sealed, &place()).unwrap(), b"known answer", "{algorithm:?}");
    }
    let deterministic = cipher().seal_deterministic(b"known answer", &place()).unwrap();
    assert_eq!(deterministic, hex(KNOWN[2].1));
    assert_eq!(cipher().index(b"known answer", 256, &place()).unwrap(), hex(KNOWN_INDEX));
}

const KNOWN: [(Algorithm, &str); 3] = [
    (
        Algorithm::XChaCha20Poly1305,
        "e101000102030433715d7f5e9fa546ceebec5e9d8aa1b306b70df3f6e59bce76c82f2a97817f527b2b5d65a1105275f98aca1a4696d8985440efc6",
    ),
    (
        Algorithm::Aes256Gcm,
        "e102000102030476e173185f63d411fc39b53983a32dcd64f0c463e5c0d583365573ce259c0984ef015b64bce0e062",
    ),
    (Algorithm::Aes256Siv, "e1030001020304ad4f62a057d1948a6813c03402323e3bfc4889ea8af924e28db35bc1"),
];
const KNOWN_INDEX: &str = "d5df8f7cd68625e74e385e3f457ac53aa3dcebffff06f94f61aab3b685b33731";

/// draft-irtf-cfrg-xchacha-03, A.3.1.
#[test]
fn xchacha20_poly1305_is_that_of_the_draft() {
    use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
    let key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    let nonce = hex("404142434445464748494a4b4c4d4e4f5051525354555657");
    let aad = hex("50515253c0c1c2c3c4c5c6c7");
    let plain = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let cipher = chacha20poly1305::XChaCha20Poly1305::new_from_slice(&key).unwrap();
    let nonce = nonce.as_slice().try_into().unwrap();
    let sealed = cipher.encrypt(nonce, Payload { msg: plain, aad: &aad }).unwrap();
    assert!(sealed.starts_with(&hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb")));
    assert!(sealed.ends_with(&hex("c0875924c1c7987947deafd8780acf49")));
}

/// RFC 5297, A.1, whose key is that of AES-128.
#[test]
fn aes_siv_is_that_of_the_rfc() {
    use aes_siv::KeyInit as _;
    let key = hex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    let aad = hex("101112131415161718191a1b1c1d1e1f2021222324252627");
    let mut siv = aes_siv::siv::Aes128Siv::new_from_slice(&key).unwrap();
    let sealed = siv.encrypt([aad.as_slice()], &hex("112233445566778899aabbccddee")).unwrap();
    assert_eq!(sealed, hex("85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"));
}

/// NIST's test case 16 for AES-256-GCM (McGrew and Viega, 2005).
#[test]
fn aes_gcm_is_that_of_its_specification() {
    use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
    let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    let nonce = hex("cafebabefacedbaddecaf888");
    let plain = hex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    let aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let cipher = aes_gcm::Aes256Gcm::new_from_slice(&key).unwrap();
    let sealed = cipher.encrypt(nonce.as_slice().try_into().unwrap(), Payload { msg: &plain, aad: &aad }).unwrap();
    assert!(sealed.starts_with(&hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa")));
    assert!(sealed.ends_with(&hex("76fc6ece0f4e1768cddf8853bb2d551b")));
}
