//! One direction of a WebSocket connection.

use super::extension::Extensions;
use super::hixie::Hixie;
use super::message::Messages;
use super::rfc6455::Frames;
use super::{WebSocketDialect, WebSocketPayload};
use crate::sink::Sink;
use crate::{Anomaly, Event, Limits, Peer};

/// What every step needs to know.
pub(crate) struct Context<'x, S> {
    pub(crate) peer: Peer,
    pub(crate) limits: &'x Limits,
    pub(crate) payload: WebSocketPayload,
    pub(crate) sink: &'x mut S,
}

impl<S> Context<'_, S> {
    /// How many bytes of a message are kept; `None`: they are not wanted.
    pub(crate) fn most(&self, control: bool) -> Option<usize> {
        (control || self.payload != WebSocketPayload::Skip).then_some(self.limits.message_bytes)
    }
}

#[derive(Debug)]
enum Framing {
    /// The first byte decides.
    Unstated,
    Rfc6455(Frames),
    Hixie(Hixie),
    /// Where the next frame begins is not known.
    Lost,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Stream {
    framing: Framing,
    messages: Messages,
}

impl Stream {
    pub(crate) fn new(dialect: WebSocketDialect, of_client: bool, extensions: Extensions) -> Self {
        let framing = match dialect {
            WebSocketDialect::Rfc6455 => Framing::Rfc6455(Frames::default()),
            // The answer to the challenge comes first.
            WebSocketDialect::Hixie76 => Framing::Hixie(Hixie::behind(if of_client { 0 } else { 16 })),
            WebSocketDialect::Unstated => Framing::Unstated,
        };
        Self { framing, messages: Messages::new(of_client, extensions) }
    }

    /// Bytes that lie in memory.
    pub(crate) fn memory(&self) -> usize {
        self.messages.memory()
    }

    /// Takes the next bytes, which begin at `offset` of the peer's stream.
    pub(crate) fn feed<S: Sink>(&mut self, mut cx: Context<'_, S>, offset: u64, bytes: &[u8]) {
        let (mut rest, mut offset) = (bytes, offset);
        while let Some(first) = rest.first() {
            let taken = match &mut self.framing {
                Framing::Rfc6455(frames) => frames.step(&mut self.messages, &mut cx, offset, rest),
                Framing::Hixie(hixie) => hixie.step(&mut self.messages, &mut cx, offset, rest),
                Framing::Unstated => {
                    self.framing = match first {
                        0 | 0xff => Framing::Hixie(Hixie::behind(0)),
                        _ => Framing::Rfc6455(Frames::default()),
                    };
                    Ok(0)
                }
                Framing::Lost => return,
            };
            match taken {
                Ok(taken) => {
                    rest = rest.get(taken..).unwrap_or_default();
                    offset = offset.saturating_add(taken as u64);
                }
                Err(why) => {
                    let begin = match &self.framing {
                        Framing::Rfc6455(frames) => frames.begin(),
                        Framing::Hixie(hixie) => hixie.begin(),
                        _ => offset,
                    };
                    return self.lose(&mut cx, begin, why);
                }
            }
        }
    }

    /// So many bytes are missing, at `offset` of the peer's stream.
    pub(crate) fn gap<S: Sink>(&mut self, mut cx: Context<'_, S>, offset: u64, len: u64) {
        let stepped_over = match &mut self.framing {
            Framing::Rfc6455(frames) => frames.gap(&mut self.messages, &mut cx, len),
            Framing::Hixie(hixie) => hixie.gap(&mut self.messages, &mut cx, len),
            Framing::Unstated => false,
            Framing::Lost => true,
        };
        if !stepped_over {
            self.lose(&mut cx, offset, Anomaly::Gap);
        }
    }

    /// Nothing more comes.
    pub(crate) fn close<S: Sink>(&mut self, mut cx: Context<'_, S>) {
        self.cut(&mut cx, Anomaly::Truncated);
        self.framing = Framing::Lost;
    }

    /// Where the first frame begins is not known.
    pub(crate) fn never_found<S: Sink>(&mut self, peer: Peer, offset: u64, why: Anomaly, sink: &mut S) {
        self.framing = Framing::Lost;
        sink.event(Event::WebSocketLost { peer, offset, why });
    }

    /// Where the next frame begins is not known.
    fn lose<S: Sink>(&mut self, cx: &mut Context<'_, S>, offset: u64, why: Anomaly) {
        self.cut(cx, why);
        self.framing = Framing::Lost;
        cx.sink.event(Event::WebSocketLost { peer: cx.peer, offset, why });
    }

    fn cut<S: Sink>(&mut self, cx: &mut Context<'_, S>, why: Anomaly) {
        let current = match &self.framing {
            Framing::Rfc6455(frames) => frames.target(),
            Framing::Hixie(hixie) => hixie.target(),
            Framing::Unstated | Framing::Lost => return,
        };
        self.messages.cut(cx, current, why);
    }

    /// The caller has no memory left for what is kept.
    pub(crate) fn give_up(&mut self) {
        self.messages.give_up();
    }
}
