//! QR codes as paths of SVG: the page draws them as they are, with no image to load and no style of its own.

use std::fmt::Write as _;

use latchkey_types::second_factor::QrCode;

/// Modules of white that belong round a code (ISO/IEC 18004 §6.3.8).
const QUIET: i32 = 4;

/// The QR code of a text; `None` if it is too long for one. Black modules beside each other are one rectangle.
#[must_use]
pub fn draw(text: &str) -> Option<QrCode> {
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Low).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let start = x;
            while code.get_module(x, y) {
                x += 1;
            }
            let width = x - start;
            if width > 0 {
                let (left, top) = (start + QUIET, y + QUIET);
                // Writing into a String can't fail.
                let _ = write!(path, "M{left} {top}h{width}v1h-{width}z");
            }
            x += 1;
        }
    }
    let size = u32::try_from(code.size() + 2 * QUIET).ok()?;
    Some(QrCode { size, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rectangles of a path: left, top and width.
    fn rectangles(path: &str) -> Vec<(usize, usize, usize)> {
        let parts = path.split('z').filter(|part| !part.is_empty());
        parts
            .map(|part| {
                let part = part.strip_prefix('M').unwrap();
                let (place, rest) = part.split_once('h').unwrap();
                let (left, top) = place.split_once(' ').unwrap();
                let (width, back) = rest.split_once("v1h-").unwrap();
                assert_eq!(width, back, "a rectangle is closed");
                let number = |text: &str| text.parse().unwrap();
                (number(left), number(top), number(width))
            })
            .collect()
    }

    #[test]
    fn a_path_has_the_modules_of_the_code_within_its_quiet_zone() {
        let text = "otpauth://totp/Latchkey:ada@example.com?secret=ABC&issuer=Latchkey";
        let drawn = draw(text).unwrap();
        let size = drawn.size as usize;
        let mut black = vec![vec![false; size]; size];
        for (left, top, width) in rectangles(&drawn.path) {
            for is_black in &mut black[top][left..left + width] {
                assert!(!*is_black, "no module is drawn twice");
                *is_black = true;
            }
        }
        let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Low).unwrap();
        for (y, row) in black.iter().enumerate() {
            for (x, is_black) in row.iter().enumerate() {
                let place = |at: usize| i32::try_from(at).unwrap() - QUIET;
                assert_eq!(*is_black, code.get_module(place(x), place(y)), "{x} {y}");
            }
        }
    }

    #[test]
    fn a_text_that_is_too_long_has_no_code() {
        assert!(draw(&"é".repeat(2000)).is_none());
    }
}
