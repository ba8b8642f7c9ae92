/** What signing in adds to the probes. */
import type { ProbeInput } from "../../stacks/outputs.ts";
import { STRANGER, USER } from "./names.ts";
import { type Outside, outside } from "./requests.ts";
import { TOKENS } from "./tokens.ts";

const withToken = ({ request, ...rest }: Outside, token: string): Outside => ({
  ...rest,
  request: { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } },
});
const cart = outside(`/cart/${USER}`);
const invalid = (why: string): ProbeInput["expect"] => ({
  status: 401,
  headers: {
    "www-authenticate": `Bearer realm="shop", error="invalid_token", error_description="${why}"`,
  },
});

/** Who is let in, and who isn't. */
export const signedIn: ProbeInput[] = [
  {
    name: "whoever shows no token is told how to get one",
    ...cart,
    expect: { status: 401, headers: { "www-authenticate": 'Bearer realm="shop"' } },
  },
  {
    name: "auth gives users a token",
    ...outside(`/auth/token?user_id=${USER}`, "POST"),
    expect: { status: 200, contains: '"token_type":"Bearer"' },
  },
  {
    name: "anybody can check tokens: the public key is there for all",
    ...outside("/auth/.well-known/jwks.json"),
    expect: { status: 200, matches: String.raw`^\{"keys":\[\{(?!.*"d":).*"crv":"P-256".*` },
  },
  {
    name: "a forged token is refused",
    ...withToken(cart, TOKENS.forged),
    expect: invalid("its signature is wrong"),
  },
  {
    name: "a token that says that it needs no signature is refused",
    ...withToken(cart, TOKENS.unsigned),
    expect: invalid("its alg isn't ES256"),
  },
  {
    name: "a token that has expired is refused",
    ...withToken(cart, TOKENS.expired),
    expect: invalid("it has expired"),
  },
  {
    name: "nobody sees another's cart",
    ...withToken(outside(`/cart/${STRANGER}`), TOKENS.good),
    expect: { status: 403, contains: `POST /auth/token?user_id=${STRANGER}` },
  },
  {
    name: "nobody orders for another",
    ...withToken(outside(`/order/create?user_id=${STRANGER}`, "POST"), TOKENS.good),
    expect: { status: 403, contains: `POST /auth/token?user_id=${STRANGER}` },
  },
  {
    name: "no circuit has seen a failure",
    ...outside("/mesh/status"),
    expect: {
      status: 200,
      matches: ["cart", "order", "auth"]
        .map((name) => String.raw`.*"${name}":\{"state":"closed","failures":0,`)
        .join("")
        .concat(".*"),
    },
  },
];

/** Where tokens are required, every probe of what is somebody's own shows the one of its user. */
export const shown = (probe: ProbeInput): ProbeInput => {
  const { request } = probe;
  if (request.kind !== "http" || !/^\/(cart|order)\//.test(new URL(request.url).pathname))
    return probe;
  const headers = { ...request.headers, authorization: `Bearer ${TOKENS.good}` };
  return { ...probe, request: { ...request, headers } };
};
