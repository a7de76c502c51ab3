//! What a strict parser would reject, and what was missing.

use std::fmt;

/// Something odd that parsing survived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Anomaly {
    /// Bytes of the message are missing from the capture.
    Gap,
    /// The message was cut by the end of the connection or of the capture.
    Truncated,
    /// A line that names HTTP where a message should start, but is no start line (RFC 9112 §3, §4).
    BadStartLine,
    /// Bytes that are no HTTP where a message should start.
    UnexpectedData,
    /// A field line without a colon, or with a name that is no token (RFC 9112 §5).
    BadHeader,
    /// White space between field name and colon (RFC 9112 §5.1).
    SpaceBeforeColon,
    /// A folded field value (RFC 9112 §5.2).
    ObsFold,
    /// A line of the head ends with a bare LF (RFC 9112 §2.2).
    BareLf,
    /// A NUL byte in the head (RFC 9110 §5.5).
    Nul,
    /// A chunk-size line that is none, or chunk data without its line end (RFC 9112 §7.1).
    BadChunk,
    /// A Content-Length that is no number (RFC 9112 §6.3).
    BadLength,
    /// Content-Length values that differ; the first one counts.
    ConflictingLength,
    /// Transfer-Encoding and Content-Length in one message; the first rules (RFC 9112 §6.1).
    TransferEncodingWithLength,
    /// A configured limit was reached.
    Limit,
    /// An HTTP/0.9 request: a line without a version. Not decoded.
    Http09,
    /// An `ICY` status line. Not decoded.
    Icy,
    /// The HTTP/2 connection preface. Not decoded.
    Http2Preface,
}

impl Anomaly {
    /// The anomaly's own name.
    pub fn code(self) -> &'static str {
        match self {
            Anomaly::Gap => "gap",
            Anomaly::Truncated => "truncated",
            Anomaly::BadStartLine => "bad_start_line",
            Anomaly::UnexpectedData => "unexpected_data",
            Anomaly::BadHeader => "bad_header",
            Anomaly::SpaceBeforeColon => "space_before_colon",
            Anomaly::ObsFold => "obs_fold",
            Anomaly::BareLf => "bare_lf",
            Anomaly::Nul => "nul",
            Anomaly::BadChunk => "bad_chunk",
            Anomaly::BadLength => "bad_length",
            Anomaly::ConflictingLength => "conflicting_length",
            Anomaly::TransferEncodingWithLength => "transfer_encoding_with_length",
            Anomaly::Limit => "limit",
            Anomaly::Http09 => "http_0_9",
            Anomaly::Icy => "icy",
            Anomaly::Http2Preface => "http2_preface",
        }
    }

    /// The code under which the anomaly counts as an error of its message, `None` where a tolerant
    /// recipient takes the message all the same.
    pub fn error(self) -> Option<&'static str> {
        match self {
            Anomaly::ObsFold | Anomaly::BareLf | Anomaly::Http09 | Anomaly::Icy | Anomaly::Http2Preface => {
                None
            }
            Anomaly::SpaceBeforeColon | Anomaly::Nul => Some("bad_header"),
            Anomaly::TransferEncodingWithLength => Some("conflicting_length"),
            other => Some(other.code()),
        }
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
