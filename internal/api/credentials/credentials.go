// Package credentials shows the secret of a line's account once, to who has the link of the activation mail. It is a function of its own,
// because it alone among those that customers call holds the key that makes the secrets.
package credentials

import (
	"context"
	"net/http"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "services"

// Store keeps services.
type Store interface {
	ChangeService(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Service, decide func(provisioning.Service, time.Time) (provisioning.Service, []event.Envelope, error)) error
}

// Deps are the parts the service works with.
type Deps struct {
	Store Store
	Links *token.LinkKeys
	Key   provisioning.Key
}

type service struct{ Deps }

type input struct {
	Body shown
}

type shown struct {
	Token string `json:"token" minLength:"1" maxLength:"2000" doc:"The token of the link in the mail" example:"eyJhbGciOiJIUzI1NiIsInR5cCI6Imxpbmsrand0In0.e30.c2ln"`
}

type answer struct {
	ServiceID id.Service `json:"serviceId" doc:"Id of the service" example:"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Username  string     `json:"username" doc:"By which the router dials in" example:"01jd3q6v6k8m4h0wz0v5q3y1xa@demo"`
	Secret    string     `json:"secret" doc:"The password that goes with it; it is not shown again" example:"examplesecret234"`
}

type output struct {
	CacheControl string `header:"Cache-Control" doc:"no-store: the answer holds a secret" example:"no-store"`
	Body         answer
}

// Register adds the operation to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	rest.Register(a, rest.Op{
		ID: "revealServiceCredentials", Method: http.MethodPost, Path: "/services/credentials", Audience: rest.Public, Service: Service,
		Summary: "Show user name and password of a line, once",
		About: "By the link in the mail that tells of the activation, which is good for seven days and once. The router has them already: they are for who wants to set up their own. " +
			"The answer is not kept: repeating the request, even with the same key, is refused.",
		Faults:  []*fault.Fault{token.ErrLink, provisioning.ErrLinkInvalid},
		Request: shown{Token: "eyJhbGciOiJIUzI1NiIsInR5cCI6Imxpbmsrand0In0.e30.c2ln"},
		Answer:  answer{ServiceID: "svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Username: "01jd3q6v6k8m4h0wz0v5q3y1xa@demo", Secret: "examplesecret234"},
	}, s.reveal)
}

func (s service) reveal(ctx context.Context, in *input) (*output, error) {
	link, err := s.Links.Verify(token.AccessCredentials, in.Body.Token)
	if err != nil {
		return nil, err
	}
	svc, nonce, ok := strings.Cut(link.Nonce, ".")
	if !ok {
		return nil, provisioning.ErrLinkInvalid
	}
	var is provisioning.Service
	err = s.Store.ChangeService(ctx, nil, link.Tenant, id.Service(svc), func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
		is, err = was.Reveal(link.Account, nonce, now)
		return is, nil, err
	})
	if err != nil {
		return nil, err
	}
	return &output{CacheControl: "no-store", Body: answer{ServiceID: is.ID, Username: is.Username, Secret: s.Key.Secret(is)}}, nil
}
