// An HTTP server that says what it got and what it sent: node server.js PORT
//
// One JSON object a line: the client's port, method, target, status, and length and hash (FNV-1a) of the request's body
// (`request`), of the response's body as it was sent (`wire`) and before it was encoded (`content`). With the library ws,
// /ws switches to WebSocket, and every message of both sides is a line, too.
'use strict';
const http = require('http');
const zlib = require('zlib');

const say = (object) => process.stdout.write(JSON.stringify(object) + '\n');
const hash = (bytes) => bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
const about = (bytes) => ({ bytes: bytes.length, hash: hash(bytes) });
const text = (size) => Buffer.from(Array.from({ length: size }, (_, n) => (n * n + (n >> 5)) % 26 + 97));
const encode = {
  identity: (bytes) => bytes,
  gzip: zlib.gzipSync,
  deflate: zlib.deflateSync,
  raw: zlib.deflateRawSync,
  br: zlib.brotliCompressSync,
};
const PAGE = `<!doctype html><meta charset=utf-8><link rel=stylesheet href="/coded/gzip/chunked/300?css"><img src="/image?1">
<script src="/script?1"></script>`;
// What a browser does; in the end it says what it saw.
const SCRIPT = `
const seen = [];
const bytes = (body) => Array.from(new Uint8Array(body));
const hash = (body) => bytes(body).reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
async function get(method, target, options) {
  const answer = await fetch(target, { method, ...options });
  const body = await answer.arrayBuffer();
  seen.push({ method, target, status: answer.status, content: { bytes: body.byteLength, hash: hash(body) } });
}
function events(target) {
  return new Promise((done) => {
    const source = new EventSource(target), list = [];
    source.onmessage = (event) => list.push(event.data);
    source.onerror = () => { source.close(); seen.push({ events: target, list }); done(); };
  });
}
function talk(target) {
  return new Promise((done) => {
    const socket = new WebSocket('ws://' + location.host + target, ['chat', 'echo']);
    socket.binaryType = 'arraybuffer';
    const out = ['Hello', 'Gr\\u00fc\\u00dfe \\u20ac '.repeat(50), '', '{"a":[1,2]}', new Uint8Array([0, 255, 7]), 'x'.repeat(70000)];
    const list = [];
    socket.onopen = () => out.forEach((message) => socket.send(message));
    socket.onmessage = (event) => {
      list.push(typeof event.data === 'string' ? event.data : bytes(event.data));
      if (list.length === out.length) socket.close(1000, 'bye \\u20ac');
    };
    socket.onclose = (event) => {
      seen.push({ socket: target, protocol: socket.protocol, code: event.code, reason: event.reason,
        equal: list.every((one, n) => one.toString() === out[n].toString()) });
      done();
    };
  });
}
(async () => {
  for (const coding of ['identity', 'gzip', 'deflate', 'br']) {
    await get('GET', '/coded/' + coding + '/chunked/5000?browser');
    await get('GET', '/coded/' + coding + '/length/70000?browser');
  }
  await Promise.all([1, 2, 3, 4].map((n) => get('GET', '/coded/br/chunked/20000?together=' + n)));
  await get('POST', '/echo?browser', { body: '\\u00fcber' });
  const form = new FormData();
  form.append('who', 'me');
  form.append('file', new Blob([new Uint8Array([1, 2, 3])]), 'a.bin');
  await get('POST', '/echo?form', { body: form });
  await get('HEAD', '/text?browser');
  await get('PUT', '/none?browser', { body: 'x' });
  await events('/events?browser');
  await events('/events/gzip?browser');
  await talk('/ws?browser');
  await fetch('/done', { method: 'POST', body: JSON.stringify(seen) });
})();`;
const IMAGE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/// Writes events, and says what each was and when it went out.
async function events(response, send, packed, target) {
  const encoder = packed ? zlib.createGzip() : null;
  if (encoder) encoder.on('data', send);
  const content = [];
  for (let n = 0; n < 4; n++) {
    const event = Buffer.from(`id: ${n}\ndata: event ${n}\n\n`);
    content.push(event);
    if (n > 0) await new Promise((done) => setTimeout(done, 60));
    say({ event: target, id: String(n), at: Date.now() });
    if (encoder) {
      encoder.write(event);
      await new Promise((done) => encoder.flush(zlib.constants.Z_SYNC_FLUSH, done));
    } else {
      send(event);
    }
  }
  if (encoder) await new Promise((done) => encoder.on('end', done).end());
  response.end();
  return Buffer.concat(content);
}

async function answer(request, response, body) {
  const path = request.url.split('?')[0].split('/').slice(1);
  const sent = [];
  const send = (bytes) => { sent.push(bytes); response.write(bytes); };
  const whole = (status, bytes, fields) => {
    response.writeHead(status, { 'Content-Length': bytes.length, ...fields });
    if (request.method !== 'HEAD' && bytes.length > 0) send(bytes);
    response.end();
    return request.method === 'HEAD' ? Buffer.alloc(0) : bytes;
  };
  let content = Buffer.alloc(0);
  if (path[0] === 'coded') {
    const [, coding, framing, size] = path;
    content = text(Number(size));
    const bytes = encode[coding](content);
    const fields = { 'Content-Type': 'text/css' };
    if (coding !== 'identity') fields['Content-Encoding'] = coding === 'raw' ? 'deflate' : coding;
    if (framing === 'length') {
      whole(200, bytes, fields);
    } else {
      response.writeHead(200, fields);
      for (let at = 0; at < bytes.length; at += 1000) send(bytes.subarray(at, at + 1000));
      response.end();
    }
  } else if (path[0] === 'events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', ...(path[1] ? { 'Content-Encoding': 'gzip' } : {}) });
    content = await events(response, send, path[1] === 'gzip', request.url);
  } else if (path[0] === 'echo') {
    content = body;
    response.writeHead(200, { 'Content-Type': request.headers['content-type'] || 'application/octet-stream' });
    if (body.length > 0) send(body);
    response.end();
  } else if (path[0] === 'hints') {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    content = whole(200, text(10), {});
  } else if (path[0] === 'trailers') {
    content = text(2000);
    response.writeHead(200, { Trailer: 'X-Sum' });
    send(content.subarray(0, 700));
    send(content.subarray(700));
    response.addTrailers({ 'X-Sum': '7' });
    response.end();
  } else if (path[0] === 'none') {
    response.writeHead(204).end();
  } else if (path[0] === 'same') {
    response.writeHead(304, { ETag: '"x"', 'Content-Length': 1234 }).end();
  } else if (path[0] === 'page') {
    content = whole(200, Buffer.from(PAGE), { 'Content-Type': 'text/html' });
  } else if (path[0] === 'script') {
    content = whole(200, Buffer.from(SCRIPT), { 'Content-Type': 'text/javascript; charset=utf-8' });
  } else if (path[0] === 'image') {
    content = whole(200, IMAGE, { 'Content-Type': 'image/png' });
  } else if (path[0] === 'text' || path[0] === 'done') {
    content = whole(200, text(600), { 'Content-Type': 'text/plain' });
  } else {
    content = whole(404, Buffer.from('not here'), {});
  }
  return { wire: Buffer.concat(sent), content };
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => {
    const body = Buffer.concat(parts);
    const port = request.socket.remotePort;
    const { wire, content } = await answer(request, response, body);
    const object = { port, method: request.method, target: request.url, request: about(body), status: response.statusCode };
    say({ ...object, wire: about(wire), content: about(content) });
    if (request.url === '/done') say({ done: JSON.parse(body) });
  });
});
server.keepAliveTimeout = 60000;

try {
  const { WebSocketServer } = require('ws');
  const options = { perMessageDeflate: { threshold: 100 } };
  const sockets = new WebSocketServer({ server, ...options, handleProtocols: (names) => (names.has('chat') ? 'chat' : false) });
  sockets.on('connection', (socket, request) => {
    const port = request.socket.remotePort;
    say({ port, method: 'GET', target: request.url, status: 101, protocol: socket.protocol });
    const note = (dir, opcode, payload, more) =>
      say({ port, dir, opcode, payload: Buffer.from(payload).toString('hex'), ...more });
    socket.on('message', (data, binary) => {
      note('client', binary ? 'binary' : 'text', data);
      note('server', binary ? 'binary' : 'text', data);
      socket.send(data, { binary });
    });
    socket.on('ping', (data) => { note('client', 'ping', data); note('server', 'pong', data); });
    socket.on('close', (code, reason) => {
      note('client', 'close', reason, { code });
      note('server', 'close', reason, { code });
    });
  });
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
}
server.listen(Number(process.argv[2]), '127.0.0.1', () => say({ listening: true }));
