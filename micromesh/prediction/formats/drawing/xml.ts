/** Elements of an XML document, as text. */
import { plain } from "../columns.ts";

/**
 * Character data that shows as it is, in an element or an attribute. What XML 1.0 has no way to say
 * (https://www.w3.org/TR/xml/#charsets), and marks that turn the direction of writing, are left out.
 */
export function escaped(text: string): string {
  return plain(text)
    .replaceAll(/[\ufffe\uffff]/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** @param content markup; text has to be escaped before */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content = "",
): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
    .join("");
  return content === "" ? `<${name}${list}/>` : `<${name}${list}>${content}</${name}>`;
}
