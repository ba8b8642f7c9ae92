/**
 * What the probes show where tokens are required: probes can't get a token first and send it then, so the lab has
 * tokens of its own, and has the shop trust the key that they are signed with, for one user only.
 *
 * They are no secrets: they are worth nothing but to be `probe` in a shop that this lab deploys. Nobody has the
 * private key; it was thrown away when these were signed.
 */
import type { TrustedKey } from "../../apps/shop/access/settings.ts";
import { USER } from "./names.ts";

const KEY_ID = "micromesh-lab";

export const LAB_KEY: TrustedKey = {
  issuer: "micromesh-lab",
  users: [USER],
  jwk: {
    kty: "EC",
    crv: "P-256",
    kid: KEY_ID,
    x: "HNf8hlbQR-bw3vzoKb4LLjVt09dQplGnUHwR85yq9rQ",
    y: "FOcwHwnHXrMXb6xYgOBCrtg0a8ufEfAbEB2hqbNgDEQ",
  },
};

/** `{"alg":"ES256","typ":"at+jwt","kid":"micromesh-lab"}` */
const HEADER = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im1pY3JvbWVzaC1sYWIifQ";
/** `{"iss":"micromesh-lab","aud":"shop","sub":"probe","iat":1763700000,"exp":4102444800}`: good until 2100. */
const CLAIMS =
  "eyJpc3MiOiJtaWNyb21lc2gtbGFiIiwiYXVkIjoic2hvcCIsInN1YiI6InByb2JlIiwiaWF0IjoxNzYzNzAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9";
/** The same, but good until 2025-11-21T05:40Z. */
const CLAIMS_OF_OLD =
  "eyJpc3MiOiJtaWNyb21lc2gtbGFiIiwiYXVkIjoic2hvcCIsInN1YiI6InByb2JlIiwiaWF0IjoxNzYzNzAwMDAwLCJleHAiOjE3NjM3MDM2MDB9";

const jwt = (...parts: string[]) => parts.join(".");
const base64url = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");

export const TOKENS = {
  good: jwt(
    HEADER,
    CLAIMS,
    "UqihPeEzY8cYDiBTBY_72oZo3EJw5yjGx9Sn7kAkx5KqmOSSl27PGPACOjuylV9Kt672m-i5gY6Un_HoySHXIQ",
  ),
  expired: jwt(
    HEADER,
    CLAIMS_OF_OLD,
    "YlzKD-tju06ELXIXzyoyiGAueJi2agmhzTl-66CIMR2AGYqgF4MSKXait0_cuD0GSrgv1Bw7siMVr2y-RCg3mg",
  ),
  /** Signed with another key, which calls itself the same. */
  forged: jwt(
    HEADER,
    CLAIMS,
    "ZpJvf52ABcrtb7dqtuY6YMW8Fj_f3m1khEkooEvKDdWPb3-VB6DnjHwY3-yiaJe1W_XXgxuShCZzlkj21-C21A",
  ),
  /** Not signed at all, and says so. */
  unsigned: jwt(base64url({ alg: "none", typ: "at+jwt", kid: KEY_ID }), CLAIMS, ""),
};
