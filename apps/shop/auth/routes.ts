/** Auth's interface: tokens, and the key to check them by. */
import { SignJWT } from "jose";
import * as z from "zod";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";
import { isSame, secretOf } from "../access/shared-secrets.ts";
import { ALGORITHM, AUDIENCE, ISSUER, SERVICE_PREFIX, TAKE_CARTS, TYPE } from "../access/tokens.ts";
import { health, problems, userName } from "../runtime/schemas.ts";
import type { Store } from "../runtime/store.ts";
import { signingKeyIn } from "./signing-key.ts";

/** How long a token is good for. */
const TOKEN_SECONDS = 3600;

/** What services that ask by themselves may do. */
const SCOPES: ReadonlyMap<string, string> = new Map([["order", TAKE_CARTS]]);

/** As RFC 6749 5.1 has it. */
const granted = z.object({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.int().describe("Seconds"),
  scope: z.string().optional().describe("What a service's token is for"),
});
type Granted = z.infer<typeof granted>;

const keySet = z.object({
  keys: z.array(
    z.object({
      kty: z.string(),
      crv: z.string(),
      x: z.string(),
      y: z.string(),
      kid: z.string(),
      alg: z.string(),
      use: z.string(),
    }),
  ),
});

const BASIC = /^basic +([A-Za-z0-9+/]+=*)$/i;

export function authRoutes(app: Service, store: Store): void {
  const tags = ["auth"];
  const signingKey = signingKeyIn(store);

  async function grant(subject: string, scope?: string): Promise<Granted> {
    const { privateKey, kid } = await signingKey();
    const token = new SignJWT(scope === undefined ? {} : { scope })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_SECONDS} s`);
    return {
      access_token: await token.sign(privateKey),
      token_type: "Bearer",
      expires_in: TOKEN_SECONDS,
      ...(scope !== undefined && { scope }),
    };
  }

  app.post(
    "/auth/token",
    {
      schema: {
        tags,
        summary: "A token for a user",
        description:
          "It asks for no password, since this is a lab: it stands in for the identity provider that a real shop has.",
        querystring: z.object({ user_id: userName }),
        response: { 200: granted, ...problems(400, 503) },
      },
    },
    async ({ query: { user_id } }, reply) => {
      reply.header("cache-control", "no-store");
      return grant(user_id);
    },
  );

  app.post(
    "/auth/service-token",
    {
      schema: {
        tags,
        summary: "A token for a service of the shop, which shows its secret by HTTP Basic",
        response: { 200: granted, ...problems(401, 503) },
      },
    },
    async ({ headers: { authorization = "" } }, reply) => {
      const { name, secret } = credentials(authorization);
      const scope = SCOPES.get(name);
      if (scope === undefined || !isSame(secret, await secretOf(store, name))) throw unknown();
      reply.header("cache-control", "no-store");
      return grant(SERVICE_PREFIX + name, scope);
    },
  );

  app.get(
    "/auth/.well-known/jwks.json",
    {
      schema: {
        tags,
        summary: "The public key that tokens are checked by, as a JSON Web Key Set",
        response: { 200: keySet, ...problems(503) },
      },
    },
    async () => ({ keys: [(await signingKey()).jwk as z.infer<typeof keySet>["keys"][number]] }),
  );

  app.get(
    "/auth/health",
    {
      schema: {
        tags,
        summary: "Whether this replica is healthy: it reaches the store",
        response: { 200: health, ...problems(503) },
      },
    },
    async () => {
      await store.run("PING");
      return { status: "healthy" as const };
    },
  );
}

/** A name and a secret (RFC 7617); empty ones are nobody's. */
function credentials(authorization: string): { name: string; secret: string } {
  const [, encoded = ""] = BASIC.exec(authorization) ?? [];
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  if (colon < 1) throw unknown();
  return { name: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function unknown(): Problem {
  return new Problem(
    401,
    "this is for services of the shop, which know their secret; users get a token by POST /auth/token?user_id=NAME",
    { "www-authenticate": 'Basic realm="shop"' },
  );
}
