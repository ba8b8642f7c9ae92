/** The names that the app, its programs and its lab have in common. */

/** The application, as its objects say in `app.kubernetes.io/part-of`. */
export const APP = "items";
/** The host name under which the API is reached from outside. */
export const HOST = "items.lan";

export const NAMESPACES = {
  /** The API and its database. */
  items: "items",
  /** Who asks the API all the time. */
  client: "items-client",
} as const;

/** Where each Service is found from any namespace. */
export const SERVICES = {
  api: { host: "api.items.svc.cluster.local", port: 8090 },
  db: { host: "db.items.svc.cluster.local", port: 5432 },
  dbHeadless: { host: "db-headless.items.svc.cluster.local", port: 5432 },
  client: { host: "client.items-client.svc.cluster.local", port: 8080 },
} as const;

/** PostgreSQL's database and its owner, and the Secret that holds the owner's password. */
export const DATABASE = {
  name: "items",
  user: "items",
  secret: { name: "db", key: "password" },
} as const;
