import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { UNKNOWN } from "../../../policy/plain.ts";
import { noPlainSecrets } from "../../../policy/rules/no-plain-secrets.ts";
import { isLiteral, isSecretName, secretIn, secretInSettings } from "../../../policy/secrets.ts";
import { found, object, seen } from "../seen.ts";

const WORD = "correct-horse-battery-staple";
const { privateKey } = generateKeyPairSync("ed25519", {
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
// Put together here, so that nobody who looks for secrets in this file finds one.
const JWT = [
  "eyJhbGciOiJIUzI1NiJ9",
  "eyJzdWIiOiIxMjM0NTY3ODkwIn0",
  "dBjftJeZ4CVPmB92K27uhbUJ",
].join(".");
const AWS_KEY = `AKIA${"IOSFODNN7EXAMPLE"}`;

describe("no-plain-secrets", () => {
  const COMMAND = "command:local:Command";
  const lines = (resource: ReturnType<typeof seen>) =>
    found(noPlainSecrets, [resource]).map((line) => line.slice(line.indexOf(": ") + 2));
  const inPod = (container: object) =>
    lines(
      object("apps/v1", "Deployment", "a/web", {
        spec: { template: { spec: { containers: [{ name: "web", ...container }] } } },
      }),
    );
  const at = "spec.template.spec.containers[0]";
  const mend = "take it from a Kubernetes Secret";

  it("finds them in pods, ConfigMaps and annotations, Pulumi's secret or not", () => {
    const env = [
      { name: "USER", value: "items" },
      { name: "DB_PASSWORD", value: WORD },
      { name: "DATABASE_URL", value: `postgresql://items:${WORD}@db:5432/items` },
    ];
    assert.deepEqual(inPod({ env }), [
      `${at}.env[1].value holds a value for DB_PASSWORD; ${mend}`,
      `${at}.env[2].value holds a URL with a password; ${mend}`,
    ]);
    assert.deepEqual(inPod({ args: ["--verbose", `--admin-password=${WORD}`] }), [
      `${at}.args[1] holds a value for admin-password; ${mend}`,
    ]);
    assert.deepEqual(inPod({ args: ["--port", "6379", "--requirepass", WORD] }), [
      `${at}.args[3] holds a value for requirepass; ${mend}`,
    ]);
    assert.deepEqual(inPod({ command: ["curl", "-H", `Authorization: Bearer ${WORD}`] }), [
      `${at}.command[2] holds an Authorization header; ${mend}`,
    ]);
    const config = object("v1", "ConfigMap", "a/config", {
      data: { token: WORD, "app.yaml": `log: info\npassword: "${WORD}"\n`, "key.pem": privateKey },
    });
    const wanted = [
      `data.token holds a value for token; ${mend}`,
      `data.app.yaml holds a value for password; ${mend}`,
      `data.key.pem holds a private key; ${mend}`,
    ];
    assert.deepEqual(lines(config), wanted);
    assert.deepEqual(lines({ ...config, secrets: ["data"] }), wanted, "it's plain in the cluster");
    const service = object("v1", "Service", "a/web");
    (service.inputs.metadata as Record<string, unknown>).annotations = { "example.com/jwt": JWT };
    assert.deepEqual(lines(service), [
      `metadata.annotations.example.com/jwt holds a JSON web token; ${mend}`,
    ]);
  });

  it("lets by references, programs, settings that only sound so, and what isn't known", () => {
    const valueFrom = { secretKeyRef: { name: "db", key: "password" } };
    const env = [
      { name: "DB_PASSWORD", valueFrom },
      { name: "DB_PASSWORD_FILE", value: "/run/secrets/db" },
      { name: "TOKEN", value: UNKNOWN },
      { name: "API_TOKEN", value: "$(OTHER)" },
      { name: "TOKEN_TTL_SECONDS", value: "600" },
      { name: "REQUIRE_TOKEN", value: "true" },
      { name: "DATABASE_URL", value: "postgresql://items:$(DB_PASSWORD)@db/items" },
    ];
    assert.deepEqual(inPod({ env, args: ["--password-file", "/run/secrets/db"] }), []);
    assert.deepEqual(inPod({ args: ["--token", "--verbose", "--password", "$(DB_PASSWORD)"] }), []);
    assert.deepEqual(inPod({ args: ["Authorization: Bearer $(TOKEN)", "password", "reset"] }), []);
    const program =
      'if (!pem.startsWith("-----BEGIN PRIVATE KEY-----")) throw 1; const token = next();';
    const data = { "main.mjs": program, "httpd.conf": "Listen 8080\n" };
    assert.deepEqual(lines(object("v1", "ConfigMap", "a/source", { data })), []);
  });

  it("finds them in commands, releases and providers, unless Pulumi is told", () => {
    const told = "in plain; make it a Pulumi secret (pulumi.secret, config --secret)";
    const inputs = {
      create: `curl -H 'x' https://get.k3s.io | K3S_TOKEN=${WORD} sh -`,
      environment: { AWS_ACCESS_KEY_ID: AWS_KEY },
      connection: { host: "192.0.2.1", privateKey },
    };
    const command = seen("command:remote:Command", inputs);
    const wanted = {
      create: "a value for K3S_TOKEN",
      "environment.AWS_ACCESS_KEY_ID": "an AWS access key",
      "connection.privateKey": "a private key",
    };
    const all = Object.entries(wanted).map(([place, what]) => `${place} holds ${what}, ${told}`);
    assert.deepEqual(lines(command), all);
    const marked = { ...command, secrets: ["connection.privateKey", "create"] };
    assert.deepEqual(lines(marked), all.slice(1, 2));
    assert.deepEqual(lines({ ...command, secrets: ["connection", "create", "environment"] }), []);
    assert.deepEqual(lines({ ...command, secretsKnown: false }), [], "it may well be one");
    assert.deepEqual(lines(seen(COMMAND, { environment: { TOKENS: WORD } })), []);
    const values = { auth: { adminPassword: WORD, existingSecret: "grafana" } };
    assert.deepEqual(lines(seen("kubernetes:helm.sh/v3:Release", { chart: "grafana", values })), [
      `values.auth.adminPassword holds a value for adminPassword, ${told}`,
    ]);
    assert.deepEqual(lines(seen(COMMAND, { environment: { TOKEN: [WORD] } })), [
      `environment.TOKEN[0] holds a value for TOKEN, ${told}`,
    ]);
    const kubeconfig = `users:\n- name: u\n  user:\n    token: ${WORD}\n`;
    assert.deepEqual(lines(seen("pulumi:providers:kubernetes", { kubeconfig })), [
      `kubeconfig holds a value for token, ${told}`,
    ]);
  });

  it("finds them in a machine's user data, Pulumi's secret or not, in base64 or not", () => {
    const userData = `#cloud-config\nruncmd:\n  - [sh, -c, "K3S_TOKEN=${WORD} sh install.sh"]\n`;
    const wrong = (place: string) => [
      `${place} holds a value for K3S_TOKEN, which the machine's metadata shows; hand it over another way`,
    ];
    const secrets = ["userData", "userDataBase64"];
    const instance = (inputs: object) =>
      lines(seen("aws:ec2/instance:Instance", { ...inputs }, { secrets }));
    assert.deepEqual(instance({ userData }), wrong("userData"));
    const userDataBase64 = Buffer.from(userData).toString("base64");
    assert.deepEqual(instance({ userDataBase64 }), wrong("userDataBase64"));
    const template = "aws:ec2/launchTemplate:LaunchTemplate";
    assert.deepEqual(lines(seen(template, { userData: userDataBase64 })), wrong("userData"));
    assert.deepEqual(instance({ userData: "#cloud-config\npackages: [curl]\n" }), []);
  });

  it("finds a Secret that nobody has marked", () => {
    const secret = object("v1", "Secret", "a/db", { stringData: { password: WORD } });
    assert.deepEqual(lines(secret), [
      "stringData.password of a Secret is in plain; make it a Pulumi secret",
    ]);
    assert.deepEqual(lines({ ...secret, secrets: ["stringData"] }), []);
    assert.deepEqual(lines({ ...secret, secrets: ["stringData.password"] }), []);
    assert.deepEqual(lines({ ...secret, secretsKnown: false }), []);
    assert.deepEqual(lines(object("v1", "Secret", "a/db", { data: { empty: "" } })), []);
  });

  it("never says the secret itself", () => {
    const inputs = { environment: { TOKEN: WORD, KEY: privateKey, JWT, AWS_KEY } };
    const all = lines(seen(COMMAND, inputs));
    assert.equal(all.length, 4);
    for (const secret of [WORD, JWT, AWS_KEY, privateKey.split("\n")[1] as string]) {
      assert.ok(!all.join("\n").includes(secret));
    }
  });
});

describe("names and forms of secrets", () => {
  it("are told by the last words of a name", () => {
    const yes = [
      "password",
      "DB_PASSWORD",
      "clientSecret",
      "k3s-token",
      "K3S_TOKEN",
      "apiKey",
      "AWS_SECRET_ACCESS_KEY",
      "AWSSecretKey",
      "ssh.passphrase",
      "jwt.signing.key",
      "GITHUB_TOKEN",
      "credentials",
      // As libpq, RabbitMQ and Redis call theirs.
      "PGPASSWORD",
      "RABBITMQ_DEFAULT_PASS",
      "requirepass",
      "apikey",
    ];
    const no = [
      "TOKEN_TTL",
      "passwordFile",
      "secretName",
      "existingSecret",
      "imagePullSecret",
      "tokens",
      "key",
      "publicKey",
      "automountServiceAccountToken2",
      "monkey",
      "BYPASS",
      "proxy_pass",
      "secretary",
      "KEYS_URL",
    ];
    assert.deepEqual([...yes, ...no].filter(isSecretName), yes);
  });

  it("are told by a value that isn't a switch, a number, a path or a reference", () => {
    const yes = [WORD, "hunter2", "s3cr3t", "0123456789"];
    const no = [
      "",
      " ",
      "true",
      "3600",
      "60s",
      "/run/secrets/x",
      "./x",
      "$TOKEN",
      "$(X)",
      "{{ x }}",
      "<token>",
      "***",
    ];
    assert.deepEqual([...yes, ...no].filter(isLiteral), yes);
  });

  it("are told by forms that nothing else has", () => {
    const forms: Record<string, string> = {
      "a private key": privateKey,
      "a private key in base64": Buffer.from(privateKey).toString("base64"),
      "an AWS access key": `key ${AWS_KEY}.`,
      "a JSON web token": `Bearer ${JWT}`,
      "a GitHub token": `ghp_${"a1B2".repeat(9)}`,
      "a K3s token": `K10${"0f".repeat(32)}::server:${WORD}`,
      "a Pulumi access token": `pul-${"0f".repeat(20)}`,
      "an Authorization header": `-H "Authorization: Basic ${btoa(`user:${WORD}`)}"`,
      "a URL with a password": `amqp://user:${WORD}@queue:5672`,
    };
    assert.equal(secretIn(`redis://:${WORD}@redis:6379/0`), "a URL with a password");
    for (const [what, text] of Object.entries(forms)) assert.equal(secretIn(text), what);
    assert.equal(secretIn(JSON.stringify({ key: privateKey })), "a private key");
    for (const text of [
      "https://example.com:8443/a@b",
      "ssh://git@example.com",
      "http://:8080/a@b",
      "redis://:$(REDIS_PASSWORD)@redis",
      "Authorization: Bearer $TOKEN",
      "akia",
      "eyJ.eyJ.x",
    ]) {
      assert.equal(secretIn(text), undefined, text);
    }
  });

  it("are found among settings, in files and on command lines", () => {
    for (const text of [
      `a=1\nPASSWORD=${WORD}`,
      `{"user": "u", "password": "${WORD}"}`,
      `password: ${WORD}`,
      `mysql --password ${WORD}`,
      // In quotes inside of quotes.
      `script='token='\\''${WORD}'\\'''`,
      `export TOKEN='${WORD}'; run`,
    ]) {
      assert.match(
        secretInSettings(text) ?? "",
        /^a value for (password|PASSWORD|token|TOKEN)$/,
        text,
      );
    }
    for (const text of [
      "password: $PASSWORD",
      "PASSWORD=$(cat /run/secret)",
      "token-ttl: 1h",
      // An empty one, in quotes inside of quotes.
      String.raw`script='token='\'''\'''`,
      "create",
      "read the token and the password",
    ]) {
      assert.equal(secretInSettings(text), undefined, text);
    }
  });
});
