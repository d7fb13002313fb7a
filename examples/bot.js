// A bot for any game of the league, in JavaScript (node): it draws among the legal moves, repeatably.
//
//     arena register random-js 'process("node examples/bot.js")' --game connect_four
//
// docs/protocol.md explains the messages. Put your own thoughts into `choose`.

const readline = require("node:readline");

const seeds = new Map(); // "board/seat" -> the match's private seed; one program plays many boards at once

// An action among `legal`. The same seed and step give the same move, so that a season can be repeated.
function choose(message) {
  const seed = seeds.get(`${message.board}/${message.seat}`);
  return message.legal[hash(`${seed} ${message.step}`) % message.legal.length];
}

function hash(text) {
  let value = 2166136261; // FNV-1a
  for (const letter of text) value = Math.imul(value ^ letter.charCodeAt(0), 16777619) >>> 0;
  return (value ^ (value >>> 15)) >>> 0;
}

const say = (words) => process.stdout.write(JSON.stringify(words) + "\n");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  const place = `${message.board}/${message.seat}`;
  if (message.type === "hello") say({ type: "ready", protocol: 1 });
  else if (message.type === "reset") seeds.set(place, message.seed);
  else if (message.type === "move") say({ id: message.id, action: choose(message) });
  else if (message.type === "over") seeds.delete(place);
  // Anything else is of a later version: ignore it. What is for you to read goes to console.error.
});
