// Tests whose steps need each other.

/**
 * Makes `step(name, body)` of a test: a subtest, after whose failure the whole test stops, because what follows needs
 * what it did.
 */
export function stepsOf(t) {
  return async (name, body) => {
    let hasPassed = false;
    await t.test(name, async (step) => {
      await body(step);
      hasPassed = true;
    });
    if (!hasPassed) throw new Error(`stopped at “${name}”`);
  };
}
