// What a page may send: any JSON, and each call with changed input, held to the schemas of the wire and of the call.
import { CALLS } from '../../../src-main/contract/calls.ts'
import { ExpectedError, toErrorShape } from '../../../src-main/contract/errors.ts'
import { issueFacts } from '../../../src-main/contract/issue-facts.ts'
import { CALL_NAMES, WireMessage, WireRequest } from '../../../src-main/contract/wire.ts'
import { exampleCalls } from '../example-calls.ts'
import { textOf } from '../input.ts'
import { mutateJson } from '../mutate-json.ts'
import { mustHold, Refused, type OpenTarget } from '../target.ts'

/** As a host reads it: what is no request is dropped. */
function requestOf(text: string): WireRequest {
  try {
    return WireRequest.parse(JSON.parse(text))
  } catch (error) {
    throw new Refused('no request', { cause: error })
  }
}

export const openTarget: OpenTarget = () => {
  const inputs = exampleCalls({ model: '/nowhere/model', run: 'aaaaaaaaaa', folder: '/nowhere' })
  const requests = CALL_NAMES.map((name) => ({ id: 1, name, input: inputs[name] ?? {} }))
  const words = [...CALL_NAMES, ...requests.flatMap(({ input }) => Object.keys(input))]
  return {
    make: (chance) => ({ request: mutateJson(chance, chance.pick(requests), { words, most: 4 }) }),
    run(input) {
      const request = requestOf(textOf(input, 'request'))
      mustHold(Object.hasOwn(CALLS, request.name), 'a name that is no call')
      const parsed = CALLS[request.name].input.safeParse(request.input)
      const problems = parsed.error?.issues.map((issue) => ({ path: issue.path.join('.'), ...issueFacts(issue) })) ?? []
      const refusal = new ExpectedError('request-invalid', { call: request.name, problems })
      mustHold(
        WireMessage.safeParse({ id: request.id, result: { error: toErrorShape(refusal) } }).success,
        'a request that cannot be answered',
      )
      if (!parsed.success) throw refusal
      mustHold(CALLS[request.name].input.safeParse(parsed.data).success, 'an input whose schema does not take what it made of it')
    },
  }
}
