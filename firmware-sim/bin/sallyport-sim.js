#!/usr/bin/env node
// The door of the simulator. Plain JavaScript on purpose: it must be readable by a runtime that is too old for the rest.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `The Sallyport simulator needs Node 24 or newer, and this is Node ${process.versions.node}: run it by "npm start", which brings its own.`,
  );
  process.exit(1);
}
const { main } = await import('#main');
await main(process.argv.slice(2));
