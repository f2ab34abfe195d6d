// The smallest Lambda function there is: what sizes and starts of Turnup's functions are measured against. It is built
// in the same job, so that compiler, machine and load are the same for both.
package main

import "github.com/aws/aws-lambda-go/lambda"

func main() {
	lambda.Start(func() (string, error) { return "hello", nil })
}
