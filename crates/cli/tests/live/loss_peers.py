"""HTTP peers that report what their kernel counted: loss_peers.py serve|fetch BLOCK SEED CONNECTIONS ADDRESS4 ADDRESS6

Every body is a slice of BLOCK, a file of random bytes, so that whoever has that file and a slice's offset and length
knows every byte of it. What connection n does (client port 20000 + n) follows from SEED and n on both sides. Prints one
JSON object a line for each connection when all it sent is acknowledged, its FIN included: the kernel's TCP_INFO, and of
the bodies it received whether they were whole.
"""

import json
import random
import socket
import struct
import sys
import threading
import time

PORT, FIRST = 80, 20_000
AT_ONCE = 24
SYN_RECEIVED, CLOSED = 3, 7   # states
PATIENCE = 300   # seconds


def plan(seed, number):
    """What a connection does."""
    r = random.Random(f"{seed} {number}")
    exchanges = []
    for _ in range(r.choice((1, 1, 1, 2, 4))):
        request = 0 if r.random() < 0.5 else r.randint(1, 100_000)
        exchanges.append({
            "request": (r.randrange(1 << 20), request),
            "response": (r.randrange(1 << 20), r.randint(20_000, 200_000)),
            "chunked": r.random() < 0.3,
        })
    several = len(exchanges)
    for exchange in exchanges:
        # The same sum for connections of several exchanges.
        exchange["response"] = (exchange["response"][0], exchange["response"][1] // several)
        exchange["request"] = (exchange["request"][0], -(-exchange["request"][1] // several))
    return {
        "exchanges": exchanges,
        "six": r.random() < 0.5,
        "server_first": r.random() < 0.5,
        "until_close": r.random() < 0.3,
        # A client that reads in small bites and pauses: the window closes, and is probed.
        "slow": r.random() < 0.1,
        # A client that is silent before it ends: keep-alives.
        "silent": r.random() < 0.05,
        # The request begins in the SYN (RFC 7413).
        "fast_open": r.random() < 0.2,
        "congestion": r.choice(("cubic", "reno", "bbr")),
    }


def info(peer):
    raw = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    u32 = lambda at: struct.unpack_from("<I" if sys.byteorder == "little" else ">I", raw, at)[0]
    u64 = lambda at: struct.unpack_from("<Q" if sys.byteorder == "little" else ">Q", raw, at)[0]
    return {
        "state": raw[0], "unacked": u32(24), "total_retrans": u32(100), "bytes_sent": u64(200), "bytes_retrans": u64(208),
        "dsack_dups": u32(216), "reord_seen": u32(220), "mss": u32(16),
    }


class Stream:
    """A socket to read heads and bodies from."""

    def __init__(self, peer, slow):
        self.peer, self.slow, self.held, self.read = peer, slow, b"", 0

    def more(self):
        if self.slow:
            time.sleep(0.8 if self.read == 1 else 0.003)
        data = self.peer.recv(2048 if self.slow else 65536)
        self.held += data
        self.read += 1
        return len(data)

    def head(self):
        while b"\r\n\r\n" not in self.held:
            if not self.more():
                raise EOFError("in a head")
        head, self.held = self.held.split(b"\r\n\r\n", 1)
        return head

    def take(self, count):
        while len(self.held) < count:
            if not self.more():
                raise EOFError("in a body")
        data, self.held = self.held[:count], self.held[count:]
        return data

    def line(self):
        while b"\r\n" not in self.held:
            if not self.more():
                raise EOFError("in a line")
        line, self.held = self.held.split(b"\r\n", 1)
        return line

    def body(self, head):
        if b"chunked" in head:
            pieces = []
            while size := int(self.line(), 16):
                pieces.append(self.take(size))
                self.take(2)
            self.take(2)
            return b"".join(pieces)
        if b"Content-Length: " in head:
            return self.take(int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]))
        if not head.startswith(b"HTTP/"):
            return b""
        while self.more():
            pass
        data, self.held = self.held, b""
        return data


def part(slice_):
    return block[slice_[0]:slice_[0] + slice_[1]]


def ask(number, at, exchange):
    body = part(exchange["request"])
    method = b"POST" if body else b"GET"
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return b"%b /%d/%d HTTP/1.1\r\nHost: loss.test\r\n%b\r\n" % (method, number, at, length) + body


def answer(exchange, until_close):
    body = part(exchange["response"])
    if until_close:
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body
    if not exchange["chunked"]:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    pieces = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]
    for at in range(0, len(body), 7001):
        piece = body[at:at + 7001]
        pieces.append(b"%x\r\n%b\r\n" % (len(piece), piece))
    return b"".join(pieces) + b"0\r\n\r\n"


def wait(peer, for_state):
    limit = time.monotonic() + PATIENCE
    while not for_state(info(peer)["state"]):
        if time.monotonic() > limit:
            raise TimeoutError("no such state")
        time.sleep(0.01)


def finish(peer, stream, first):
    """Closes in turn, and waits until everything that was sent is acknowledged."""
    if first:
        peer.shutdown(socket.SHUT_WR)
    while stream.more():
        pass
    # The other side closes when it has read to this side's FIN, if this side was first: its FIN acknowledges all.
    if not first:
        peer.shutdown(socket.SHUT_WR)
        wait(peer, lambda state: state == CLOSED)


def report(side, number, peer, whole):
    with printing:
        print(json.dumps({"side": side, "number": number, "port": FIRST + number, **info(peer), "whole": whole,
                          **plan(seed, number)}), flush=True)


def choose(peer, congestion):
    try:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion.encode())
    except FileNotFoundError:
        pass   # Not every kernel has every one.


def serve_one(peer, number):
    this = plan(seed, number)
    peer.settimeout(PATIENCE)
    choose(peer, this["congestion"])
    stream, whole = Stream(peer, False), True
    closes = this["server_first"] or this["until_close"]
    for at, exchange in enumerate(this["exchanges"]):
        whole &= stream.body(stream.head()) == part(exchange["request"])
        last = at + 1 == len(this["exchanges"])
        peer.sendall(answer(exchange, last and this["until_close"]))
    finish(peer, stream, closes)
    report("server", number, peer, whole)
    peer.close()


def fetch_one(number, addresses):
    this = plan(seed, number)
    six = this["six"]
    peer = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    choose(peer, this["congestion"])
    if this["slow"]:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    if this["silent"]:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    peer.bind(("::" if six else "0.0.0.0", FIRST + number))
    to, sent = (addresses[six], PORT), 0
    if this["fast_open"]:
        sent = peer.sendto(ask(number, 0, this["exchanges"][0]), socket.MSG_FASTOPEN, to)
    else:
        peer.connect(to)
    peer.settimeout(PATIENCE)
    stream, whole = Stream(peer, this["slow"]), True
    for at, exchange in enumerate(this["exchanges"]):
        peer.sendall(ask(number, at, exchange)[sent:])
        sent = 0
        whole &= stream.body(stream.head()) == part(exchange["response"])
    if this["silent"]:
        time.sleep(1.5)
    finish(peer, stream, not (this["server_first"] or this["until_close"]))
    report("client", number, peer, whole)
    peer.close()


def guarded(what, *args):
    try:
        what(*args)
    except Exception as error:   # said, so that whoever counts the reports knows why one is missing
        print(f"{what.__name__} {args}: {error!r}", file=sys.stderr, flush=True)


def serve(addresses):
    listeners = [socket.create_server((addresses[0], PORT), backlog=256),
                 socket.create_server((addresses[1], PORT), family=socket.AF_INET6, backlog=256)]

    def accept(listener):
        while True:
            peer, address = listener.accept()
            threading.Thread(target=guarded, args=(serve_one, peer, address[1] - FIRST), daemon=False).start()

    for listener in listeners:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 256)
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    print("listening", file=sys.stderr, flush=True)
    sys.stdin.read()


def fetch(addresses):
    numbers = iter(range(connections))
    taking = threading.Lock()

    def work():
        while True:
            with taking:
                number = next(numbers, None)
            if number is None:
                return
            guarded(fetch_one, number, addresses)

    workers = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


printing = threading.Lock()
what, path, seed, connections = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
block = open(path, "rb").read()
(serve if what == "serve" else fetch)(sys.argv[5:7])
