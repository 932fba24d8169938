// What is deployed, in a benchmark: answers at once, notes when it was asked, and has a body of 5 GB.
import { createServer } from "node:http";

const HUGE = 5_000_000_000;
const PIECE = Buffer.alloc(65_536, "a");
const SMALL = JSON.stringify({ ok: true });

let asked = [];
let connections = 0;
let sent = 0;

function huge(response) {
  response.writeHead(200, { "content-type": "text/plain", "content-length": HUGE });
  let left = HUGE;
  const more = () => {
    while (left > 0 && !response.destroyed) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
      left -= piece.length;
      sent += piece.length;
      if (!response.write(piece)) return response.once("drain", more);
    }
    response.end();
  };
  more();
}

const server = createServer((request, response) => {
  if (request.url === "/noted") {
    response.end(JSON.stringify({ asked, connections, sent }));
    [asked, connections, sent] = [[], 0, 0];
  } else if (request.url === "/huge") {
    huge(response);
  } else {
    asked.push(Number(process.hrtime.bigint()) / 1e6);
    response.writeHead(200, { "content-type": "application/json", "content-length": SMALL.length });
    response.end(SMALL);
  }
});

server.on("connection", () => (connections += 1));
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
