//! How long an RSA key is, read from its DER (X.690) without any of the rest.

/// The bits of the modulus in a SubjectPublicKeyInfo (RFC 5280), or in a bare RSAPublicKey (RFC 8017).
pub(super) fn rsa_bits(key: &[u8]) -> Option<usize> {
    let (inside, rest) = take(key, 0x30)?;
    if !rest.is_empty() {
        return None;
    }
    let numbers = match inside.first()? {
        0x02 => inside,
        _ => {
            let (_algorithm, after) = take(inside, 0x30)?;
            let (bits, rest) = take(after, 0x03)?;
            // How many bits at the end are unused comes first; it is none.
            let bits = bits.strip_prefix(&[0])?;
            rest.is_empty().then(|| take(bits, 0x30))??.0
        }
    };
    let (modulus, after) = take(numbers, 0x02)?;
    let _exponent = take(after, 0x02)?;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let first = modulus.get(zeros)?;
    Some((modulus.len() - zeros) * 8 - first.leading_zeros() as usize)
}

/// The content of the element that comes first, and what comes after it.
fn take(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let rest = der.strip_prefix(&[tag])?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // Two bytes can say 65535, which is more than DNS carries.
        0x81 | 0x82 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::rsa_bits;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut der = vec![tag];
        match content.len() {
            0..=0x7f => der.push(content.len() as u8),
            0x80..=0xff => der.extend([0x81, content.len() as u8]),
            length => der.extend([0x82, (length >> 8) as u8, length as u8]),
        }
        der.extend(content);
        der
    }

    /// A key of so many bits, which nobody could sign with.
    pub(in crate::dns_records) fn key(bits: usize) -> Vec<u8> {
        let mut modulus = vec![0];
        modulus.extend(vec![0xff; bits.div_ceil(8)]);
        modulus[1] = 0xff >> (bits.div_ceil(8) * 8 - bits);
        let numbers = element(0x30, &[element(0x02, &modulus), element(0x02, &[1, 0, 1])].concat());
        let algorithm = element(0x30, &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0]);
        let bits = element(0x03, &[&[0], &numbers[..]].concat());
        element(0x30, &[algorithm, bits].concat())
    }

    #[test]
    fn the_length_of_a_key_is_its_modulus() {
        for bits in [512, 768, 1023, 1024, 2047, 2048, 4096] {
            assert_eq!(rsa_bits(&key(bits)), Some(bits));
        }
        assert_eq!(rsa_bits(&[]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0..290_usize, byte: u8) {
            let _ = rsa_bits(&bytes);
            let mut broken = key(2048);
            broken[at] = byte;
            let _ = rsa_bits(&broken);
            let _ = rsa_bits(&broken[..at]);
        }
    }
}
