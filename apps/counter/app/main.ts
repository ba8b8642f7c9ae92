import { connectRedis, redisAddress } from "../runtime/redis.ts";
import { portFrom, serveUntilStopped } from "../runtime/serve.ts";
import { counterRoutes } from "./routes.ts";

const redis = connectRedis(redisAddress(process.env));
serveUntilStopped(counterRoutes(redis), portFrom(process.env, "PORT", 8080));
