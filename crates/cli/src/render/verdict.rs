//! What made a connection slow, as far as its packets prove it. The rule is in the README; nothing is guessed.

use wiretrace_pipeline::{Side, TcpEnd, TcpSide};

/// What a connection waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// This side did not take what the other one had to send: its window was zero for at least a tenth of the time.
    Receiver(Side),
    /// Segments of this side were lost: at least one in a hundred was sent again for that.
    Network(Side),
    /// Neither of these, and neither side sent anything for at least half of the time.
    Idle,
}

impl Cause {
    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Cause::Receiver(Side::Client) => "slow receiver: client",
            Cause::Receiver(Side::Server) => "slow receiver: server",
            Cause::Network(Side::Client) => "network: client to server",
            Cause::Network(Side::Server) => "network: server to client",
            Cause::Idle => "idle",
        }
    }
}

/// The causes that hold for a connection, each at most once, in this order.
pub(crate) fn causes(end: &TcpEnd) -> impl Iterator<Item = Cause> {
    let sides = [(Side::Client, &end.client), (Side::Server, &end.server)];
    let of = |holds: fn(&TcpSide, i64) -> bool, cause: fn(Side) -> Cause| {
        sides.map(|(side, sent)| holds(sent, end.duration).then(|| cause(side)))
    };
    let [a, b] = of(closed, Cause::Receiver);
    let [c, d] = of(lost, Cause::Network);
    let none = [a, b, c, d].iter().all(Option::is_none);
    let idle = (none && idle(end)).then_some(Cause::Idle);
    [a, b, c, d, idle].into_iter().flatten()
}

fn closed(side: &TcpSide, duration: i64) -> bool {
    let closed = side.measures.map_or(0, |measures| measures.zero_window_ns);
    closed > 0 && closed.saturating_mul(10) >= duration
}

fn lost(side: &TcpSide, _: i64) -> bool {
    let lost = side.measures.map_or(0, |measures| {
        let resends = measures.resends;
        u64::from(resends.timeout) + u64::from(resends.fast) + u64::from(resends.tail_probe)
    });
    lost > 0 && lost.saturating_mul(100) >= side.flow.packets
}

/// Two silences within one duration overlap by what they are longer than it, taken together.
fn idle(end: &TcpEnd) -> bool {
    let silence = |side: &TcpSide| side.measures.map_or(0, |measures| measures.longest_silence_ns);
    let both = silence(&end.client).saturating_add(silence(&end.server)).saturating_sub(end.duration);
    both > 0 && both.saturating_mul(2) >= end.duration
}

#[cfg(test)]
mod tests {
    use wiretrace_pipeline::{HalfMeasures, Outcome};

    use super::*;

    /// A connection of one second, with what is set in each side's measures.
    fn end(set: impl FnOnce(&mut HalfMeasures, &mut HalfMeasures)) -> TcpEnd {
        let (mut client, mut server) = (HalfMeasures::default(), HalfMeasures::default());
        set(&mut client, &mut server);
        let side = |measures| {
            let mut side = TcpSide { measures: Some(measures), ..TcpSide::default() };
            side.flow.packets = 200;
            side
        };
        TcpEnd {
            reason: "fin",
            outcome: Outcome::Closed,
            evicted: false,
            duration: 1_000_000_000,
            handshake: None,
            client: side(client),
            server: side(server),
        }
    }

    fn of(end: &TcpEnd) -> Vec<Cause> {
        causes(end).collect()
    }

    #[test]
    fn only_what_is_proved_is_said() {
        assert_eq!(of(&end(|_, _| ())), []);
        let full = end(|client, _| client.zero_window_ns = 100_000_000);
        assert_eq!(of(&full), [Cause::Receiver(Side::Client)]);
        assert_eq!(of(&end(|client, _| client.zero_window_ns = 99_999_999)), []);
        let lossy = end(|_, server| (server.resends.fast, server.resends.timeout) = (1, 1));
        assert_eq!(of(&lossy), [Cause::Network(Side::Server)]);
        let below = end(|_, server| {
            (server.resends.fast, server.resends.spurious, server.resends.copies) = (1, 50, 50);
        });
        assert_eq!(of(&below), [], "nothing was lost but one segment in 200");
    }

    #[test]
    fn idle_needs_both_sides_silent_at_once() {
        let silent =
            |a, b| end(|client, server| (client.longest_silence_ns, server.longest_silence_ns) = (a, b));
        assert_eq!(of(&silent(700_000_000, 700_000_000)), [], "they overlap by 400 ms, or by more");
        assert_eq!(of(&silent(700_000_000, 800_000_000)), [Cause::Idle]);
        let mut both = silent(900_000_000, 900_000_000);
        if let Some(measures) = &mut both.client.measures {
            measures.resends.timeout = 2;
        }
        assert_eq!(of(&both), [Cause::Network(Side::Client)], "it was waiting for the timer");
        both.client.measures = None;
        assert_eq!(of(&both), [], "nothing was measured");
    }
}
