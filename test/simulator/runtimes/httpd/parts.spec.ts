import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatEntry,
  type LogEntry,
} from "../../../../micromesh/simulator/runtimes/httpd/access-log.ts";
import { parseCommand } from "../../../../micromesh/simulator/runtimes/httpd/command.ts";
import { compileConfig } from "../../../../micromesh/simulator/runtimes/httpd/compile.ts";
import { errorLine, isLogged } from "../../../../micromesh/simulator/runtimes/httpd/error-log.ts";
import { mapRequest } from "../../../../micromesh/simulator/runtimes/httpd/mapper.ts";
import {
  compilePattern,
  PatternError,
} from "../../../../micromesh/simulator/runtimes/httpd/regex.ts";
import { rewrite } from "../../../../micromesh/simulator/runtimes/httpd/rewrite.ts";
import {
  parseCondition,
  parseRule,
} from "../../../../micromesh/simulator/runtimes/httpd/rewrite-syntax.ts";
import {
  ConfigError,
  interpolate,
  sourceLines,
  words,
} from "../../../../micromesh/simulator/runtimes/httpd/source.ts";
import {
  type ConfigFiles,
  readConfig,
} from "../../../../micromesh/simulator/runtimes/httpd/syntax.ts";
import {
  encodeProxyPath,
  normalizePath,
  prefixLength,
  unescapePath,
} from "../../../../micromesh/simulator/runtimes/httpd/uri.ts";

const filesOf = (files: Record<string, string>): ConfigFiles => ({
  read: (path) => files[path],
  list: (path) => {
    const below = Object.keys(files).filter((each) => each.startsWith(`${path}/`));
    const names = below.map((each) => each.slice(path.length + 1).split("/")[0] as string);
    return below.length > 0 ? [...new Set(names)].sort() : undefined;
  },
});

const read = (text: string, more: Record<string, string> = {}, env = {}) =>
  readConfig("/c", filesOf({ "/c": text, ...more }), { env });

describe("httpd's configuration language", () => {
  it("joins continued lines and skips comments, counting lines as httpd does", () => {
    assert.deepEqual(sourceLines("# c \\\nA 1\n\n  B \\\n  2 # no comment\n\\\n#C\nD \\"), [
      { text: "B   2 # no comment", line: 5 },
      { text: "D", line: 8 },
    ]);
  });

  it("groups words by quotes of either kind", () => {
    const text = String.raw`one "two words" 'three "in" one' "a \"quote\"" back\\slash \d ""`;
    assert.deepEqual(words(text), [
      "one",
      "two words",
      'three "in" one',
      'a "quote"',
      "back\\slash",
      "\\d",
      "",
    ]);
  });

  it("interpolates what is known and leaves the rest, telling it", () => {
    const missing: string[] = [];
    const lookup = (name: string) => ({ A: "1" })[name];
    // biome-ignore lint/suspicious/noTemplateCurlyInString: httpd's own notation
    const text = interpolate("${A} ${B} ${map:$1} $A", lookup, (name) => missing.push(name));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: httpd's own notation
    assert.equal(text, "1 ${B} ${map:$1} $A");
    assert.deepEqual(missing, ["B"]);
  });

  it("takes Define before the environment", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: httpd's own notation
    const text = "ServerName ${H}\nDefine H mine\nServerName ${H}\nUnDefine H\nServerName ${H}";
    const names = read(text, {}, { H: "env" }).directives.map((each) => each.args[0]);
    assert.deepEqual(names, ["env", "mine", "env"]);
  });

  it("includes files, patterns and directories, in order", () => {
    const files = {
      "/usr/local/apache2/conf/b.conf": "ServerName b",
      "/usr/local/apache2/conf/a.conf": "ServerName a",
      "/usr/local/apache2/conf/x.txt": "ServerName x",
      "/dir/deep/f": "ServerName f",
    };
    const text =
      "Include conf/*.conf\nInclude /dir\nIncludeOptional /none/*.conf\nIncludeOptional /absent";
    assert.deepEqual(
      read(text, files).directives.map((each) => each.args[0]),
      ["a", "b", "f"],
    );
  });

  it("names file and line of a mistake in an included file", () => {
    const error = (() => {
      try {
        read("Include /d", { "/d": "\nNonsense 1" });
      } catch (caught) {
        return caught as ConfigError;
      }
    })();
    assert.ok(error instanceof ConfigError);
    assert.equal(
      error.report(),
      "AH00526: Syntax error on line 2 of /d:\nInvalid command 'Nonsense', perhaps misspelled or defined by a module not included in the server configuration",
    );
  });

  it("stops at an include that includes itself", () => {
    assert.throws(() => read("Include /c"), /Exceeded maximum include depth/);
  });

  it("takes a directive only with its module", () => {
    const load = "LoadModule rewrite_module modules/mod_rewrite.so\n";
    assert.throws(() => read("RewriteEngine On"), /Invalid command 'RewriteEngine'/);
    assert.equal(read(`RewriteEngine On\n${load}`).directives.length, 1);
    assert.throws(() => read("<Proxy *>\n</Proxy>"), /Invalid command '<Proxy'/);
  });

  it("reads conditions, nested, for modules and defines", () => {
    const text = `
<IfModule !rewrite_module>
  <IfDefine !X>
    ServerName one
    <IfModule mod_proxy.c>
      Nonsense
    </IfModule>
  </IfDefine>
</IfModule>
<IfDefine X>
  ServerName two
</IfDefine>`;
    assert.deepEqual(
      read(text).directives.map((each) => each.args[0]),
      ["one"],
    );
  });
});

describe("httpd's command line", () => {
  it("takes the image's command and httpd's options", () => {
    const none = { root: "/usr/local/apache2", defines: [], check: false, version: false };
    assert.deepEqual(parseCommand(["httpd-foreground"]), { ...none, file: "conf/httpd.conf" });
    assert.deepEqual(parseCommand([]), { ...none, file: "conf/httpd.conf" });
    assert.deepEqual(
      parseCommand([
        "/usr/local/bin/httpd",
        "-D",
        "FOREGROUND",
        "-DX",
        "-f/a",
        "-d",
        "/r",
        "-k",
        "start",
        "-t",
      ]),
      { file: "/a", root: "/r", defines: ["FOREGROUND", "X"], check: true, version: false },
    );
  });

  it("refuses others in one line", () => {
    assert.throws(() => parseCommand(["httpd", "-k", "graceful"]), /send a signal/);
    assert.throws(() => parseCommand(["httpd", "-f"]), /requires an argument -- f/);
    assert.throws(() => parseCommand(["sh", "-c", "x"]), /illegal option -- sh/);
  });
});

describe("PCRE in httpd's configuration", () => {
  const matches = (pattern: string, text: string) => compilePattern(pattern).exec(text)?.[0];

  it("is translated where it differs", () => {
    assert.equal(matches("[[:alpha:]_]+", "12ab_c3"), "ab_c");
    assert.equal(matches("[]a]+", "x]a]"), "]a]");
    assert.equal(matches("[^]a]+", "]xa"), "x");
    assert.equal(matches("\\Aab\\z", "ab"), "ab");
    assert.equal(matches("(?i)AB", "xab"), "ab");
    assert.equal(matches("(?P<n>a)\\h", "a "), "a ");
    assert.equal(matches("\\Qa.b\\E+", "a.bb"), "a.bb");
    assert.equal(matches("a(?#comment)b", "ab"), "ab");
    assert.equal(matches(".", "\n\u2028"), "\u2028");
    assert.equal(matches("(?s).", "\n"), "\n");
    assert.equal(matches("\\s", "\u00a0x "), " ");
    assert.equal(matches("[[]", "["), "[");
  });

  it("is refused where there is no equal, by name", () => {
    for (const pattern of [
      "(?>a)",
      "a++",
      "a{2}+",
      "(?R)",
      "(?(1)a|b)",
      "(?|a)",
      "(*FAIL)",
      "\\K",
      "\\R",
      "a(?i)b",
      "\\p{L}",
      "[[:nope:]]",
      "[a",
      "(",
      "a\\",
    ])
      assert.throws(() => compilePattern(pattern), PatternError, pattern);
  });

  it("agrees with the engine on what needs no translation", () => {
    const plain = fc.stringMatching(/^[a-z0-9/^$()|+*?-]{0,12}$/);
    fc.assert(
      fc.property(plain, fc.stringMatching(/^[a-z0-9/-]{0,12}$/), (pattern, text) => {
        let direct: RegExp;
        try {
          direct = new RegExp(pattern);
        } catch {
          return;
        }
        if (/[*+?]\+|\(\?/.test(pattern)) return;
        assert.deepEqual(compilePattern(pattern).exec(text), direct.exec(text));
      }),
    );
  });
});

describe("mod_rewrite's rules", () => {
  const run = (lines: string[], filename: string, query?: string) => {
    const conditions: ReturnType<typeof parseCondition>[] = [];
    const rules = lines.flatMap((line) => {
      if (line.startsWith("?")) {
        conditions.push(parseCondition(line.slice(1)));
        return [];
      }
      return [parseRule(line, conditions.splice(0))];
    });
    const state = { filename, query, env: new Map<string, string>(), ended: false, reduced: false };
    const outcome = rewrite(rules, state, {
      self: "http://self",
      isSelf: (host, port) => host === "self" && port === 80,
      variable: (name) => (name === "VALUE" ? "abc?x" : ""),
      file: (path) =>
        path === "/there" ? { kind: "file", size: 0, link: false, executable: true } : undefined,
    });
    return { ...state, outcome };
  };

  it("give up after the rounds that N allows", () => {
    assert.deepEqual(run(["^(.*)$ $1x [N=5]"], "/a").outcome, { kind: "status", status: 500 });
    assert.deepEqual(run(["^(.*)$ $1x$1x [N]"], "/a").outcome, { kind: "status", status: 500 });
  });

  it("refuse a question mark that the request brought in, unless allowed", () => {
    assert.deepEqual(run(["^/(.*)$ /x/$1"], "/a?b").outcome, { kind: "status", status: 403 });
    assert.deepEqual(run(["^ /x/%{VALUE}"], "/a").outcome, { kind: "status", status: 403 });
    assert.equal(run(["^/(.*)$ /x/$1 [UnsafeAllow3F]"], "/a?b").query, "b");
    assert.equal(run(["^/(.*)$ /x?y=$1"], "/a?b").query, "y=a?b");
  });

  it("skip chains, and the rest of a chain", () => {
    assert.equal(run(["^/no /a [C]", "^ /b [C]", "^ /c", "^/x /d"], "/x").filename, "/d");
    assert.equal(run(["^/x /a [C]", "^/a /b [C]", "^/b /c"], "/x").filename, "/c");
    assert.equal(run(["^ - [S=2]", "^ /a [L]", "^ /b [L]", "^ /c"], "/x").filename, "/c");
  });

  it("end for good with END, for now with L", () => {
    assert.equal(run(["^ /a [END]", "^ /b"], "/x").ended, true);
    assert.equal(run(["^ /a [L]", "^ /b"], "/x").filename, "/a");
  });

  it("set and unset variables", () => {
    const { env } = run(["^/(.) - [E=ONE:$1,E=TWO]", "^ - [E=!ONE]"], "/x");
    assert.deepEqual([...env], [["TWO", ""]]);
  });

  it("serve their own host's URLs here, and redirect to others", () => {
    assert.deepEqual(
      [run(["^ http://self/y"], "/x")].map((each) => [
        each.filename,
        each.reduced,
        each.outcome.kind,
      ]),
      [["/y", true, "local"]],
    );
    assert.equal(run(["^ http://self:81/y"], "/x").outcome.kind, "redirect");
    assert.equal(run(["^ https://self/y"], "/x").outcome.kind, "redirect");
  });

  it("test files and compare", () => {
    assert.equal(run(["?/there -f", "^ /yes"], "/x").filename, "/yes");
    assert.equal(run(["?/there -s", "^ /yes"], "/x").filename, "/x");
    assert.equal(run(["?/there !-d", "^ /yes"], "/x").filename, "/yes");
    assert.equal(run(["?/there -x", "?/there !-l", "^ /yes"], "/x").filename, "/yes");
    assert.equal(run(["?ABC =abc [NC]", "^ /yes"], "/x").filename, "/yes");
    assert.equal(
      run(
        ['? ""', "^ /yes"].map((line) => line.replace('? ""', '?%{NONE} =""')),
        "/x",
      ).filename,
      "/yes",
    );
    assert.equal(
      run(["?7 -lt10", "?7 -le7", "?7 -ne8", "?7 !-eq8", "^ /yes"], "/x").filename,
      "/yes",
    );
    assert.equal(run(["?abd <=abe", "?abd >=abd", "?abd <b", "^ /yes"], "/x").filename, "/x");
  });

  it("keep backreferences of the last condition that matched", () => {
    const lines = ["?one (o)(n)", "?two !(x)", "^/(.) /%1%2$1"];
    assert.equal(run(lines, "/x").filename, "/onx");
  });

  it("don't expand what they expanded", () => {
    assert.equal(run(["^/(.*)$ /a$1"], "/%{VALUE}$1").filename, "/a%{VALUE}$1");
    assert.equal(run(["^ /a\\$1\\%2"], "/x").filename, "/a$1%2");
  });

  it("never throw on any path", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (path, query) => {
        run(
          ["^/(.*)$ /$1 [N=3]", "?%{VALUE} b(.)", "^(.*)$ http://x/$1?%1 [P,QSA,B]"],
          `/${path}`,
          query,
        );
      }),
    );
  });
});

describe("httpd's paths", () => {
  it("are normalised, and never above the root", () => {
    assert.equal(normalizePath("/a/./b//c/../%41%2f%7e"), "/a/b/A%2f~");
    assert.equal(normalizePath("/a/.."), "/");
    assert.equal(normalizePath("/.."), undefined);
    assert.equal(normalizePath("a"), undefined);
    assert.equal(normalizePath("/a//b", false), "/a//b");
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "..", ".", "", "%2e%2e")), (parts) => {
        const path = normalizePath(`/${parts.join("/")}`);
        assert.ok(path === undefined || !path.split("/").includes(".."));
      }),
    );
  });

  it("are decoded once, or refused", () => {
    assert.equal(unescapePath("/a%20b%C3%A9", "off"), "/a b\u00c3\u00a9");
    assert.equal(unescapePath("/a%2Fb", "off"), 404);
    assert.equal(unescapePath("/a%2Fb", "on"), "/a/b");
    assert.equal(unescapePath("/a%2Fb", "nodecode"), "/a%2Fb");
    assert.equal(unescapePath("/a%00", "on"), 404);
    assert.equal(unescapePath("/a%", "on"), 400);
  });

  it("leave for a backend as they came", () => {
    fc.assert(
      fc.property(fc.uint8Array({ min: 1, maxLength: 20 }), (bytes) => {
        const text = Buffer.from(bytes).toString("latin1");
        assert.equal(unescapePath(encodeProxyPath(text), "on"), text);
      }),
    );
  });

  it("begin with a prefix at a slash, however many slashes", () => {
    const cases: [string, string, number][] = [
      ["/a/b", "/a", 2],
      ["/a/b", "/a/", 3],
      ["/ab", "/a", 0],
      ["/a", "/a/", 0],
      ["//a///b", "/a/", 6],
      ["/", "/", 1],
      ["/a", "/", 1],
    ];
    for (const [path, prefix, length] of cases) assert.equal(prefixLength(path, prefix), length);
  });
});

describe("httpd's access log", () => {
  const entry: LogEntry = {
    method: "GET",
    target: "/a?b",
    protocol: "HTTP/1.1",
    uri: "/a",
    query: "b",
    remoteAddress: "10.0.0.1",
    remotePort: 1234,
    localAddress: "10.0.0.2",
    localPort: 8080,
    serverName: "s",
    hostname: "h",
    serverPort: 80,
    requestHeaders: [["Referer", 'a"b\\c\n\u00e9']],
    responseHeaders: [],
    env: new Map(),
    status: 200,
    bytes: 0,
    started: new Date(2026, 0, 2, 3, 4, 5, 67),
    elapsedMicros: 1_234_567,
    keepAlives: 2,
    connection: "+",
    handler: "-",
    pid: 42,
  };

  it("formats times", () => {
    assert.match(formatEntry("%t", entry), /^\[02\/Jan\/2026:03:04:05 [+-]\d{4}\]$/);
    assert.equal(
      formatEntry("%{%Y-%m-%d %H:%M:%S}t %{msec_frac}t %{usec_frac}t", entry),
      "2026-01-02 03:04:05 067 067000",
    );
    assert.equal(formatEntry("%D %T %{ms}T %{us}T", entry), "1234567 1 1234 1234567");
    assert.equal(formatEntry("%{sec}t", entry), String(Math.floor(entry.started.getTime() / 1000)));
  });

  it("lets nothing forge a field", () => {
    assert.equal(formatEntry('"%{Referer}i"', entry), '"a\\"b\\\\c\\n\\xe9"');
  });

  it("writes a dash for nothing, and keeps what it doesn't know", () => {
    assert.equal(formatEntry("%b %B %{X}i %{X}e %{X}C %u %l", entry), "- 0 - - - - -");
    assert.equal(formatEntry("%P %p %{local}p %{remote}p %I\\t%%", entry), "42 80 8080 1234 %I\t%");
  });
});

describe("httpd's error log", () => {
  it("keeps to LogLevel, but for notices", () => {
    const passed = (limit: string) =>
      ["crit", "error", "warn", "notice", "debug"].filter((level) => isLogged(level, limit));
    assert.deepEqual(passed("error"), ["crit", "error", "notice"]);
    assert.deepEqual(passed("warn"), ["crit", "error", "warn", "notice"]);
    assert.deepEqual(passed("trace3"), ["crit", "error", "warn", "notice", "debug"]);
    assert.deepEqual(passed("emerg"), ["notice"]);
  });

  it("looks like httpd's", () => {
    const at = new Date(2026, 0, 2, 3, 4, 5, 67);
    assert.equal(
      errorLine("proxy", "error", "AH1: x", { at, pid: 7, client: "1.2.3.4:5", system: "(111)No" }),
      "[Fri Jan 02 03:04:05.067000 2026] [proxy:error] [pid 7:tid 7] (111)No: [client 1.2.3.4:5] AH1: x\n",
    );
  });
});

describe("httpd's virtual hosts", () => {
  const config = compileConfig(
    read(`
LoadModule mpm_event_module x
LoadModule rewrite_module x
Listen 80
Listen 81
ServerName main
DocumentRoot /main
<VirtualHost *:80>
  ServerName first
  DocumentRoot /first
</VirtualHost>
<VirtualHost *:80>
  ServerName second
  ServerAlias *.second s?cond
  DocumentRoot /second
</VirtualHost>
<VirtualHost 10.0.0.9:80>
  ServerName exact
  DocumentRoot /exact
</VirtualHost>`),
  );
  const served = (host: string | undefined, port = 80, address = "10.0.0.1") =>
    mapRequest(
      config,
      {
        method: "GET",
        target: "/",
        protocol: "HTTP/1.1",
        header: (name) => (name === "host" ? host : undefined),
        remoteAddress: "10.0.0.5",
        remotePort: 1,
        localAddress: address,
        localPort: port,
      },
      { file: () => undefined, hostname: "pod", banner: "", now: new Date() },
    ).server.documentRoot;

  it("are chosen by address, then name; the first is the default", () => {
    assert.equal(served("first"), "/first");
    assert.equal(served("second:80"), "/second");
    assert.equal(served("x.y.second"), "/second");
    assert.equal(served("sXcond"), "/second");
    assert.equal(served("unknown"), "/first");
    assert.equal(served(undefined), "/first");
    assert.equal(served("second", 80, "10.0.0.9"), "/exact");
    assert.equal(served("first", 81), "/main");
  });
});
