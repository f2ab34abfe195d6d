package billingadmin

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/billing"
	"turnup/internal/platform/rest"
)

// Terms are what can be set.
type Terms struct {
	Seller           billing.Seller    `json:"seller" doc:"Who sells, as it is printed on invoices"`
	Taxes            []billing.TaxRate `json:"taxes" maxItems:"500" nullable:"false" doc:"Of each country the last rate that has begun counts; a country without any has none"`
	DueDays          int               `json:"dueDays" minimum:"0" maximum:"90" doc:"Days until an invoice is due" example:"14"`
	GraceDays        int               `json:"graceDays" minimum:"1" maximum:"60" doc:"Days from the first declined payment to the suspension; not before the last reminder" example:"7"`
	ReminderDays     []int             `json:"reminderDays" maxItems:"10" nullable:"false" doc:"Days from the first declined payment to each reminder, rising" example:"[3,5,7]"`
	AnnounceDays     int               `json:"announceDays" minimum:"0" maximum:"30" doc:"Days before a renewal on which the customer is reminded of it; 0 is never" example:"3"`
	SpreadHours      int               `json:"spreadHours" minimum:"0" maximum:"20" doc:"Hours of their day over which renewals are spread" example:"6"`
	BillSuspended    bool              `json:"billSuspended" doc:"Whether days are billed on which a subscription was suspended" example:"false"`
	EndSuspendedDays int               `json:"endSuspendedDays" minimum:"0" maximum:"365" doc:"Days of a suspension for an unpaid invoice after which the subscription ends by itself; 0 is never" example:"30"`
}

type settings struct {
	Terms
	Version   int64     `json:"version" doc:"Counts changes; 0 is how it is when nobody said anything. An invoice names the version that it was made under" example:"3"`
	ChangedAt time.Time `json:"changedAt,omitzero" doc:"When" example:"2030-01-01T12:00:00Z"`
	ChangedBy string    `json:"changedBy,omitempty" doc:"Who of the staff" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type settingsInput struct {
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the settings the change is meant for; another version is refused" example:"\"3\""`
	Body    Terms
}

type settingsOutput struct {
	ETag string `header:"ETag" doc:"Version of the settings, for If-Match" example:"\"3\""`
	Body settings
}

func outputOf(s billing.Settings) *settingsOutput {
	t := Terms{Seller: s.Seller, Taxes: s.Taxes, DueDays: s.DueDays, GraceDays: s.GraceDays, ReminderDays: s.ReminderDays, AnnounceDays: s.AnnounceDays,
		SpreadHours: s.SpreadHours, BillSuspended: s.BillSuspended, EndSuspendedDays: s.EndSuspendedDays}
	if t.Taxes == nil {
		t.Taxes = []billing.TaxRate{}
	}
	if t.ReminderDays == nil {
		t.ReminderDays = []int{}
	}
	return &settingsOutput{ETag: rest.ETag(s.Version), Body: settings{Terms: t, Version: s.Version, ChangedAt: s.ChangedAt, ChangedBy: s.ChangedBy}}
}

func (s service) registerSettings(a *rest.API) {
	const path = "/admin/billing-settings"
	usual := billing.Usual("demo")
	usual.Taxes = []billing.TaxRate{{Country: "DE", From: "2026-01-01", Rate: 1900}}
	usual.Version, usual.ChangedAt, usual.ChangedBy = 3, time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC), "stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	example := outputOf(usual).Body
	rest.Register(a, rest.Op{
		ID: "readBillingSettings", Method: http.MethodGet, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleBilling}, Service: Service,
		Summary: "Read how the tenant bills",
		About:   "Who sells, which taxes are in the prices, when invoices are due, how unpaid ones are reminded of.",
		Answer:  example,
	}, func(ctx context.Context, _ *struct{}) (*settingsOutput, error) {
		found, err := s.Store.BillingSettings(ctx, rest.CallerOf(ctx).Tenant)
		if err != nil {
			return nil, err
		}
		return outputOf(found), nil
	})
	rest.Register(a, rest.Op{
		ID: "putBillingSettings", Method: http.MethodPut, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "Change how the tenant bills",
		About: "Replaces everything. It counts from the next bill and the next step of a reminder on; invoices that are final stay as they are, and are printed with the seller they were made with. " +
			"Every version is kept.",
		Events:  []string{string(event.TypeConfigurationChanged)},
		Faults:  []*fault.Fault{billing.ErrSettings.Naming("body.reminderDays", "must rise, from 1 on"), fault.ErrStale},
		Request: example.Terms, Answer: example,
	}, s.putSettings)
}

func (s service) putSettings(ctx context.Context, in *settingsInput) (*settingsOutput, error) {
	caller := rest.CallerOf(ctx)
	was, err := s.Store.BillingSettings(ctx, caller.Tenant)
	if err != nil {
		return nil, err
	}
	if err := rest.Matches(in.IfMatch, was.Version); err != nil {
		return nil, err
	}
	t := in.Body
	next := billing.Settings{Tenant: caller.Tenant, Seller: t.Seller, Taxes: t.Taxes, DueDays: t.DueDays, GraceDays: t.GraceDays, ReminderDays: t.ReminderDays,
		AnnounceDays: t.AnnounceDays, SpreadHours: t.SpreadHours, BillSuspended: t.BillSuspended, EndSuspendedDays: t.EndSuspendedDays, Version: was.Version + 1, ChangedAt: s.Clock.Now(), ChangedBy: caller.Staff}
	if err := next.Validate(); err != nil {
		return nil, err
	}
	if err := s.Store.PutBillingSettings(ctx, next); err != nil {
		return nil, err
	}
	return outputOf(next), nil
}
