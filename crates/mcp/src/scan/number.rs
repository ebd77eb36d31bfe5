//! The grammar of a number (RFC 8259 §6), byte by byte.

/// How far a number has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// After the minus: a digit has to follow.
    Minus,
    /// After a leading zero: no other digit may follow.
    Zero,
    /// In the digits before a point.
    Whole,
    /// After the point: a digit has to follow.
    Point,
    /// In the digits after the point.
    Fraction,
    /// After the `e`: a sign or a digit has to follow.
    Exponent,
    /// After the exponent's sign: a digit has to follow.
    Sign,
    /// In the exponent's digits.
    Power,
}

impl Number {
    /// Where a number that begins with this byte stands; None if none does.
    pub(super) fn begin(byte: u8) -> Option<Self> {
        match byte {
            b'-' => Some(Self::Minus),
            b'0' => Some(Self::Zero),
            b'1'..=b'9' => Some(Self::Whole),
            _ => None,
        }
    }

    /// Where it stands after this byte; None if the byte is no part of it.
    pub(super) fn next(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Minus, b'0') => Some(Self::Zero),
            (Self::Minus, b'1'..=b'9') | (Self::Whole, b'0'..=b'9') => Some(Self::Whole),
            (Self::Zero | Self::Whole, b'.') => Some(Self::Point),
            (Self::Point | Self::Fraction, b'0'..=b'9') => Some(Self::Fraction),
            (Self::Zero | Self::Whole | Self::Fraction, b'e' | b'E') => Some(Self::Exponent),
            (Self::Exponent, b'+' | b'-') => Some(Self::Sign),
            (Self::Exponent | Self::Sign | Self::Power, b'0'..=b'9') => Some(Self::Power),
            _ => None,
        }
    }

    /// Whether it may end here.
    pub(super) fn is_whole(self) -> bool {
        matches!(
            self,
            Self::Zero | Self::Whole | Self::Fraction | Self::Power
        )
    }

    /// Whether it has neither fraction nor exponent.
    pub(super) fn is_integer(self) -> bool {
        matches!(self, Self::Zero | Self::Whole)
    }
}
