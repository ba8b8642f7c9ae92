/** What is asked: 1 KiB of JSON from Node's own HTTP server. */
import http from "node:http";

const body = JSON.stringify({ text: "x".repeat(1000) });
http
  .createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  })
  .listen(Number(process.env.PORT));
