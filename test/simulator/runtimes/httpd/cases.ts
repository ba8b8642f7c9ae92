import type { Ask, Backends } from "./harness.ts";

/** One configuration, served by this runtime and by the real Apache httpd, asked the same things. */
export function configuration(to: Backends): string {
  const echo = `http://127.0.0.1:${to.echo}`;
  return `
ServerName main.test
Timeout 5
MaxKeepAliveRequests 3
<Directory />
  Require all denied
</Directory>
<Directory DIRECTORY/htdocs>
  Require all granted
</Directory>
<VirtualHost *:PORT>
  ServerName pippo.lan
  ServerAlias *.pippo.lan
  ProxyPass /count/ ${echo}/ connectiontimeout=2 timeout=5 retry=0
  ProxyPassReverse /count/ ${echo}/
  ProxyPass /kept !
  ProxyPass /no/deep !
  ProxyPass /no ${echo}/yes
  ProxyPassMatch ^/match/(\\d+)/(.*)$ ${echo}/m/$2?n=$1
  ProxyPassMatch ^/whole ${echo}
  ProxyPass /raw/ ${echo}/ nocanon
  ProxyPass /noq/ ${echo}/q/ noquery
  ProxyPass /refused/ http://127.0.0.1:${to.refused}/ retry=0
  ProxyPass /hang/ http://127.0.0.1:${to.hang}/ timeout=1 retry=0
  ProxyPass /close/ http://127.0.0.1:${to.close}/
  ProxyPass /half/ http://127.0.0.1:${to.half}/
  ProxyPass /name/ http://no-such-name.invalid/
  <Location /loc/>
    ProxyPass ${echo}/in-location/
    ProxyPassReverse ${echo}/in-location/
    Header set X-From location
    RequestHeader set X-To backend
    RequestHeader unset User-Agent
  </Location>
  <Location /closed>
    Require all denied
  </Location>
  <LocationMatch "^/seen/([a-z]+)$">
    Header always set X-Seen yes
  </LocationMatch>
  ProxyPassReverseCookiePath / /count/
  ProxyPassReverseCookieDomain back.test front.test
  RewriteEngine On
  RewriteCond %{REQUEST_METHOD} !^(GET|HEAD)$
  RewriteRule ^/redis/ - [F]
  RewriteRule ^/redis/(.*)$ ${echo}/$1 [P,L]
  RewriteRule ^/?$ /count/ [R,L]
  RewriteRule ^/old/(.*)$ /new/$1 [R=301,L]
  RewriteRule ^/ext/(.*)$ http://other.test/$1 [L]
  RewriteRule ^/qsa$ ${echo}/x?a=1 [P,QSA]
  RewriteRule ^/qsd$ ${echo}/x [P,QSD]
  RewriteRule ^/qmark$ ${echo}/x? [P]
  RewriteRule ^/rq/(.*)$ /t?p=$1 [R,NE]
  RewriteRule ^/resc/(.*)$ /t?p=$1 [R]
  RewriteRule ^/b/(.*)$ ${echo}/?p=$1 [P,B]
  RewriteRule ^/bplain/(.*)$ ${echo}/?p=$1 [P]
  RewriteRule ^/gone - [G]
  RewriteRule ^/teapot - [R=429]
  RewriteRule ^/empty$ - [R=204,L]
  RewriteRule ^/pt/(.*)$ /count/$1 [PT]
  RewriteRule ^/nopt/(.*)$ /count/$1 [L]
  RewriteRule ^/file$ /page.txt [L]
  RewriteRule ^/chain1$ /chain2 [C]
  RewriteRule ^/chain2$ ${echo}/chained [P]
  RewriteRule ^/chain2$ - [F]
  RewriteRule ^/skip - [S=1]
  RewriteRule ^/skip - [F]
  RewriteRule ^/skip ${echo}/skipped [P]
  RewriteRule ^/nxt/([^_]*)_(.*)$ /nxt/$1-$2 [N]
  RewriteRule ^/nxt/(.*)$ ${echo}/$1 [P]
  RewriteRule ^/env - [E=COLOUR:red]
  RewriteCond %{ENV:COLOUR} =red
  RewriteRule ^/env ${echo}/is-red [P]
  RewriteRule ^/NOCASE$ ${echo}/nocase [P,NC]
  RewriteCond %{HTTP:X-One} ^(.+)$ [OR]
  RewriteCond %{HTTP:X-Two} ^(.+)$
  RewriteRule ^/or$ ${echo}/%1 [P]
  RewriteCond %{HTTP_HOST} ^sub\\.(.+)$ [NC]
  RewriteRule ^/byhost$ ${echo}/%1 [P]
  RewriteCond %{QUERY_STRING} (?:^|&)id=(\\d+)
  RewriteRule ^/byquery$ ${echo}/id/%1? [P]
  RewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-f
  RewriteRule ^/maybe/(.*)$ ${echo}/absent/$1 [P]
  RewriteCond %{REMOTE_ADDR} =127.0.0.1
  RewriteCond %{REQUEST_SCHEME} ^http$
  RewriteCond %{HTTPS} off
  RewriteRule ^/vars$ ${echo}/%{REQUEST_METHOD}/%{SERVER_NAME} [P]
  RewriteCond %{HTTP:X-Number} -ge10
  RewriteRule ^/number$ ${echo}/big [P]
  RewriteCond %{HTTP:X-Text} >m
  RewriteRule ^/text$ ${echo}/after [P]
  RewriteRule !^/[a-zA-Z] - [F]
  RewriteRule ^/relative$ relative/target [R]
  RewriteRule ^/own$ http://pippo.lan:PORT/page.txt [L]
  RewriteRule ^/portless$ %{REQUEST_SCHEME}://%{HTTP_HOST}/there [R=303,L]
  Redirect /moved http://elsewhere.test/base
  Redirect permanent /perm /kept/here
  Redirect gone /nothing
  RedirectMatch 307 ^/rm/(\\w+)$ /got/$1
  Header set X-Server ok
  Header always append X-Always one
  Header always append X-Always two
  ErrorDocument 410 "It is gone."
  ErrorDocument 403 /page.txt
</VirtualHost>
<VirtualHost *:PORT>
  ServerName preserve.test:8443
  ServerSignature Off
  ProxyPreserveHost On
  ProxyVia On
  ProxyPass / ${echo}/ disablereuse=on
  ProxyPassReverse / /
  ProxyErrorOverride On
  ErrorDocument 502 http://sorry.test/
</VirtualHost>
<VirtualHost *:PORT>
  ServerName add.test
  ProxyAddHeaders Off
  SetEnvIf User-Agent "^curl" is-curl=yes
  SetEnv always-set 1
  Header set X-Curl "%{is-curl}e" env=is-curl
  Header set X-Not curl env=!is-curl
  Header edit X-Tag "^a(.*)$" "b$1"
  Header add X-Add 1
  Header merge X-Merge v
  Header unset X-Drop
  ProxyPass / ${echo}/
</VirtualHost>
<Proxy "http://127.0.0.1:${to.refused}/set">
  ProxySet connectiontimeout=2 timeout=10 retry=0 disablereuse=On
  Require method GET
</Proxy>
<VirtualHost *:PORT>
  ServerName set.test
  RewriteEngine On
  RewriteRule "^/set/(.*)$" "http://127.0.0.1:${to.refused}/set/$1" [P,L]
  RewriteRule "^/one/(.*)$" "${echo}/one/$1" [P,L]
  ProxyPassReverse "/one/" "${echo}/one/"
  ProxyPassReverse "/one/" "/"
  <Location /in/>
    RewriteRule ^(.*)$ ${echo}/rewritten [P]
  </Location>
  <Location /away/>
    Redirect 307 http://away.test/
  </Location>
  <Location /away2/>
    Redirect /away2/x http://away.test/y
  </Location>
  <LocationMatch ^/pm/(\\w+)$>
    ProxyPassMatch ${echo}/matched/$1
  </LocationMatch>
  <Location /ip>
    Require ip 10.0.0.0/8 192.168
  </Location>
  <Location /local>
    Require local
  </Location>
  <Location /both>
    <RequireAll>
      Require all granted
      Require not ip 127
    </RequireAll>
  </Location>
  Alias /other DIRECTORY/htdocs/sub
</VirtualHost>
<VirtualHost *:PORT>
  ServerName perdir.test
  RewriteEngine On
  <Directory DIRECTORY/htdocs>
    Require all granted
    RewriteBase /
    RewriteRule ^dir/(.*)$ sub/$1
    RewriteRule ^away/(.*)$ ${echo}/$1 [P]
    RewriteRule ^go/(.*)$ went/$1 [R]
  </Directory>
</VirtualHost>
`;
}

export interface Case extends Ask {
  name: string;
  host?: string;
}

const get = (path: string, more: Partial<Case> = {}): Case => ({
  name: `GET ${path}`,
  path,
  ...more,
});
const answer = (wish: object) => ({ "X-Answer": JSON.stringify(wish) });

/** What both are asked. `PORT` is the server's own port, `ECHO` the echoing backend's. */
export const CASES: Case[] = [
  get("/count/get"),
  get("/count/get?a=1&b=2"),
  get("/count"),
  get("/count/"),
  get("/countless"),
  get("/count/a%20b/%C3%A9?x=%20"),
  get("/count/a%2Fb"),
  get("/count/%zz"),
  get("/count/../count/x"),
  get("/../x"),
  get("/count//x///y"),
  get("/count/./a/./b/../c"),
  get("/count/a;b=1,c"),
  get("/count/~user/$-_.+!*'(),:@&="),
  get("/count/a%25b%5Bc%5D"),
  {
    name: "POST to a backend",
    path: "/count/set",
    method: "POST",
    body: "value=1",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  },
  { name: "HEAD", path: "/count/get", method: "HEAD" },
  { name: "DELETE", path: "/count/x", method: "DELETE" },
  { name: "OPTIONS", path: "/count/x", method: "OPTIONS" },
  get("/count/x", {
    name: "X-Forwarded-For is appended to",
    headers: { "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Host": "a.b" },
  }),
  get("/count/x", {
    name: "hop-by-hop headers go",
    headers: {
      Connection: "close, X-Secret",
      "X-Secret": "1",
      TE: "trailers",
      "Proxy-Authorization": "x",
      "Keep-Alive": "timeout=9",
      Upgrade: "h2c",
    },
  }),
  get("/count/x", { name: "Expect and Via", headers: { Via: "1.1 before", "Max-Forwards": "5" } }),
  get("/count/x", { name: "Max-Forwards 0", headers: { "Max-Forwards": "0" } }),
  get("/count/x", { name: "another name of the host", host: "sub.pippo.lan" }),
  get("/count/x", { name: "an unknown host goes to the first", host: "who.test" }),
  get("/count/x", { name: "host in capitals", host: "PIPPO.LAN" }),
  get("/count/x", { name: "host with its port", host: "pippo.lan:PORT" }),
  get("/kept/x"),
  get("/no/deep/x"),
  get("/no/other"),
  get("/match/12/rest"),
  get("/match/12/rest?z=1"),
  get("/match/x/rest"),
  get("/whole/path"),
  get("/raw/a%20b%2Dc?q=1"),
  get("/noq/x?secret=1"),
  get("/loc/x"),
  get("/closed/x"),
  get("/closed"),
  get("/closedness"),
  get("/seen/abc"),
  get("/refused/x"),
  get("/hang/x"),
  get("/close/x"),
  get("/half/x"),
  get("/name/x"),
  get("/count/x", {
    name: "Location of the backend",
    headers: answer({ status: 302, headers: { Location: "http://127.0.0.1:ECHO/there?x=1" } }),
  }),
  get("/count/x", {
    name: "Location elsewhere",
    headers: answer({ status: 302, headers: { Location: "http://other.test/there" } }),
  }),
  get("/count/x", {
    name: "Location as a path",
    headers: answer({ status: 302, headers: { Location: "/there" } }),
  }),
  get("/count/x", {
    name: "Content-Location and URI",
    headers: answer({
      headers: { "Content-Location": "http://127.0.0.1:ECHO/c", URI: "http://127.0.0.1:ECHO/u" },
    }),
  }),
  get("/count/x", {
    name: "cookies",
    headers: answer({
      headers: { "Set-Cookie": ["a=1; Path=/; HttpOnly", "b=2; domain=back.test; path=/x"] },
    }),
  }),
  get("/count/x", {
    name: "several headers of a name",
    headers: answer({ headers: { "X-Many": ["1", "2"], Server: "backend/1" } }),
  }),
  get("/count/x", { name: "404 of the backend", headers: answer({ status: 404, body: "own" }) }),
  get("/count/x", { name: "500 of the backend", headers: answer({ status: 500, body: "own" }) }),
  get("/count/x", { name: "204 of the backend", headers: answer({ status: 204, body: "" }) }),
  get("/count/x", { name: "304 of the backend", headers: answer({ status: 304, body: "" }) }),
  get("/loc/x", {
    name: "Location in a Location",
    headers: answer({ status: 301, headers: { Location: "http://127.0.0.1:ECHO/in-location/z" } }),
  }),
  get("/"),
  get("/?a=1"),
  get("/redis/GET/time"),
  get("/redis/GET/a%20b?x=y"),
  { name: "POST /redis/", path: "/redis/x", method: "POST", body: "x" },
  { name: "HEAD /redis/", path: "/redis/x", method: "HEAD" },
  get("/old/a/b?q=1"),
  get("/old/a%20b"),
  get("/old/a?q=%20%22x"),
  {
    name: "Expect is passed on",
    path: "/count/x",
    method: "POST",
    body: "x",
    headers: { Expect: "100-continue", "Content-Length": "1" },
  },
  get("/ext/a?b=c"),
  get("/qsa?b=2"),
  get("/qsa"),
  get("/qsd?b=2"),
  get("/qmark?b=2"),
  get("/rq/a%20b"),
  get("/rq/ab"),
  get("/resc/a%20b%26c"),
  get("/b/a%20b%2Bc%26d%3F"),
  get("/bplain/a&b"),
  get("/bplain/a%3Fb"),
  get("/gone"),
  get("/teapot"),
  get("/empty"),
  get("/pt/x"),
  get("/nopt/x"),
  get("/file"),
  get("/chain1"),
  get("/chain2"),
  get("/skip"),
  get("/nxt/a_b_c_d"),
  get("/env"),
  get("/nocase"),
  get("/or", { name: "OR, the first", headers: { "X-One": "one" } }),
  get("/or", { name: "OR, the second", headers: { "X-Two": "two" } }),
  get("/or"),
  get("/byhost", { host: "sub.pippo.lan" }),
  get("/byhost"),
  get("/byquery?x=1&id=42"),
  get("/maybe/page.txt"),
  get("/vars"),
  get("/number", { name: "-ge holds", headers: { "X-Number": "12" } }),
  get("/number", { name: "-ge doesn't", headers: { "X-Number": "9" } }),
  get("/text", { name: "> holds", headers: { "X-Text": "z" } }),
  get("/text", { name: "> by length", headers: { "X-Text": "aa" } }),
  get("/text", { name: "> doesn't", headers: { "X-Text": "a" } }),
  get("/123"),
  get("/relative"),
  get("/own"),
  get("/portless"),
  get("/portless", { name: "portless with a port", host: "pippo.lan:1234" }),
  get("/moved"),
  get("/moved/deep/er?x=1"),
  get("/movedon"),
  get("/perm/a b".replace(" ", "%20")),
  get("/nothing"),
  get("/rm/word?q=1"),
  get("/page.txt"),
  get("/sub"),
  get("/sub?x=1"),
  get("/sub/"),
  get("/absent"),
  get("/page.txt/extra"),
  { name: "PUT on a file", path: "/page.txt", method: "PUT", body: "x" },
  { name: "OPTIONS on a file", path: "/page.txt", method: "OPTIONS" },
  { name: "POST on a file", path: "/page.txt", method: "POST", body: "x" },
  { name: "HEAD on a file", path: "/page.txt", method: "HEAD" },
  get("/page.txt", {
    name: "If-Modified-Since",
    headers: { "If-Modified-Since": "NOW" },
  }),
  get("/x", { name: "ProxyPreserveHost, Via", host: "preserve.test" }),
  get("/x", {
    name: "ProxyErrorOverride",
    host: "preserve.test",
    headers: answer({ status: 404, body: "own" }),
  }),
  get("/x", {
    name: "ErrorDocument with a URL",
    host: "preserve.test",
    headers: answer({ status: 502, body: "own" }),
  }),
  get("/x", {
    name: "ProxyPassReverse with a path",
    host: "preserve.test",
    headers: answer({ status: 302, headers: { Location: "http://back.test/p" } }),
  }),
  get("/x", {
    name: "ProxyAddHeaders Off, Header edits",
    host: "add.test",
    headers: {
      "User-Agent": "curl/8",
      ...answer({ headers: { "X-Tag": "abc", "X-Merge": "u, v", "X-Drop": "1", "X-Add": "0" } }),
    },
  }),
  get("/x", {
    name: "Header without its env",
    host: "add.test",
    headers: { "User-Agent": "wget" },
  }),
  get("/set/x", { host: "set.test" }),
  {
    name: "POST against Require method",
    path: "/set/x",
    method: "POST",
    body: "x",
    host: "set.test",
  },
  get("/one/x", {
    name: "two ProxyPassReverse",
    host: "set.test",
    headers: answer({ status: 302, headers: { Location: "/get" } }),
  }),
  get("/in/x?y=1", { host: "set.test" }),
  get("/away/x?y=1", { host: "set.test" }),
  get("/away2/x/z", { host: "set.test" }),
  get("/pm/word?q=1", { host: "set.test" }),
  get("/pm/wo-rd", { host: "set.test" }),
  get("/ip/x", { host: "set.test" }),
  get("/local/x", { host: "set.test" }),
  get("/both/x", { host: "set.test" }),
  get("/other/", { host: "set.test" }),
  get("/other", { host: "set.test" }),
  get("/x", { name: "absolute request target", path: "http://set.test/one/abs" }),
  get("/dir/index.html", { host: "perdir.test" }),
  get("/away/x?y=1", { host: "perdir.test" }),
  get("/go/x?y=1", { host: "perdir.test" }),
  get("/sub/", { name: "per-directory, nothing to do", host: "perdir.test" }),
];

/** Of LogFormat: what both can say alike. */
const LOG_FORMATS = [
  '%h %l %u \\"%r\\" %>s %b',
  "%a %A %B %m %U %q %H %v %V %p",
  '\\"%{User-Agent}i\\" \\"%{X-Odd}i\\" \\"%{Content-Type}o\\" %{sid}C %{seen}e %{absent}e',
  "%400,404{Referer}i %!200{Referer}i %200{Referer}i %% %s",
  "%k %X %R",
];

export function logConfiguration(to: Backends): string {
  return `
ServerName main.test
SetEnvIf User-Agent ^a seen=yes
LogFormat "${LOG_FORMATS.join(" | ")}" mine
CustomLog access.log mine
CustomLog none.log mine env=never
<Directory DIRECTORY/htdocs>
  Require all granted
</Directory>
ProxyPass /p/ http://127.0.0.1:${to.echo}/
ProxyPass /refused/ http://127.0.0.1:${to.refused}/
RewriteEngine On
RewriteRule ^/r$ /p/ [R]`;
}

export const LOG_CASES: Ask[] = [
  { path: "/p/x?y=%20z" },
  { path: "/refused/x" },
  { path: "/r" },
  {
    path: "/page.txt",
    headers: { "User-Agent": "abc", Referer: "http://from/", Cookie: "a=1; sid=42" },
  },
  { path: "/absent", headers: { "X-Odd": 'quote " and \\\\ back', Referer: "r" } },
  { path: "/p/x", method: "HEAD" },
  { path: "/p/x", method: "POST", body: "x" },
];

/** Byte for byte on one connection; each piece is sent when the one before has been answered. */
export const CONVERSATIONS: Record<string, string[]> = {
  "HTTP/1.0 without Host": ["GET /count/x HTTP/1.0\r\n\r\n"],
  "HTTP/1.0, kept alive": [
    "GET /count/x HTTP/1.0\r\nHost: pippo.lan\r\nConnection: keep-alive\r\n\r\n",
    "GET /count/x HTTP/1.0\r\nHost: pippo.lan\r\n\r\n",
  ],
  "HTTP/1.1 without Host": ["GET /count/x HTTP/1.1\r\n\r\n"],
  "kept alive till the limit": Array(4).fill(
    "GET /page.txt HTTP/1.1\r\nHost: pippo.lan\r\nConnection: keep-alive\r\n\r\n",
  ),
  "kept alive without a word": [
    "GET /page.txt HTTP/1.1\r\nHost: pippo.lan\r\n\r\n",
    "GET /page.txt HTTP/1.1\r\nHost: pippo.lan\r\nConnection: close\r\n\r\n",
  ],
  "a backend that closes, first on the connection": [
    "GET /close/x HTTP/1.1\r\nHost: pippo.lan\r\n\r\n",
    "GET /page.txt HTTP/1.1\r\nHost: pippo.lan\r\nConnection: close\r\n\r\n",
  ],
  "a backend that closes, later on the connection": [
    "GET /page.txt HTTP/1.1\r\nHost: pippo.lan\r\n\r\n",
    "GET /close/x HTTP/1.1\r\nHost: pippo.lan\r\n\r\n",
  ],
  "503 closes": ["GET /refused/x HTTP/1.1\r\nHost: pippo.lan\r\n\r\n"],
  "404 doesn't": [
    "GET /absent HTTP/1.1\r\nHost: pippo.lan\r\n\r\n",
    "HEAD /page.txt HTTP/1.1\r\nHost: pippo.lan\r\nConnection: close\r\n\r\n",
  ],
  "two at once": [
    "GET /page.txt HTTP/1.1\r\nHost: pippo.lan\r\n\r\n" +
      "GET /absent HTTP/1.1\r\nHost: pippo.lan\r\nConnection: close\r\n\r\n",
  ],
  "a POST that nobody wants, and another request": [
    "POST /closed/x HTTP/1.1\r\nHost: pippo.lan\r\nContent-Length: 5\r\n\r\nhello",
    "GET /page.txt HTTP/1.1\r\nHost: pippo.lan\r\nConnection: close\r\n\r\n",
  ],
  "Expect: 100-continue": [
    "POST /count/x HTTP/1.1\r\nHost: pippo.lan\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
  ],
  nonsense: ["NONSENSE\r\n\r\n"],
  "a header without a colon": ["GET / HTTP/1.1\r\nHost: pippo.lan\r\nBad\r\n\r\n"],
};

/** Ends of a configuration, nearly all of them wrong. */
export const CONFIGURATIONS = [
  "Foo bar",
  "SSLEngine on",
  "<VirtualHost *:80>\nListen 81\n</VirtualHost>",
  "<VirtualHost *:80>",
  "</VirtualHost>",
  "<VirtualHost *:80>\n</Location>",
  "<Location /x\n</Location>",
  "<Nonsense>\n</Nonsense>",
  "RewriteRule ^/x",
  "RewriteRule ^/x /y [Q]",
  "RewriteRule ^/x /y [R=299]",
  "RewriteRule ^/x /y L",
  "RewriteCond %{A}",
  "RewriteCond %{A} b [X]",
  "RewriteBase /x",
  "RewriteEngine maybe",
  "ProxyPass /x http://a/ retry",
  "ProxyPass /x http://a/ colour=red",
  "ProxyPass /x http://a/ timeout=0",
  "ProxyPass /x",
  "ProxyPassReverse /x",
  "<Location /x>\nProxyPassReverse /x http://a/\n</Location>",
  "ProxyPreserveHost perhaps",
  "<Location /x>\nDocumentRoot /y\n</Location>",
  "<Location /x>\nRequire nothing\n</Location>",
  "<Location /x>\nRequire all maybe\n</Location>",
  "<Location>\n</Location>",
  "Header put X 1",
  "Header set X",
  "Header set X 1 2",
  "Redirect /x nowhere",
  "Redirect 301 /x",
  "Redirect gone /x http://y/",
  "ErrorDocument 999 x",
  "LogLevel loud",
  "Include absent.conf",
  "Include absent/*.conf",
  "IncludeOptional absent/*.conf",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: httpd's own notation
  "Define NAME value\nServerName ${NAME}",
  'Error "stop here"',
  "LoadModule nothing_module modules/mod_nothing.so",
  "DocumentRoot",
  "ServerAlias",
  "ServerTokens Loud",
  "<IfModule mod_rewrite.c>\nFoo\n</IfModule>",
  "<IfModule !mod_rewrite.c>\nFoo\n</IfModule>",
  "<IfModule no_such_module>\nFoo\n</IfModule>\nServerName \\\nx",
];
