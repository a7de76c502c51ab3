//! JSON with line breaks, its tokens untouched: numbers, escapes and the order of members stay as they were sent.

use std::fmt;

/// The content is no JSON (RFC 8259); show it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonError {
    /// A byte that may not stand there, at this offset.
    Unexpected(u64),
    /// More than [`Indenter::DEEPEST`] arrays and objects in each other.
    TooDeep,
    /// It ends within a value.
    Incomplete,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonError::Unexpected(at) => write!(f, "no JSON at byte {at}"),
            JsonError::TooDeep => write!(f, "nested deeper than {}", Indenter::DEEPEST),
            JsonError::Incomplete => f.write_str("the JSON breaks off"),
        }
    }
}

impl std::error::Error for JsonError {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// A value at the top, or the end.
    Top,
    Value,
    /// Behind `[`.
    ValueOrEnd,
    Key,
    /// Behind `{`.
    KeyOrEnd,
    Colon,
    /// Behind a value.
    CommaOrEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    None,
    /// `escape`: hexadecimal digits still to come, or 5 behind a backslash.
    String {
        is_key: bool,
        escape: u8,
    },
    Number(Number),
    /// What is left of `true`, `false` or `null`.
    Literal(&'static [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    E,
    Sign,
    Exponent,
}

impl Number {
    fn first(byte: u8) -> Option<Self> {
        match byte {
            b'-' => Some(Number::Minus),
            b'0' => Some(Number::Zero),
            b'1'..=b'9' => Some(Number::Integer),
            _ => None,
        }
    }

    /// `None` where the number cannot go on with `byte`.
    fn next(self, byte: u8) -> Option<Self> {
        use Number as N;
        Some(match (self, byte) {
            (N::Minus, b'0') => N::Zero,
            (N::Minus, b'1'..=b'9') | (N::Integer, b'0'..=b'9') => N::Integer,
            (N::Zero | N::Integer, b'.') => N::Point,
            (N::Point | N::Fraction, b'0'..=b'9') => N::Fraction,
            (N::Zero | N::Integer | N::Fraction, b'e' | b'E') => N::E,
            (N::E, b'+' | b'-') => N::Sign,
            (N::E | N::Sign | N::Exponent, b'0'..=b'9') => N::Exponent,
            _ => return None,
        })
    }

    fn may_end(self) -> bool {
        matches!(self, Number::Zero | Number::Integer | Number::Fraction | Number::Exponent)
    }
}

/// Lays JSON out piece by piece: the same output for any cut of the input. Checks the grammar of RFC 8259, but not that
/// strings are UTF-8. Several values, with or without white space between, are one a line.
///
/// What is appended is at most 35 times as long as the input: indentation stops growing at [`WIDEST`](Self::WIDEST).
#[derive(Clone, Debug)]
pub struct Indenter {
    /// Open containers, true for objects.
    stack: Vec<bool>,
    expect: Expect,
    token: Token,
    any: bool,
    at: u64,
}

impl Default for Indenter {
    fn default() -> Self {
        Self::new()
    }
}

impl Indenter {
    /// Containers that may be open at once.
    pub const DEEPEST: usize = 512;
    /// Deeper levels are not indented further.
    pub const WIDEST: usize = 16;

    /// Ready for the first byte.
    pub fn new() -> Self {
        Self { stack: Vec::new(), expect: Expect::Top, token: Token::None, any: false, at: 0 }
    }

    /// Takes the next bytes and appends their layout, two spaces a level.
    ///
    /// # Errors
    /// [`JsonError::Unexpected`], [`JsonError::TooDeep`]: what was appended so far should not be shown.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
        for &byte in bytes {
            self.byte(byte, out)?;
            self.at += 1;
        }
        Ok(())
    }

    /// The content is over.
    ///
    /// # Errors
    /// [`JsonError::Incomplete`]: what was appended is right as far as it goes.
    pub fn finish(&self) -> Result<(), JsonError> {
        let in_token = match self.token {
            Token::None => false,
            Token::Number(number) => !number.may_end(),
            Token::String { .. } | Token::Literal(_) => true,
        };
        let whole = self.stack.is_empty() && self.any && !in_token;
        if whole { Ok(()) } else { Err(JsonError::Incomplete) }
    }

    fn unexpected<T>(&self) -> Result<T, JsonError> {
        Err(JsonError::Unexpected(self.at))
    }

    fn new_line(&self, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', 2 * self.stack.len().min(Self::WIDEST)));
    }

    fn value_over(&mut self) {
        self.token = Token::None;
        self.expect = if self.stack.is_empty() { Expect::Top } else { Expect::CommaOrEnd };
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), JsonError> {
        match self.token {
            Token::None => return self.outside(byte, out),
            Token::String { is_key, escape } => {
                let escape = match (escape, byte) {
                    (0, b'"') => {
                        out.push(byte);
                        if is_key {
                            self.token = Token::None;
                            self.expect = Expect::Colon;
                        } else {
                            self.value_over();
                        }
                        return Ok(());
                    }
                    (0, b'\\') => 5,
                    (0, 0..0x20) => return self.unexpected(),
                    (0, _) => 0,
                    (5, b'u') => 4,
                    (5, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
                    (1..=4, digit) if digit.is_ascii_hexdigit() => escape - 1,
                    _ => return self.unexpected(),
                };
                self.token = Token::String { is_key, escape };
            }
            Token::Number(number) => match number.next(byte) {
                Some(next) => self.token = Token::Number(next),
                None if number.may_end() => {
                    self.value_over();
                    return self.outside(byte, out);
                }
                None => return self.unexpected(),
            },
            Token::Literal(rest) => match rest.split_first() {
                Some((&first, [])) if first == byte => self.value_over(),
                Some((&first, rest)) if first == byte => self.token = Token::Literal(rest),
                _ => return self.unexpected(),
            },
        }
        out.push(byte);
        Ok(())
    }

    fn outside(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), JsonError> {
        match (byte, self.expect) {
            (b' ' | b'\t' | b'\n' | b'\r', _) => Ok(()),
            (b',', Expect::CommaOrEnd) => {
                out.push(byte);
                self.expect = if self.stack.last() == Some(&true) { Expect::Key } else { Expect::Value };
                Ok(())
            }
            (b':', Expect::Colon) => {
                out.extend_from_slice(b": ");
                self.expect = Expect::Value;
                Ok(())
            }
            (b'"', Expect::Key | Expect::KeyOrEnd) => {
                self.new_line(out);
                out.push(byte);
                self.token = Token::String { is_key: true, escape: 0 };
                Ok(())
            }
            (b']', Expect::ValueOrEnd) | (b'}', Expect::KeyOrEnd) => {
                self.stack.pop();
                out.push(byte);
                self.value_over();
                Ok(())
            }
            (b']' | b'}', Expect::CommaOrEnd) if self.stack.last() == Some(&(byte == b'}')) => {
                self.stack.pop();
                self.new_line(out);
                out.push(byte);
                self.value_over();
                Ok(())
            }
            (_, Expect::Top | Expect::Value | Expect::ValueOrEnd) => self.value(byte, out),
            _ => self.unexpected(),
        }
    }

    fn value(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let in_array = self.stack.last() == Some(&false);
        if in_array || self.stack.is_empty() && self.any {
            self.new_line(out);
        }
        self.any = true;
        match byte {
            b'{' | b'[' => {
                if self.stack.len() == Self::DEEPEST {
                    return Err(JsonError::TooDeep);
                }
                self.stack.push(byte == b'{');
                self.expect = if byte == b'{' { Expect::KeyOrEnd } else { Expect::ValueOrEnd };
            }
            b'"' => self.token = Token::String { is_key: false, escape: 0 },
            b't' => self.token = Token::Literal(b"rue"),
            b'f' => self.token = Token::Literal(b"alse"),
            b'n' => self.token = Token::Literal(b"ull"),
            _ => match Number::first(byte) {
                Some(number) => self.token = Token::Number(number),
                None => return self.unexpected(),
            },
        }
        out.push(byte);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pretty(content: &[u8]) -> Result<String, JsonError> {
        let mut out = Vec::new();
        let mut indenter = Indenter::new();
        indenter.push(content, &mut out)?;
        indenter.finish()?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn tokens_stay_as_they_are() {
        let got = pretty(br#" {"b":1.50e+3, "a":[ ],"a":{},"n":[-0,"\u00e9\"\\",true,null,{"x":false}]} "#);
        let want = "{\n  \"b\": 1.50e+3,\n  \"a\": [],\n  \"a\": {},\n  \"n\": [\n    -0,\n    \"\\u00e9\\\"\\\\\",\n    true,\n    null,\n    {\n      \"x\": false\n    }\n  ]\n}";
        assert_eq!(got.unwrap(), want);
        assert_eq!(pretty(b"12345678901234567890.10").unwrap(), "12345678901234567890.10");
        assert_eq!(pretty(b"{\"a\":1}\n{\"a\":2}\n").unwrap(), "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}");
    }

    #[test]
    fn what_is_no_json_is_told() {
        for wrong in [
            "{a:1}",
            "[1,]",
            "{\"a\":1,}",
            "[1 2]",
            "01x",
            "1.",
            "1.x",
            "tru e",
            "\"\\x\"",
            "\"a\nb\"",
            "[}",
            "{]",
            "]",
            "{\"a\"}",
            "{\"a\":}",
            "nul",
            "",
            " ",
            "[",
            "\"",
            "-",
            "+1",
            "{\"a\":1",
            "'a'",
            "\"\\u12g4\"",
        ] {
            assert!(pretty(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert_eq!(pretty("[".repeat(513).as_bytes()), Err(JsonError::TooDeep));
        assert_eq!(pretty(b"[1, x]"), Err(JsonError::Unexpected(4)));
    }

    #[test]
    fn output_is_bounded() {
        let mut worst = "[".repeat(511);
        worst += &"[],".repeat(50_000);
        let mut out = Vec::new();
        Indenter::new().push(worst.as_bytes(), &mut out).unwrap();
        assert!(out.len() <= 35 * worst.len(), "{} from {}", out.len(), worst.len());
    }
}
