package journey

import "time"

// lookAgain looks every so often until there is an end or an error, for as long as the patience lasts, and tells whether there was one. A
// look takes a second of it at most: a machine that stands still for a while, as virtual ones do, uses up nobody's patience.
func lookAgain(within, every time.Duration, look func() (end bool, err error)) (bool, error) {
	for spent := time.Duration(0); ; {
		began := time.Now()
		if end, err := look(); end || err != nil {
			return end, err
		}
		if spent >= within {
			return false, nil
		}
		time.Sleep(every)
		spent += min(time.Since(began), time.Second)
	}
}
