package seal

import (
	"strconv"

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
