package main

import (
	"fmt"
	"strings"
)

// Prices of AWS in US East (N. Virginia), on demand and without free tiers, in US dollars, as of 2026 (the services' pricing pages).
const (
	priceCall       = 3.50e-6      // API Gateway, REST, a call
	priceInvocation = 0.20e-6      // Lambda
	priceGBSecond   = 0.0000166667 // Lambda, x86
	priceRead       = 0.125e-6     // DynamoDB on demand, a unit
	priceWrite      = 0.625e-6     //
	priceEvent      = 1.00e-6      // EventBridge, a custom event
	priceQueueCall  = 0.40e-6      // SQS, a request
	priceMail       = 0.10e-3      // SES
	priceLogByte    = 0.50 / (1e9) // CloudWatch Logs, ingestion
)

// What is not measured and has to be assumed of an invocation. Times of the local cloud say nothing of AWS's.
const (
	memoryGB     = 0.25  // as the template gives
	computeTime  = 0.005 // s of one invocation without its calls
	awsCallTime  = 0.008 // s that it waits for AWS, a call
	pspCallTime  = 0.6   // s that it waits for the PSP, a call
	logBytes     = 600   // lines that one invocation writes
	queueHandles = 3     // requests to SQS for a message alone: sent, received, deleted
)

// share is an operation and how often it happens.
type share struct {
	name  string
	times float64
}

// bill is what something costs, by service.
type bill map[string]float64

func (b bill) total() (sum float64) {
	for _, v := range b {
		sum += v
	}
	return sum
}

// costOf adds up operations as they were measured.
func costOf(all []measured, shares []share) (bill, error) {
	b := bill{}
	for _, s := range shares {
		m, ok := find(all, s.name)
		if !ok {
			return nil, fmt.Errorf("%s was not measured", s.name)
		}
		seconds := computeTime
		for _, c := range m.calls {
			switch {
			case c.retry:
				continue
			case c.psp:
				seconds += pspCallTime
			default:
				seconds += awsCallTime
			}
			u := c.consumed()
			b["DynamoDB"] += s.times * (u.read*priceRead + u.write*priceWrite)
			if strings.HasPrefix(c.what, "SQS.") {
				b["SQS"] += s.times * priceQueueCall
			}
		}
		b["Lambda"] += s.times * (priceInvocation + seconds*memoryGB*priceGBSecond)
		b["Logs"] += s.times * logBytes * priceLogByte
	}
	return b, nil
}

func find(all []measured, name string) (measured, bool) {
	for _, m := range all {
		if m.name == name {
			return m, true
		}
	}
	return measured{}, false
}

const (
	apiCalls   = 10 // of a customer in a month
	mails      = 2  // the reminder and the receipt
	busEvents  = 6  // of a month: what renewal and reminder announce, and their timers
	pollers    = 5  // of Lambda for an idle queue, each asking three times a minute
	deliveries = 14 // of these to queues: mails, history, CRM, renewals, targets
)

// costFigures is P11: what 1,000 customers cost for a month in which each renews once, calls the API ten times and gets two mails; and what
// a month costs in which nobody comes.
func costFigures(all []measured, queues int) ([]figure, error) {
	month, err := costOf(all, []share{{renewal, 1}, {reminding, 1}, {relaying, 2}, {counting, 2}, {"getSubscription", apiCalls / 2}, {"getCustomer", apiCalls / 2}})
	if err != nil {
		return nil, err
	}
	month["API Gateway"] += apiCalls * priceCall
	month["EventBridge"] += busEvents * priceEvent
	month["SQS"] += deliveries * queueHandles * priceQueueCall
	mailed, err := costOf(all, []share{{receipt, mails}})
	if err != nil {
		return nil, err
	}
	mailed["SES"] += mails * priceMail
	const minutes = 60 * 24 * 30
	idle, err := costOf(all, []share{{"tick, nothing is due", 2 * minutes}}) // the sweep of the outbox asks as many shards
	if err != nil {
		return nil, err
	}
	polls := fmt.Sprintf("; besides, AWS bills Lambda's polling of %d idle queues as requests to SQS: $%.2f", queues, float64(queues)*pollers*3*minutes*priceQueueCall)
	return []figure{
		{name: "P11 1,000 customer-months, without mail", value: 1000 * month.total(), must: 0.10, stretch: 0.06, detail: month.detail(1000)},
		{name: "P11 and with mail", value: 1000 * (month.total() + mailed.total()), must: 0.30, stretch: 0.30, detail: mailed.detail(1000)},
		{name: "P11 an idle month, metered", value: idle.total(), must: 1, stretch: 1, detail: idle.detail(1) + polls},
	}, nil
}

// detail lists a bill in dollars, the largest first.
func (b bill) detail(times float64) string {
	var parts []string
	for _, name := range []string{"API Gateway", "SES", "DynamoDB", "SQS", "Lambda", "EventBridge", "Logs"} {
		if v := b[name]; v > 0 {
			parts = append(parts, fmt.Sprintf("%s $%.3f", name, times*v))
		}
	}
	return strings.Join(parts, ", ")
}
