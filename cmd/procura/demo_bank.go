package main

import (
	"context"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier/timestamp"
)

// What the story takes from the bank's framework, as it ships.
const (
	bankName     = "Bank Staff Delegation"
	bankURI      = "https://procura.dev/frameworks/bank-staff-delegation"
	bankVersion  = "1.2.0"
	bankList     = "banks" // the registry of those who may appoint a department
	bankLEI      = "529900T8BM49AURSDO55"
	branch       = "BE-BRU:Central"
	bankStatus   = "/departments" // of the bank
	officerList  = "/officers"    // of the department
	employeeList = "/employees"   // of Cathy
	friendsList  = "/friends"     // of Emma
)

// A till is who takes part in the bank's story of RFC 0104.
type till struct {
	bank, department, cathy, emma, max, noa actor
	authority                               *timestamp.Authority
	site                                    *site
	now, left                               time.Time // left: when Cathy did
}

func bankStory() story {
	b := &till{
		bank: actor{name: "Thrift Bank"}, department: actor{name: "its department"}, cathy: actor{name: "Cathy, an officer"},
		emma: actor{name: "Emma, a teller"}, max: actor{name: "Max, a friend"}, noa: actor{name: "Noa, a teller"},
	}
	return story{asks: "till", domain: "till.example", begin: b.begin, scenes: b.scenes}
}

// begin has the credentials issued, and Emma's time-stamped.
func (b *till) begin(ctx context.Context, st *stage) error {
	b.site, b.now, b.left, b.authority = st.site, st.now, st.now.Add(-10*time.Minute), st.authority
	st.say("Who may open this till?", "",
		"Thrift Bank lets its personnel department appoint officers, and these employ tellers. Tellers appoint nobody.",
		"The rules are a trust framework that ships with Procura: \""+bankName+"\".",
		"A server runs at "+st.base+" for as long as this story lasts, and beside it one for lists of what is revoked.",
		"It takes the word of one time-stamp authority (--timestamp-roots), which the story made for itself.", "")
	if err := st.cast(&b.bank, &b.department, &b.cathy, &b.emma, &b.max, &b.noa); err != nil {
		return err
	}
	if err := st.list(ctx, bankList, &b.bank); err != nil {
		return err
	}
	st.say("", "The server's administrator lists Thrift Bank, and nobody else (registry "+bankList+").",
		"The bank signs for the department, the department for Cathy, and Cathy, an hour ago, for Emma and for Noa.",
		"Emma had hers time-stamped the same minute. Noa did not think of it.")
	return b.issue(ctx)
}

func (b *till) issue(ctx context.Context) error {
	issuing := []any{"issue-employee-credential", "open-till", "unlock-door"}
	for _, c := range []struct {
		*paper
		by, to *actor
	}{
		{b.paper("Department", "hr-department", "organisation", "", b.site.place(bankStatus, "1"), issuing), &b.bank, &b.department},
		{b.paper("Officer", "personnel-officer", "employment", "TB-00417", b.site.place(officerList, "7"), issuing), &b.department, &b.cathy},
		{b.paper("Employee", "teller", "employment", "TB-01002", b.site.place(employeeList, "1"), issuing[1:]), &b.cathy, &b.emma},
		{b.paper("Employee", "teller", "employment", "TB-01003", b.site.place(employeeList, "2"), issuing[1:]), &b.cathy, &b.noa},
		{b.paper("Employee", "teller", "employment", "TB-01004", b.site.place(friendsList, "3"), issuing[1:]), &b.emma, &b.max},
	} {
		signed, err := c.signed(ctx, c.by, c.to)
		if err != nil {
			return err
		}
		c.to.credential = signed
	}
	token, err := b.authority.Stamp([]byte(b.emma.credential), b.now.Add(-time.Hour))
	if err != nil {
		return err
	}
	b.emma.stamps = [][]byte{token}
	for path, by := range map[string]*actor{bankStatus: &b.bank, officerList: &b.department, employeeList: &b.cathy, friendsList: &b.emma} {
		if err := b.site.publish(ctx, path, by.key); err != nil {
			return err
		}
	}
	return nil
}

// paper is one of an hour ago, for a month. Duty is all day, wherever the story is
// played.
func (b *till) paper(variant, role, rationale, number string, status map[string]any, grant []any) *paper {
	from := b.now.Add(-time.Hour)
	p := &paper{
		book:    book{name: bankName, uri: bankURI, version: bankVersion, proxied: map[string]any{"legalName": "Thrift Bank", "lei": bankLEI}},
		variant: variant, role: role, rationale: rationale, from: from, until: from.Add(30 * 24 * time.Hour), status: status,
		rules: []any{map[string]any{"grant": grant, "when": map[string]any{"roles": role}}},
	}
	if number != "" {
		p.about = map[string]any{"staffNumber": number}
		p.limits = map[string]any{"workDays": []any{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}, "workZone": "Europe/Brussels"}
	}
	if variant == "Employee" {
		p.limits["branch"] = branch
	}
	return p
}

// opening is what the till asks, which knows the branch that it stands in.
func opening() map[string]any {
	return map[string]any{
		"permissions":   []string{"open-till"},
		"proxied":       map[string]any{"attributes": map[string]any{"lei": bankLEI}},
		"framework":     map[string]any{"name": bankName, "range": "^" + bankVersion},
		"circumstances": map[string]any{"place": map[string]any{"codes": []string{branch}}},
	}
}

// leave has the department revoke Cathy's credential, from ten minutes ago on.
func (b *till) leave(ctx context.Context) error {
	b.site.since(officerList, "7", b.left)
	return b.site.revoke(ctx, officerList, b.department.key, 7)
}

// backdate has Cathy employ Max, as of an hour ago, and has that time-stamped.
func (b *till) backdate(ctx context.Context) (err error) {
	p := b.paper("Employee", "teller", "employment", "TB-01005", b.site.place(employeeList, "4"), []any{"open-till"})
	if b.max.credential, err = p.signed(ctx, &b.cathy, &b.max); err != nil {
		return err
	}
	token, err := b.authority.Stamp([]byte(b.max.credential), time.Now())
	b.max.stamps = [][]byte{token}
	return err
}

// scenes are told so that each can be read alone.
func (b *till) scenes(*stage) []scene {
	revoked := []string{"chain.refused", "holder.no_credential", "permission.ungranted", "status.revoked"}
	return []scene{
		{
			title:    "A teller",
			told:     "Emma comes to her till. It asks: may she open it?",
			question: opening(),
			steps: []step{{
				told: "She shows Cathy's credential for her, with Cathy's and the department's inside.",
				by:   &b.emma, want: policies.Permit,
			}},
			moral: "The till trusts the bank, and had never heard of Cathy.",
		},
		{
			title:    "A friend",
			told:     "Emma signs a credential for Max, a friend, who is to stand in for her.",
			question: opening(),
			steps: []step{{
				told: "Max shows it, with Emma's inside.",
				by:   &b.max, want: policies.Deny,
				reasons: []string{"chain.role", "chain.too_long", "chain.undelegated", "holder.no_credential", "permission.ungranted"},
			}},
			moral: "Employees cannot delegate further, whatever they write.",
		},
		{
			title:    "Cathy leaves",
			told:     "The department revokes Cathy's credential: it signs its list anew, with her place marked, and says since when: ten minutes ago.",
			before:   b.leave,
			question: opening(),
			steps: []step{{
				told: "Emma comes with what she had before, and with her time-stamp of an hour ago.",
				by:   &b.emma, want: policies.Permit,
			}},
			moral: "An authority is revoked, and what it issued is not undone: the framework says so, and the time-stamp shows that it was before.",
		},
		{
			title:    "Without a time-stamp",
			told:     "Noa's credential is as old as Emma's.",
			question: opening(),
			steps: []step{{
				told: "She has nothing by which to show it but the date that Cathy wrote.",
				by:   &b.noa, want: policies.Deny, reasons: revoked,
			}},
			moral: "Cathy could write that date today. Only what she cannot make alone shows when she signed.",
		},
		{
			title:    "A favour",
			told:     "Cathy still has her key. She signs for Max, dates it an hour back, and has it time-stamped.",
			before:   b.backdate,
			question: opening(),
			steps: []step{{
				told: "Max shows it, with the time-stamp.",
				by:   &b.max, want: policies.Deny, reasons: revoked,
			}},
			moral: "The time-stamp says now, and now Cathy may employ nobody.",
		},
	}
}
