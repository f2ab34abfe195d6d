package store

import (
	"strings"
	"testing"

	"turnup/internal/base/id"
	"turnup/internal/domain/account"
)

// S3-25: customers are found by the beginnings of the words of their names, in any order, without regard to capitals, accents and how a
// German umlaut is written; one of the words has to be of the first or the last of the name. Who is erased is not found.
func TestCustomersCalled(t *testing.T) {
	db, tenant := fresh(t)
	save := func(c account.Customer) {
		t.Helper()
		c.Tenant = tenant
		tx := db.tx()
		tx.profile(c, nil)
		ok(t, tx.commit(t.Context()))
	}
	for i, name := range []string{"Ada  Lovelace", "Adam", "", "Anna Maria Müller", "Jörg Mueller-Öz", "Ursula von der Leyen", "Søren O'Brien", "–"} {
		save(account.Customer{ID: id.Customer("cus_" + string(rune('1'+i))), Name: name, Status: account.Active, Version: 1})
	}
	found := func(asked string) string {
		t.Helper()
		all, err := db.CustomersCalled(t.Context(), tenant, asked, 3)
		ok(t, err)
		var names []string
		for _, c := range all {
			names = append(names, c.Name)
		}
		return strings.Join(names, ", ")
	}
	for asked, want := range map[string]string{
		"ADA": "Ada  Lovelace, Adam", "love": "Ada  Lovelace", "ada love": "Ada  Lovelace", "love ad": "Ada  Lovelace", "Lovelace, Ada": "Ada  Lovelace", "adamant": "", "ada adam": "Adam",
		"muller": "Anna Maria Müller", "müll": "Anna Maria Müller", "Mueller": "Anna Maria Müller", "muller maria": "Anna Maria Müller", "maria": "", "oz": "Jörg Mueller-Öz", "joerg mue": "Jörg Mueller-Öz",
		"leyen": "Ursula von der Leyen", "von der Leyen": "Ursula von der Leyen", "soren obrien": "", "SOREN o'b": "Søren O'Brien", "brien": "Søren O'Brien", "-": "", "a": "Ada  Lovelace, Adam, Anna Maria Müller",
	} {
		if got := found(asked); got != want {
			t.Errorf("%q finds %q, want %q", asked, got, want)
		}
	}
	save(account.Customer{ID: "cus_1", Name: "Ada King", Status: account.Active, Version: 2})
	save(account.Customer{ID: "cus_2", Status: account.Erased, Version: 2})
	same(t, "after the wedding", found("love")+found("ada k"), "Ada King")
	same(t, "erased", found("adam"), "")
}

// What is typed of a name while it is typed finds it at every letter.
func TestBeginningsOfNames(t *testing.T) {
	for _, name := range []string{"Manuel", "Joel", "Müller", "Mueller", "Bäcker", "Łukasz", "Weiß", "Œuvre", "Þór", "Zoë"} {
		whole := wordsOf(name)
		for i := range name {
			if begin := wordsOf(name[:i]); !calledSo(whole, begin) {
				t.Errorf("%s is not found by %q", name, name[:i])
			}
		}
	}
}
