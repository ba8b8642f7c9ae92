/**
 * Asks TARGET over 8 kept connections and prints what it saw as one line of JSON: first at a fixed
 * rate (latency), then as fast as it can (throughput). The same program for every path.
 */
import http from "node:http";

const { TARGET, RATE = "500", SECONDS = "5", WARM_UP_SECONDS = "2" } = process.env;
const CONNECTIONS = 8;
const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** @returns milliseconds until the last byte */
function ask() {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    http
      .get(TARGET, { agent }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.on("end", () => resolve(performance.now() - started)).resume();
      })
      .on("error", reject);
  });
}

async function asFastAsPossible(seconds) {
  const end = performance.now() + seconds * 1000;
  let count = 0;
  const worker = async () => {
    while (performance.now() < end) {
      await ask();
      count++;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return count / seconds;
}

/** Open loop: a slow answer doesn't hold the next request back. */
async function atRate(rate, seconds) {
  const latencies = [];
  const pending = [];
  const started = performance.now();
  const total = rate * seconds;
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, ((performance.now() - started) / 1000) * rate);
      while (pending.length < due) pending.push(ask().then((ms) => latencies.push(ms)));
      if (pending.length >= total) resolve(clearInterval(timer));
    }, 1);
  });
  await Promise.all(pending);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor(latencies.length * share)];
  return { p50: at(0.5), p99: at(0.99) };
}

async function untilItAnswers() {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries > 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

await untilItAnswers();
await asFastAsPossible(Number(WARM_UP_SECONDS));
const latency = await atRate(Number(RATE), Number(SECONDS));
const throughput = await asFastAsPossible(Number(SECONDS));
console.log(`result ${JSON.stringify({ ...latency, throughput })}`);
// A pod that ended would be started again.
setInterval(() => {}, 1 << 30);
