package catalogueadmin

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/group"
	"turnup/internal/platform/rest"
)

type groupView struct {
	GroupID string     `json:"groupId" doc:"Id of the tier or group" example:"staff-family"`
	Kind    group.Kind `json:"kind" enum:"tier,group" doc:"tier: every customer has exactly one; group: customers may be in any number" example:"group"`
	Name    string     `json:"name" doc:"Name for people" example:"Families of our staff"`
}

func groupOf(g group.Group) groupView { return groupView{GroupID: g.ID, Kind: g.Kind, Name: g.Name} }

var exampleGroup = groupView{GroupID: "staff-family", Kind: group.Extra, Name: "Families of our staff"}

type listGroupsInput struct {
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most entries a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"YnVzaW5lc3M"`
}

type listGroupsOutput struct {
	Body groupPage
}

type groupPage struct {
	Groups     []groupView `json:"groups" nullable:"false" doc:"Tiers and groups, by id"`
	NextCursor string      `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"YnVzaW5lc3M"`
}

func (s service) registerListGroups(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listGroups", Method: http.MethodGet, Path: "/admin/groups", Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleSupport}, Service: Service,
		Summary: "List tiers and groups",
		About:   "The tier standard is always there. Go on with the nextCursor while there is one.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer:  groupPage{Groups: []groupView{exampleGroup, {GroupID: group.Standard, Kind: group.Tier, Name: "Standard"}}},
	}, s.listGroups)
}

func (s service) listGroups(ctx context.Context, in *listGroupsInput) (*listGroupsOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	if after != "" && !group.Valid(after) {
		return nil, fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")
	}
	tenant := rest.CallerOf(ctx).Tenant
	found, next, err := s.Store.Groups(ctx, tenant, after, in.Limit)
	if err != nil {
		return nil, err
	}
	found, next = group.WithStandard(tenant, found, after, next, int(in.Limit))
	out := groupPage{Groups: []groupView{}, NextCursor: rest.Cursor(next)}
	for _, g := range found {
		out.Groups = append(out.Groups, groupOf(g))
	}
	return &listGroupsOutput{out}, nil
}

type putGroupInput struct {
	GroupID string `path:"groupId" maxLength:"40" pattern:"^[a-z0-9][a-z0-9-]{0,39}$" patternDescription:"small letters, digits and -" doc:"Id of the tier or group, chosen by you" example:"staff-family"`
	Body    naming
}

type naming struct {
	Kind group.Kind `json:"kind" enum:"tier,group" doc:"tier: every customer has exactly one; group: customers may be in any number" example:"group"`
	Name string     `json:"name" minLength:"1" maxLength:"100" doc:"Name for people" example:"Families of our staff"`
}

type groupOutput struct {
	Body groupView
}

func (s service) registerPutGroup(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "putGroup", Method: http.MethodPut, Path: "/admin/groups/{groupId}", Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "Create or rename a tier or group",
		About:   "Tiers and groups share one space of ids. The kind stays what it was at first; there is no way to remove one, as customers and plans may name it.",
		Events:  []string{string(event.TypeConfigurationChanged)},
		Faults:  []*fault.Fault{group.ErrKindFixed},
		Request: naming{Kind: group.Extra, Name: "Families of our staff"},
		Answer:  exampleGroup,
	}, s.putGroup)
}

func (s service) putGroup(ctx context.Context, in *putGroupInput) (*groupOutput, error) {
	g := group.Group{Tenant: rest.CallerOf(ctx).Tenant, ID: in.GroupID, Kind: in.Body.Kind, Name: in.Body.Name}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if err := s.Store.PutGroup(ctx, g); err != nil {
		return nil, err
	}
	return &groupOutput{groupOf(g)}, nil
}
