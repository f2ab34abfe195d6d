package customers

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type deleteOutput struct {
	Body erased
}

type erased struct {
	CustomerID id.Customer    `json:"customerId" doc:"Id of the customer, which stays" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status     account.Status `json:"status" enum:"expired,erased" doc:"expired: there was nothing to erase any more" example:"erased"`
}

func (s service) registerDelete(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "deleteCustomer", Method: http.MethodDelete, Path: "/customers/{customerId}", Audience: rest.Person, Roles: []string{token.RoleAdmin}, Early: token.Verification, Service: Service,
		Summary: "Erase a customer",
		About: "Removes what is personal, for good: nobody can sign in to the account any more, its sessions are over, its mail address and username are free again. Cards, tickets and carts follow within a minute, also at the PSP. " +
			"Orders, invoices and the ledger stay, under the customer's id. Refused while there are subscriptions, orders that wait for payment or delivery, or money in a wallet. " +
			"Staff may repeat it; to the customer the account is unknown afterwards.",
		Events: []string{string(event.TypeCustomerErased)},
		Faults: []*fault.Fault{account.ErrUnknown, account.ErrSubscribed, account.ErrOrdersOpen, account.ErrMoneyLeft, account.ErrInvoicesOpen},
		Answer: erased{CustomerID: example.CustomerID, Status: account.Erased},
	}, s.deleteCustomer)
}

func (s service) deleteCustomer(ctx context.Context, in *CustomerPath) (*deleteOutput, error) {
	if err := reach(ctx, in.CustomerID); err != nil {
		return nil, err
	}
	caller := rest.CallerOf(ctx)
	c, now, err := account.Eraser{Store: s.Store, Clock: s.Clock}.Erase(ctx, caller.Tenant, in.CustomerID)
	if err == nil && !now && caller.Staff == "" {
		err = account.ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	return &deleteOutput{erased{CustomerID: c.ID, Status: c.Status}}, nil
}
