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
