// Package network proves that work on the network survives everything that fails: the systems of the network, DynamoDB, and the functions
// themselves, at every call they make. All of it is tests; README.md of the folder above tells how they work.
package network
