/** The names that the app, its configs and its labs have in common. */

/** The application, as its objects say in `app.kubernetes.io/part-of`. */
export const APP = "counter";
/** The host name under which it's reached from outside. */
export const HOST = "pippo.lan";

export const NAMESPACES = {
  apache: "b-apacherr",
  app: "c-app-count",
  redis: "d-redis",
} as const;

/** Where each Service is found from any namespace. */
export const SERVICES = {
  apache: { host: "apache.b-apacherr.svc.cluster.local", port: 80 },
  app: { host: "app-svc.c-app-count.svc.cluster.local", port: 80 },
  redis: { host: "redis-svc.d-redis.svc.cluster.local", port: 6379 },
  redisHttp: { host: "redis-http.d-redis.svc.cluster.local", port: 7379 },
} as const;
