import { connectRedis, redisAddress } from "../runtime/redis.ts";
import { portFrom, serveUntilStopped } from "../runtime/serve.ts";
import { redisHttpRoutes } from "./routes.ts";

const redis = connectRedis(redisAddress(process.env));
serveUntilStopped(redisHttpRoutes(redis), portFrom(process.env, "PORT", 7379));
