"""WebSocket peers on loopback, recorded by tcpdump: websocket_peers.py CAPTURE

Prints what the endpoints sent, one JSON object a line: connection (the client's port), dir, opcode, payload (hexadecimal)
and, of a close, code. Needs root, tcpdump and the Python package websockets.
"""

import asyncio
import json
import signal
import subprocess
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory

PORT = 18_099
LONG = "".join(f'{{"id":{n},"name":"\u20ac{n * n}"}},' for n in range(6_000))   # over 64 KiB: a length of 64 bits
log = []


def note(port, direction, opcode, payload, **more):
    data = payload.encode() if isinstance(payload, str) else bytes(payload)
    log.append({"port": port, "dir": direction, "opcode": opcode, "payload": data.hex(), **more})


def kind(payload):
    return "text" if isinstance(payload, str) else "binary"


async def serve(peer):
    """Answers each message with the same text twice over, in two fragments."""
    port = peer.remote_address[1]
    try:
        async for message in peer:
            if message == "bye":
                note(port, "server", "close", "see you \u00fc", code=4001)
                await peer.close(4001, "see you \u00fc")
                return
            note(port, "server", kind(message), message + message)
            await peer.send([message, message])
    except websockets.ConnectionClosed:
        pass
    if peer.close_code:
        note(port, "server", "close", peer.close_reason, code=peer.close_code)


async def client(messages, bye, **options):
    async with websockets.connect(f"ws://127.0.0.1:{PORT}/talk", **options) as peer:
        port = peer.local_address[1]
        for message in messages:
            note(port, "client", kind(message), message)
            await peer.send(message)
            answer = await peer.recv()
            assert answer == message + message
        note(port, "client", "ping", b"are you there?")
        note(port, "server", "pong", b"are you there?")
        await (await peer.ping(b"are you there?"))
        if bye:
            note(port, "client", "text", "bye")
            await peer.send("bye")
            try:
                await peer.recv()
            except websockets.ConnectionClosed:
                pass
            note(port, "client", "close", "see you \u00fc", code=4001)
        else:
            note(port, "client", "close", "done", code=1000)
            await peer.close(1000, "done")


async def talk():
    messages = ["Hello", "", "Hello again, Hello again", b"\x00\x01\xff" * 50, "x" * 125, "x" * 126, LONG, b"\x80" * 70_000]
    plain = {"compression": None}
    packed = {"compression": "deflate"}
    alone = {"compression": None, "extensions": [ClientPerMessageDeflateFactory(
        server_no_context_takeover=True, client_no_context_takeover=True, server_max_window_bits=9, client_max_window_bits=10)]}
    extension = ServerPerMessageDeflateFactory()
    async with websockets.serve(serve, "127.0.0.1", PORT, compression=None, extensions=[extension], ping_interval=None, max_size=None):
        for options in (plain, packed, alone):
            for bye in (False, True):
                await client(messages, bye, ping_interval=None, max_size=None, **options)


def main(capture):
    tcpdump = subprocess.Popen(["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-B", "16384", "-s", "0", "-Z", "root", "-w", capture,
                                f"tcp port {PORT}"], stderr=subprocess.PIPE)
    try:
        for line in tcpdump.stderr:
            if b"listening on" in line:
                break
        else:
            sys.exit("tcpdump does not listen")
        asyncio.run(talk())
        asyncio.run(asyncio.sleep(1))
    finally:
        tcpdump.send_signal(signal.SIGINT)
        said = tcpdump.stderr.read().decode()
        tcpdump.wait()
    if "0 packets dropped by kernel" not in said:
        sys.exit(f"not everything was recorded: {said}")
    for sent in log:
        print(json.dumps(sent))


main(sys.argv[1])
