package services

import (
	"context"
	"net/http"
	"slices"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
	"turnup/internal/platform/rest"
)

type usageInput struct {
	SubscriptionID id.Subscription `path:"subscriptionId" maxLength:"40" pattern:"^sub_[0-9A-Z]{26}$" patternDescription:"a subscription id" doc:"Id of the subscription" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Past           int32           `query:"past" minimum:"0" maximum:"12" default:"0" doc:"How many periods that are over are shown as well" example:"3"`
}

type day struct {
	Day civil.Date `json:"day" doc:"Day, UTC" format:"date" example:"2030-01-14"`
	subscriber.Volume
}

// PeriodView is what was used in a period. (huma reads embedded structs only when they are exported.)
type PeriodView struct {
	From       civil.Date `json:"from" format:"date" doc:"First day" example:"2030-01-01"`
	Until      civil.Date `json:"until" format:"date" doc:"First day after it" example:"2030-02-01"`
	DownBytes  int64      `json:"downBytes" doc:"To the customer" example:"85899345920"`
	UpBytes    int64      `json:"upBytes" doc:"From the customer" example:"1073741824"`
	TotalBytes int64      `json:"totalBytes" doc:"Both ways" example:"86973087744"`
}

type usage struct {
	SubscriptionID id.Subscription `json:"subscriptionId" doc:"Id of the subscription" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	ServiceID      id.Service      `json:"serviceId" doc:"The service whose use that is" example:"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	PeriodView
	CapBytes int64        `json:"capBytes,omitempty" doc:"The plan's volume; absent when it has none" example:"1000000000000"`
	Percent  *float64     `json:"percentUsed,omitempty" doc:"Share of the volume, with one decimal; absent when there is none" example:"8.7"`
	Days     []day        `json:"days" nullable:"false" doc:"Day by day, days without use left out"`
	Online   bool         `json:"online" doc:"Whether there is a session now" example:"true"`
	Past     []PeriodView `json:"past" nullable:"false" doc:"As many periods that are over as were asked for, newest first"`
}

type usageOutput struct {
	Body usage
}

func (s service) registerUsage(a *rest.API) {
	percent := 8.7
	now := PeriodView{From: "2030-01-01", Until: "2030-02-01", DownBytes: 85899345920, UpBytes: 1073741824, TotalBytes: 86973087744}
	rest.Register(a, rest.Op{
		ID: "getUsage", Method: http.MethodGet, Path: "/subscriptions/{subscriptionId}/usage", Audience: rest.Person, Roles: desk, Service: Service,
		Step:    "S3 6 Usage",
		Summary: "Read what was used in the present period, day by day, and in those before",
		About: "As the network accounts for it, usually every few minutes while a session lasts. Periods are months that begin on the day of the activation; days are UTC. " +
			"At 80 and 100 % of the plan's volume there is an event, once a period.",
		Faults: []*fault.Fault{provisioning.ErrUnknown},
		Answer: usage{SubscriptionID: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", ServiceID: "svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", PeriodView: now, CapBytes: 1000000000000, Percent: &percent, Online: true,
			Days: []day{{"2030-01-14", subscriber.Volume{Up: now.UpBytes, Down: now.DownBytes}}}, Past: []PeriodView{}},
	}, s.usage)
}

func (s service) usage(ctx context.Context, in *usageInput) (*usageOutput, error) {
	caller := rest.CallerOf(ctx)
	found, live, err := s.Store.ServiceLive(ctx, caller.Tenant, provisioning.ServiceOf(in.SubscriptionID))
	if err == nil && !sees(caller, found) {
		err = provisioning.ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	now, err := s.Store.Now(ctx, found.Tenant, "") // the network lives by real time
	if err != nil {
		return nil, err
	}
	present, over := live.At(found.Anchor, now)
	var past []subscriber.Period
	if over != nil {
		past = append(past, *over)
	}
	if in.Past > 0 {
		kept, err := s.Store.Periods(ctx, found.Tenant, found.Username, in.Past)
		if err != nil {
			return nil, err
		}
		past = append(past, kept...)
	}
	return &usageOutput{usageOf(found, present, live.Online() > 0, past[:min(len(past), int(in.Past))])}, nil
}

func usageOf(s provisioning.Service, p subscriber.Period, online bool, past []subscriber.Period) usage {
	u := usage{SubscriptionID: s.Subscription, ServiceID: s.ID, PeriodView: periodOf(p), CapBytes: s.CapBytes, Online: online, Days: []day{}, Past: []PeriodView{}}
	if s.CapBytes > 0 {
		percent := float64(u.TotalBytes*1000/s.CapBytes) / 10 // rounded down: 100 is never shown early
		u.Percent = &percent
	}
	for d, v := range p.Days {
		u.Days = append(u.Days, day{d, v})
	}
	slices.SortFunc(u.Days, func(a, b day) int {
		if a.Day < b.Day {
			return -1
		}
		return 1
	})
	for _, p := range past {
		u.Past = append(u.Past, periodOf(p))
	}
	return u
}

func periodOf(p subscriber.Period) PeriodView {
	return PeriodView{From: p.From, Until: p.Until, DownBytes: p.Used.Down, UpBytes: p.Used.Up, TotalBytes: p.Used.Up + p.Used.Down}
}
