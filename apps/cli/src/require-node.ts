/** Imported first: an older Node would fail later, in a part, with a message that helps nobody. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(
    `Portcullis needs Node 22.13 or newer; this is ${process.versions.node}. \`npm start\` brings its own.\n`,
  );
  process.exit(1);
}
