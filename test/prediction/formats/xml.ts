/** A strict reader for the XML that the formats write: it throws where a browser would show an error. */

export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: (Element | string)[];
}

const NAME = "[A-Za-z][\\w.-]*";
const TAG = new RegExp(`^<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>`);

export function parse(text: string): Element {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 excludes, section 2.2
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u.test(text)) {
    throw new Error("a character that XML excludes");
  }
  const root: Element = { name: "", attributes: {}, children: [] };
  const open = [root];
  let rest = text.trim();
  while (rest !== "") {
    const parent = open.at(-1) ?? root;
    if (!rest.startsWith("<")) {
      const end = rest.indexOf("<");
      const data = end < 0 ? rest : rest.slice(0, end);
      if (open.length < 2) throw new Error(`text outside of the root: ${data.slice(0, 40)}`);
      parent.children.push(decoded(data));
      rest = rest.slice(data.length);
      continue;
    }
    const match = TAG.exec(rest);
    if (!match) throw new Error(`no tag: ${rest.slice(0, 60)}`);
    const [whole, closing, name = "", list = "", empty] = match;
    rest = rest.slice(whole.length);
    if (closing) {
      if (parent.name !== name) throw new Error(`</${name}> closes <${parent.name}>`);
      open.pop();
      continue;
    }
    if (parent === root && root.children.length > 0) throw new Error("two roots");
    const element: Element = { name, attributes: attributes(list), children: [] };
    parent.children.push(element);
    if (!empty) open.push(element);
  }
  const [only] = root.children;
  if (open.length !== 1 || typeof only !== "object") throw new Error("not closed");
  return only;
}

/** All elements of a name, the outermost first. */
export function all(element: Element, name: string): Element[] {
  const below = element.children.flatMap((child) =>
    typeof child === "object" ? all(child, name) : [],
  );
  return element.name === name ? [element, ...below] : below;
}

export function textOf(element: Element): string {
  return element.children.map((c) => (typeof c === "string" ? c : textOf(c))).join("");
}

function attributes(list: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, key = "", value = ""] of list.matchAll(new RegExp(`(${NAME})="([^"]*)"`, "g"))) {
    if (key in found) throw new Error(`attribute ${key} twice`);
    found[key] = decoded(value);
  }
  return found;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replaceAll(/&([a-z]*);?/g, (whole, name: string) => {
    const character = ENTITIES[name];
    if (character === undefined || !whole.endsWith(";")) throw new Error(`a bare & in: ${text}`);
    return character;
  });
}
