#!/usr/bin/env node
import { installIfNeeded } from "./install.mjs";

installIfNeeded();
const { register } = await import("tsx/esm/api");
register();
await import("../micromesh/cli/main.ts");
