package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

func walletAdminCommand() *cobra.Command {
	c := &cobra.Command{Use: "admin", Short: "Keep a tenant's wallets in order, as its administrator",
		Long: `Keeps the wallets of the tenant in order whose administrator's token it is. Whatever it
does, the account's owner is told. No administrator can have a password, a root key, or
what is in a sealed or served partition; into a custodial one two of them look together.
docs/wallet-actions.md says what each does.`}
	c.AddCommand(adminShow(), adminSuspend(),
		adminDeed("resume", "Let a suspended account log in again", "Lets a suspended account log in again. What was open of it stays ended.", "/suspension", "is resumed"),
		adminDeed("end-sessions", "End an account's sessions", "Ends all sessions of an account, and of those who act in it for others, on every server at their next request.", "/sessions", "has no session"),
		adminDeed("close", "Close what an account's sessions have open", "Closes all partitions and profiles that an account's sessions have open. The sessions go on.", "/opened", "has nothing open"),
		adminDeed("lift-delay", "Forget the tries at an account's password", `Forgets the tries at an account's password, where somebody used them up and its owner would have
to wait; once an hour. Whoever guesses has ten more too. The day that a recovery takes is not lifted.`, "/delay", "need not wait"),
		adminDeed("delete", "Delete an account", "Deletes an account and all that is in it. Nobody can take its name for 90 days.", "", "is deleted"),
		adminAudit(), adminActs(), adminInspect(), adminInspections(), adminApprove(), adminItems(), adminEnd())
	return c
}

// An overseer is an administrator of wallets.
type overseer struct {
	remote
	json   bool
	reason string
}

// ask makes a call, and reads what it answers.
func (o *overseer) ask(ctx context.Context, method, path string, body, answer any) error {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
	}
	status, said, err := o.call(ctx, method, path, "application/json", raw)
	if err == nil && (status >= 300 || json.Unmarshal(said, answer) != nil) {
		err = problem(status, said)
	}
	return err
}

// A seenAccount is what an administrator sees of one.
type seenAccount struct {
	ID         id64       `json:"id"`
	Name       string     `json:"name"`
	Begun      time.Time  `json:"begun"`
	Suspended  *time.Time `json:"suspended,omitempty"`
	Sessions   int        `json:"sessions"`
	Devices    int        `json:"devices"`
	Items      int        `json:"items"`
	Partitions []struct {
		ID    id64   `json:"id"`
		Mode  string `json:"mode"`
		Epoch int    `json:"epoch"`
	} `json:"partitions"`
}

// An id64 is read as the server writes it, and written as the command does.
type id64 struct{ keys.ID }

// UnmarshalText reads base64url.
func (i *id64) UnmarshalText(text []byte) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil || len(raw) != len(i.ID) {
		return fmt.Errorf("%q is no id of the server's", text)
	}
	i.ID = keys.ID(raw)
	return nil
}

// MarshalText writes hexadecimal digits.
func (i id64) MarshalText() ([]byte, error) { return []byte(shownID(i.ID)), nil } //nolint:unparam // encoding.TextMarshaler has it

// sent is the id as it stands in a path.
func sent(id keys.ID) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

const adminAccounts = "/v1/wallet/accounts"

// find finds the account of a name, and where it is.
func (o *overseer) find(ctx context.Context, name string) (*seenAccount, string, error) {
	var a seenAccount
	if err := o.ask(ctx, http.MethodGet, adminAccounts+"?name="+url.QueryEscape(name), nil, &a); err != nil {
		return nil, "", err
	}
	return &a, adminAccounts + "/" + sent(a.ID.ID), nil
}

// print prints an answer: as JSON where that is asked for, else its text.
func (o *overseer) print(cmd *cobra.Command, value any, text string) error {
	return (&holder{json: o.json}).print(cmd, value, text)
}

// adminWork makes a command of an administrator.
func adminWork(o *overseer, use, short, long string, args int, do func(*cobra.Command, []string) error) *cobra.Command {
	c := &cobra.Command{Use: use + " --token-file FILE", Short: short, Long: long, Args: cobra.ExactArgs(args), RunE: do}
	o.flags(c)
	c.Flags().BoolVar(&o.json, "json", false, "print JSON")
	return withSettings(c)
}

// adminDeed makes one that takes something of an account away, and answers nothing.
func adminDeed(use, short, long, path, became string) *cobra.Command {
	o := &overseer{}
	return adminWork(o, use+" NAME", short, long, 1, func(cmd *cobra.Command, args []string) error {
		return o.does(cmd, args[0], http.MethodDelete, path, nil, became)
	})
}

func (o *overseer) does(cmd *cobra.Command, name, method, path string, body any, became string) error {
	a, at, err := o.find(cmd.Context(), name)
	if err != nil {
		return err
	}
	if err := o.ask(cmd.Context(), method, at+path, body, &struct{}{}); err != nil {
		return err
	}
	return o.print(cmd, map[string]string{"name": a.Name, "became": became}, a.Name+" "+became+"\n")
}

func adminSuspend() *cobra.Command {
	o := &overseer{}
	c := adminWork(o, "suspend NAME --reason TEXT", "Suspend an account", `Suspends an account: its sessions end on every server at their next request, and nobody gets
in, by password, recovery code or as a proxy, until wallet admin resume. Its owner is shown the reason then.`, 1,
		func(cmd *cobra.Command, args []string) error {
			return o.does(cmd, args[0], http.MethodPut, "/suspension", map[string]string{"reason": o.reason}, "is suspended")
		})
	o.why(c)
	return c
}

// why is the flag of what must have a reason.
func (o *overseer) why(c *cobra.Command) {
	c.Flags().StringVar(&o.reason, "reason", "", "why: the account's owner is shown it")
	require(c, "reason")
}

func adminShow() *cobra.Command {
	o := &overseer{}
	return adminWork(o, "show NAME", "Show what there is of an account", "Shows what there is of an account, and nothing of what is in it: its partitions by id and mode.", 1,
		func(cmd *cobra.Command, args []string) error {
			a, _, err := o.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			text := &strings.Builder{}
			fmt.Fprintf(text, "name      %s\nid        %s\nsince     %s\nsessions  %d\ndevices   %d\nitems     %d\n", a.Name, shownID(a.ID.ID), stamp(a.Begun), a.Sessions, a.Devices, a.Items)
			if a.Suspended != nil {
				fmt.Fprintf(text, "suspended since %s\n", stamp(*a.Suspended))
			}
			for _, p := range a.Partitions {
				fmt.Fprintf(text, "%s  %-9s  epoch %d\n", shownID(p.ID.ID), p.Mode, p.Epoch)
			}
			return o.print(cmd, a, text.String())
		})
}

// pages are the flags of a list that is read a page at a time.
type pages struct {
	after int64
	most  int
}

func (p *pages) flags(c *cobra.Command) {
	c.Flags().Int64Var(&p.after, "after", 0, "begin after the entry of this number")
	c.Flags().IntVar(&p.most, "most", 100, fmt.Sprintf("how many entries, 1–%d", contents.MaxPage))
}

func (p *pages) query() string { return fmt.Sprintf("?after=%d&most=%d", p.after, p.most) }

// An actShown is what was done by whom, as it is printed.
type actShown struct {
	N             int64     `json:"n"`
	At            time.Time `json:"at"`
	Action        string    `json:"action"`
	Result        string    `json:"result"`
	Administrator string    `json:"administrator,omitempty"`
	Account       *id64     `json:"account,omitempty"`
	Partition     *id64     `json:"partition,omitempty"`
	Reason        string    `json:"reason,omitempty"`
}

func (a *actShown) line() string {
	by := a.Administrator
	if by == "" {
		by = "its owner"
	}
	line := fmt.Sprintf("%d  %s  %s  by %s  %s", a.N, stamp(a.At), a.Action, by, a.Result)
	if a.Account != nil {
		line += "  account " + shownID(a.Account.ID)
	}
	if a.Partition != nil {
		line += "  partition " + shownID(a.Partition.ID)
	}
	if a.Reason != "" {
		line += fmt.Sprintf("  %q", a.Reason) // no control characters of whoever wrote it
	}
	return line + "\n"
}

func shownActs(list []actShown) string {
	text := &strings.Builder{}
	for i := range list {
		text.WriteString(list[i].line())
	}
	return text.String()
}

func adminAudit() *cobra.Command {
	o, p := &overseer{}, &pages{}
	c := adminWork(o, "audit NAME", "Show who did what in an account, and when", "Shows who did what in an account, and when, the first first; never what with.", 1,
		func(cmd *cobra.Command, args []string) error {
			_, at, err := o.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var got struct {
				Entries []actShown `json:"entries"`
			}
			if err := o.ask(cmd.Context(), http.MethodGet, at+"/audit"+p.query(), nil, &got); err != nil {
				return err
			}
			return o.print(cmd, got, shownActs(got.Entries))
		})
	p.flags(c)
	return c
}

func adminActs() *cobra.Command {
	o, p := &overseer{}, &pages{}
	c := adminWork(o, "acts", "Show what the tenant's administrators did", "Shows what the tenant's administrators did in wallets, and what was refused them, the first first; also in accounts that there are no more.", 0,
		func(cmd *cobra.Command, _ []string) error {
			var got struct {
				Acts []actShown `json:"acts"`
			}
			if err := o.ask(cmd.Context(), http.MethodGet, "/v1/wallet/acts"+p.query(), nil, &got); err != nil {
				return err
			}
			return o.print(cmd, got, shownActs(got.Acts))
		})
	p.flags(c)
	return c
}

func walletNotices() *cobra.Command {
	h, p := &holder{}, &pages{}
	c := walletWork(h, &cobra.Command{
		Use:   "notices",
		Short: "Show what administrators did in the account",
		Long: `Shows what administrators did in the account, the first first, one a line: number, when, what, who,
and why where they said so. What is about a partition names it.`,
		Args: cobra.NoArgs,
		RunE: h.visiting(func(ctx context.Context, v *visit, _ []string) error {
			var got struct {
				Notices []actShown `json:"notices"`
			}
			if err := v.Do(ctx, http.MethodGet, "notices"+p.query(), nil, &got); err != nil {
				return err
			}
			return v.print(got, shownActs(got.Notices))
		}),
	})
	p.flags(c)
	return c
}
