// Plays with pgmq through npm's pgmq-js, and prints what it gets: a line a call, times left out.
const { Pgmq } = require("pgmq-js");

const url = new URL(process.argv[2]);
const untimed = (name, value) =>
  /(At|vt|Time|AgeSec)$/.test(name) ? (value === null || value === undefined ? value : "a time") : value;

async function show(name, call) {
  let told;
  try {
    told = await call();
  } catch (error) {
    told = { error: error.message, sqlstate: error.code };
  }
  console.log(name, JSON.stringify(told === undefined ? null : told, untimed));
}

async function play() {
  const pgmq = await Pgmq.new(
    { host: url.hostname, port: Number(url.port), database: url.pathname.slice(1), user: url.username, password: url.password, ssl: false },
    { skipExtensionCreation: true });
  const { queue, msg } = pgmq;
  await show("create", () => queue.create("orders"));
  await show("create unlogged", () => queue.createUnlogged("quick"));
  await show("list", async () => (await queue.list()).map((each) => [each.name, each.isPartitioned, each.isUnlogged]));
  await show("send", () => msg.send("orders", { order: 1 }));
  await show("send later", () => msg.send("orders", { order: 2 }, 3600));
  await show("send a batch", () => msg.sendBatch("orders", [3, 4, 5, 6, 7, 8].map((order) => ({ order }))));
  await show("send to nowhere", () => msg.send("nowhere", {}));
  await show("read", () => msg.read("orders", 60));
  await show("read several", () => msg.readBatch("orders", 60, 3));
  await show("set_vt", () => msg.setVt("orders", 1, 0)); // fails against any pgmq since 1.10: its statement leaves the types open
  await show("pop", () => msg.pop("orders"));
  await show("archive", () => msg.archive("orders", 1));
  await show("archive several", () => msg.archiveBatch("orders", [3, 4, 99]));
  await show("delete", () => msg.delete("orders", 2));
  await show("delete several", () => msg.deleteBatch("orders", [5, 99]));
  await show("metrics", () => queue.getMetrics("orders"));
  await show("metrics of all", async () => (await queue.getAllMetrics()).map((each) => each.queueName).sort());
  await show("detach the archive", () => queue.detachArchive("orders"));
  await show("purge", () => queue.purge("orders"));
  await show("drop", () => queue.drop("orders"));
  await show("pop from nowhere", () => msg.pop("orders"));
  await pgmq.close();
}

play();
