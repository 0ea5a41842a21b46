// Answers questions for as long as there are any: loading the connector takes longer than most.
// Each line of standard input is a question, as JSON: which script, and what it is told. Each line
// of standard output is its answer, or what went wrong.
import readline from "node:readline";

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { script, said } = JSON.parse(line);
  let told;
  try {
    const { default: answer } = await import(`./${script}.mjs`);
    told = { answer: await answer(said) };
  } catch (error) {
    told = { error: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
