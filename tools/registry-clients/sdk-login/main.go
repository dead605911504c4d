// sdk-login logs in to an Enterprise instance with Alibaba Cloud's own Go SDK and prints what it got as JSON.
// The SDK finds the proxy in HTTPS_PROXY and certificate authorities in SSL_CERT_FILE by itself.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"os"

	cr "github.com/alibabacloud-go/cr-20181201/v2/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/tea/tea"
)

type login struct {
	UserName    string   `json:"userName"`
	Token       string   `json:"token"`
	ExpiresAtMs int64    `json:"expiresAtMs"`
	Domains     []string `json:"domains"`
}

type refusal struct {
	StatusCode int    `json:"statusCode"`
	Code       string `json:"code"`
	Message    string `json:"message"`
}

func main() {
	region := flag.String("region", "cn-hangzhou", "the instance's region")
	instance := flag.String("instance", "", "the instance's id (cri-…)")
	flag.Parse()

	found, err := logIn(*region, *instance)
	if err != nil {
		print(os.Stderr, refusalOf(err))
		os.Exit(1)
	}
	print(os.Stdout, found)
}

func logIn(region, instance string) (*login, error) {
	client, err := cr.NewClient(&openapi.Config{
		RegionId:        tea.String(region),
		AccessKeyId:     tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")),
		AccessKeySecret: tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
	})
	if err != nil {
		return nil, err
	}
	token, err := client.GetAuthorizationToken(&cr.GetAuthorizationTokenRequest{InstanceId: &instance})
	if err != nil {
		return nil, err
	}
	if !tea.BoolValue(token.Body.IsSuccess) {
		return nil, errors.New(tea.StringValue(token.Body.Code))
	}
	endpoints, err := client.ListInstanceEndpoint(&cr.ListInstanceEndpointRequest{InstanceId: &instance})
	if err != nil {
		return nil, err
	}
	found := login{
		UserName:    tea.StringValue(token.Body.TempUsername),
		Token:       tea.StringValue(token.Body.AuthorizationToken),
		ExpiresAtMs: tea.Int64Value(token.Body.ExpireTime),
		Domains:     []string{},
	}
	for _, endpoint := range endpoints.Body.Endpoints {
		for _, domain := range endpoint.Domains {
			found.Domains = append(found.Domains, tea.StringValue(domain.Domain))
		}
	}
	return &found, nil
}

func refusalOf(err error) refusal {
	var sdkError *tea.SDKError
	if errors.As(err, &sdkError) {
		return refusal{tea.IntValue(sdkError.StatusCode), tea.StringValue(sdkError.Code), tea.StringValue(sdkError.Message)}
	}
	return refusal{Message: err.Error()}
}

func print(to *os.File, value any) {
	if err := json.NewEncoder(to).Encode(value); err != nil {
		os.Exit(2)
	}
}
