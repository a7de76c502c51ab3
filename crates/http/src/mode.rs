//! How odd messages are met.

/// What becomes of a message that a strict recipient would reject.
///
/// ```
/// use wiretrace_http::{Anomaly, Connection, Event, Limits, Mode, Peer, sink};
///
/// let request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nbody";
/// let told = |mode| {
///     let (mut heads, mut rejected) = (0, None);
///     let mut sink = sink::from_fn(|event: Event<'_>| match event {
///         Event::RequestHead(_) => heads += 1,
///         Event::Rejected { code, .. } => rejected = Some(code),
///         _ => {}
///     });
///     let mut connection = Connection::new(Limits::default());
///     connection.set_mode(mode);
///     connection.feed(Peer::A, request, true, &mut sink);
///     (heads, rejected)
/// };
/// assert_eq!(told(Mode::Lenient), (1, None));
/// assert_eq!(told(Mode::Strict), (0, Some(Anomaly::DuplicateLength)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It is taken as most recipients would take it, and each [`Anomaly`](crate::Anomaly) is told: what an observer needs.
    #[default]
    Lenient,
    /// The first anomaly that [is rejected](crate::Anomaly::is_rejected) ends its direction with
    /// [`Event::Rejected`](crate::Event::Rejected); what follows is skipped. A head with one is not told of. Of several in
    /// one head or line the first of [`Anomaly::ALL`](crate::Anomaly::ALL) is named. While the next message is looked
    /// for behind a loss, nothing is rejected.
    Strict,
}
