//! Heads as browsers and servers send them, with the names changed: from 300 to 1,500 bytes.

/// Heads of requests: a name, and the bytes.
pub const REQUESTS: &[(&str, &str)] = &[
    (
        "request-curl",
        "GET /api/v1/items?limit=20&offset=40 HTTP/1.1\r\n\
         Host: api.demo.test\r\n\
         User-Agent: curl/8.5.0\r\n\
         Accept: */*\r\n\r\n",
    ),
    (
        "request-script",
        "GET /static/js/main.4f9c2b1d.chunk.js HTTP/1.1\r\n\
         Host: static.demo.test\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0\r\n\
         Accept: */*\r\n\
         Accept-Language: en-US,en;q=0.5\r\n\
         Accept-Encoding: gzip, deflate, br\r\n\
         Connection: keep-alive\r\n\
         Referer: http://www.demo.test/\r\n\r\n",
    ),
    (
        "request-page",
        "GET /wiki/Packet_analyzer?useskin=vector HTTP/1.1\r\n\
         Host: www.demo.test\r\n\
         Connection: keep-alive\r\n\
         Cache-Control: max-age=0\r\n\
         Upgrade-Insecure-Requests: 1\r\n\
         User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7\r\n\
         Accept-Encoding: gzip, deflate\r\n\
         Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7\r\n\
         Cookie: sid=s%3A8f4b1c2d3e; theme=light; consent=1\r\n\
         If-None-Match: \"65f0c3a1-2b1f\"\r\n\
         If-Modified-Since: Tue, 12 Mar 2024 21:04:49 GMT\r\n\r\n",
    ),
    (
        "request-cookies",
        "POST /checkout/api/cart/update HTTP/1.1\r\n\
         Host: shop.demo.test\r\n\
         Connection: keep-alive\r\n\
         Content-Length: 0\r\n\
         sec-ch-ua: \"Chromium\";v=\"124\", \"Google Chrome\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n\
         X-Requested-With: XMLHttpRequest\r\n\
         sec-ch-ua-mobile: ?0\r\n\
         User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36\r\n\
         sec-ch-ua-platform: \"macOS\"\r\n\
         Content-Type: application/json\r\n\
         Accept: application/json, text/javascript, */*; q=0.01\r\n\
         Origin: http://shop.demo.test\r\n\
         Sec-Fetch-Site: same-origin\r\n\
         Sec-Fetch-Mode: cors\r\n\
         Sec-Fetch-Dest: empty\r\n\
         Referer: http://shop.demo.test/checkout/cart?step=2&coupon=SPRING24\r\n\
         Accept-Encoding: gzip, deflate\r\n\
         Accept-Language: en-GB,en;q=0.9,fr-FR;q=0.8\r\n\
         Cookie: session-id=145-8791234-5567890; session-id-time=2082787201l; i18n-prefs=EUR; ubid-main=133-1234567-7654321; \
         session-token=Wm9vIHRoZSBxdWljayBicm93biBmb3gganVtcHMgb3ZlciB0aGUgbGF6eSBkb2cgYW5kIGNvbWVzIGJhY2sgYWdhaW4gdG8gc2VlIHdoYXQgaXQgd2Fz; \
         _ga=GA1.2.1234567890.1709400000; _gid=GA1.2.987654321.1711300000; cart=%7B%22items%22%3A%5B%7B%22sku%22%3A%22A-1009%22%2C%22n%22%3A2%7D%5D%7D; \
         csrf=0123456789abcdef0123456789abcdef; ab_test=variant-b; last_seen=1711300123\r\n\r\n",
    ),
];

/// Heads of responses without a body.
pub const RESPONSES: &[(&str, &str)] = &[
    (
        "response-nginx",
        "HTTP/1.1 200 OK\r\n\
         Server: nginx/1.24.0\r\n\
         Date: Sun, 24 Mar 2024 17:08:43 GMT\r\n\
         Content-Type: image/png\r\n\
         Content-Length: 0\r\n\
         Last-Modified: Tue, 12 Mar 2024 21:04:49 GMT\r\n\
         Connection: keep-alive\r\n\
         ETag: \"65f0c3a1-2b1f\"\r\n\
         Expires: Mon, 24 Mar 2025 17:08:43 GMT\r\n\
         Cache-Control: max-age=31536000\r\n\
         Accept-Ranges: bytes\r\n\r\n",
    ),
    (
        "response-cdn",
        "HTTP/1.1 200 OK\r\n\
         Connection: keep-alive\r\n\
         Content-Length: 0\r\n\
         Content-Type: application/javascript; charset=utf-8\r\n\
         Cache-Control: public, max-age=600, stale-while-revalidate=86400\r\n\
         Access-Control-Allow-Origin: *\r\n\
         Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n\
         ETag: W/\"9f86d081884c7d659a2feaa0c55ad015\"\r\n\
         X-Content-Type-Options: nosniff\r\n\
         Via: 1.1 varnish, 1.1 varnish\r\n\
         Accept-Ranges: bytes\r\n\
         Date: Sun, 24 Mar 2024 17:08:43 GMT\r\n\
         Age: 417\r\n\
         X-Served-By: cache-ams21055-AMS, cache-fra-eddf8230063-FRA\r\n\
         X-Cache: MISS, HIT\r\n\
         X-Cache-Hits: 0, 12\r\n\
         X-Timer: S1711300123.457093,VS0,VE1\r\n\
         Vary: Accept-Encoding, Origin\r\n\r\n",
    ),
    (
        "response-application",
        "HTTP/1.1 302 Found\r\n\
         Date: Sun, 24 Mar 2024 17:08:43 GMT\r\n\
         Server: Apache/2.4.58 (Ubuntu)\r\n\
         X-Powered-By: PHP/8.2.12\r\n\
         Expires: Thu, 19 Nov 1981 08:52:00 GMT\r\n\
         Cache-Control: no-store, no-cache, must-revalidate\r\n\
         Pragma: no-cache\r\n\
         Content-Security-Policy: default-src 'self'; script-src 'self' 'unsafe-inline' http://static.demo.test http://www.demo.test; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data: http://*.demo.test; font-src 'self' data:; connect-src 'self' http://api.demo.test; \
         frame-ancestors 'none'; base-uri 'self'; form-action 'self'\r\n\
         X-Frame-Options: DENY\r\n\
         X-XSS-Protection: 1; mode=block\r\n\
         Referrer-Policy: strict-origin-when-cross-origin\r\n\
         Set-Cookie: PHPSESSID=q8h7n2l5v4c3k1j0m9b8v7c6x5; path=/; HttpOnly; SameSite=Lax\r\n\
         Set-Cookie: remember=eyJpdiI6Ik1UUmxNVGN5TUdZME9UYzVNVEU9PSIsInZhbHVlIjoiYWJjZGVmIn0%3D; expires=Tue, 23-Apr-2024 17:08:43 GMT; Max-Age=2592000; path=/; HttpOnly\r\n\
         Location: http://www.demo.test/account/overview?login=ok\r\n\
         Content-Length: 0\r\n\
         Keep-Alive: timeout=5, max=99\r\n\
         Connection: Keep-Alive\r\n\
         Content-Type: text/html; charset=UTF-8\r\n\r\n",
    ),
];
