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
    /// A Sec-WebSocket-Accept that does not belong to the request's key, or none (RFC 6455 §4.2.2).
    BadAccept,
    /// A Sec-WebSocket-Key that is not 16 bytes in base 64 (RFC 6455 §4.1).
    BadKey,
    /// A parameter of permessage-deflate that is none or comes twice (RFC 7692 §7.1), or the extension itself twice.
    BadExtension,
    /// The answer to a request for WebSocket agrees to an extension, to parameters of it, or to a sub-protocol that the
    /// request does not offer (RFC 6455 §4.1, RFC 7692 §7.1).
    NotOffered,
    /// A reserved bit of a WebSocket frame that no extension has given a meaning (RFC 6455 §5.2).
    ReservedBits,
    /// A WebSocket frame of a kind that is not defined (RFC 6455 §5.2): stepped over.
    ReservedOpcode,
    /// A frame of the client that is not masked (RFC 6455 §5.3).
    Unmasked,
    /// A frame of the server that is masked (RFC 6455 §5.1).
    Masked,
    /// A control frame of more than 125 bytes, or not in one piece (RFC 6455 §5.5).
    BadControlFrame,
    /// A frame length in more bytes than it needs (RFC 6455 §5.2).
    LongLength,
    /// A frame length of more than 63 bits (RFC 6455 §5.2): where the next frame begins is not known.
    BadFrameLength,
    /// A continuation frame without a message to continue (RFC 6455 §5.4): stepped over.
    UnexpectedContinuation,
    /// A message without its last frame: another one begins (RFC 6455 §5.4).
    UnfinishedMessage,
    /// A Close code that must not be sent, or half a one (RFC 6455 §7.4).
    BadCloseCode,
    /// A text, or the reason of a Close, that is not UTF-8 (RFC 6455 §8.1).
    BadUtf8,
    /// A WebSocket message behind a Close of the same peer (RFC 6455 §5.5.1).
    DataAfterClose,
    /// Content that does not decode.
    BadEncoding,
    /// A compressed message that cannot be read, since bytes are missing that it refers to, or that uses an extension that
    /// is not known.
    Unreadable,
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
            Anomaly::BadAccept => "bad_accept",
            Anomaly::BadKey => "bad_key",
            Anomaly::BadExtension => "bad_extension",
            Anomaly::NotOffered => "not_offered",
            Anomaly::ReservedBits => "reserved_bits",
            Anomaly::ReservedOpcode => "reserved_opcode",
            Anomaly::Unmasked => "unmasked",
            Anomaly::Masked => "masked",
            Anomaly::BadControlFrame => "bad_control_frame",
            Anomaly::LongLength => "long_length",
            Anomaly::BadFrameLength => "bad_frame_length",
            Anomaly::UnexpectedContinuation => "unexpected_continuation",
            Anomaly::UnfinishedMessage => "unfinished_message",
            Anomaly::BadCloseCode => "bad_close_code",
            Anomaly::BadUtf8 => "bad_utf8",
            Anomaly::DataAfterClose => "data_after_close",
            Anomaly::BadEncoding => "bad_encoding",
            Anomaly::Unreadable => "unreadable",
        }
    }

    /// The code under which the anomaly counts as an error of its message, `None` where a tolerant
    /// recipient takes the message all the same.
    pub fn error(self) -> Option<&'static str> {
        match self {
            Anomaly::ObsFold | Anomaly::BareLf | Anomaly::Http09 | Anomaly::Icy | Anomaly::Http2Preface => {
                None
            }
            Anomaly::Unmasked | Anomaly::Masked | Anomaly::LongLength | Anomaly::BadKey => None,
            Anomaly::SpaceBeforeColon | Anomaly::Nul => Some("bad_header"),
            Anomaly::BadExtension | Anomaly::NotOffered => Some("bad_header"),
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
