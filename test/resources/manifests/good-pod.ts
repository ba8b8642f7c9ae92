/** A pod that nothing is wrong with, which uses every field that is looked at. */

const container = {
  name: "main",
  image: "node:20",
  command: ["node", ""],
  args: ["main.js"],
  ports: [
    { name: "http", containerPort: 8080, protocol: "TCP" },
    { name: "metrics", containerPort: 9090 },
  ],
  env: [
    { name: "A", value: "1" },
    { name: "B", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } },
    { name: "C", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
  ],
  envFrom: [{ configMapRef: { name: "c" } }, { secretRef: { name: "s" } }],
  volumeMounts: [{ name: "v", mountPath: "/v" }],
};

export const pod = {
  serviceAccountName: "x",
  hostNetwork: false,
  nodeSelector: { a: "b" },
  volumes: [{ name: "v", emptyDir: {} }],
  initContainers: [{ name: "init", image: "node:20" }],
  containers: [container, { name: "side", image: "node:20" }],
};

/** What a template of such pods has beside their spec. */
export const metadata = { labels: { app: "x", tier: "a" }, annotations: { a: "b" } };
