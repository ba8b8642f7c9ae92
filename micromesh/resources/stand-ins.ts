import { answerOfAws, outputsOfAws } from "./aws-stand-ins.ts";
import type { Declaration, DeclaredResource } from "./declared.ts";
import { kubernetesObjects, objectKey } from "./kubernetes.ts";

/** What a command would print isn't known until Pulumi runs it: this stands for it, the same at every capture. */
export function standInOf(command: string): string {
  return `stdout-of-${command}`;
}

/** The outputs of a resource that the program is given without an engine, beside its inputs. */
export function withoutEngine({ type, name }: { type: string; name: string }) {
  if (type.startsWith("command:")) return { stdout: standInOf(name), stderr: "" };
  if (type === "tls:index/privateKey:PrivateKey") return keyPair(name);
  return outputsOfAws(type);
}

function keyPair(name: string) {
  return { publicKeyOpenssh: `public-key-of-${name}`, privateKeyOpenssh: `private-key-of-${name}` };
}

/** What the program's questions are answered with: nothing is run, and nobody is asked. */
export function answerWithoutEngine({
  token,
  inputs,
}: {
  token: string;
  inputs: Record<string, unknown>;
}): Record<string, unknown> {
  return { ...inputs, stdout: "", stderr: "", ...answerOfAws(token, inputs) };
}

/** The objects that hold what a command would print, with that command's name. */
export function standInsIn(declaration: Declaration): { object: string; command: string }[] {
  const commands = declaration.resources.filter(({ type }) => type.startsWith("command:"));
  return kubernetesObjects(declaration).flatMap((object) => {
    const text = JSON.stringify(object);
    return commands
      .filter(({ name }: DeclaredResource) => text.includes(`"${standInOf(name)}"`))
      .map(({ name }) => ({ object: objectKey(object), command: name }));
  });
}
