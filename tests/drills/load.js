// Clients who ask one query again and again, and what became of each request; see load.py.
// RATE 0: CLIENTS ask in a closed loop; else RATE requests arrive each second, whatever becomes of those before.
import http from 'k6/http'
import { sleep } from 'k6'
import { Counter, Trend } from 'k6/metrics'

const headers = { Authorization: `Bearer ${__ENV.BEARER}`, 'Content-Type': 'application/json' }
const body = open(__ENV.BODY)
const rate = Number(__ENV.RATE)
const clients = Number(__ENV.CLIENTS)
const whole = new Counter('whole')
const partial = new Counter('partial')
const refused = new Counter('refused')
const failed = new Counter('failed')
const wholeMs = new Trend('whole_ms', true)
const refusedMs = new Trend('refused_ms', true)

export const options = {
  discardResponseBodies: true,
  scenarios: {
    load: rate
      ? {
          executor: 'constant-arrival-rate',
          rate,
          duration: __ENV.DURATION,
          preAllocatedVUs: clients,
          maxVUs: clients,
          gracefulStop: '10s',
        }
      : { executor: 'constant-vus', vus: clients, duration: __ENV.DURATION, gracefulStop: '10s' },
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max', 'count'],
}

export default function () {
  const answer = http.post(__ENV.URL, body, { headers, timeout: '30s' })
  const length = answer.headers['Content-Length']
  if (answer.status === 200 && length === __ENV.LENGTH) {
    whole.add(1)
    wholeMs.add(answer.timings.duration)
  } else if (answer.status === 200) {
    partial.add(1)
  } else if (answer.status === 503 && answer.headers['Retry-After']) {
    refused.add(1)
    refusedMs.add(answer.timings.duration)
    if (__ENV.WAITS === 'true') sleep(Number(answer.headers['Retry-After']))
  } else {
    failed.add(1)
  }
}

export function handleSummary(data) {
  const count = (name) => (data.metrics[name] ? data.metrics[name].values.count : 0)
  const times = (name) => (data.metrics[name] ? data.metrics[name].values : { med: 0, 'p(95)': 0, 'p(99)': 0, max: 0 })
  const answered = times('whole_ms')
  return {
    stdout: JSON.stringify({
      whole: count('whole'),
      partial: count('partial'),
      refused: count('refused'),
      failed: count('failed'),
      dropped: count('dropped_iterations'),
      p50_ms: answered.med,
      p95_ms: answered['p(95)'],
      p99_ms: answered['p(99)'],
      max_ms: answered.max,
      refused_p50_ms: times('refused_ms').med,
      refused_p99_ms: times('refused_ms')['p(99)'],
    }),
  }
}
