// Package staffadmin is the operator's staff, for administrators: who they are and which roles they have. What a role allows
// is for each operation's declaration to say. Staff sign in as customers do (package auth).
package staffadmin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "staff administration"

// Store keeps accounts.
type Store interface {
	account.Keeper
	// Staff is a page of the staff, eventually consistent.
	Staff(ctx context.Context, tenant id.Tenant, limit int32, after string) ([]account.Customer, string, error)
}

// Deps are the parts the service works with.
type Deps struct {
	Store Store
	Clock clock.Clock
}

type service struct {
	Deps
	office account.Office
}

// StaffPath names a member of staff in the path. (huma reads embedded structs only when they are exported.)
type StaffPath struct {
	StaffID id.Customer `path:"staffId" maxLength:"40" pattern:"^stf_[0-9A-Z]{26}$" patternDescription:"a staff id" doc:"Id of the member of staff" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type member struct {
	StaffID   id.Customer `json:"staffId" doc:"Id of the member of staff" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Email     string      `json:"email" doc:"Mail address, by which they sign in" example:"grace@example.com"`
	Name      string      `json:"name" doc:"What they are called" example:"Grace Hopper"`
	Roles     []string    `json:"roles" nullable:"false" enum:"admin,support,billing,network" doc:"All their roles" example:"[\"support\"]"`
	InvitedAt time.Time   `json:"invitedAt" doc:"When they were invited" example:"2030-01-01T12:00:00Z"`
}

var example = member{"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "grace@example.com", "Grace Hopper", []string{token.RoleSupport}, time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)}

func viewOf(c account.Customer) member { return member{c.ID, c.Email, c.Name, c.Roles, c.RegisteredAt} }

type memberOutput struct {
	ETag string `header:"ETag" doc:"Version of the account, for If-Match" example:"\"3\""`
	Body member
}

func outputOf(c account.Customer) *memberOutput {
	return &memberOutput{ETag: rest.ETag(c.Version), Body: viewOf(c)}
}

type inviteInput struct {
	Body invitation
}

type invitation struct {
	Email string   `json:"email" format:"email" maxLength:"254" doc:"Where the invitation goes; by it they sign in" example:"grace@example.com"`
	Name  string   `json:"name" minLength:"1" maxLength:"120" doc:"What they are called" example:"Grace Hopper"`
	Roles []string `json:"roles" minItems:"1" maxItems:"4" uniqueItems:"true" nullable:"false" enum:"admin,support,billing,network" doc:"All their roles" example:"[\"support\"]"`
}

type listInput struct {
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Most entries of a page" example:"20"`
	Cursor string `query:"cursor" maxLength:"700" doc:"nextCursor of the page before" example:""`
}

type listOutput struct {
	Body page
}

type page struct {
	Staff      []member `json:"staff" nullable:"false" doc:"In the order in which they were invited"`
	NextCursor string   `json:"nextCursor,omitempty" doc:"Present while there may be more" example:"c3RmXzAx"`
}

type rolesInput struct {
	StaffPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the account the change is meant for; another version is refused" example:"\"3\""`
	Body    roles
}

type roles struct {
	Roles []string `json:"roles" minItems:"1" maxItems:"4" uniqueItems:"true" nullable:"false" enum:"admin,support,billing,network" doc:"All their roles from now on" example:"[\"support\",\"billing\"]"`
}

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d, account.Office{Store: d.Store}}
	admin := []string{token.RoleAdmin}
	rest.Register(a, rest.Op{
		ID: "inviteStaff", Method: http.MethodPost, Path: "/admin/staff", Audience: rest.Staff, Roles: admin, Service: Service, Status: http.StatusCreated,
		Summary: "Invite a member of staff",
		About:   "They get a mail with a link to choose their password, good for seven days; a new one can be asked for by forgotPassword.",
		Events:  []string{"staff.invited", "passwordReset.requested"},
		Faults:  []*fault.Fault{account.ErrEmailExists, account.ErrEmailInvalid.Naming("body.email", "not a mail address")},
		Request: invitation{"grace@example.com", "Grace Hopper", []string{token.RoleSupport}}, Answer: example,
	}, s.invite)
	rest.Register(a, rest.Op{
		ID: "listStaff", Method: http.MethodGet, Path: "/admin/staff", Audience: rest.Staff, Roles: admin, Service: Service,
		Summary: "List the staff",
		About:   "Who was invited a moment ago may be missing.",
		Faults:  []*fault.Fault{fault.ErrCursor},
		Answer:  page{Staff: []member{example}},
	}, s.list)
	rest.Register(a, rest.Op{
		ID: "setStaffRoles", Method: http.MethodPut, Path: "/admin/staff/{staffId}/roles", Audience: rest.Staff, Roles: admin, Service: Service,
		Summary: "Give a member of staff other roles",
		About:   "Replaces all. Their sessions end; an access token of theirs may live on for up to 15 minutes. Nobody changes their own.",
		Events:  []string{"staff.updated"},
		Faults:  []*fault.Fault{account.ErrStaffUnknown, account.ErrOwnRoles, fault.ErrStale},
		Request: roles{[]string{token.RoleSupport, token.RoleBilling}}, Answer: example,
	}, s.setRoles)
	rest.Register(a, rest.Op{
		ID: "removeStaff", Method: http.MethodDelete, Path: "/admin/staff/{staffId}", Audience: rest.Staff, Roles: admin, Service: Service, Status: http.StatusNoContent,
		Summary: "Remove a member of staff",
		About:   "Nobody signs in to the account any more, and nothing personal is left of it; what they did stays on record under its id.",
		Events:  []string{"staff.removed"},
		Faults:  []*fault.Fault{account.ErrStaffUnknown, account.ErrOwnRoles, fault.ErrStale},
	}, s.remove)
}

func (s service) now() time.Time { return s.Clock.Now().Truncate(time.Millisecond) }

func (s service) invite(ctx context.Context, in *inviteInput) (*memberOutput, error) {
	c, err := s.office.Invite(ctx, rest.Once(ctx, "inviteStaff", in.Body), in.Body.Email, in.Body.Name, in.Body.Roles, s.now())
	if err != nil {
		return nil, err
	}
	return outputOf(c), nil
}

func (s service) list(ctx context.Context, in *listInput) (*listOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Store.Staff(ctx, rest.CallerOf(ctx).Tenant, in.Limit, after)
	if err != nil {
		return nil, err
	}
	out := &listOutput{page{Staff: make([]member, len(found)), NextCursor: rest.Cursor(next)}}
	for i, c := range found {
		out.Body.Staff[i] = viewOf(c)
	}
	return out, nil
}

func (s service) setRoles(ctx context.Context, in *rolesInput) (*memberOutput, error) {
	caller, wanted := rest.CallerOf(ctx), slices.Sorted(slices.Values(in.Body.Roles))
	c, err := s.office.SetRoles(ctx, caller.Tenant, in.StaffID, caller.Account(), wanted, func(c account.Customer) error { return rest.Matches(in.IfMatch, c.Version) }, s.now())
	if err != nil {
		return nil, err
	}
	return outputOf(c), nil
}

func (s service) remove(ctx context.Context, in *StaffPath) (*struct{}, error) {
	caller := rest.CallerOf(ctx)
	return nil, s.office.Remove(ctx, caller.Tenant, in.StaffID, caller.Account(), s.now())
}
