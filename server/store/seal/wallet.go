package seal

import (
	"encoding/hex"
	"strconv"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// WalletSecrets seals what the server proves passwords with.
func (k *Key) WalletSecrets(s *session.Secrets) []byte {
	plain := s.Bytes()
	defer clear(plain)
	return k.Seal(plain, "wallet secrets", strconv.FormatUint(uint64(s.Generation), 10))
}

// OpenWalletSecrets returns them.
func (k *Key) OpenWalletSecrets(sealed []byte, generation uint32) (*session.Secrets, error) {
	plain, err := k.Open(sealed, "wallet secrets", strconv.FormatUint(uint64(generation), 10))
	if err != nil {
		return nil, err
	}
	return session.ReadSecrets(generation, plain)
}

// PartitionKey seals the key of a custodial partition.
func (k *Key) PartitionKey(key keys.Key, of keys.Account, partition keys.ID, epoch uint64) []byte {
	return k.Seal(key[:], partitionKey(of, partition, epoch)...)
}

// OpenPartitionKey returns it.
func (k *Key) OpenPartitionKey(sealed []byte, of keys.Account, partition keys.ID, epoch uint64) (keys.Key, error) {
	plain, err := k.Open(sealed, partitionKey(of, partition, epoch)...)
	if err != nil {
		return keys.Key{}, err
	}
	defer clear(plain)
	if len(plain) != keys.Size {
		return keys.Key{}, ErrBroken
	}
	return keys.Key(plain), nil
}

func partitionKey(of keys.Account, partition keys.ID, epoch uint64) []string {
	return []string{"partition key", of.Tenant, hex.EncodeToString(of.ID[:]), hex.EncodeToString(partition[:]), strconv.FormatUint(epoch, 10)}
}

// Represented seals what an account says of one whom it represents.
func (k *Key) Represented(r *contents.Represented, of keys.Account) ([]byte, error) {
	return k.record(r.Terms, represented(r, of)...)
}

// OpenRepresented fills it in.
func (k *Key) OpenRepresented(sealed []byte, r *contents.Represented, of keys.Account) error {
	return k.openRecord(sealed, &r.Terms, represented(r, of)...)
}

func represented(r *contents.Represented, of keys.Account) []string {
	return []string{"represented", of.Tenant, hex.EncodeToString(of.ID[:]), hex.EncodeToString(r.ID[:]), strconv.FormatUint(r.Version, 10)}
}

// AdminReason seals why an administrator does something; of no reason it is nil.
func (k *Key) AdminReason(a *contents.AdminAct) []byte {
	if a.Reason == "" {
		return nil
	}
	return k.Seal([]byte(a.Reason), adminReason(a.Account, a.Action, a.RequestID)...)
}

// OpenAdminReason fills it in.
func (k *Key) OpenAdminReason(sealed []byte, of string, e *contents.AdminEntry) error {
	if sealed == nil {
		return nil
	}
	plain, err := k.Open(sealed, adminReason(keys.Account{Tenant: of, ID: e.Account}, e.Action, e.RequestID)...)
	e.Reason = string(plain)
	return err
}

func adminReason(of keys.Account, action, request string) []string {
	return []string{"admin reason", of.Tenant, hex.EncodeToString(of.ID[:]), action, request}
}
