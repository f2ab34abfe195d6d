package journey

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"
)

// staffMember is what the operations on staff answer.
type staffMember struct {
	StaffID, Email, Name string
	Roles                []string
}

func invite(t *testing.T, email string, roles ...string) staffMember {
	t.Helper()
	a := must[Answer](t)(admin(t).Post(context.Background(), "/admin/staff", Key(), map[string]any{"email": email, "name": "Grace Example", "roles": roles}))
	return into[staffMember](t, expect(t, a, nil, http.StatusCreated, ""))
}

// X1, S3-15, S3-23: a staffMember of staff is invited by mail, chooses a password, signs in as customers do, and has the rights of their
// roles and no others; other roles end their sessions; who is removed is gone.
func TestStaffSignIn(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	grace := invite(t, email, "support")
	expect(t, login(t, email, Password), nil, http.StatusUnauthorized, "credentials_wrong")
	link := must[string](t)(site.AwaitLink(ctx, email, "/invitation", 1, 20*time.Second))
	expect(t, must[Answer](t)(site.Visitor().Post(ctx, "/auth/reset-password", Key(), map[string]any{"token": link, "password": Password})), nil, http.StatusOK, "")
	c, in, err := site.Login(ctx, email, Password, "")
	if err != nil || in.AccountID != grace.StaffID || !slices.Equal(in.Roles, []string{"support"}) || in.Pending != "" || time.Until(in.RefreshExpiresAt) > 13*time.Hour {
		t.Fatalf("%+v, %v", in, err)
	}
	_, r := newCustomer(t)
	access := "/admin/customers/" + r.CustomerID + "/access"
	expect(t, must[Answer](t)(c.Get(ctx, access)), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(c.Get(ctx, "/admin/staff")), nil, http.StatusForbidden, "forbidden")
	expect(t, must[Answer](t)(c.Get(ctx, "/orders")), nil, http.StatusUnauthorized, "token_invalid")
	path := "/admin/staff/" + grace.StaffID
	changed := into[staffMember](t, expect(t, must[Answer](t)(admin(t).Put(ctx, path+"/roles", map[string]any{"roles": []string{"admin", "billing"}})), nil, http.StatusOK, ""))
	if !slices.Equal(changed.Roles, []string{"admin", "billing"}) {
		t.Errorf("%+v", changed)
	}
	a := must[Answer](t)(site.Visitor().Post(ctx, "/auth/refresh", Key(), map[string]any{"refreshToken": in.RefreshToken}))
	expect(t, a, nil, http.StatusUnauthorized, "token_invalid")
	c, _, err = site.Login(ctx, email, Password, "")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, must[Answer](t)(c.Get(ctx, access)), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(c.Put(ctx, path+"/roles", map[string]any{"roles": []string{"admin"}})), nil, http.StatusConflict, "own_roles")
	expect(t, must[Answer](t)(c.Call(ctx, http.MethodDelete, path, nil)), nil, http.StatusConflict, "own_roles")
	expect(t, must[Answer](t)(admin(t).Call(ctx, http.MethodDelete, path, nil)), nil, http.StatusNoContent, "")
	expect(t, must[Answer](t)(admin(t).Call(ctx, http.MethodDelete, path, nil)), nil, http.StatusNotFound, "staff_not_found")
	expect(t, login(t, email, Password), nil, http.StatusUnauthorized, "credentials_wrong")
	invite(t, email, "network") // the address is free again
}

// Staff are listed, a page at a time; an address that somebody has cannot be invited; roles that do not exist are refused.
func TestStaffList(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	made := invite(t, email, "billing")
	eventually(t, 10*time.Second, "the new member is listed", func() bool {
		cursor := ""
		for {
			var page struct {
				Staff      []staffMember
				NextCursor string
			}
			a := must[Answer](t)(admin(t).Get(ctx, "/admin/staff?limit=2&cursor="+cursor))
			if err := a.Into(&page); err != nil || len(page.Staff) > 2 {
				t.Fatal(err, string(a.Raw))
			}
			if slices.ContainsFunc(page.Staff, func(m staffMember) bool { return m.StaffID == made.StaffID && m.Email == email }) {
				return true
			}
			if cursor = page.NextCursor; cursor == "" {
				return false
			}
		}
	})
	a := must[Answer](t)(admin(t).Post(ctx, "/admin/staff", Key(), map[string]any{"email": email, "name": "Again", "roles": []string{"support"}}))
	expect(t, a, nil, http.StatusConflict, "email_exists")
	for _, roles := range []any{[]string{}, []string{"root"}, "admin", nil} {
		a := must[Answer](t)(admin(t).Post(ctx, "/admin/staff", Key(), map[string]any{"email": newEmail(), "name": "Wrong", "roles": roles}))
		expect(t, a, nil, http.StatusBadRequest, "invalid_request")
	}
}
