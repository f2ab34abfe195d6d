package main

// The floors of what runs on the network; calls to the network's systems are not counted.
func init() {
	for name, f := range map[string]floor{
		"putLocation":    {aws: 2, read: 1, write: 4, why: "read what there is, write it and its entry in the index of addresses"},
		"qualifyAddress": {aws: 2, read: 0.5, write: 1, why: "the caller's budget is one counter; one page of the index"},
		"createOrder, a fibre plan": {aws: 3, read: 4, write: 11,
			why: "as createOrder; that it is a fibre plan, and so that the place is needed, only the plan tells"},
		"on-delivery, a fibre plan": {aws: 2, read: 2, write: 16,
			why: "read order and place in one call; one transaction: event handled, service (also in its index), ONU, CPE, place (also in its index), outbox"},
		"provisionService, begun by the payment":   {aws: 2, read: 2, why: "read the service, which is as it was wanted; only an answer without a write must look whether its key was used"},
		"on-provisioning":                          {aws: 1, why: "start the machine"},
		"tasks-inventory inventory":                {aws: 2, read: 1, write: 3, why: "read the service; write it (also in its index) with what the inventory gave"},
		"tasks-provisioning subscriber":            {aws: 2, read: 1, write: 5, why: "read the service; one transaction: service (also in its index), account"},
		"tasks-access access":                      {aws: 2, read: 1, write: 3, why: "read the service; write it with the step that is done"},
		"tasks-cpe cpe":                            {aws: 2, read: 1, write: 3, why: "read the service; write it with the step that is done"},
		"authorizeSubscriber":                      {aws: 1, read: 1, why: "one row has the answer, consistent: who was barred a moment ago stays out"},
		"authorizeSubscriber, suspended":           {aws: 1, read: 1, why: "the same row"},
		"accountSession, a start":                  {aws: 2, read: 2, write: 3, why: "account and live row in one call; write the live row (also in its index)"},
		"accountSession, an interim":               {aws: 2, read: 2, write: 3, why: "account and live row in one call; write the live row (also in its index)"},
		"accountSession, an interim again":         {aws: 1, read: 2, why: "account and live row in one call: nothing is new"},
		"accountSession, a stop":                   {aws: 2, read: 2, write: 3, why: "account and live row in one call; write the live row (out of its index)"},
		"tasks-provisioning verify":                {aws: 3, read: 2, write: 3, why: "read the service, of which only its state tells that there is something to verify, and the live row; write the step"},
		"tasks-provisioning activate":              {aws: 3, read: 4, write: 13, why: "read the service, then order, subscription and customer in one call; one transaction: service (also in its index), account, order, subscription, its timer (also in its index), outbox"},
		"on-notifications, a line is active":       {aws: 5, read: 2, write: 3, why: "as on-notifications; and the service, whose link is good now"},
		"getUsage":                                 {aws: 1, read: 2, why: "service and live row in one call, consistent"},
		"getUsage, with periods before":            {aws: 2, read: 2.5, why: "as before, and one page of what is over"},
		"getService":                               {aws: 1, read: 1, why: "one's own row, consistent"},
		"listServices":                             {aws: 2, read: 1, why: "one page of the index; and one page of maintenance, which is none"},
		"listParkedServices":                       {aws: 1, read: 0.5, why: "one page of the index"},
		"suspendService":                           {aws: 2, read: 1, write: 9, why: "read the service; one transaction: Idempotency-Key, service (also in its index), account, outbox"},
		"resumeService":                            {aws: 2, read: 1, write: 9, why: "as suspendService"},
		"terminateService":                         {aws: 2, read: 1, write: 9, why: "as suspendService"},
		"on-access, a session to end":              {aws: 3, read: 4, write: 3, why: "account and live row in one call; after the NAS's answer the same again, because reports came meanwhile; write the live row (out of its index)"},
		"tasks-provisioning settle":                {aws: 3, read: 2, write: 5, why: "read the service and the live row; one transaction: service (also in its index), outbox"},
		"tasks-provisioning settle, a termination": {aws: 2, read: 1, write: 16, why: "read the service; one transaction: service (also in its index), account, ONU, CPE, place (also in its index), outbox"},
		"checkServiceHealth":                       {aws: 2, read: 1, write: 6, why: "read the service; one transaction: Idempotency-Key, diagnosis, outbox"},
		"tasks-access diagnose-access":             {aws: 2, read: 2, write: 2, why: "read diagnosis and service in one call; write the part"},
		"tasks-cpe diagnose-cpe":                   {aws: 2, read: 2, write: 2, why: "read diagnosis and service in one call; write the part"},
		"tasks-inventory diagnose-inventory":       {aws: 2, read: 2, write: 2, why: "read diagnosis and service in one call; write the part"},
		"tasks-provisioning diagnose-finish":       {aws: 3, read: 3, write: 4, why: "read diagnosis and service, then the live row; one transaction: diagnosis, outbox"},
		"getDiagnosis":                             {aws: 1, read: 2, why: "service, which tells whose it is, and diagnosis in one call"},
		"tasks-provisioning bar":                   {aws: 3, read: 2, write: 3, why: "read the service and the live row; write the step"},
	} {
		floors[name] = f
	}
}
