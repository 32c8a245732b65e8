// Closed loop: so many clients, each with one request under way, for so long. See load.py for what comes in and goes out.
import http from 'k6/http'
import exec from 'k6/execution'

const all = JSON.parse(open(__ENV.ASKED)).map(({ bearer, body, length }) => ({
  body,
  length: String(length),
  headers: {
    Authorization: `Bearer ${bearer}`,
    'Content-Type': 'application/json',
    ...(__ENV.ENCODING ? { 'Accept-Encoding': __ENV.ENCODING } : {}),
  },
}))

export const options = {
  discardResponseBodies: true,
  scenarios: {
    load: { executor: 'constant-vus', vus: Number(__ENV.CLIENTS), duration: __ENV.DURATION, gracefulStop: '30s' },
  },
  summaryTrendStats: ['med', 'p(95)'],
}

export default function () {
  const { body, length, headers } = all[exec.scenario.iterationInTest % all.length]
  const answer = http.post(__ENV.URL, body, { headers })
  if (answer.status !== 200 || answer.headers['Content-Length'] !== length) {
    throw new Error(`${answer.status}, ${answer.headers['Content-Length']} bytes`)
  }
}

export function handleSummary(data) {
  const { iterations, http_reqs, http_req_duration } = data.metrics
  return {
    stdout: JSON.stringify({
      done: http_reqs.values.count,
      good: iterations ? iterations.values.count : 0,
      seconds: data.state.testRunDurationMs / 1000,
      p50_ms: http_req_duration.values.med,
      p95_ms: http_req_duration.values['p(95)'],
    }),
  }
}
