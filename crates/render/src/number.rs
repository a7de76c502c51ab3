//! Numbers and addresses without the machinery of `fmt`: they are on every line.

use std::net::{Ipv4Addr, Ipv6Addr};

const fn octets() -> [([u8; 3], u8); 256] {
    let mut table = [([b'0'; 3], 0); 256];
    let mut rest: &mut [([u8; 3], u8)] = &mut table;
    let mut n = 0u16;
    while let Some((entry, after)) = rest.split_first_mut() {
        let (hundreds, tens, ones) =
            ((n / 100) as u8 + b'0', (n / 10 % 10) as u8 + b'0', (n % 10) as u8 + b'0');
        *entry = match n {
            0..10 => ([ones, 0, 0], 1),
            10..100 => ([tens, ones, 0], 2),
            _ => ([hundreds, tens, ones], 3),
        };
        n += 1;
        rest = after;
    }
    table
}

const fn hex_pairs() -> [[u8; 2]; 256] {
    const fn digit(n: u8) -> u8 {
        if n < 10 { b'0' + n } else { b'a' + n - 10 }
    }
    let mut table = [[0; 2]; 256];
    let mut rest: &mut [[u8; 2]] = &mut table;
    let mut n = 0u16;
    while let Some((entry, after)) = rest.split_first_mut() {
        *entry = [digit((n >> 4) as u8), digit((n & 0xf) as u8)];
        n += 1;
        rest = after;
    }
    table
}

/// The decimal digits of each octet and how many they are.
static OCTETS: [([u8; 3], u8); 256] = octets();
static HEX: [[u8; 2]; 256] = hex_pairs();

/// The two hexadecimal digits of a byte.
pub(crate) fn hex_pair(byte: u8) -> [u8; 2] {
    HEX.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Appends a number in decimal.
#[inline]
pub fn decimal(out: &mut Vec<u8>, number: u64) {
    match u32::try_from(number) {
        Ok(number) => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
        Err(_) => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
    }
}

/// Appends the lowest `width` (at most 20) decimal digits of a number, zeros in front.
pub fn padded(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    for digit in digits.iter_mut().rev().take(width) {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out.extend_from_slice(digits.get(20usize.saturating_sub(width)..).unwrap_or_default());
}

/// Appends `0x` and at least `width` hexadecimal digits.
pub(crate) fn hex(out: &mut Vec<u8>, number: u64, width: usize) {
    let digits = (64 - number.leading_zeros()).div_ceil(4).max(1) as usize;
    out.extend_from_slice(b"0x");
    for place in (0..digits.max(width)).rev() {
        let [_, low] = hex_pair((number >> (4 * place).min(63) & 0xf) as u8);
        out.push(if place < 16 { low } else { b'0' });
    }
}

/// Appends bytes as hexadecimal digits.
pub(crate) fn hex_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        out.extend_from_slice(&hex_pair(byte));
    }
}

/// Appends `192.0.2.1`.
#[inline]
pub fn ipv4(out: &mut Vec<u8>, address: Ipv4Addr) {
    // Built in place: one write of at most 15 bytes.
    let mut text = [b'.'; 16];
    let mut at = 0;
    for octet in address.octets() {
        let Some((digits, len)) = OCTETS.get(usize::from(octet)) else { continue };
        if let Some(place) = text.get_mut(at..at + 3) {
            place.copy_from_slice(digits);
        }
        at += usize::from(*len);
        if let Some(place) = text.get_mut(at) {
            *place = b'.';
        }
        at += 1;
    }
    out.extend_from_slice(text.get(..at - 1).unwrap_or_default());
}

/// Appends an IPv6 address as RFC 5952 has it.
pub(crate) fn ipv6(out: &mut Vec<u8>, address: Ipv6Addr) {
    use std::io::Write;
    if address.to_ipv4_mapped().is_some() {
        let _ = write!(out, "{address}");
        return;
    }
    let groups = address.segments();
    // The first of the longest runs of at least two zero groups.
    let (mut best, mut best_len, mut run) = (8, 1, 0);
    for (index, &group) in groups.iter().enumerate() {
        run = if group == 0 { run + 1 } else { 0 };
        if run > best_len {
            (best, best_len) = (index + 1 - run, run);
        }
    }
    for (index, &group) in groups.iter().enumerate() {
        if index >= best && index < best + best_len && best < 8 {
            if index == best {
                out.extend_from_slice(b"::");
            }
            continue;
        }
        if index != 0 && index != best + best_len {
            out.push(b':');
        }
        let digits = (16 - group.leading_zeros()).div_ceil(4).max(1);
        for place in (0..digits).rev() {
            let [_, low] = hex_pair((group >> (4 * place) & 0xf) as u8);
            out.push(low);
        }
    }
}

/// Appends `02:00:00:00:00:01`.
#[inline]
pub(crate) fn mac(out: &mut Vec<u8>, address: [u8; 6]) {
    let mut text = [b':'; 18];
    let (places, _) = text.as_chunks_mut::<3>();
    for (place, byte) in places.iter_mut().zip(address) {
        let [high, low] = hex_pair(byte);
        *place = [high, low, b':'];
    }
    out.extend_from_slice(text.get(..17).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers() {
        assert_eq!(text(|out| decimal(out, u64::MAX)), u64::MAX.to_string());
        assert_eq!(text(|out| padded(out, 7, 3)), "007");
        assert_eq!(text(|out| hex(out, 0x800, 4)), "0x0800");
        assert_eq!(text(|out| hex(out, u64::MAX, 2)), "0xffffffffffffffff");
        assert_eq!(text(|out| hex(out, 0, 0)), "0x0");
        assert_eq!(text(|out| mac(out, [0, 1, 0xab, 3, 4, 0xff])), "00:01:ab:03:04:ff");
    }

    #[test]
    fn addresses_as_the_standard_library_writes_them() {
        let mut state = 1u64;
        for step in 0..20_000u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
            let four = Ipv4Addr::from((state >> 32) as u32);
            assert_eq!(text(|out| ipv4(out, four)), four.to_string());
            // Groups that are zero half of the time.
            let mut groups = [0u16; 8];
            for (index, group) in groups.iter_mut().enumerate() {
                if state >> (index + 40) & 1 == 1 {
                    *group = (state >> (index * 3)) as u16 >> (state >> 60);
                }
            }
            let six = Ipv6Addr::from(groups);
            assert_eq!(text(|out| ipv6(out, six)), six.to_string());
        }
    }
}
