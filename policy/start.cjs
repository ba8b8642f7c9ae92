/**
 * Where Pulumi starts the pack. It `require`s a CommonJS file and awaits the function that the file exports; options for
 * Node.js that PulumiPolicy.yaml could name don't reach Node.js, so tsx is registered here.
 */
module.exports = async () => {
  const { register } = await import("tsx/esm/api");
  register();
  await import("./index.ts");
};
