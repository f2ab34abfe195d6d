package store

import (
	"fmt"
	"hash/fnv"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	domain "turnup/internal/domain/history"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/target"
	"turnup/internal/domain/ticket"
	"turnup/internal/domain/timer"
)

// Every key of every table. README.md beside this file has them as a table, with the access patterns.

// The tables; each name is preceded by the deployment's prefix.
const (
	accounts      = "accounts"
	catalogue     = "catalogue"
	carts         = "carts"
	payments      = "payments"
	orders        = "orders"
	subscriptions = "subscriptions"
	ledgers       = "ledger"
	outbox        = "outbox"
	guards        = "guards"
	timers        = "timers"
	coupons       = "coupons"
	tickets       = "tickets"
	history       = "history"
	services      = "services"
	invoices      = "invoices"
	signups       = "signups"
	targets       = "targets"
	webhooks      = "webhooks"
)

// Tables lists them, for checks and tools.
var Tables = []string{accounts, catalogue, carts, payments, orders, subscriptions, ledgers, outbox, guards, timers, coupons, tickets, history, services, invoices, signups, targets, webhooks}

type key struct{ pk, sk string }

func tenantKey(t id.Tenant, rest string) string { return "T#" + string(t) + "#" + rest }

func customerPK(t id.Tenant, c id.Customer) string { return tenantKey(t, "CUS#"+string(c)) }

func profileKey(t id.Tenant, c id.Customer) key { return key{customerPK(t, c), "PROFILE"} }

func credentialsKey(t id.Tenant, c id.Customer) key { return key{customerPK(t, c), "CREDENTIALS"} }

// loginKey is the row that keeps a login name from belonging to two accounts.
func loginKey(t id.Tenant, l account.Login) key {
	return key{tenantKey(t, string(l.Kind)+"#"+l.Name), string(l.Kind)}
}

const sessionPrefix = "SESSION#"

func sessionKey(t id.Tenant, c id.Customer, s id.Session) key {
	return key{customerPK(t, c), sessionPrefix + string(s)}
}

// customerShard is the index's partition of a customer.
func customerShard(t id.Tenant, c id.Customer) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c))
	return customersPK(t, int(h.Sum32()%CustomerShards))
}

func customersPK(t id.Tenant, shard int) string {
	return tenantKey(t, fmt.Sprintf("CUSTOMERS#%d", shard))
}

// staffPK is the index's partition of the operator's staff.
func staffPK(t id.Tenant) string { return tenantKey(t, "STAFF") }

// attemptKey counts tries to guess something.
func attemptKey(t id.Tenant, a account.Attempt) key {
	return key{tenantKey(t, "ATTEMPT#"+string(a.Kind)+"#"+a.Name), "ATTEMPT"}
}

func groupsPK(t id.Tenant) string { return tenantKey(t, "GROUPS") }

func groupKey(t id.Tenant, name string) key { return key{groupsPK(t), name} }

func cataloguePK(t id.Tenant) string { return tenantKey(t, "CATALOGUE") }

func offerKey(t id.Tenant, country string, item id.Item) key {
	return key{cataloguePK(t), offerSK(country, string(item))}
}

func offerSK(country, itemPrefix string) string { return country + "#" + itemPrefix }

const cartPrefix = "CART#"

func cartKey(t id.Tenant, c id.Customer, cart id.Cart) key {
	return key{customerPK(t, c), cartPrefix + string(cart)}
}

const methodPrefix = "METHOD#"

func methodKey(t id.Tenant, c id.Customer, ref id.Reference) key {
	return key{customerPK(t, c), methodPrefix + string(ref)}
}

func pspCustomerKey(t id.Tenant, c id.Customer) key { return key{customerPK(t, c), "PSP"} }

func paymentKey(t id.Tenant, p id.Payment) key { return key{tenantKey(t, "PAY#"+string(p)), "PAYMENT"} }

func orderKey(t id.Tenant, c id.Customer, o id.Order) key {
	return key{customerPK(t, c), "ORD#" + string(o)}
}

// unpaidKey counts a customer's unpaid orders.
func unpaidKey(t id.Tenant, c id.Customer) key { return key{customerPK(t, c), "UNPAID"} }

const subscriptionPrefix = "SUB#"

func subscriptionKey(t id.Tenant, c id.Customer, s id.Subscription) key {
	return key{customerPK(t, c), subscriptionPrefix + string(s)}
}

// ContractShards spreads the list of contracts over partitions of its index.
const ContractShards = 8

// contractShard is the index's partition of a contract.
func contractShard(t id.Tenant, s id.Subscription) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return contractsPK(t, int(h.Sum32()%ContractShards))
}

func contractsPK(t id.Tenant, shard int) string {
	return tenantKey(t, fmt.Sprintf("CONTRACTS#%d", shard))
}

// claimKey is the row that keeps a customer from having one plan twice.
func claimKey(t id.Tenant, c id.Customer, item id.Item) key {
	return key{customerPK(t, c), "CLAIM#" + string(item)}
}

// entryKey is the entry itself, or, of one that moves a wallet, that it was booked.
func entryKey(t id.Tenant, e id.Entry) key { return key{tenantKey(t, "LED#"+string(e)), "ENTRY"} }

const walletPrefix = "WALLET#"

func walletKey(t id.Tenant, c id.Customer, currency string) key {
	return key{customerPK(t, c), walletPrefix + currency}
}

// walletEntryKey puts the movements of a wallet in the order in which they happened.
func walletEntryKey(t id.Tenant, c id.Customer, currency string, version int64) key {
	return key{customerPK(t, c), fmt.Sprintf("%s%012d", walletEntriesSK(currency), version)}
}

func walletEntriesSK(currency string) string { return "ENTRY#" + currency + "#" }

// OutboxShards spreads the outbox over partitions; the sweep reads each of them.
const OutboxShards = 16

func outboxKey(e event.Envelope) key {
	h := fnv.New32a()
	_, _ = h.Write([]byte(e.ID))
	return key{outboxPK(int(h.Sum32() % OutboxShards)), string(e.ID)}
}

func outboxPK(shard int) string { return fmt.Sprintf("OUTBOX#%d", shard) }

func onceKey(r once.Request) key {
	return key{tenantKey(r.Tenant, "ONCE#"+r.Caller+"#"+r.Key), "ONCE"}
}

// rateKey counts one caller's calls in one window.
func rateKey(t id.Tenant, what, caller string, window time.Time) key {
	return key{tenantKey(t, "RATE#"+what+"#"+caller), window.UTC().Format(time.RFC3339)}
}

// turnsKey has the next turn at the PSP that is free.
func turnsKey(t id.Tenant) key { return key{tenantKey(t, "TURNS"), "TURNS"} }

// handledKey remembers that a consumer handled an event.
func handledKey(consumer string, e id.Event) key {
	return key{"HANDLED#" + consumer + "#" + string(e), "HANDLED"}
}

func couponsPK(t id.Tenant) string { return tenantKey(t, "COUPONS") }

// couponKey puts all coupons of a tenant into one partition, to list them. What is written often is elsewhere.
func couponKey(t id.Tenant, c id.Coupon) key { return key{couponsPK(t), string(c)} }

// couponShardKey gives each counter of a coupon's uses a partition of its own. The code is in sk too: a batch tells rows
// apart by it.
func couponShardKey(t id.Tenant, c id.Coupon, shard int) key {
	name := fmt.Sprintf("%s#%d", c, shard)
	return key{tenantKey(t, "COUPON#"+name), "USES#" + name}
}

// couponUsesKey counts one customer's uses of a coupon.
func couponUsesKey(t id.Tenant, c id.Customer, code id.Coupon) key {
	return key{customerPK(t, c), "COUPON#" + string(code)}
}

const timerPrefix = "TIMER#"

func timerKey(t id.Tenant, c id.Customer, kind timer.Kind, subject string) key {
	return key{customerPK(t, c), timerPrefix + string(kind) + "#" + subject}
}

// TimerShards spreads what is due over partitions of the index; a tick reads each of them.
const TimerShards = 16

// dueBucket is the index's partition of a timer.
func dueBucket(k key) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(k.pk + k.sk))
	return dueShard(int(h.Sum32() % TimerShards))
}

func dueShard(shard int) string { return fmt.Sprintf("DUE#%d", shard) }

func clockKey(t id.Tenant, c id.TestClock) key { return key{tenantKey(t, "CLK#"+string(c)), "CLOCK"} }

const mailPrefix = "MAIL#"

// mailKey is the record of the mail that an event led to.
func mailKey(t id.Tenant, c id.Customer, e id.Event) key {
	return key{customerPK(t, c), mailPrefix + string(e)}
}

// mailedKey finds a mail by what the mailer calls it, which is unique across tenants.
func mailedKey(messageID string) key { return key{"MAILED#" + messageID, "MAILED"} }

// headSK sorts before the messages, so that one Query from the beginning reads a ticket and then what was written.
const headSK = "HEAD"

func ticketKey(t id.Tenant, tic id.Ticket) key { return key{tenantKey(t, "TIC#"+string(tic)), headSK} }

const messagePrefix = "MSG#"

// messageKey puts the messages of a ticket in their order, and a note behind the message before it.
func messageKey(t id.Tenant, m ticket.Message) key {
	sk := fmt.Sprintf("%s%06d", messagePrefix, m.Number)
	if m.Note > 0 {
		sk += fmt.Sprintf("#%06d", m.Note)
	}
	return key{ticketKey(t, m.Ticket).pk, sk}
}

const ownTicketPrefix = "TIC#"

// ownTicketKey tells of a ticket in its customer's partition.
func ownTicketKey(t id.Tenant, c id.Customer, tic id.Ticket) key {
	return key{customerPK(t, c), ownTicketPrefix + string(tic)}
}

// ticketQueue is the index's partition of tickets that are resolved, or are not.
func ticketQueue(t id.Tenant, resolved bool) string {
	if resolved {
		return tenantKey(t, "QUEUE#resolved")
	}
	return tenantKey(t, "QUEUE#unresolved")
}

// ticketPlace is a ticket's place in its queue: what waits for staff first, then what waits for the customer, the most urgent
// first, then the oldest; among those that are resolved by when.
func ticketPlace(t ticket.Ticket) string {
	if t.Status == ticket.Resolved {
		return sortable(t.ResolvedAt) + "#" + string(t.ID)
	}
	return ticketRange(t.Status, t.Priority) + string(t.ID)
}

// ticketRange begins the places of an unresolved status, or of one priority in it.
func ticketRange(s ticket.Status, p ticket.Priority) string {
	if p == "" {
		return string(s) + "#"
	}
	return fmt.Sprintf("%s#%d#", s, p.Rank())
}

// historyKey puts the events about a customer in the order in which they were made.
func historyKey(t id.Tenant, c id.Customer, e id.Event) key {
	return key{customerPK(t, c), historyPrefix + string(e)}
}

const historyPrefix = "EVENT#"

// referenceKey tells whose an order or invoice is, by its id or printed number.
func referenceKey(t id.Tenant, name string) key { return key{tenantKey(t, "REF#"+name), "REF"} }

func stageKey(t id.Tenant, c id.Customer, s domain.Stage) key {
	return key{customerPK(t, c), fmt.Sprintf("%s%02d", stagePrefix, s)}
}

const stagePrefix = "STAGE#"

func serviceKey(t id.Tenant, s id.Service) key { return key{tenantKey(t, "SVC#"+string(s)), "SERVICE"} }

// parkedServices is the index's partition of services whose work waits for a human.
func parkedServices(t id.Tenant) string { return tenantKey(t, "PARKED") }

// equipmentKey keeps an ONU ("ONU") or CPE ("CPE") from belonging to two services.
func equipmentKey(t id.Tenant, kind, serial string) key {
	return key{tenantKey(t, kind+"#"+serial), kind}
}

// locationKey has the id in sk too: a batch tells rows apart by it.
func locationKey(t id.Tenant, l id.Location) key {
	return key{tenantKey(t, "LOC#"+string(l)), "LOC#" + string(l)}
}

// areaPK is the index's partition of the locations of a postcode area.
func areaPK(t id.Tenant, area string) string { return tenantKey(t, "AREA#"+area) }

const accountSK, liveSK, periodPrefix = "ACCOUNT", "LIVE", "PERIOD#"

func subscriberPK(t id.Tenant, username string) string { return tenantKey(t, "USER#"+username) }

// subscriberKey is a RADIUS account.
func subscriberKey(t id.Tenant, username string) key {
	return key{subscriberPK(t, username), accountSK}
}

// liveKey is what changes about an account while it is used.
func liveKey(t id.Tenant, username string) key { return key{subscriberPK(t, username), liveSK} }

// periodKey is what was used in a period that is over.
func periodKey(t id.Tenant, username string, from civil.Date) key {
	return key{subscriberPK(t, username), periodPrefix + string(from)}
}

// nasPK is the index's partition of the accounts that are online at a NAS.
func nasPK(t id.Tenant, nas string) string { return tenantKey(t, "NAS#"+nas) }

func diagnosisKey(t id.Tenant, s id.Service, d id.Diagnosis) key {
	return key{serviceKey(t, s).pk, diagnosisPrefix + string(d)}
}

const diagnosisPrefix = "DIAGNOSIS#"

const invoicePrefix = "INV#"

func invoiceKey(t id.Tenant, c id.Customer, i id.Invoice) key {
	return key{customerPK(t, c), invoicePrefix + string(i)}
}

// refundKey is beside the invoice that the money was paid for, so that its refunds are read together.
func refundKey(t id.Tenant, c id.Customer, i id.Invoice, r id.Refund) key {
	return key{customerPK(t, c), refundPrefix(i) + string(r)}
}

func refundPrefix(i id.Invoice) string { return "REFUND#" + string(i) + "#" }

// unpaidInvoices is the index's partition of invoices that are open.
func unpaidInvoices(t id.Tenant) string { return tenantKey(t, "UNPAID") }

// invoiceSeries is the series of numbers in which a customer's documents are.
func invoiceSeries(c id.Customer) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c))
	return int(h.Sum32() % invoice.Series)
}

// numbersKey counts the documents of a kind in one series.
func numbersKey(t id.Tenant, series int, k invoice.Kind) key {
	return key{tenantKey(t, fmt.Sprintf("NUMBERS#%d", series)), "NUMBERS#" + string(k)}
}

const settingsSK = "SETTINGS"

// settingsKey is how a tenant bills now.
func settingsKey(t id.Tenant) key { return key{tenantKey(t, "BILLING"), settingsSK} }

// pastSettingsKey is how it billed in a version, for the documents that were made then.
func pastSettingsKey(t id.Tenant, version int64) key {
	return key{tenantKey(t, "BILLING"), fmt.Sprintf("%s#%06d", settingsSK, version)}
}

// rememberedKey is what is known of a subject of the targets. The id is in sk too: a batch tells rows apart by it.
func rememberedKey(t id.Tenant, s target.Subject) key {
	return key{tenantKey(t, "KNOWN#"+string(s.Kind)+"#"+s.ID), string(s.Kind) + "#" + s.ID}
}

const standingSK = "STANDING" // behind every day

// countersKey is one of a day's rows of counters; without a day one of those of where they stand.
func countersKey(t id.Tenant, shard int, day civil.Date) key {
	if day == "" {
		day = standingSK
	}
	return key{tenantKey(t, fmt.Sprintf("COUNTERS#%d", shard)), string(day)}
}
