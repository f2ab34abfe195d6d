package invoice_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/invoice"
)

var at = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// S3-58: what an exempt buyer is charged has no tax and states why, and what they were charged before has: each is given back as it was charged.
func TestExempt(t *testing.T) {
	reverse := &lineitem.Exemption{Reason: "Reverse charge", Code: lineitem.ReverseCharge}
	net := charge(4193, "EUR")
	net.Exempt = reverse
	i, err := invoice.Draw(invoice.Invoice{}, lineitem.TaxedAt(1900, net, charge(-1190, "EUR")))
	if err != nil || i.Total != 3003 || len(i.Taxes) != 2 || i.Taxes[0] != (invoice.TaxTotal{Net: 4193}) || i.Taxes[1] != (invoice.TaxTotal{Rate: 1900, Net: -1000, Tax: -190}) || i.Exempt != reverse {
		t.Fatalf("%+v, %v", i, err)
	}
	if i.TaxCategory(0) != "AE" || i.TaxCategory(1900) != "S" || i.Exemption(0) != reverse || i.Exemption(1900) != nil {
		t.Errorf("%s, %s", i.TaxCategory(0), i.TaxCategory(1900))
	}
	i.Exempt = &lineitem.Exemption{Reason: "Diplomatic mission"}
	if i.TaxCategory(0) != "E" {
		t.Error(i.TaxCategory(0))
	}
	if i, _ = invoice.Draw(invoice.Invoice{}, lineitem.TaxedAt(0, charge(1, "EUR"))); i.TaxCategory(0) != "O" || i.Exemption(0) != nil {
		t.Error(i.TaxCategory(0))
	}
}

func charge(minor int64, currency string) lineitem.Charge {
	a := money.Amount{Minor: minor, Currency: currency}
	return lineitem.Charge{Kind: lineitem.ForItem, Name: "Thing", Quantity: 1, Price: a, Amount: a}
}

// open is a final invoice that is not paid.
func open(t *testing.T, minor int64) invoice.Invoice {
	t.Helper()
	i, err := invoice.Draw(invoice.Invoice{Kind: invoice.Standard}, lineitem.TaxedAt(1900, charge(minor, "EUR")))
	if err == nil {
		i, _, err = i.Final(3, invoice.Numbers{Last: 41}, "2030-01-15", "2030-01-01", at)
	}
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// S3-58: the tax is in each line's amount, half up to the minor unit, also of currencies without or with three decimals; totals are sums.
func TestDraw(t *testing.T) {
	for _, k := range []struct {
		currency   string
		amounts    []int64
		rate       int64
		total, tax int64
	}{
		{"EUR", []int64{4990}, 1900, 4990, 797}, {"EUR", []int64{1, 1, 1}, 1900, 3, 0}, {"EUR", []int64{3, 3}, 1900, 6, 0}, {"EUR", []int64{1299, 4999, -260}, 2100, 6038, 1048},
		{"JPY", []int64{1980}, 1000, 1980, 180}, {"JPY", []int64{105}, 1000, 105, 10}, {"KWD", []int64{15750}, 500, 15750, 750}, {"CHF", []int64{4990}, 810, 4990, 374},
		{"EUR", []int64{4990}, 0, 4990, 0}, {"EUR", []int64{4990, -4990}, 1900, 0, 0},
	} {
		var charges []lineitem.Charge
		for _, a := range k.amounts {
			charges = append(charges, charge(a, k.currency))
		}
		i, err := invoice.Draw(invoice.Invoice{}, lineitem.TaxedAt(k.rate, charges...))
		if err != nil || i.Total != k.total || len(i.Taxes) != 1 || i.Taxes[0].Tax != k.tax || i.Taxes[0].Net+i.Taxes[0].Tax != k.total || i.Currency != k.currency {
			t.Errorf("%v %s at %d: %+v, %v", k.amounts, k.currency, k.rate, i.Taxes, err)
		}
		for _, l := range i.Lines {
			if l.Net+l.Tax != l.Amount.Minor {
				t.Errorf("%v: %d and %d are not %d", k.amounts, l.Net, l.Tax, l.Amount.Minor)
			}
		}
	}
	if _, err := invoice.Draw(invoice.Invoice{}, lineitem.TaxedAt(1900, charge(1, "EUR"), charge(1, "USD"))); !errors.Is(err, money.ErrCurrency) {
		t.Error(err)
	}
}

// S3-58: a final invoice has the next number of its series, and its kind; it is final once.
func TestFinal(t *testing.T) {
	i := open(t, 4990)
	if i.Number != "INV-3-000042" || i.State != invoice.Open || i.DueOn != "2030-01-15" || i.IssuedOn != "2030-01-01" || i.Left() != 4990 {
		t.Errorf("%+v", i)
	}
	if _, n, err := i.Final(3, invoice.Numbers{Last: 42}, "", "", at); !errors.Is(err, invoice.ErrFinal) || n.Last != 42 {
		t.Error(n, err)
	}
	free, _ := invoice.Draw(invoice.Invoice{Kind: invoice.Standard}, lineitem.TaxedAt(1900, charge(0, "EUR")))
	note, _ := invoice.Draw(invoice.Invoice{Kind: invoice.CreditNote}, lineitem.TaxedAt(1900, charge(100, "EUR")))
	covered, _ := invoice.Draw(invoice.Invoice{Kind: invoice.Standard, Credit: 100}, lineitem.TaxedAt(1900, charge(100, "EUR")))
	for want, draft := range map[string]invoice.Invoice{"INV-0-000001": free, "CN-0-000001": note, "INV-0-0000012": covered} {
		final, n, err := draft.Final(0, invoice.Numbers{}, "", "2030-01-01", at)
		if err != nil || final.Number != want[:len(final.Number)] || final.State != invoice.Paid || n.Last != 1 || final.SettledAt != at {
			t.Errorf("%s: %+v, %v", want, final, err)
		}
	}
}

// S3-55: what is paid in parts is paid when nothing is left, and nothing more is taken.
func TestReceiveParts(t *testing.T) {
	i := open(t, 1000)
	i.Credit = 100
	for _, part := range []struct{ amount, left int64 }{{300, 600}, {600, 0}} {
		for _, bad := range []int64{0, -1, i.Left() + 1} {
			if _, err := i.Receive(invoice.Receipt{Amount: bad, At: at}); !errors.Is(err, invoice.ErrPayTooMuch) {
				t.Errorf("%d: %v", bad, err)
			}
		}
		was := i
		var err error
		if i, err = i.Receive(invoice.Receipt{Amount: part.amount, At: at}); err != nil || i.Left() != part.left || i.Version != was.Version+1 || (i.State == invoice.Paid) != (part.left == 0) {
			t.Errorf("%+v, %v", i, err)
		}
		if len(was.Receipts) == len(i.Receipts) {
			t.Error("the invoice before was changed")
		}
	}
	if i.PaidUp() != 900 || i.SettledAt != at {
		t.Errorf("%+v", i)
	}
}

// S3-55, S3-58: every action in every state does what it may and answers why it may not.
func TestStatesAndActions(t *testing.T) {
	draft, _ := invoice.Draw(invoice.Invoice{Kind: invoice.Standard}, lineitem.TaxedAt(1900, charge(1000, "EUR")))
	opened := open(t, 1000)
	part, _ := opened.Receive(invoice.Receipt{Amount: 1})
	paid, _ := opened.Receive(invoice.Receipt{Amount: 1000})
	void, _ := opened.Withdraw("made twice", at)
	given, _ := opened.WriteOff("bankrupt", at)
	note, _, _ := paid.Correction("inv_2", 1000, "not used", at)
	note, _, _ = note.Final(3, invoice.Numbers{}, "", "", at)
	actions := []func(i invoice.Invoice) (invoice.State, error){
		func(i invoice.Invoice) (invoice.State, error) {
			n, _, err := i.Final(3, invoice.Numbers{}, "", "", at)
			return n.State, err
		},
		func(i invoice.Invoice) (invoice.State, error) {
			n, err := i.Receive(invoice.Receipt{Amount: max(i.Left(), 1)})
			return n.State, err
		},
		func(i invoice.Invoice) (invoice.State, error) { n, err := i.Withdraw("x", at); return n.State, err },
		func(i invoice.Invoice) (invoice.State, error) { n, err := i.WriteOff("x", at); return n.State, err },
		func(i invoice.Invoice) (invoice.State, error) {
			_, n, err := i.Correction("inv_3", max(i.Correctable(), 1), "x", at)
			return n.State, err
		},
	}
	type end struct {
		state invoice.State
		err   error
	}
	for name, k := range map[string]struct {
		i    invoice.Invoice
		want [5]end // final, receive, withdraw, write off, correct
	}{
		"draft":         {draft, [5]end{{invoice.Open, nil}, {"", invoice.ErrNotPayable}, {"", invoice.ErrNotPayable}, {"", invoice.ErrNotPayable}, {"", invoice.ErrNotPayable}}},
		"open":          {opened, [5]end{{"", invoice.ErrFinal}, {invoice.Paid, nil}, {invoice.Void, nil}, {invoice.Uncollectible, nil}, {invoice.Paid, nil}}},
		"partly paid":   {part, [5]end{{"", invoice.ErrFinal}, {invoice.Paid, nil}, {"", invoice.ErrPartlyPaid}, {invoice.Uncollectible, nil}, {invoice.Paid, nil}}},
		"paid":          {paid, [5]end{{"", invoice.ErrFinal}, {"", invoice.ErrPaid}, {"", invoice.ErrPaid}, {"", invoice.ErrPaid}, {invoice.Paid, nil}}},
		"void":          {void, [5]end{{"", invoice.ErrFinal}, {"", invoice.ErrVoid}, {"", invoice.ErrVoid}, {"", invoice.ErrVoid}, {"", invoice.ErrVoid}}},
		"uncollectible": {given, [5]end{{"", invoice.ErrFinal}, {invoice.Paid, nil}, {invoice.Void, nil}, {"", invoice.ErrWrittenOff}, {invoice.Paid, nil}}},
		"credit note":   {note, [5]end{{"", invoice.ErrFinal}, {"", invoice.ErrNotPayable}, {"", invoice.ErrNotPayable}, {"", invoice.ErrNotPayable}, {"", invoice.ErrNotPayable}}},
	} {
		for n, act := range actions {
			state, err := act(k.i)
			if want := k.want[n]; !errors.Is(err, want.err) || err == nil && state != want.state || err != nil && state != k.i.State {
				t.Errorf("%s, action %d: %s, %v", name, n, state, err)
			}
		}
	}
}

// S3-58: credit notes never take off more than there is, and whatever their number, their taxes sum to the invoice's.
func TestCorrectionsSum(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 3_000 {
		var charges []lineitem.Charge
		for range 1 + r.IntN(4) {
			charges = append(charges, charge(1+r.Int64N(9_000), "EUR"))
		}
		i, _ := invoice.Draw(invoice.Invoice{Kind: invoice.Standard}, lineitem.TaxedAt([]int64{0, 1900, 2550}[r.IntN(3)], charges...))
		if r.IntN(2) == 0 { // of two rates, as an e-invoice may have
			low, _ := invoice.Draw(invoice.Invoice{}, lineitem.TaxedAt(700, charges...))
			i.Lines, i.Taxes, i.Total = append(i.Lines, low.Lines...), append(i.Taxes, low.Taxes...), i.Total+low.Total
		}
		i, _, _ = i.Final(0, invoice.Numbers{}, "", "2030-01-01", at)
		i, _ = i.Receive(invoice.Receipt{Amount: i.Left()})
		for i.Correctable() > 0 {
			if _, _, err := i.Correction("inv_2", i.Correctable()+1, "", at); !errors.Is(err, invoice.ErrCorrectedOut) {
				t.Fatal(err)
			}
			amount := 1 + r.Int64N(i.Correctable())
			note, next, err := i.Correction("inv_2", amount, "", at)
			if err != nil || note.Total != amount || next.Credited != i.Credited+amount {
				t.Fatalf("%+v, %v", note, err)
			}
			var sum int64
			for _, l := range note.Lines {
				if l.Net+l.Tax != l.Amount.Minor || l.Tax < 0 || l.Net < 0 {
					t.Fatalf("line %+v", l)
				}
				sum += l.Amount.Minor
			}
			for at, was := range i.Taxes {
				now := next.Taxes[at]
				if now.Credited < was.Credited || now.Credited > now.Net+now.Tax {
					t.Fatalf("%+v after %+v", now, was)
				}
			}
			if sum != amount {
				t.Fatalf("lines sum to %d of %d", sum, amount)
			}
			i = next
		}
		for at, tax := range i.Taxes {
			if tax.Credited != tax.Net+tax.Tax {
				t.Fatalf("rate %d: %d of %d", at, tax.Credited, tax.Net+tax.Tax)
			}
		}
	}
}

// S3-58: the taxes of all credit notes of an invoice are its tax, exactly.
func TestCorrectedTaxes(t *testing.T) {
	i, _ := invoice.Draw(invoice.Invoice{Kind: invoice.Standard}, lineitem.TaxedAt(1900, charge(333, "EUR"), charge(334, "EUR"), charge(1, "EUR")))
	i, _, _ = i.Final(0, invoice.Numbers{}, "", "2030-01-01", at)
	var net, tax int64
	for i.Correctable() > 0 {
		note, next, err := i.Correction("inv_2", min(i.Correctable(), 7), "", at)
		if err != nil {
			t.Fatal(err)
		}
		net, tax, i = net+note.Taxes[0].Net, tax+note.Taxes[0].Tax, next
	}
	if net != i.Taxes[0].Net || tax != i.Taxes[0].Tax || i.Left() != 0 || i.State != invoice.Paid {
		t.Errorf("%d and %d of %+v", net, tax, i.Taxes)
	}
	whole, _, _ := open(t, 4990).Correction("inv_2", 4990, "", at)
	if len(whole.Lines) != 1 || whole.Lines[0].Name != "Thing" || whole.Corrects != "" && whole.Kind != invoice.CreditNote {
		t.Errorf("%+v", whole)
	}
}

// S3-58: also of a change of plan after the rate of tax has changed, where more is given back than charged at one of them, all credit notes
// have the taxes of the invoice.
func TestCorrectionsOfAChange(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 3_000 {
		back := 1 + r.Int64N(9_000)
		charges := append(lineitem.TaxedAt(1600, charge(-back, "EUR")), lineitem.TaxedAt(1900, charge(back+1+r.Int64N(9_000), "EUR"))...)
		i, _ := invoice.Draw(invoice.Invoice{Kind: invoice.Standard}, charges)
		i, _, _ = i.Final(0, invoice.Numbers{}, "", "2030-01-01", at)
		i, _ = i.Receive(invoice.Receipt{Amount: i.Left()})
		taxes := map[int64]int64{}
		for i.Correctable() > 0 {
			note, next, err := i.Correction("inv_2", 1+r.Int64N(i.Correctable()), "", at)
			if err != nil {
				t.Fatal(err)
			}
			for _, of := range note.Taxes {
				taxes[of.Rate] += of.Tax
			}
			i = next
		}
		for _, of := range i.Taxes {
			if of.Credited != of.Net+of.Tax || taxes[of.Rate] != of.Tax {
				t.Fatalf("%+v, credited with the tax %d", of, taxes[of.Rate])
			}
		}
	}
}
