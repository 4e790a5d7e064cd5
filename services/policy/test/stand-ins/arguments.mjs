/**
 * Options and operands of a command line. Options are a closed list, `true` for those that take a value: a documented
 * command that says anything else fails.
 */
export function parseArguments(known, given = process.argv.slice(2)) {
  const options = {};
  const operands = [];
  for (let index = 0; index < given.length; index += 1) {
    const argument = given[index];
    if (!argument.startsWith('-') || argument === '-') operands.push(argument);
    else if (!(argument in known)) throw new Error(`no option ${argument}`);
    else options[argument] = known[argument] ? given[(index += 1)] : true;
  }
  return { options, operands };
}
