package wallet_test

import (
	"errors"
	"math"
	"testing"

	"turnup/internal/base/money"
	"turnup/internal/domain/wallet"
)

func balance(available, held int64) wallet.Balance {
	return wallet.Balance{Tenant: "demo", Customer: "cus_1", Currency: "EUR", Available: available, Held: held, Version: 7}
}

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

type move func(wallet.Balance, money.Amount) (wallet.Balance, error)

var moves = map[string]move{"credit": wallet.Balance.Credit, "debit": wallet.Balance.Debit, "hold": wallet.Balance.Hold, "release": wallet.Balance.Release}

// S1-36, S1-38, S1-40: only what is available counts, the whole amount or nothing, and a refusal changes nothing.
func TestMoves(t *testing.T) {
	for _, c := range []struct {
		move      string
		was       wallet.Balance
		amount    money.Amount
		available int64
		held      int64
		fails     error
	}{
		{"credit", balance(0, 0), eur(1), 1, 0, nil},
		{"credit", balance(100, 50), eur(25), 125, 50, nil},
		{"credit", balance(wallet.Max-2, 1), eur(1), wallet.Max - 1, 1, nil},
		{"credit", balance(wallet.Max-1, 1), eur(1), 0, 0, wallet.ErrFull},
		{"credit", balance(1, 0), eur(math.MaxInt64), 0, 0, wallet.ErrFull},
		{"debit", balance(100, 0), eur(99), 1, 0, nil},
		{"debit", balance(100, 0), eur(100), 0, 0, nil},
		{"debit", balance(100, 0), eur(101), 0, 0, wallet.ErrInsufficient},
		{"debit", balance(100, 500), eur(101), 0, 0, wallet.ErrInsufficient}, // held money does not count
		{"debit", balance(0, 0), eur(1), 0, 0, wallet.ErrInsufficient},
		{"debit", balance(100, 0), eur(math.MaxInt64), 0, 0, wallet.ErrInsufficient},
		{"hold", balance(100, 5), eur(100), 0, 105, nil},
		{"hold", balance(100, 5), eur(101), 0, 0, wallet.ErrInsufficient},
		{"release", balance(100, 5), eur(5), 105, 0, nil},
		{"release", balance(100, 5), eur(6), 0, 0, wallet.ErrNotHeld},
	} {
		got, err := moves[c.move](c.was, c.amount)
		if c.fails != nil {
			if !errors.Is(err, c.fails) || got != c.was {
				t.Errorf("%s %v of %+v: got %+v, %v", c.move, c.amount, c.was, got, err)
			}
			continue
		}
		if err != nil || got.Available != c.available || got.Held != c.held || got.Version != c.was.Version+1 || got.Customer != "cus_1" || got.Currency != "EUR" {
			t.Errorf("%s %v of %+v: got %+v, %v", c.move, c.amount, c.was, got, err)
		}
	}
}

func TestMovesRefuseWhatIsNoAmount(t *testing.T) {
	was := balance(1000, 1000)
	for name, do := range moves {
		for _, minor := range []int64{0, -1, math.MinInt64} {
			if got, err := do(was, eur(minor)); !errors.Is(err, wallet.ErrAmount) || got != was {
				t.Errorf("%s of %d: got %+v, %v", name, minor, got, err)
			}
		}
		if got, err := do(was, money.Amount{Minor: 1, Currency: "USD"}); !errors.Is(err, wallet.ErrCurrency) || !errors.Is(err, money.ErrCurrency) || got != was {
			t.Errorf("%s of dollars: got %+v, %v", name, got, err)
		}
	}
}

// I4: whatever is done in whatever order, nothing falls below zero, and only credit and debit change what the customer has.
func TestNeverBelowZero(t *testing.T) {
	names := []string{"credit", "debit", "hold", "release"}
	seed := uint32(1)
	next := func(n uint32) uint32 { seed = seed*1664525 + 1013904223; return (seed >> 8) % n }
	b := wallet.Balance{Currency: "EUR"}
	for range 20000 {
		name := names[next(4)]
		minor := int64(next(50) + 1)
		got, err := moves[name](b, eur(minor))
		change := map[string]int64{"credit": minor, "debit": -minor}[name]
		if err != nil {
			change = 0
		}
		if got.Available < 0 || got.Held < 0 || got.Available+got.Held != b.Available+b.Held+change {
			t.Fatalf("%s %d of %+v: %+v, %v", name, minor, b, got, err)
		}
		b = got
	}
}
