//! Counts of a run.

use wiretrace_decode::StopReason;

use crate::ledger::Ledger;

/// What the reading side counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunStats {
    /// Frames read, those that a filter left out included.
    pub packets: u64,
    /// Frames that a filter left out: they are not decoded.
    pub filtered: u64,
    /// TCP segments among them, those of reassembled datagrams included.
    pub segments: u64,
    /// Frames and datagrams that carry something other than TCP.
    pub not_tcp: u64,
    /// Frames whose link to transport headers could not be decoded.
    pub malformed: u64,
    /// Segments left out because a checksum is wrong, where [that is asked for](crate::Config::check_checksums).
    pub bad_checksums: u64,
    /// IP fragments.
    pub fragments: u64,
    /// Datagrams made of fragments.
    pub datagrams: u64,
    /// Frames of link types and protocols that nothing here decodes, with how many there were, in order of
    /// appearance; at most 64 different ones.
    pub unknown: Vec<(StopReason, u64)>,
}

impl RunStats {
    pub(crate) fn unknown(&mut self, reason: StopReason, max: usize) {
        if let Some((_, count)) = self.unknown.iter_mut().find(|(known, _)| *known == reason) {
            *count += 1;
        } else if self.unknown.len() < max {
            self.unknown.push((reason, 1));
        }
    }

    /// Frames left out because their link type is unknown.
    pub fn unknown_link_types(&self) -> u64 {
        let of_link_type =
            |(reason, _): &&(StopReason, u64)| matches!(reason, StopReason::UnknownLinkType(_));
        self.unknown.iter().filter(of_link_type).map(|(_, count)| count).sum()
    }
}

/// What the partitions counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// TCP connections.
    pub connections: u64,
    /// Connections that were closed because a table was full.
    pub evicted: u64,
    /// Directions of connections whose first bytes are a TLS record.
    pub tls: u64,
    /// HTTP/2 connection prefaces.
    pub http2: u64,
    /// HTTP/0.9 requests.
    pub http_0_9: u64,
    /// ICY status lines.
    pub icy: u64,
    /// Directions that speak RTSP where an HTTP message should start; what follows is not counted again.
    pub rtsp: u64,
    /// SOURCE requests of ICE streams.
    pub ice: u64,
    /// HTTP exchanges reported.
    pub exchanges: u64,
    /// WebSocket messages reported.
    pub messages: u64,
    /// Directions of WebSocket connections that could not be decoded to their end, since it was not known where the next
    /// frame began.
    pub websocket_lost: u64,
    /// WebSocket frames that belong to no message: of kinds that are not defined, or going on with none.
    pub websocket_stray: u64,
    /// Exchanges closed because too many of one connection were open.
    pub exchanges_over_limit: u64,
    /// Times a connection had to give up what its HTTP side held, because its partition's share was full.
    pub application_over_limit: u64,
    /// Connections whose roles were decided by the first segment, since too many events waited for them.
    pub roles_by_default: u64,
    /// Round trips that nobody was told of, since too many events waited for the roles.
    pub round_trips_left_out: u64,
    /// What the flow tables counted, together; what hit one of their bounds or time-outs is there.
    pub tcp: wiretrace_tcp::Stats,
    /// Payload bytes copied because they came out of order. On the in-order path: none.
    pub copied_payload_bytes: u64,
    /// Bytes of heads of open exchanges, copied once each.
    pub copied_head_bytes: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.connections += other.connections;
        self.evicted += other.evicted;
        self.tls += other.tls;
        self.http2 += other.http2;
        self.http_0_9 += other.http_0_9;
        self.icy += other.icy;
        self.rtsp += other.rtsp;
        self.ice += other.ice;
        self.exchanges += other.exchanges;
        self.messages += other.messages;
        self.websocket_lost += other.websocket_lost;
        self.websocket_stray += other.websocket_stray;
        self.exchanges_over_limit += other.exchanges_over_limit;
        self.application_over_limit += other.application_over_limit;
        self.roles_by_default += other.roles_by_default;
        self.round_trips_left_out += other.round_trips_left_out;
        self.tcp.add(&other.tcp);
        self.copied_payload_bytes += other.copied_payload_bytes;
        self.copied_head_bytes += other.copied_head_bytes;
    }
}

/// What a whole run was, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What the reading side counted.
    pub run: RunStats,
    /// What the partitions counted, together.
    pub counts: Counts,
    /// Where every byte went.
    pub ledger: Ledger,
    /// Packets that the inputs report as dropped.
    pub dropped: u64,
    /// Blocks that were read.
    pub blocks: u64,
}

impl Ledger {
    pub(crate) fn add(&mut self, other: &Ledger) {
        let Ledger {
            captured,
            headers,
            padding,
            not_tcp,
            undecodable,
            unfinished_fragments,
            filtered,
            exchanges,
            websocket,
            other_protocol,
            before_sync,
            second_copies,
            outside_stream,
            over_limit,
            stream,
            delivered,
            missing_capture,
            missing_snaplen,
            missing_limit,
            missing_unknown,
        } = other;
        for (sum, part) in [
            (&mut self.captured, captured),
            (&mut self.headers, headers),
            (&mut self.padding, padding),
            (&mut self.not_tcp, not_tcp),
            (&mut self.undecodable, undecodable),
            (&mut self.unfinished_fragments, unfinished_fragments),
            (&mut self.filtered, filtered),
            (&mut self.exchanges, exchanges),
            (&mut self.websocket, websocket),
            (&mut self.other_protocol, other_protocol),
            (&mut self.before_sync, before_sync),
            (&mut self.second_copies, second_copies),
            (&mut self.outside_stream, outside_stream),
            (&mut self.over_limit, over_limit),
            (&mut self.stream, stream),
            (&mut self.delivered, delivered),
            (&mut self.missing_capture, missing_capture),
            (&mut self.missing_snaplen, missing_snaplen),
            (&mut self.missing_limit, missing_limit),
            (&mut self.missing_unknown, missing_unknown),
        ] {
            *sum += part;
        }
    }
}
