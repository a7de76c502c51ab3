//! Where events go.

use crate::Event;

/// What kind of request a response answers: it decides how the response is framed (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// HEAD: the answer has no body.
    Head,
    /// CONNECT: a 2xx answer opens a tunnel.
    Connect,
    /// Any other method.
    Other,
    /// No request is known; framed as for any other method.
    Unknown,
}

/// Takes the parser's events.
///
/// Push, not pull: an event borrows the fed bytes for the length of one call, which no queue could do
/// without copying. The state machine is deep, so it calls; who wants a list collects one.
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: Event<'_>);

    /// Asked after the head of a final response, before its body is framed: what kind of request does it
    /// answer? `by_order` is what plain order says; who knows better (behind a loss) says so here.
    fn answers(&mut self, by_order: RequestKind) -> RequestKind {
        by_order
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn event(&mut self, event: Event<'_>) {
        (**self).event(event);
    }

    fn answers(&mut self, by_order: RequestKind) -> RequestKind {
        (**self).answers(by_order)
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn event(&mut self, event: Event<'_>) {
        (**self).event(event);
    }

    fn answers(&mut self, by_order: RequestKind) -> RequestKind {
        (**self).answers(by_order)
    }
}

/// A sink made of a closure; see [`from_fn`].
#[derive(Clone, Copy, Debug)]
pub struct FromFn<F>(F);

impl<F: FnMut(Event<'_>)> Sink for FromFn<F> {
    fn event(&mut self, event: Event<'_>) {
        (self.0)(event);
    }
}

/// Makes a sink of a closure.
///
/// ```
/// use wiretrace_http::{Connection, Event, Limits, Peer, sink};
/// let mut count = 0;
/// let mut sink = sink::from_fn(|event: Event<'_>| count += usize::from(matches!(event, Event::RequestHead(_))));
/// Connection::new(Limits::default()).feed(Peer::A, b"GET / HTTP/1.0\r\n\r\n", true, &mut sink);
/// assert_eq!(count, 1);
/// ```
pub fn from_fn<F: FnMut(Event<'_>)>(f: F) -> FromFn<F> {
    FromFn(f)
}
