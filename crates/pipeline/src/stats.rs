//! Counts of a run.

use crate::ledger::Ledger;

/// What the reading side counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunStats {
    /// Frames decoded.
    pub packets: u64,
    /// TCP segments among them, those of reassembled datagrams included.
    pub segments: u64,
    /// Frames and datagrams that carry something other than TCP.
    pub not_tcp: u64,
    /// Frames whose link to transport headers could not be decoded.
    pub malformed: u64,
    /// IP fragments.
    pub fragments: u64,
    /// Datagrams made of fragments.
    pub datagrams: u64,
    /// Frames by link type that nothing here knows: LINKTYPE number and count, in order of appearance; at
    /// most 64 different ones.
    pub unknown_link_types: Vec<(u32, u64)>,
}

impl RunStats {
    pub(crate) fn unknown_link_type(&mut self, link_type: u32, max: usize) {
        if let Some((_, count)) = self.unknown_link_types.iter_mut().find(|(known, _)| *known == link_type) {
            *count += 1;
        } else if self.unknown_link_types.len() < max {
            self.unknown_link_types.push((link_type, 1));
        }
    }
}

/// What the partitions counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// TCP connections.
    pub connections: u64,
    /// Connections that were closed because a table was full.
    pub evicted: u64,
    /// HTTP exchanges reported.
    pub exchanges: u64,
    /// Exchanges closed because too many of one connection were open.
    pub exchanges_over_limit: u64,
    /// Times a connection had to give up what its HTTP side held, because its partition's share was full.
    pub application_over_limit: u64,
    /// Connections whose roles were decided by the first segment, since too many events waited for them.
    pub roles_by_default: u64,
    /// Payload bytes copied because they came out of order. On the in-order path: none.
    pub copied_payload_bytes: u64,
    /// Bytes of heads of open exchanges, copied once each.
    pub copied_head_bytes: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.connections += other.connections;
        self.evicted += other.evicted;
        self.exchanges += other.exchanges;
        self.exchanges_over_limit += other.exchanges_over_limit;
        self.application_over_limit += other.application_over_limit;
        self.roles_by_default += other.roles_by_default;
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
