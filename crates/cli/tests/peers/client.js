// A client that says what it got: node client.js URL REQUESTS, one "METHOD TARGET [LENGTH [chunked]]" a line
//
// One JSON object a line: method, target, status, and length and hash (FNV-1a) of the content. ws://... talks WebSocket
// instead, with the library ws, with and without compression.
'use strict';
const http = require('http');
const zlib = require('zlib');

const say = (object) => process.stdout.write(JSON.stringify(object) + '\n');
const hash = (bytes) => bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
const decode = {
  gzip: zlib.gunzipSync,
  br: zlib.brotliDecompressSync,
  deflate: (bytes) => ((bytes[0] & 15) === 8 && bytes.readUInt16BE(0) % 31 === 0 ? zlib.inflateSync : zlib.inflateRawSync)(bytes),
};
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });

function request(base, line) {
  const [method, target, length, chunked] = line.split(' ');
  return new Promise((done, failed) => {
    const headers = {};
    if (length && !chunked) headers['Content-Length'] = length;
    const request = http.request(base + target, { method, agent, headers }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const body = Buffer.concat(parts);
        const coding = response.headers['content-encoding'];
        const content = coding && body.length > 0 ? decode[coding](body) : body;
        say({ method, target, status: response.statusCode, content: { bytes: content.length, hash: hash(content) } });
        done();
      });
    });
    request.on('error', failed);
    const body = Buffer.alloc(Number(length || 0), 'node ');
    for (let at = 0; at < body.length; at += 5000) request.write(body.subarray(at, at + 5000));
    request.end();
  });
}

function talk(url, options) {
  const WebSocket = require('ws');
  return new Promise((done, failed) => {
    const socket = new WebSocket(url, ['echo', 'chat'], options);
    const out = ['Hello', 'Hello again, Hello again. '.repeat(20), '', Buffer.alloc(300, 7), '\u20ac'.repeat(30000), Buffer.alloc(0)];
    let answers = 0;
    socket.on('error', failed);
    socket.on('open', () => {
      socket.ping('are you there?');
      out.forEach((message) => socket.send(message));
    });
    socket.on('message', () => {
      answers += 1;
      if (answers === out.length) {
        // In fragments, and the last one of them empty.
        ['frag', 'ments', ''].forEach((part, n) => socket.send(part, { fin: n === 2 }));
      } else if (answers > out.length) {
        socket.close(4000, 'done \u20ac');
      }
    });
    socket.on('close', done);
  });
}

(async () => {
  const [, , base, list] = process.argv;
  if (base.startsWith('ws:')) {
    await talk(base + '?plain', { perMessageDeflate: false });
    await talk(base + '?packed', { perMessageDeflate: true });
    await talk(base + '?alone', { perMessageDeflate: {
      serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 10, threshold: 0 } });
  } else {
    await Promise.all(list.split('\n').filter(Boolean).map((line) => request(base, line)));
    agent.destroy();
  }
})();
