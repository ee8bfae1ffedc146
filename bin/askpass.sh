#!/bin/sh
# ssh starts this when it has a question. Whether it gets an answer is decided by the Syncline that has started ssh, at the
# other end of a socket that nobody else can reach; without an answer this fails, which ssh takes for a refusal.
exec "$SYNCLINE_ASKPASS_NODE" -e '
  process.exitCode = 1;
  const socket = require("node:net").connect(process.env.SYNCLINE_ASKPASS_SOCKET);
  socket.on("error", () => {});
  socket.on("data", (answer) => {
    process.stdout.write(answer);
    process.exitCode = 0;
  });
  socket.end(process.argv[1] ?? "");
' -- "$1"
