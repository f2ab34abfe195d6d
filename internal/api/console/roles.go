package console

import (
	"maps"

	"turnup/internal/base/token"
)

const (
	admin   = token.RoleAdmin
	support = token.RoleSupport
	billing = token.RoleBilling
	network = token.RoleNetwork
)

// roles says which roles may call the operations of the API that the console uses. It is the API's to decide; a test holds this against
// what the operations declare.
var roles = map[string][]string{
	"getAccount":           {admin, support, billing, network},
	"enableSecondFactor":   {admin, support, billing, network},
	"confirmSecondFactor":  {admin, support, billing, network},
	"disableSecondFactor":  {admin, support, billing, network},
	"search":               {admin, support, billing, network},
	"listCustomers":        {admin, support, billing, network},
	"getCustomer":          {admin, support, billing, network},
	"getCustomerJourney":   {admin, support, billing, network},
	"listHistory":          {admin, support, billing, network},
	"listTimers":           {admin, support},
	"getCustomerAccess":    {admin, support},
	"setCustomerAccess":    {admin},
	"setTaxExemption":      {admin, billing},
	"withdrawTaxExemption": {admin, billing},
	"verifyAccount":        {admin, support},
	"resetSecondFactor":    {admin, support},
	"deleteCustomer":       {admin},
	"listMails":            {admin, support},
	"listMailKinds":        {admin, support},
	"previewMail":          {admin, support},

	"listSubscriptions":    {admin, support, billing, network},
	"getSubscription":      {admin, support, billing, network},
	"forecastSubscription": {admin, support, billing, network},
	"getUpcomingInvoice":   {admin, support, billing},
	"getUsage":             {admin, support, network},
	"holdSuspension":       {admin, billing, support},
	"pauseSubscription":    {admin, support, billing},
	"resumeSubscription":   {admin, support, billing},
	"cancelSubscription":   {admin, support, billing},
	"keepSubscription":     {admin, support, billing},

	"listCustomerOrders":  {admin, support, billing},
	"readCustomerOrder":   {admin, support, billing},
	"cancelCustomerOrder": {admin},
	"listInvoices":        {admin, support, billing},
	"getInvoice":          {admin, support, billing},
	"getInvoicePdf":       {admin, support, billing},
	"voidInvoice":         {admin, billing},
	"writeOffInvoice":     {admin, billing},
	"refundInvoice":       {admin, billing},
	"listRefunds":         {admin, billing, support},
	"redirectRefund":      {admin, billing},
	"readWallet":          {admin, support, billing},
	"readWalletEntries":   {admin, support, billing},
	"moveWallet":          {admin},
	"verifyPayment":       {admin, billing},

	"listServices":       {admin, support, network},
	"getService":         {admin, support, network},
	"listDiagnoses":      {admin, support, network},
	"diagnoseService":    {admin, support, network},
	"checkServiceHealth": {admin, support, network},
	"activateService":    {admin, network},
	"suspendService":     {admin, network},
	"resumeService":      {admin, network},
	"terminateService":   {admin, network},
	"retryProvisioning":  {admin, network},
	"cancelProvisioning": {admin, network},
	"listParkedServices": {admin, network},

	"listTickets":      {admin, support, billing, network},
	"getTicket":        {admin, support, billing, network},
	"createTicket":     {admin, support, billing, network},
	"addTicketMessage": {admin, support, billing, network},
	"updateTicket":     {admin, support, billing, network},
	"resolveTicket":    {admin, support, billing, network},

	"listAttention":      {admin, support, billing, network},
	"listDeadLetters":    {admin, support, billing, network},
	"redriveDeadLetters": {admin},
	"provisionService":   {admin, support, network},

	"listMaintenance":     {admin, support, billing, network},
	"getMaintenance":      {admin, support, billing, network},
	"putMaintenance":      {admin, network},
	"withdrawMaintenance": {admin, network},

	"listWebhookEndpoints":  {admin},
	"createWebhookEndpoint": {admin},
	"getWebhookEndpoint":    {admin},
	"putWebhookEndpoint":    {admin},
	"deleteWebhookEndpoint": {admin},
	"rotateWebhookSecret":   {admin},
	"listWebhookDeliveries": {admin},
	"testWebhookEndpoint":   {admin},
	"retryWebhookDelivery":  {admin},
	"replayWebhookEndpoint": {admin},

	"listSignups":   {admin, support, billing},
	"getSignup":     {admin, support, billing},
	"getTargets":    {admin, support, billing, network},
	"listAllPlans":  {admin, support, billing},
	"readPlan":      {admin, support, billing},
	"putPlan":       {admin},
	"listGroups":    {admin, support},
	"putGroup":      {admin},
	"listCoupons":   {admin, support, billing},
	"readCoupon":    {admin, support, billing},
	"putCoupon":     {admin},
	"listStaff":     {admin},
	"inviteStaff":   {admin},
	"setStaffRoles": {admin},
	"removeStaff":   {admin},
	"listAudit":     {admin},
}

// Roles lists the operations the console uses, with who may call them as the console has it.
func Roles() map[string][]string { return maps.Clone(roles) }
