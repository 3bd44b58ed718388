package admindesk

import (
	"errors"
	"strconv"
)

func jobID(n int64) string { return strconv.FormatInt(n, 10) }

func parsePositive(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && n < 1 {
		err = errors.New("not positive")
	}
	return n, err
}
