package rest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"turnup/internal/base/freetext"
)

// Bodies are structs whose every field has a JSON name; maps and embedded structs are in none (TestCardNumbersAreRefused, of
// package reference, would find them).

// secret names the fields that are kept nowhere as they were given: what they look like says nothing.
var secret = []string{"password", "newPassword", "code", "token", "refreshToken"}

// refuseCards looks for what looks like a card number in every other text of a request's body: card data is given to the PSP
// and to nobody else, whatever the field is for.
func refuseCards(in any) error {
	body := reflect.Indirect(reflect.ValueOf(in)).FieldByName("Body")
	if !body.IsValid() {
		return nil
	}
	if at := cardIn("body", body); at != "" {
		return freetext.ErrCardNumber.Naming(at, "holds what looks like a card number")
	}
	return nil
}

// cardIn is where the first one stands; empty when there is none.
func cardIn(at string, v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		if freetext.CardLike(v.String()) {
			return at
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return cardIn(at, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := open(v.Type().Field(i)); name != "" {
				if found := cardIn(at+"."+name, v.Field(i)); found != "" {
					return found
				}
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if v.Type().Elem().Kind() == reflect.Uint8 {
				break
			}
			if found := cardIn(fmt.Sprintf("%s[%d]", at, i), v.Index(i)); found != "" {
				return found
			}
		}
	}
	return ""
}

// holdsText tells whether a body of a type could hold one.
func holdsText(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holdsText(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if field := t.Field(i); open(field) != "" && holdsText(field.Type) {
				return true
			}
		}
	}
	return false
}

// open is a field's name in a request; empty of what is no field of it, and of secrets.
func open(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if !field.IsExported() || name == "-" || slices.Contains(secret, name) {
		return ""
	}
	return name
}
