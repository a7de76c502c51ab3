"""The clients of the demo capture that curl is not. Usage: client.py pipeline|websocket CLIENT SERVER PORT, where
PORT is the client's."""

import asyncio
import socket
import sys

import websockets

what, client, server, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def pipeline():
    """Six requests in one write, answered in order; the last one ends the connection."""
    fields = "Host: demo.test\r\nUser-Agent: pipeline\r\n"
    lines = ["GET /", "HEAD /style.css", "GET /missing", "GET /app.js", "GET /teapot"]
    burst = "".join(f"{line} HTTP/1.1\r\n{fields}\r\n" for line in lines)
    burst += f"GET /style.css HTTP/1.1\r\n{fields}Connection: close\r\n\r\n"
    with socket.create_connection((server, 80), source_address=(client, port)) as sock:
        sock.sendall(burst.encode())
        while sock.recv(65536):
            pass


async def talk(local_port, compression):
    uri = "ws://demo.test:8081/echo"
    where = {"host": server, "port": 8081, "local_addr": (client, local_port)}
    async with websockets.connect(uri, compression=compression, ping_interval=None, **where) as ws:
        await ws.send("hello")
        await ws.recv()
        await ws.send("grüße, ✓")
        await ws.recv()
        await ws.send(bytes(range(256)))
        await ws.recv()
        await ws.send("long " * 100)
        await ws.recv()
        await (await ws.ping(b"are you there?"))
        await ws.send(["in ", "three ", "fragments"])
        await ws.recv()
        await ws.close(1000, "bye")


async def websocket():
    await talk(port, None)
    await talk(port + 1, "deflate")


if what == "pipeline":
    pipeline()
else:
    asyncio.run(websocket())
