package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"turnup/internal/base/id"
	"turnup/internal/domain/account"
)

// A customer's name is in two indexes: as it is written in "name", with its last word first in "surname". Each costs a unit when the name
// changes and nothing otherwise; a row for each word would cost three, in every transaction that saves a name. So a word in the middle of a
// name narrows what the others find, and finds nobody by itself.

// folded are letters without marks to take off.
var folded = strings.NewReplacer("ß", "ss", "æ", "a", "œ", "o", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ae", "a", "oe", "o", "ue", "u")

// wordsOf are the words of a name as they are compared: without capitals and marks, and with ä, ö and ü written as a, o and u, whether the
// name has them as letters or as ae, oe and ue. The beginning of a name gives the beginning of its words.
func wordsOf(name string) []string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(name))
	return strings.FieldsFunc(folded.Replace(plain), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// nameRow is a customer's name as the indexes "name" and "surname" order it: those who are called the same by their ids.
type nameRow struct {
	Called  string `dynamodbav:"called,omitempty"`
	Surname string `dynamodbav:"surname,omitempty"`
}

func nameRowOf(c account.Customer) nameRow {
	words := wordsOf(c.Name)
	if c.Gone() || len(words) == 0 {
		return nameRow{}
	}
	row, last := nameRow{Called: strings.Join(words, " ") + "#" + string(c.ID)}, len(words)-1
	if last > 0 {
		row.Surname = words[last] + " " + strings.Join(words[:last], " ") + "#" + string(c.ID)
	}
	return row
}

// calledSo tells whether each of the words begins a word of the name.
func calledSo(name, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool {
		return !slices.ContainsFunc(name, func(n string) bool { return strings.HasPrefix(n, w) })
	})
}

// Most words of a question that are looked for, most names of each partition that are gone through for one of them, and most customers that
// are read at once, which is what DynamoDB takes.
const (
	wordsAsked    = 3
	namesRead     = 100
	customersRead = 100
)

// CustomersCalled reads customers of whose names each word that is asked for begins a word, at most limit, in the order of the names. One
// of the words has to begin the first or the last word of the name. The indexes are eventually consistent and of keys alone: the customers
// are read by themselves, so that who was erased meanwhile is left out.
func (db *DB) CustomersCalled(ctx context.Context, tenant id.Tenant, asked string, limit int32) ([]account.Customer, error) {
	words := wordsOf(asked)
	if len(words) == 0 {
		return nil, nil
	}
	begins := append([]string{strings.Join(words, " ")}, words[:min(len(words), wordsAsked)]...)
	slices.Sort(begins)
	found := namesFound{called: map[key]string{}}
	look, within := errgroup.WithContext(ctx)
	for _, begin := range slices.Compact(begins) {
		for shard := range CustomerShards {
			partition := customersPK(tenant, shard)
			look.Go(func() error { return found.take(db.namesBeginning(within, partition, begin)) })
			look.Go(func() error { return found.take(db.surnamesBeginning(within, partition, begin)) })
		}
	}
	if err := look.Wait(); err != nil {
		return nil, outage(err)
	}
	return found.read(ctx, db, words, int(limit))
}

func (db *DB) namesBeginning(ctx context.Context, partition, begin string) (*dynamodb.QueryOutput, error) {
	return db.client.Query(ctx, beginning(db.table(accounts), index("name"), "called", partition, begin))
}

func (db *DB) surnamesBeginning(ctx context.Context, partition, begin string) (*dynamodb.QueryOutput, error) {
	return db.client.Query(ctx, beginning(db.table(accounts), index("surname"), "surname", partition, begin))
}

// beginning asks for what of a partition of an index begins in a way.
func beginning(table, index *string, attribute, partition, begin string) *dynamodb.QueryInput {
	condition, most := "#list = :list AND begins_with(#name, :begin)", int32(namesRead)
	return &dynamodb.QueryInput{TableName: table, IndexName: index, KeyConditionExpression: &condition, Limit: &most,
		ExpressionAttributeNames:  map[string]string{"#list": "list", "#name": attribute},
		ExpressionAttributeValues: item{":list": text(partition), ":begin": text(begin)}}
}

// namesFound are the names that the indexes have, by the customers' keys.
type namesFound struct {
	sync.Mutex
	called map[key]string
}

func (f *namesFound) take(out *dynamodb.QueryOutput, err error) error {
	if err != nil {
		return err
	}
	f.Lock()
	defer f.Unlock()
	for _, row := range out.Items {
		k, err := decode[rowKey](row)
		if err != nil {
			return err
		}
		n, err := decode[nameRow](row)
		if err != nil {
			return err
		}
		f.called[key{k.PK, k.SK}] = n.Called + n.Surname
	}
	return nil
}

// read reads the first of those who are called so: as many at once as are wanted, and again for those who turn out to be called otherwise.
func (f *namesFound) read(ctx context.Context, db *DB, words []string, limit int) (all []account.Customer, err error) {
	keys := slices.SortedFunc(maps.Keys(f.called), func(a, b key) int { return strings.Compare(f.called[a]+a.pk, f.called[b]+b.pk) })
	keys = slices.DeleteFunc(keys, func(k key) bool {
		name, _, _ := strings.Cut(f.called[k], "#")
		return !calledSo(strings.Fields(name), words)
	})
	for len(keys) > 0 && len(all) < limit {
		next := keys[:min(len(keys), limit-len(all), customersRead)]
		keys = keys[len(next):]
		found, err := db.profilesAt(ctx, next)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			if !c.Gone() && calledSo(wordsOf(c.Name), words) {
				all = append(all, c)
			}
		}
	}
	slices.SortFunc(all, func(a, b account.Customer) int { return strings.Compare(nameRowOf(a).Called, nameRowOf(b).Called) })
	return all, nil
}

// profilesAt reads customers by the keys of their profiles, in that order; one that is gone is left out.
func (db *DB) profilesAt(ctx context.Context, keys []key) (all []account.Customer, err error) {
	b := db.batch()
	for _, k := range keys {
		b.add(accounts, k)
	}
	rows := map[string]item{} // by partition: their sort keys are the same
	if err := b.each(ctx, func(_ string, row item) { rows[positionIn("pk", row)] = row }); err != nil {
		return nil, err
	}
	for _, k := range keys {
		if row, there := rows[k.pk]; there {
			c, err := decode[account.Customer](row)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	return all, nil
}
