package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/keys"
)

func walletPassword() *cobra.Command {
	c := &cobra.Command{Use: "password", Short: "The password of a wallet"}
	c.AddCommand(passwordChange())
	return c
}

func passwordChange() *cobra.Command {
	h, next, compromised := &holder{}, &secret{}, false
	c := walletWork(h, &cobra.Command{
		Use:   "change",
		Short: "Put another password in the place of the one before",
		Long: `Puts another password in the place of the one before. No key is lost. Every other
session ends. With --compromised, for when somebody else may know the password, new keys
wrap everything: what is written from then on they cannot read, what they could read
they may have copied. The recovery code is then worth nothing, and other devices are forgotten.`,
		Args: cobra.NoArgs,
		RunE: h.visiting(func(ctx context.Context, v *visit, _ []string) error {
			fresh, err := next.read(ctx, true)
			if err != nil {
				return err
			}
			change := v.ChangePassword
			if compromised {
				change = v.Compromised
			}
			had := v.account.Recovery != nil
			if err := change(ctx, v.account, v.password, fresh); err != nil {
				return err
			}
			if compromised && had {
				fmt.Fprintln(v.cmd.ErrOrStderr(), "the recovery code is worth nothing now: wallet recovery set makes another")
			}
			return v.print(h.walletAccount, fmt.Sprintf("%s has another password\n", h.Name))
		}),
	})
	next.flags(c, "new password")
	c.Flags().BoolVar(&compromised, "compromised", false, "somebody else may know the password: make new keys too")
	return c
}

func walletRecovery() *cobra.Command {
	c := &cobra.Command{Use: "recovery", Short: "The way in for who forgot the password"}
	c.AddCommand(recoverySet(), recoveryRemove(), recoveryCancel(), recoveryUse())
	return c
}

func recoverySet() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "set",
		Short: "Make a recovery code and print it, once",
		Long: `Makes a recovery code and prints it, once: neither server nor command can show it again.
The one before is worth nothing then. Whoever has the code can, after 24 hours in which any session of the
account may cancel that, choose another password: keep it on paper, and not beside the password.`,
		Args: cobra.NoArgs,
		RunE: h.visiting(func(ctx context.Context, v *visit, _ []string) error {
			code, err := v.SetRecovery(ctx, v.account, v.password)
			if err != nil {
				return err
			}
			fmt.Fprintln(v.cmd.ErrOrStderr(), "write this down: it is not shown again")
			return v.print(map[string]string{"code": code.Text()}, code.Text()+"\n")
		}),
	})
}

func recoveryRemove() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "remove",
		Short: "Make the recovery code worthless",
		Long:  "Makes the recovery code worthless. Whoever then forgets the password loses the wallet.",
		Args:  cobra.NoArgs,
		RunE: h.visiting(func(ctx context.Context, v *visit, _ []string) error {
			return v.RemoveRecovery(ctx, v.password)
		}),
	})
}

func recoveryCancel() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "cancel",
		Short: "End a recovery that somebody began",
		Long:  "Ends a recovery that somebody began. They still have the code: wallet recovery set makes\nit worthless.",
		Args:  cobra.NoArgs,
		RunE: h.visiting(func(ctx context.Context, v *visit, _ []string) error {
			return v.CancelRecovery(ctx)
		}),
	})
}

func recoveryUse() *cobra.Command {
	h, code, next := &holder{}, &secret{}, &secret{}
	c := &cobra.Command{
		Use:   "use --name N",
		Short: "Choose another password by the recovery code",
		Long: `Chooses another password by the recovery code. The first time it only begins: whoever is
logged in, or logs in, in the next 24 hours is told, and may cancel it. After that, the same command
completes it, with the password that it is then given. All sessions end, and the code is spent.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := h.find(cmd); err != nil {
				return err
			}
			text, err := code.read(cmd.Context(), false)
			if err != nil {
				return err
			}
			r, err := keys.ParseRecovery(text)
			if err != nil {
				return err
			}
			password, err := next.read(cmd.Context(), true)
			if err != nil {
				return err
			}
			return h.recovered(cmd, h.client().Recover(cmd.Context(), h.Name, r, password))
		},
	}
	h.unproved(c)
	code.flags(c, "recovery code")
	next.flags(c, "new password")
	return withSettings(c)
}

// recovered says what became of a recovery.
func (h *holder) recovered(cmd *cobra.Command, err error) error {
	told := struct {
		Recovered bool       `json:"recovered"`
		Ready     *time.Time `json:"ready,omitempty"`
	}{Recovered: err == nil}
	if wait, ok := errors.AsType[*client.ErrWait](err); ok {
		told.Ready = &wait.Ready
		return h.print(cmd, told, fmt.Sprintf("begun: the same command completes it from %s on, unless a session of %s cancels it\n", stamp(wait.Ready), h.Name))
	}
	if err != nil {
		return h.explain(err)
	}
	return h.print(cmd, told, fmt.Sprintf("%s has another password\n", h.Name))
}

func accountDelete() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete the account and all that is in its wallet",
		Long: `Deletes the account and all that is in its wallet. NAME says once more whose. Nobody can
bring it back, and nobody can take the name for 90 days.`,
		Args: cobra.ExactArgs(1),
		RunE: h.visiting(func(ctx context.Context, v *visit, args []string) error {
			if args[0] != v.account.Name {
				return fmt.Errorf("NAME must be %s, whose account would be deleted: nothing was done", v.account.Name)
			}
			if err := v.DeleteAccount(ctx, v.password); err != nil {
				return err
			}
			if err := h.memory.forget(h.walletAccount); err != nil {
				return err
			}
			return v.print(h.walletAccount, fmt.Sprintf("%s is deleted\n", h.Name))
		}),
	})
}

func deviceLabel() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "label ID LABEL",
		Short: "Give a device a name that only its owner reads",
		Long:  "Gives a device a name that only its owner reads: the server keeps it sealed.",
		Args:  cobra.ExactArgs(2),
		RunE: h.visiting(func(ctx context.Context, v *visit, args []string) error {
			id, err := readID(args[0])
			if err != nil {
				return err
			}
			return v.LabelDevice(ctx, v.account, id, args[1])
		}),
	})
}

// noticeTime is for how long each command says that an administrator did something.
const noticeTime = 7 * 24 * time.Hour

// tell says what its holder must know of an account, whatever they came for.
func (v *visit) tell() {
	w := v.cmd.ErrOrStderr()
	if r := v.account.Recovery; r != nil && !r.Begun.IsZero() {
		fmt.Fprintf(w, "somebody who has the recovery code began at %s to choose another password, and can complete that from %s on: wallet recovery cancel ends it\n", stamp(r.Begun), stamp(r.Ready))
	}
	if at := v.account.Noticed; time.Since(at) < noticeTime {
		fmt.Fprintf(w, "an administrator did something in this account at %s: wallet notices shows what\n", stamp(at))
	}
	if v.RenewError != nil {
		fmt.Fprintln(w, "the server asks for a newer record of the password, which could not be made:", v.RenewError)
	}
}
