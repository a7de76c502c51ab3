"""The servers of the demo capture that nginx is not: a small HTTP/1.1 server on port 8080 and a WebSocket echo
on port 8081. Usage: server.py ADDRESS4 ADDRESS6. Says "ready" when both listen."""

import asyncio
import email.utils
import json
import socket
import struct
import sys

import websockets

HTTP_PORT, WEBSOCKET_PORT = 8080, 8081


def head(status, fields, version="1.1"):
    lines = [f"HTTP/{version} {status}", "Server: demo", "Date: " + email.utils.formatdate(usegmt=True)]
    return "\r\n".join(lines + fields + ["", ""]).encode()


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


async def read_request(reader):
    """The next request as (method, target, fields), or None at the end of the stream."""
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    start, *lines = text.split("\r\n")[:-2]
    method, target, _ = start.split(" ")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return method, target, fields


async def read_body(reader, fields):
    if fields.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
        while (await reader.readline()).strip():
            pass
        return body
    return await reader.readexactly(int(fields.get("content-length", 0)))


async def tunnel(reader, writer):
    """What CONNECT opens: to nginx here, wherever the client asked to go."""
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", 80)

    async def pump(source, sink):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        sink.write_eof()

    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
    far_writer.close()


async def answer(reader, writer):
    while request := await read_request(reader):
        method, target, fields = request
        if fields.get("expect") == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await read_body(reader, fields)
        if method == "CONNECT":
            writer.write(head("200 Connection established", []))
            await tunnel(reader, writer)
            break
        if target == "/chunked":
            writer.write(head("200 OK", ["Content-Type: text/plain", "Transfer-Encoding: chunked"]))
            for n in range(1, 6):
                writer.write(chunk(b"line %d of 5\n" % n * n))
                await asyncio.sleep(0.02)
            writer.write(b"0\r\n\r\n")
        elif target == "/trailers":
            fields = ["Content-Type: text/plain", "Transfer-Encoding: chunked", "Trailer: X-Sum"]
            writer.write(head("200 OK", fields) + chunk(b"the sum follows\n") + b"0\r\nX-Sum: 16\r\n\r\n")
        elif target == "/until-close":
            writer.write(head("200 OK", ["Content-Type: text/plain", "Connection: close"], "1.0"))
            writer.write(b"nobody said how long this is\n" * 40)
            break
        elif target == "/slow":
            await asyncio.sleep(0.3)
            writer.write(head("200 OK", ["Content-Type: text/plain", "Content-Length: 5"]) + b"done\n")
        elif target == "/reset":
            writer.write(head("200 OK", ["Content-Type: text/plain", "Content-Length: 50000"]) + b"x" * 8000)
            await writer.drain()
            await asyncio.sleep(0.05)
            # Lingering for no time makes close() send a RST.
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            break
        elif method == "PUT":
            writer.write(head("204 No Content", []))
        elif method == "POST":
            reply = json.dumps({"received": len(body), "type": fields.get("content-type", "")}).encode() + b"\n"
            fields = ["Content-Type: application/json", f"Content-Length: {len(reply)}", "Location: /items/1"]
            writer.write(head("201 Created", fields) + reply)
        elif method == "DELETE":
            writer.write(head("200 OK", ["Content-Length: 0"]))
        else:
            reply = json.dumps({"method": method, "target": target}).encode() + b"\n"
            fields = ["Content-Type: application/json; charset=utf-8", f"Content-Length: {len(reply)}"]
            writer.write(head("200 OK", fields) + (b"" if method == "HEAD" else reply))
        await writer.drain()
    writer.close()


async def echo(socket_, *_):
    async for message in socket_:
        await socket_.send(message)


async def main():
    addresses = sys.argv[1:]
    await asyncio.start_server(answer, addresses, HTTP_PORT)
    async with websockets.serve(echo, addresses, WEBSOCKET_PORT, ping_interval=None, server_header="demo"):
        print("ready", flush=True)
        await asyncio.Future()


asyncio.run(main())
