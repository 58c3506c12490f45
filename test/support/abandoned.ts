/** A test process that starts a program and waits for its own end: says the program's id once it runs. */
import { startProgram } from './programs.ts';

const program = startProgram(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")']);
await program.printed(/up/);
console.log(`child ${String(program.child.pid)}`);
