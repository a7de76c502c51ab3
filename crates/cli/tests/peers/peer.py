"""HTTP peers of Python's standard library: peer.py serve PORT, or peer.py get HOST:PORT REQUESTS

Both print one JSON object a line: method, target, status, and length and hash (FNV-1a) of the request's body (`request`), of
the response's body as it was sent (`wire`) and decoded (`content`). REQUESTS: "METHOD TARGET [LENGTH [chunked]]" a line.
"""

import gzip
import http.client
import http.server
import json
import sys
import threading
import zlib

LOCK = threading.Lock()


def about(data):
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return {"bytes": len(data), "hash": value}


def say(**members):
    with LOCK:
        print(json.dumps(members), flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.split("?")[0]
        content = b"from Python " * 700
        wire = gzip.compress(content) if path == "/gzip" else content
        status = 404 if path == "/missing" else 200
        if path == "/1.0":
            self.protocol_version = "HTTP/1.0"
        self.send_response(status)
        if path == "/gzip":
            self.send_header("Content-Encoding", "gzip")
        if path not in ("/close", "/1.0"):
            self.send_header("Content-Length", str(len(wire)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            content = wire = b""
        self.wfile.write(wire)
        say(port=self.client_address[1], method=self.command, target=self.path, status=status, request=about(body),
            wire=about(wire), content=about(content))

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


def serve(port):
    Handler.protocol_version = "HTTP/1.1"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    say(listening=True)
    server.serve_forever()


def decode(coding, data):
    if coding == "gzip":
        return gzip.decompress(data)
    if coding == "deflate":
        return zlib.decompress(data, 15 if data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0 else -15)
    return data


def get(server, lines):
    connection = http.client.HTTPConnection(server)
    for line in filter(None, lines.split("\n")):
        method, target, length, chunked, *_ = line.split(" ") + ["0", ""]
        body = (b"python " * int(length))[:int(length)]
        if chunked == "chunked":
            pieces = (body[at:at + 3000] for at in range(0, len(body), 3000))
            connection.request(method, target, pieces, encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        else:
            connection.request(method, target, body or None)
        answer = connection.getresponse()
        data = answer.read()
        content = decode(answer.getheader("Content-Encoding"), data) if data else data
        say(method=method, target=target, status=answer.status, content=about(content))


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    get(sys.argv[2], sys.argv[3])
