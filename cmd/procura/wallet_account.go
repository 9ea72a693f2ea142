package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

func walletRegister() *cobra.Command {
	h, invitation := &holder{}, ""
	c := &cobra.Command{
		Use:   "register --name N",
		Short: "Make an account with a wallet",
		Long: `Makes an account with a wallet, and in it a sealed partition to keep things in. The
password is typed twice. Nobody can ask for it, and nobody can put another in its
place but by a recovery code, which wallet recovery set makes.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := h.find(cmd); err != nil {
				return err
			}
			text, err := h.admitted(cmd.Context(), invitation)
			if err != nil {
				return h.explain(err)
			}
			password, err := h.password.read(cmd.Context(), true)
			if err != nil {
				return err
			}
			return h.register(cmd, password, text)
		},
	}
	h.flags(c)
	c.Flags().StringVar(&invitation, "invitation-file", "", "file with the invitation, where registration is not open")
	require(c, "name")
	return withSettings(c)
}

// admitted asks whether one may register, before a password is thought up, and
// reads the invitation where one is needed.
func (h *holder) admitted(ctx context.Context, path string) (invitation string, err error) {
	switch who, err := h.client().Registration(ctx); {
	case err != nil:
		return "", err
	case who == session.RegistrationOpen:
		return "", nil
	case who != session.RegistrationInvite:
		return "", fmt.Errorf("nobody may register at %s, tenant %s: its operator decides that (serve --wallet-registration)", h.Server, h.Tenant)
	case path == "":
		return "", fmt.Errorf("at %s, tenant %s, only who is invited may register: --invitation-file must be given", h.Server, h.Tenant)
	}
	return secretFile(path)
}

// advised is from how many bytes on a password is not called short.
const advised = 12

func (h *holder) register(cmd *cobra.Command, password, invitation string) error {
	if len(password) < advised {
		fmt.Fprintln(cmd.ErrOrStderr(), "a short password: whoever gets the server's database and key can guess it")
	}
	a, err := h.client().Register(cmd.Context(), h.Name, password, invitation)
	if err != nil {
		return h.explain(err)
	}
	a.Root.Wipe()
	err = h.visit(cmd, password, func(ctx context.Context, v *visit) error {
		_, err := v.AddPartition(ctx, v.account)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s is registered, but: %w (wallet partition add makes what is missing)", h.Name, err)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "whoever forgets the password loses the wallet: there is no other way in, until wallet recovery set makes one")
	return h.print(cmd, h.walletAccount, fmt.Sprintf("%s has a wallet at %s, tenant %s\n", h.Name, h.Server, h.Tenant))
}

func walletLogin() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "login",
		Short: "Try the password, and remember whose wallet is meant",
		Long: `Tries the password. Where it is right, this device is remembered: later commands mean
this account where their flags do not say another, and have tries at its password
that strangers cannot use up. No session stays open.`,
		Args: cobra.NoArgs,
		RunE: h.visiting(func(_ context.Context, v *visit, _ []string) error {
			return v.print(h.walletAccount, fmt.Sprintf("%s at %s, tenant %s: the password is right\n", h.Name, h.Server, h.Tenant))
		}),
	})
}

func walletLogout() *cobra.Command {
	h := &holder{}
	c := &cobra.Command{
		Use:   "logout",
		Short: "Have this device forget an account",
		Long: `Has this device forget an account. No session is ended, since none stays open. The
server knows the device until wallet devices remove.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := h.find(cmd); err != nil {
				return err
			}
			if err := h.memory.forget(h.walletAccount); err != nil {
				return err
			}
			return h.print(cmd, h.walletAccount, fmt.Sprintf("%s at %s, tenant %s: forgotten here\n", h.Name, h.Server, h.Tenant))
		},
	}
	h.unproved(c)
	return withSettings(c)
}

func walletShow() *cobra.Command {
	h := &holder{}
	c := walletWork(h, &cobra.Command{
		Use:   "account",
		Short: "Show the account",
		Long:  "Shows the account: its id, its public keys, and whether there is a recovery code.",
		Args:  cobra.NoArgs,
		RunE:  h.visiting(showAccount),
	})
	c.AddCommand(accountDelete())
	return c
}

func showAccount(_ context.Context, v *visit, _ []string) error {
	box, sign := v.account.Identity.Public()
	shown := struct {
		walletAccount
		ID         string     `json:"id"`
		Generation uint64     `json:"rootGeneration"`
		Box        []byte     `json:"box"`
		Sign       []byte     `json:"sign"`
		Recovery   bool       `json:"recovery"`
		Ready      *time.Time `json:"recoveryReady,omitempty"` // when a recovery that began can be completed
	}{walletAccount: v.holder.walletAccount, ID: shownID(v.account.ID), Generation: v.account.Root.Generation, Box: box, Sign: sign, Recovery: v.account.Recovery != nil}
	code := "none"
	if r := v.account.Recovery; r != nil {
		code = "set"
		if !r.Begun.IsZero() {
			shown.Ready = &r.Ready
		}
	}
	return v.print(shown, fmt.Sprintf("name    %s\nserver  %s\ntenant  %s\nid      %s\nroot key of generation %d\nX25519  %x\nEd25519 %x\nrecovery code  %s\n",
		shown.Name, shown.Server, shown.Tenant, shown.ID, shown.Generation, box, sign, code))
}

func walletDevices() *cobra.Command {
	c := &cobra.Command{Use: "devices", Short: "Devices that have logged in"}
	list, remove := &holder{}, &holder{}
	c.AddCommand(walletWork(list, &cobra.Command{
		Use:   "list",
		Short: "List the devices that have logged in",
		Long:  "Lists the devices that have logged in, one a line: id, when it first and last did, and whether it is this one.",
		Args:  cobra.NoArgs,
		RunE:  list.visiting(listDevices),
	}), walletWork(remove, &cobra.Command{
		Use:   "remove ID",
		Short: "End a device's sessions and forget it",
		Long: `Ends a device's sessions and has the server forget it. Who has it still has to know
the password, and did before.`,
		Args: cobra.ExactArgs(1),
		RunE: remove.visiting(removeDevice),
	}), deviceLabel())
	return c
}

// A shownDevice is one as it is printed.
type shownDevice struct {
	ID    string    `json:"id"`
	Begun time.Time `json:"begun"`
	Last  time.Time `json:"last"`
	This  bool      `json:"this"`
	Label string    `json:"label,omitempty"`
}

func listDevices(ctx context.Context, v *visit, _ []string) error {
	list, err := v.Devices(ctx, v.account)
	if err != nil {
		return err
	}
	out, text := []shownDevice{}, &strings.Builder{}
	for _, d := range list {
		out = append(out, shownDevice{ID: shownID(d.ID), Begun: d.Begun, Last: d.Last, This: d.This, Label: d.Label})
		this := map[bool]string{true: "  this one"}[d.This]
		fmt.Fprintf(text, "%s  since %s  last %s%s  %s\n", shownID(d.ID), stamp(d.Begun), stamp(d.Last), this, d.Label)
	}
	return v.print(map[string]any{"devices": out}, text.String())
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func removeDevice(ctx context.Context, v *visit, args []string) error {
	id, err := readID(args[0])
	if err != nil {
		return err
	}
	return v.RemoveDevice(ctx, id, v.password)
}

// An audited act is an entry of the account's audit, as it is printed.
type audited struct {
	N         int64     `json:"n"`
	At        time.Time `json:"at"`
	Action    string    `json:"action"`
	RequestID string    `json:"requestId"`
	Result    string    `json:"result"`
	Hash      string    `json:"hash"`
	By        string    `json:"by,omitempty"`       // account of who did it, where that is a proxy
	In        string    `json:"in,omitempty"`       // account in which it was done, as its proxy
	Decision  string    `json:"decision,omitempty"` // by which that was permitted

	Administrator string `json:"administrator,omitempty"`
	Partition     *id64  `json:"partition,omitempty"`
}

func walletAudit() *cobra.Command {
	h, after, most := &holder{}, int64(0), 0
	c := walletWork(h, &cobra.Command{
		Use:   "audit",
		Short: "Show what was done in the account, and what was refused",
		Long: `Shows what was done in the account, and what was refused, the oldest first, one a
line: number, when, what, what became of it, and where a proxy did it by whom, or in whose wallet. Each entry's hash covers the one before.`,
		Args: cobra.NoArgs,
		RunE: h.visiting(func(ctx context.Context, v *visit, _ []string) error {
			if after < 0 || most < 1 || most > contents.MaxPage {
				return fmt.Errorf("--after is 0 or more, --most 1–%d", contents.MaxPage)
			}
			return showAudit(ctx, v, after, most)
		}),
	})
	c.Flags().Int64Var(&after, "after", 0, "begin after the entry of this number")
	c.Flags().IntVar(&most, "most", 100, fmt.Sprintf("how many entries, 1–%d", contents.MaxPage))
	return c
}

// hexOf is an id of the channel as the command prints it; what is none, as it is.
func hexOf(text string) string {
	var id keys.ID
	if id.UnmarshalText([]byte(text)) != nil {
		return text
	}
	return shownID(id)
}

func showAudit(ctx context.Context, v *visit, after int64, most int) error {
	var got struct {
		Entries []audited `json:"entries"`
	}
	if err := v.Do(ctx, http.MethodGet, fmt.Sprintf("audit?after=%d&most=%d", after, most), nil, &got); err != nil {
		return err
	}
	if got.Entries == nil {
		return errors.New("the server gives no audit")
	}
	text := &strings.Builder{}
	for i := range got.Entries {
		e := &got.Entries[i]
		fmt.Fprintf(text, "%d  %s  %s  %s", e.N, stamp(e.At), e.Action, e.Result)
		for name, id := range map[string]*string{"by": &e.By, "in": &e.In} { // at most one of them
			if *id != "" {
				*id = hexOf(*id)
				fmt.Fprintf(text, "  %s %s", name, *id)
			}
		}
		if e.Administrator != "" {
			fmt.Fprintf(text, "  by administrator %s", e.Administrator)
		}
		fmt.Fprintln(text)
	}
	return v.print(got, text.String())
}
