//! What a strict parser would reject, and what was missing.

mod set;

use std::fmt;

pub use set::Anomalies;

/// Who treats an anomaly as an error in [`Mode::Strict`](crate::Mode::Strict).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rejected {
    /// Nobody: the RFCs allow it, leave it to the recipient's purpose, or it is not the sender's doing.
    Never,
    /// Recipients of requests only.
    InRequests,
    Always,
}

/// The closed list: variant, code, error of the message, who rejects it, section, meaning.
macro_rules! anomalies {
    ($($variant:ident $code:literal $error:tt $rejected:ident $section:literal $meaning:literal)*) => {
        /// Something odd that parsing survived; the list is closed. Each has a [`code`](Self::code), a
        /// [`section`](Self::section) of the RFC that says so, and a [`meaning`](Self::meaning).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Anomaly {
            $(#[doc = $meaning] #[doc = ""] #[doc = concat!("`", $code, "` ", $section)] $variant,)*
        }

        impl Anomaly {
            /// All of them, in the order of the enum.
            pub const ALL: &'static [Anomaly] = &[$(Anomaly::$variant),*];

            /// The anomaly's own name.
            pub fn code(self) -> &'static str {
                match self { $(Anomaly::$variant => $code,)* }
            }

            /// Where the RFCs speak of it, as in `RFC 9112 §6.3`; empty for what is no fault of the sender.
            pub fn section(self) -> &'static str {
                match self { $(Anomaly::$variant => $section,)* }
            }

            /// What it means, in a sentence without its full stop.
            pub fn meaning(self) -> &'static str {
                match self { $(Anomaly::$variant => $meaning,)* }
            }

            /// The code under which the anomaly counts as an error of its message, `None` where a tolerant
            /// recipient takes the message all the same.
            pub fn error(self) -> Option<&'static str> {
                match self { $(Anomaly::$variant => anomalies!(@error $code $error),)* }
            }

            fn rejected(self) -> Rejected {
                match self { $(Anomaly::$variant => Rejected::$rejected,)* }
            }
        }
    };
    (@error $code:literal itself) => { Some($code) };
    (@error $code:literal none) => { None };
    (@error $code:literal $error:literal) => { Some($error) };
}

anomalies! {
    // What is not the sender's doing.
    Gap "gap" itself Never "" "bytes of the message are missing from the capture"
    Truncated "truncated" itself Never "" "the message was cut by the end of the connection or of the capture"
    Limit "limit" itself Never "" "a configured limit was reached"

    // Where a message should start.
    BadStartLine "bad_start_line" itself Always "RFC 9112 §3, §4" "a line that names HTTP where a message should start, but is no start line"
    BadVersion "bad_version" "bad_start_line" Always "RFC 9112 §2.3" "a start line whose version is not HTTP/1 with one digit behind the dot"
    BadStatus "bad_status" "bad_start_line" Always "RFC 9112 §4" "a status line whose code is not three digits, or is followed by anything but a space"
    UnexpectedData "unexpected_data" itself Always "RFC 9112 §2.1" "bytes that are no HTTP where a message should start, at the beginning or behind a message"
    ForbiddenBody "forbidden_body" "unexpected_data" Always "RFC 9112 §6.3" "bytes that are no HTTP behind an answer that has no body, though it told a length (204, 304, to HEAD)"
    DataAfterConnectionClose "data_after_connection_close" none Always "RFC 9112 §9.6" "a message behind one that said it was the sender's last one"
    Http09 "http_0_9" none Always "RFC 9112 §2.3" "an HTTP/0.9 request: a line without a version; not decoded"
    Icy "icy" none Always "RFC 9112 §4" "an ICY status line; not decoded"
    Rtsp "rtsp" none Never "RFC 7826 §19" "an RTSP message, which is none of HTTP; not decoded"
    Ice "ice" none Never "RFC 9112 §2.3" "a SOURCE request of an ICE stream, which is none of HTTP; not decoded"
    Http2Preface "http2_preface" none Always "RFC 9113 §3.4" "the HTTP/2 connection preface; not decoded"
    EmptyLine "empty_line" none Never "RFC 9112 §2.2" "empty lines before a start line"

    // Start lines.
    StartLineSpace "start_line_space" none Always "RFC 9112 §3, §4" "white space in a start line other than one space between its parts"
    SpaceInTarget "space_in_target" none Always "RFC 9112 §3.2" "white space within the request target"
    BadTarget "bad_target" none Always "RFC 9112 §3.2" "a control byte in the request target"
    TargetNotAscii "target_not_ascii" none Never "RFC 3986 §2" "bytes above 0x7f in the request target"
    TargetForm "target_form" none Always "RFC 9112 §3.2" "a request target of none of the four forms, or of one that its method does not have"

    // Lines and bytes of a head, a trailer section, or chunk framing.
    BareLf "bare_lf" none Always "RFC 9112 §2.2" "a line ends with a LF without its CR"
    BareCr "bare_cr" none Always "RFC 9112 §2.2" "a CR that no LF follows"
    Nul "nul" "bad_header" Always "RFC 9110 §5.5" "a NUL in the head"
    ControlByte "control_byte" none Always "RFC 9110 §5.5" "a control byte in a reason phrase or field value, or in a line where a field should be"
    MissingColon "missing_colon" "bad_header" Always "RFC 9112 §5" "a field line without a colon"
    EmptyFieldName "empty_field_name" "bad_header" Always "RFC 9112 §5" "a field line without a name"
    BadFieldName "bad_field_name" "bad_header" Always "RFC 9110 §5.1" "a field name that is no token"
    SpaceBeforeColon "space_before_colon" "bad_header" Always "RFC 9112 §5.1" "white space between a field name and its colon"
    SpaceBeforeField "space_before_field" "bad_header" Always "RFC 9112 §2.2" "white space between the start line and the first field"
    ObsFold "obs_fold" none Always "RFC 9112 §5.2" "a field value folded over several lines"

    // Framing.
    BadLength "bad_length" itself Always "RFC 9112 §6.3" "a Content-Length that is no number"
    UnsentBody "unsent_body" itself Always "RFC 9110 §10.1.1" "a request that expected 100-continue and was refused, and the next request where its body should be"
    ConflictingLength "conflicting_length" itself Always "RFC 9112 §6.3" "Content-Length values that differ; the first one counts"
    DuplicateLength "duplicate_length" none Always "RFC 9110 §8.6" "several Content-Length fields with the same value"
    LengthList "length_list" none Always "RFC 9110 §8.6" "a Content-Length that repeats its number in a list"
    TransferEncodingWithLength "transfer_encoding_with_length" "conflicting_length" Always "RFC 9112 §6.1" "Transfer-Encoding and Content-Length in one message"
    ChunkedNotLast "chunked_not_last" none InRequests "RFC 9112 §6.3" "a Transfer-Encoding that names chunked, but not as its last coding; in a request, one whose last coding is not chunked"
    ChunkedTwice "chunked_twice" none Always "RFC 9112 §6.1" "chunked more than once in Transfer-Encoding"
    UnknownTransferCoding "unknown_transfer_coding" none InRequests "RFC 9112 §6.1" "a transfer coding that is not registered"
    BadTransferEncoding "bad_transfer_encoding" none InRequests "RFC 9112 §6.1" "a Transfer-Encoding that is no list of codings, or that gives chunked parameters"
    TransferEncodingInHttp10 "transfer_encoding_in_http_1_0" none Always "RFC 9112 §6.1" "Transfer-Encoding in an HTTP/1.0 message"
    FramingWithoutBody "framing_without_body" none Never "RFC 9112 §6.1, RFC 9110 §8.6" "Content-Length or Transfer-Encoding in a 1xx, a 204, or a 2xx answer to CONNECT"
    LookalikeField "lookalike_field" none Never "RFC 9112 §11.2" "a field whose name differs from Content-Length or Transfer-Encoding by an underscore alone"
    ForbiddenTrailer "forbidden_trailer" none Never "RFC 9110 §6.5.1" "a trailer field that frames, routes or authenticates a message"

    // Chunks.
    BadChunk "bad_chunk" itself Always "RFC 9112 §7.1" "a chunk-size line that is none, or something else where the line end behind a chunk should be"
    ChunkSizeOverflow "chunk_size_overflow" "bad_chunk" Always "RFC 9112 §7.1" "a chunk size of more than 64 bits"
    ChunkSizeSpace "chunk_size_space" none Always "RFC 9112 §7.1" "white space before or behind a chunk size"
    ChunkGarbage "chunk_garbage" "bad_chunk" Always "RFC 9112 §7.1" "something behind a chunk size and white space that is no extension"
    BadChunkExtension "bad_chunk_extension" none Always "RFC 9112 §7.1.1" "a chunk extension without a name, or whose value is neither a token nor a quoted string"
    MissingChunkEnd "missing_chunk_end" "bad_chunk" Always "RFC 9112 §7.1" "no line end behind a chunk; a chunk size follows at once"

    // Host and where a request goes: for the recipient to judge, so that strict parsing takes it.
    MissingHost "missing_host" none Never "RFC 9112 §3.2" "an HTTP/1.1 request without Host"
    SeveralHosts "several_hosts" none Never "RFC 9112 §3.2" "a request with several Host fields"
    BadHost "bad_host" none Never "RFC 9110 §7.2" "a Host that is no host with an optional port"
    HostMismatch "host_mismatch" none Never "RFC 9112 §3.2.2" "a Host that differs from the host in the request target"

    // WebSocket.
    BadAccept "bad_accept" itself Never "RFC 6455 §4.2.2" "a Sec-WebSocket-Accept that does not belong to the request's key, or none"
    BadKey "bad_key" none Never "RFC 6455 §4.1" "a Sec-WebSocket-Key that is not 16 bytes in base 64"
    BadExtension "bad_extension" "bad_header" Never "RFC 7692 §7.1" "a parameter of permessage-deflate that is none or comes twice, or the extension itself twice"
    NotOffered "not_offered" "bad_header" Never "RFC 6455 §4.1, RFC 7692 §7.1" "an extension, parameters of it or a sub-protocol agreed to that the request does not offer"
    ReservedBits "reserved_bits" itself Never "RFC 6455 §5.2" "a reserved bit of a WebSocket frame that no extension has given a meaning"
    ReservedOpcode "reserved_opcode" itself Never "RFC 6455 §5.2" "a WebSocket frame of a kind that is not defined: stepped over"
    Unmasked "unmasked" none Never "RFC 6455 §5.3" "a frame of the client that is not masked"
    Masked "masked" none Never "RFC 6455 §5.1" "a frame of the server that is masked"
    BadControlFrame "bad_control_frame" itself Never "RFC 6455 §5.5" "a control frame of more than 125 bytes, or not in one piece"
    LongLength "long_length" none Never "RFC 6455 §5.2" "a frame length in more bytes than it needs"
    BadFrameLength "bad_frame_length" itself Never "RFC 6455 §5.2" "a frame length of more than 63 bits: where the next frame begins is not known"
    UnexpectedContinuation "unexpected_continuation" itself Never "RFC 6455 §5.4" "a continuation frame without a message to continue: stepped over"
    UnfinishedMessage "unfinished_message" itself Never "RFC 6455 §5.4" "a message without its last frame: another one begins"
    BadCloseCode "bad_close_code" itself Never "RFC 6455 §7.4" "a Close code that must not be sent, or half a one"
    BadUtf8 "bad_utf8" itself Never "RFC 6455 §8.1" "a text, or the reason of a Close, that is not UTF-8"
    DataAfterClose "data_after_close" itself Never "RFC 6455 §5.5.1" "a WebSocket message behind a Close of the same peer"
    BadEncoding "bad_encoding" itself Never "RFC 7692 §7" "content that does not decode"
    Unreadable "unreadable" itself Never "RFC 7692 §7.2" "a compressed message that cannot be read, since bytes are missing that it refers to, or that uses an extension that is not known"
}

impl Anomaly {
    /// Whether it is an error in [`Mode::Strict`](crate::Mode::Strict). What the RFCs let a recipient pass over, and what
    /// is about the meaning of a message rather than its syntax and framing (Host, trailer fields), is not. Some transfer
    /// codings are errors in requests only: such a response runs until the connection closes (RFC 9112 §6.3).
    ///
    /// ```
    /// use wiretrace_http::Anomaly;
    /// assert!(Anomaly::ObsFold.is_rejected(true));
    /// assert!(Anomaly::ChunkedNotLast.is_rejected(true) && !Anomaly::ChunkedNotLast.is_rejected(false));
    /// assert!(!Anomaly::MissingHost.is_rejected(true));
    /// ```
    pub fn is_rejected(self, in_request: bool) -> bool {
        match self.rejected() {
            Rejected::Never => false,
            Rejected::InRequests => in_request,
            Rejected::Always => true,
        }
    }

    /// Whether the sender did it: all but holes, ends and limits.
    pub fn is_by_sender(self) -> bool {
        !matches!(self, Anomaly::Gap | Anomaly::Truncated | Anomaly::Limit)
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
