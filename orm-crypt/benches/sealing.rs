//! Time to encrypt and decrypt 100 bytes, by algorithm: `cargo bench -p orm-crypt`. Reports the fastest of many rounds, which is least
//! affected by other processes.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a program to read the output of

use std::hint::black_box;
use std::time::Instant;

use orm_crypt::{Algorithm, Cipher, Keys, Place};

fn least(mut operation: impl FnMut()) -> f64 {
    let mut least = f64::MAX;
    for _ in 0..50 {
        let started = Instant::now();
        for _ in 0..1000 {
            operation();
        }
        least = least.min(started.elapsed().as_secs_f64() * 1e3);
    }
    least
}

fn main() {
    let cipher = Cipher::new(Keys::generate().unwrap());
    let place = Place::new("patients", "diagnosis");
    let plain = [7_u8; 100];
    for algorithm in [Algorithm::XChaCha20Poly1305, Algorithm::Aes256Gcm, Algorithm::Aes256Siv] {
        let sealed = cipher.seal_by(algorithm, &plain, &place).unwrap();
        let seal = least(|| drop(black_box(cipher.seal_by(algorithm, black_box(&plain), &place).unwrap())));
        let open = least(|| drop(black_box(cipher.open(black_box(&sealed), &place).unwrap())));
        println!("{algorithm:?}: seal {seal:.2} µs, open {open:.2} µs");
    }
    let index = least(|| drop(black_box(cipher.index(black_box(&plain), 256, &place).unwrap())));
    println!("blind index: {index:.2} µs");
}
