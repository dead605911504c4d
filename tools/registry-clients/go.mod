module github.com/acr-credential-helper/tools/registry-clients

go 1.26.0

require github.com/alibabacloud-go/cr-20181201/v2 v2.5.0 // indirect
