package store

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

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

// Customers are read as many at once as are wanted, in the order of their names; who is gone or is called otherwise by now makes room for who
// comes after. However little of a batch is answered at once, all of it is read.
func TestCustomersCalledAreReadAtOnce(t *testing.T) {
	db, tenant := fresh(t)
	indexed := map[key]string{}
	for i, name := range []string{"Ada Alt", "Bea Berg", "Ada Cohn", "Ada Dorn", "Ada Ernst", ""} {
		c := account.Customer{Tenant: tenant, ID: id.Customer("cus_" + string(rune('1'+i))), Name: name, Status: account.Active, Version: 1}
		if indexed[profileKey(tenant, c.ID)] = "ada " + string(c.ID) + "#"; name == "" {
			continue // was erased, and is not there
		}
		tx := db.tx()
		tx.profile(c, nil)
		ok(t, tx.commit(t.Context()))
	}
	for limit, want := range []string{"[] of []", "[Ada Alt] of [1]", "[Ada Alt Ada Cohn] of [2 1]", "[Ada Alt Ada Cohn Ada Dorn] of [3 1]", "[Ada Alt Ada Cohn Ada Dorn Ada Ernst] of [4 1]", "[Ada Alt Ada Cohn Ada Dorn Ada Ernst] of [5 1]"} {
		for _, whole := range []bool{true, false} {
			var asked []int
			names := []string{}
			f := namesFound{called: maps.Clone(indexed)}
			all, err := f.read(t.Context(), New(clientThatAnswersLittle(&asked, whole), prefix, db.clock), []string{"ada"}, limit)
			ok(t, err)
			for _, c := range all {
				names = append(names, c.Name)
			}
			if got := fmt.Sprint(names, " of ", asked); whole && got != want {
				t.Errorf("%d: %s, want %s", limit, got, want)
			} else if !whole && !strings.HasPrefix(want, fmt.Sprint(names, " of ")) {
				t.Errorf("%d, bit by bit: %s, want %s", limit, got, want)
			}
		}
	}
}

// clientThatAnswersLittle notes how many rows each batch asks for, and leaves all but one of them unprocessed, unless it is to answer it whole.
func clientThatAnswersLittle(sizes *[]int, whole bool) *dynamodb.Client {
	little := middleware.InitializeMiddlewareFunc("little", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		asked, is := in.Parameters.(*dynamodb.BatchGetItemInput)
		if !is {
			return next.HandleInitialize(ctx, in)
		}
		now, later := map[string]types.KeysAndAttributes{}, map[string]types.KeysAndAttributes{}
		for table, all := range asked.RequestItems {
			*sizes = append(*sizes, len(all.Keys))
			part := all
			if !whole && len(all.Keys) > 1 {
				part.Keys, all.Keys = all.Keys[:1], all.Keys[1:]
				later[table] = all
			}
			now[table] = part
		}
		in.Parameters = &dynamodb.BatchGetItemInput{RequestItems: now}
		out, m, err := next.HandleInitialize(ctx, in)
		if answer, ok := out.Result.(*dynamodb.BatchGetItemOutput); ok {
			answer.UnprocessedKeys = later
		}
		return out, m, err
	})
	return dynamodb.New(client.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Initialize.Add(little, middleware.Before) })
	})
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
