/** The options of SET and GETEX. */
import { RedisError } from "../resp/replies.ts";

const SYNTAX = "ERR syntax error";

interface Expiry {
  readonly unit: "ex" | "px" | "exat" | "pxat";
  readonly amount: string;
}

/** What SET or GETEX is asked to do beside setting or getting. */
export interface StringOptions {
  condition?: "nx" | "xx";
  keepTtl?: boolean;
  persist?: boolean;
  returnOld?: boolean;
  expiry?: Expiry;
}

/**
 * Reads the options of SET.
 * @throws RedisError where they contradict one another
 */
export function setOptions(words: readonly string[]): StringOptions {
  const options: StringOptions = {};
  for (let i = 0; i < words.length; i++) {
    const word = (words[i] as string).toLowerCase();
    if ((word === "nx" || word === "xx") && (options.condition ?? word) === word) {
      options.condition = word;
    } else if (word === "get") {
      options.returnOld = true;
    } else if (word === "keepttl" && !options.expiry) {
      options.keepTtl = true;
    } else {
      const amount = words[++i];
      if (!isUnit(word) || amount === undefined || options.expiry || options.keepTtl) {
        throw new RedisError(SYNTAX);
      }
      options.expiry = { unit: word, amount };
    }
  }
  return options;
}

/**
 * Reads the one option of GETEX.
 * @throws RedisError
 */
export function getexOptions(words: readonly string[]): StringOptions {
  const [first, amount, ...more] = words;
  if (first === undefined) return {};
  const word = first.toLowerCase();
  if (word === "persist" && amount === undefined) return { persist: true };
  if (!isUnit(word) || amount === undefined || more.length > 0) throw new RedisError(SYNTAX);
  return { expiry: { unit: word, amount } };
}

function isUnit(word: string): word is Expiry["unit"] {
  return word === "ex" || word === "px" || word === "exat" || word === "pxat";
}
