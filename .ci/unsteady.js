// A reporter for vitest: names the tests that passed only at the second try, so that a retry in CI hides nothing.
export default class Unsteady {
  #names = []

  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky) this.#names.push(`${test.module.relativeModuleId} > ${test.fullName}`)
  }

  onTestRunEnd() {
    for (const name of this.#names) console.log(`unsteady, passed at the second try: ${name}`)
  }
}
