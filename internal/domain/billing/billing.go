// Package billing owns how a tenant bills: who sells, which taxes are in the prices, when invoices are due, how dunning goes.
//
// It does not own what is billed (subscription) nor the invoices (invoice); they take its figures as values.
package billing

import (
	"slices"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/country"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// ErrSettings is answered to settings that contradict themselves.
var ErrSettings = fault.New(fault.Invalid, "billing_settings_invalid", "Please check the marked fields.", "operator")

// Seller is who sells: what the law wants on an invoice about them.
type Seller struct {
	Name    string   `json:"name" dynamodbav:"n" minLength:"1" maxLength:"120" doc:"Registered name" example:"Turnup Demo Networks GmbH"`
	Address []string `json:"address" dynamodbav:"a" minItems:"1" maxItems:"5" nullable:"false" doc:"Lines of the postal address" example:"[\"Beispielweg 1\",\"10115 Berlin\",\"DE\"]"`
	Country string   `json:"country" dynamodbav:"c" pattern:"^[A-Z]{2}$" patternDescription:"two capital letters" doc:"ISO 3166-1 alpha-2" example:"DE"`
	TaxID   string   `json:"taxId" dynamodbav:"t" maxLength:"40" doc:"VAT identification number" example:"DE000000000"`
	Email   string   `json:"email" dynamodbav:"e" maxLength:"254" format:"email" doc:"For questions about an invoice" example:"billing@example.com"`
}

// TaxRate is what is in the prices of a country from a day on.
type TaxRate struct {
	Country string     `json:"country" dynamodbav:"c" pattern:"^[A-Z]{2}$" patternDescription:"two capital letters" doc:"ISO 3166-1 alpha-2" example:"DE"`
	From    civil.Date `json:"from" dynamodbav:"f" format:"date" doc:"The first day" example:"2021-01-01"`
	Rate    int64      `json:"rate" dynamodbav:"r" minimum:"0" maximum:"10000" doc:"In hundredths of a percent: 1900 is 19 %" example:"1900"`
}

// Settings of a tenant. Every change makes a new version, and an invoice names the one it was made under.
type Settings struct {
	Tenant           id.Tenant
	Seller           Seller
	Taxes            []TaxRate // of each country the last one that has begun counts; a country without any has none
	DueDays          int       // until an invoice is due
	GraceDays        int       // from the first decline to the suspension
	ReminderDays     []int     // of an unpaid invoice, from the first decline
	AnnounceDays     int       // before a renewal
	SpreadHours      int       // of renewals over their day
	BillSuspended    bool      // whether days of a suspension are billed
	EndSuspendedDays int       // of a suspension, after which the contract ends; 0 is never
	Version          int64     // counts changes, from 1; 0 is how it is when nobody said anything
	ChangedAt        time.Time
	ChangedBy        string
}

// Usual are the settings of a tenant that has said nothing: the standard rates of value added tax in the European Union and its
// neighbours as of 2026 (European Commission, Taxes in Europe Database).
func Usual(tenant id.Tenant) Settings {
	return Settings{Tenant: tenant, DueDays: 14, GraceDays: 7, ReminderDays: []int{3, 5, 7}, AnnounceDays: 3, SpreadHours: 6, EndSuspendedDays: 30, Taxes: slices.Clone(rates),
		Seller: Seller{Name: "Turnup Demo Networks GmbH", Address: []string{"Beispielweg 1", "10115 Berlin"}, Country: "DE", TaxID: "DE000000000", Email: "billing@example.com"}}
}

// Tax is the rate of a country on a day, in hundredths of a percent.
func (s Settings) Tax(in string, on civil.Date) int64 {
	var found TaxRate
	for _, t := range s.Taxes {
		if t.Country == in && t.From <= on && t.From >= found.From {
			found = t
		}
	}
	return found.Rate
}

// Validate checks what a schema cannot.
func (s Settings) Validate() error {
	if !slices.IsSorted(s.ReminderDays) || len(s.ReminderDays) > 0 && s.ReminderDays[0] < 1 {
		return ErrSettings.Naming("body.reminderDays", "must rise, from 1 on")
	}
	if n := len(s.ReminderDays); n > 0 && s.GraceDays < s.ReminderDays[n-1] {
		return ErrSettings.Naming("body.graceDays", "must not end before the last reminder")
	}
	if !country.Known(s.Seller.Country) {
		return ErrSettings.Naming("body.seller.country", "not an ISO 3166-1 alpha-2 code")
	}
	seen := map[TaxRate]bool{}
	for _, t := range s.Taxes {
		k := TaxRate{Country: t.Country, From: t.From}
		if !country.Known(t.Country) || !t.From.Valid() || seen[k] {
			return ErrSettings.Naming("body.taxes", "each country has one rate from a day on")
		}
		seen[k] = true
	}
	return nil
}
